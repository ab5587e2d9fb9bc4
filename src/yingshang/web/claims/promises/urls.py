"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

portal: list[URLPattern] = [
    path("promises/<int:promise_id>/bring", views.bring, name="promise-bring"),
]
desk: list[URLPattern] = [
    path("promises/", views.promise_list, name="promises"),
    path("promises/<int:promise_id>/", views.promise, name="promise"),
    path("promises/<int:promise_id>/check", views.check, name="promise-check"),
]
