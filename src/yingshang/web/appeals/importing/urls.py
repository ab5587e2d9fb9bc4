"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("import/", views.import_table, name="import"),
    path("import/table/", views.table, name="import-table"),
]
