"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("records/", views.record_list, name="records"),
    path("records/<int:record_id>/", views.one, name="record"),
    path("records/lines/<int:line_id>/", views.line, name="record-line"),
    path("records/lines/<int:line_id>/<slug:what>", views.line_step, name="record-line-step"),
]
