"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import managing, own, views

desk: list[URLPattern] = [
    path("stewards/", views.steward_list, name="stewards"),
    path("stewards/assign/", managing.assign, name="steward-assign"),
    path("stewards/import/", managing.import_table, name="steward-import"),
    path("stewards/import/table/", managing.table, name="steward-table"),
    path("stewards/hand-over/", managing.hand_over, name="steward-hand-over"),
    path("stewards/figures/", managing.figures, name="steward-figures"),
    path("stewards/<int:stewardship_id>/", views.one, name="stewardship"),
    path("stewards/<int:stewardship_id>/visit/", views.visit, name="steward-visit"),
    path("stewards/<int:stewardship_id>/<slug:what>", views.step, name="stewardship-step"),
]
portal: list[URLPattern] = [
    path("steward/", own.stewards, name="steward"),
    path("steward/<int:party_id>/call", own.call, name="steward-call"),
    path("steward/visits/<int:visit_id>/rate", own.rate, name="steward-rate"),
]
