"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import desk as desk_views
from . import views

portal: list[URLPattern] = [
    path("publicities/", views.publicity_list, name="publicities"),
    path("publicities/<int:publicity_id>/", views.publicity, name="publicity"),
    path("publicities/awards/<int:entry_id>/", views.award, name="award"),
]
desk: list[URLPattern] = [
    path("publicities/", desk_views.publicity_list, name="publicities"),
    path("publicities/publish", desk_views.publish, name="publish"),
    path("publicities/objections/", desk_views.objections, name="publicity-objections"),
    path("publicities/objections/<int:objection_id>/", desk_views.objection, name="publicity-objection"),
    path("publicities/objections/<int:objection_id>/objector", desk_views.objector, name="objector"),
]
