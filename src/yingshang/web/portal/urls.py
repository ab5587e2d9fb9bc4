from django.urls import path

from .views import account, binding, clerks, drafts, enterprise, home, message_settings, messages, objections

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("start", home.start, name="start"),
    path("search", home.search, name="search"),
    path("enterprise/", enterprise.enterprises, name="enterprises"),
    path("enterprise/bind/", binding.bind, name="bind"),
    path("enterprise/bind/<int:request_id>/", binding.binding, name="binding"),
    path("enterprise/bind/<int:request_id>/confirm", binding.confirm, name="confirm-binding"),
    path("enterprise/bind/<int:request_id>/send-code", binding.send_code, name="send-code"),
    path("enterprise/bind/<int:request_id>/review", binding.review, name="review-binding"),
    path("enterprise/bind/<int:request_id>/withdraw", binding.withdraw, name="withdraw-binding"),
    path("enterprise/<int:party_id>/clerks/asked/<int:request_id>", binding.decide, name="decide-binding"),
    path("enterprise/<int:party_id>/", enterprise.portrait_page, name="enterprise"),
    path("enterprise/<int:party_id>/facts/<str:column>", enterprise.fact, name="fact"),
    path("enterprise/<int:party_id>/missing", enterprise.missing, name="missing"),
    path("enterprise/<int:party_id>/clerks/", clerks.clerks, name="clerks"),
    path("enterprise/<int:party_id>/clerks/<int:mandate_id>/revoke", clerks.revoke, name="revoke-clerk"),
    path("enterprise/<int:party_id>/objections/", objections.objection_list, name="objections"),
    path(
        "enterprise/<int:party_id>/objections/<str:column>/", objections.objection_new, name="objection-new"
    ),
    path("objections/<int:objection_id>/", objections.objection, name="objection"),
    path("objections/<int:objection_id>/again", objections.objection_resubmit, name="objection-resubmit"),
    path("objections/<int:objection_id>/withdraw", objections.objection_withdraw, name="objection-withdraw"),
    path("enterprise/<int:party_id>/views", enterprise.views, name="views"),
    path("messages/", messages.messages, name="messages"),
    path("messages/settings", message_settings.message_settings, name="message-settings"),
    path("messages/read", messages.read_all, name="read-all"),
    path("messages/<int:message_id>/read", messages.read, name="read"),
    path("personal-views", account.personal_views_page, name="personal-views"),
    path("forms/draft", drafts.form_draft, name="form-draft"),
    path("account/", account.account, name="account"),
]
