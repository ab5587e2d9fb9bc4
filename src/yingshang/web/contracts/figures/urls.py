"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = []
portal: list[URLPattern] = []
cockpit: list[URLPattern] = [
    path("", views.home, name="home"),
    path("units/", views.units, name="units"),
    path("list/", views.behind, name="list"),
    path("risks/", views.at_risk, name="risks"),
    path("silent/", views.silent, name="silent"),
    path("bare/", views.bare, name="bare"),
]
