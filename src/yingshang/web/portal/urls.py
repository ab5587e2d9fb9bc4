from django.urls import path

from .views import account, clerks, enterprise, home, messages

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("search", home.search, name="search"),
    path("enterprise/", enterprise.enterprises, name="enterprises"),
    path("enterprise/<int:party_id>/", enterprise.portrait_page, name="enterprise"),
    path("enterprise/<int:party_id>/facts/<str:column>", enterprise.fact, name="fact"),
    path("enterprise/<int:party_id>/missing", enterprise.missing, name="missing"),
    path("enterprise/<int:party_id>/clerks/", clerks.clerks, name="clerks"),
    path("enterprise/<int:party_id>/clerks/<int:mandate_id>/revoke", clerks.revoke, name="revoke-clerk"),
    path("enterprise/<int:party_id>/views", enterprise.views, name="views"),
    path("messages/", messages.messages, name="messages"),
    path("messages/read", messages.read_all, name="read-all"),
    path("messages/<int:message_id>/read", messages.read, name="read"),
    path("personal-views", account.personal_views_page, name="personal-views"),
    path("account/", account.account, name="account"),
]
