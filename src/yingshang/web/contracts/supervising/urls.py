"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("late", views.late, name="late"),
    path("late/<int:obligation_id>/<slug:what>", views.supervise, name="supervise"),
    path("notices", views.notices, name="notices"),
    path("notices/<int:notice_id>/", views.notice, name="notice"),
    path("notices/<int:notice_id>/<slug:what>", views.notice_step, name="notice-step"),
    path("cases", views.cases, name="cases"),
    path("cases/<int:case_id>/", views.case, name="case"),
    path("cases/<int:case_id>/<slug:what>", views.case_step, name="case-step"),
    path("cases/<int:case_id>/transfer/<slug:body>", views.transfer_one, name="transfer-case"),
    path("transfers", views.transfers, name="transfers"),
    path("transfers/<int:transfer_id>/", views.transfer, name="transfer"),
    path("transfers/<int:transfer_id>/<slug:what>", views.transfer_step, name="transfer-step"),
    path("cancellations", views.cancellations, name="cancellations"),
    path("cancellations/<int:cancellation_id>/", views.cancellation, name="cancellation"),
    path(
        "cancellations/<int:cancellation_id>/<slug:what>", views.cancellation_step, name="cancellation-step"
    ),
    path("cancellations/supplements", views.agreements, name="agreements"),
    path("cancellations/supplements/<int:supplement_id>/", views.agreement, name="agreement"),
    path(
        "cancellations/supplements/<int:supplement_id>/<slug:what>",
        views.agreement_step,
        name="agreement-step",
    ),
]
portal: list[URLPattern] = []
cockpit: list[URLPattern] = []
