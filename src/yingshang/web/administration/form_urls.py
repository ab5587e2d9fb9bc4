"""The addresses of forms, gathered here since they are many."""

from __future__ import annotations

from typing import Any

from django.urls import path

from .views import forms

patterns: list[Any] = [
    path("forms/", forms.form_list, name="forms"),
    path("form-new/", forms.form_add, name="form-new"),
    path("forms/<slug:code>/", forms.form, name="form"),
    path("forms/<slug:code>/edit/", forms.form_edit, name="form-edit"),
    path("forms/<slug:code>/fields/<slug:field>/", forms.form_field, name="form-field"),
    path("forms/<slug:code>/sections/<slug:section>/add/", forms.form_field_add, name="form-field-new"),
    path("forms/<slug:code>/sections/<slug:section>/", forms.form_section, name="form-section"),
    path("forms/<slug:code>/preview/", forms.form_preview, name="form-preview"),
    path("forms/<slug:code>/source/", forms.form_source, name="form-source"),
    path("forms/<slug:code>/publish/", forms.form_publish, name="form-publish"),
    path("forms/<slug:code>/discard/", forms.form_discard, name="form-discard"),
]
