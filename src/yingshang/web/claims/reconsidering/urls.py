"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import desk as desk_views
from . import views

portal: list[URLPattern] = [
    path("<int:claim_id>/reconsideration/", views.ask, name="reconsider"),
    path(
        "reconsiderations/<int:reconsideration_id>/withdraw",
        views.withdraw,
        name="reconsideration-withdraw",
    ),
]
desk: list[URLPattern] = [
    path("reconsiderations/", desk_views.reconsideration_list, name="reconsiderations"),
    path("reconsiderations/<int:reconsideration_id>/", desk_views.reconsideration, name="reconsideration"),
    path(
        "reconsiderations/<int:reconsideration_id>/decide",
        desk_views.decide,
        name="reconsideration-decide",
    ),
]
