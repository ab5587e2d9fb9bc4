"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import desk as desk_views
from . import views

portal: list[URLPattern] = [
    path("<int:claim_id>/rate/", views.rate, name="rate"),
    path("ratings/", views.results, name="ratings"),
    path("ratings.csv", views.results_csv, name="ratings-csv"),
    path("ratings.json", views.results_json, name="ratings-json"),
]
desk: list[URLPattern] = [
    path("ratings/", desk_views.rating_list, name="ratings"),
    path("ratings/<int:rating_id>/", desk_views.rating, name="rating"),
    path("ratings/<int:rating_id>/step", desk_views.step, name="rating-step"),
    path("ratings/<int:rating_id>/words", desk_views.words, name="rating-words"),
    path("ratings/<int:rating_id>/decide", desk_views.decide, name="rating-decide"),
]
