"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("notices/", views.notice_list, name="notices"),
    path("notices/<int:notice_id>/", views.notice, name="notice"),
    path("notices/<int:notice_id>/<slug:what>", views.notice_step, name="notice-step"),
]
