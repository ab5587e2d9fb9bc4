"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("instalments/", views.instalment_list, name="instalments"),
    path("<int:claim_id>/instalments/<int:number>/", views.instalment, name="instalment"),
    path("<int:claim_id>/instalments/<int:number>/decide", views.decide, name="instalment-decide"),
]
