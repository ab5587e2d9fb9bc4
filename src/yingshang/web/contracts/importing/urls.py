"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("imports/", views.imports, name="imports"),
    path("imports/new/", views.import_new, name="import-new"),
    path("imports/table/", views.import_table, name="import-table"),
    path("imports/<int:batch_id>/", views.import_one, name="import"),
    path("imports/<int:batch_id>/rejects/", views.import_rejects, name="import-rejects"),
    path("imports/<int:batch_id>/retry/", views.import_retry, name="import-retry"),
    path("export/ocds/", views.export_ocds, name="export-ocds"),
]
portal: list[URLPattern] = []
cockpit: list[URLPattern] = []
