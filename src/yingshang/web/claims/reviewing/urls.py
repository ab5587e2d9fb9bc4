"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import terms, views

portal: list[URLPattern] = []
desk: list[URLPattern] = [
    path("", views.claim_list, name="claims"),
    path("terms/", terms.terms_list, name="terms"),
    path("terms/<str:code>/", terms.terms_item, name="terms-item"),
    path("<int:claim_id>/", views.claim, name="claim"),
    path("<int:claim_id>/lines", views.claim_lines, name="claim-lines"),
]
