"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

portal: list[URLPattern] = [
    path("mine/<int:party_id>/<str:code>/opinion", views.opinion, name="opinion"),
]
desk: list[URLPattern] = [
    path("items/<str:code>/evaluation/", views.evaluation, name="evaluation"),
    path("items/<str:code>/evaluation/opinions/", views.opinion_list, name="evaluation-opinions"),
    path("items/<str:code>/evaluation/decide", views.decide, name="evaluation-decide"),
]
