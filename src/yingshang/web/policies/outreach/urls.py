"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import desk as desk_views
from . import views

portal: list[URLPattern] = [
    path("go/<str:token>", views.go, name="go"),
    path("packages/<int:party_id>/<str:day>/", views.package, name="package"),
]
desk: list[URLPattern] = [
    path("reach/", desk_views.reach_list, name="reach-items"),
    path("items/<str:code>/reach/", desk_views.reach, name="reach"),
    path("items/<str:code>/reach/remind", desk_views.reminder, name="remind"),
]
