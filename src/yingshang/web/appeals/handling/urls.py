"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("", views.appeal_list, name="appeals"),
    path("<int:appeal_id>/", views.appeal, name="appeal"),
    path("<int:appeal_id>/reporter", views.reporter, name="reporter"),
    path("<int:appeal_id>/<slug:what>", views.step, name="step"),
    path("<int:appeal_id>/<slug:what>/<int:row_id>", views.row_step, name="row-step"),
]
