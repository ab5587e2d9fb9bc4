"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

cockpit: list[URLPattern] = [
    path("", views.home, name="home"),
    path("topics/", views.topics, name="topics"),
    path("agencies/", views.agencies, name="agencies"),
    path("repeats/", views.repeats, name="repeats"),
    path("list/", views.behind, name="list"),
]
