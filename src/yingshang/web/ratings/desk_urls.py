"""Addresses of ratings on the desk, below /desk/ratings/."""

from __future__ import annotations

from django.urls import path

from . import desk

app_name = "ratings_desk"
urlpatterns = [
    path("", desk.rating_list, name="ratings"),
    path("<int:rating_id>/", desk.rating, name="rating"),
    path("<int:rating_id>/step", desk.step, name="rating-step"),
    path("<int:rating_id>/words", desk.words, name="rating-words"),
    path("<int:rating_id>/decide", desk.decide, name="rating-decide"),
]
