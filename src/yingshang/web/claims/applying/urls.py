"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import appointment, bundle, draft, views
from . import desk as at_window

portal: list[URLPattern] = [
    path("", views.mine, name="mine"),
    path("parties/<int:party_id>/", views.claim_list, name="mine-party"),
    path("parties/<int:party_id>/accounts/", views.account_list, name="accounts"),
    path(
        "parties/<int:party_id>/accounts/<int:account_id>/remove", views.account_remove, name="account-remove"
    ),
    path("parties/<int:party_id>/items/<str:code>/begin", draft.begin, name="begin"),
    path("parties/<int:party_id>/bundle/", bundle.choose, name="bundle-choose"),
    path("bundles/<str:number>/", bundle.edit, name="bundle"),
    path("bundles/<str:number>/material", bundle.material, name="bundle-material"),
    path("bundles/<str:number>/confirm", bundle.confirm, name="bundle-confirm"),
    path("bundles/<str:number>/submit", bundle.submit, name="bundle-submit"),
    path("<int:claim_id>/leave", bundle.leave, name="bundle-leave"),
    path("<int:claim_id>/", views.claim, name="claim"),
    path("<int:claim_id>/draft/", draft.edit, name="draft"),
    path("<int:claim_id>/materials/<str:code>", draft.material, name="material"),
    path("<int:claim_id>/materials/<int:material_id>/remove", draft.material_remove, name="material-remove"),
    path("<int:claim_id>/form/", draft.form, name="form"),
    path("<int:claim_id>/lines", draft.lines, name="lines"),
    path("<int:claim_id>/lines/template", draft.lines_template, name="lines-template"),
    path("<int:claim_id>/representative", draft.representative, name="representative"),
    path("<int:claim_id>/submit", draft.submit, name="submit"),
    path("<int:claim_id>/appointment/", appointment.choose, name="appointment"),
    path("<int:claim_id>/appointment/cancel", appointment.cancel, name="appointment-cancel"),
    path("<int:claim_id>/discard", draft.discard, name="discard"),
    path("<int:claim_id>/withdraw", views.withdraw, name="withdraw"),
    path("<int:claim_id>/resubmit", draft.resubmit, name="resubmit"),
    path("<int:claim_id>/account", views.other_account, name="other-account"),
]
desk: list[URLPattern] = [
    path("appointments/", at_window.appointments, name="appointments"),
    path("appointments/<int:appointment_id>/", at_window.visit, name="visit"),
    path("appointments/<int:appointment_id>/accept", at_window.visit_accept, name="visit-accept"),
    path("appointments/<int:appointment_id>/missing", at_window.visit_missing, name="visit-missing"),
    path("appointments/<int:appointment_id>/missed", at_window.visit_missed, name="visit-missed"),
    path("windows/", at_window.windows, name="windows"),
    path("windows/new", at_window.window_new, name="window-new"),
    path("windows/<int:window_id>/", at_window.window, name="window"),
]
