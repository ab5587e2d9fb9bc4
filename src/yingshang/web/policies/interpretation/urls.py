"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

portal: list[URLPattern] = [
    path("items/<str:code>.svg", views.picture, name="picture"),
    path(
        "interpretations/<int:interpretation_id>/picture/",
        views.uploaded_picture,
        name="interpretation-picture",
    ),
]
desk: list[URLPattern] = [
    path("items/<str:code>/interpretation/", views.item_interpretation, name="item-interpretation"),
    path(
        "documents/<int:document_id>/interpretation/",
        views.document_interpretation,
        name="document-interpretation",
    ),
]
