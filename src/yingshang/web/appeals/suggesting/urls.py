"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("suggestions/", views.suggestion_list, name="suggestions"),
    path("suggestions/clusters/", views.cluster_list, name="clusters"),
    path("suggestions/new/", views.suggest, name="suggest"),
    path("suggestions/<int:suggestion_id>/", views.one, name="suggestion"),
    path("suggestions/<int:suggestion_id>/<slug:what>", views.step, name="suggestion-step"),
]
