"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

portal: list[URLPattern] = [path("<int:claim_id>/rate/", views.rate, name="rate")]
