"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

portal: list[URLPattern] = [
    path("go/<str:token>", views.go, name="go"),
    path("packages/<int:party_id>/<str:day>/", views.package, name="package"),
]
desk: list[URLPattern] = []
