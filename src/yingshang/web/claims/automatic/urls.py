"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import desk as desk_views
from . import views

portal: list[URLPattern] = [
    path("offers/", views.own_offers, name="own-offers"),
    path("parties/<int:party_id>/offers/", views.offers, name="offers"),
    path("offers/<int:claim_id>/", views.offer, name="offer"),
    path("offers/<int:claim_id>/confirm", views.offer_confirm, name="offer-confirm"),
    path("offers/<int:claim_id>/decline", views.offer_decline, name="offer-decline"),
    path("offers/<int:claim_id>/wrong", views.offer_wrong, name="offer-wrong"),
]
desk: list[URLPattern] = [
    path("lists/", desk_views.list_of_lists, name="lists"),
    path("lists/draw-up", desk_views.draw_up, name="list-draw-up"),
    path("lists/<int:list_id>/", desk_views.list_page, name="list"),
    path("lists/<int:list_id>/omitted/", desk_views.omitted, name="list-omitted"),
    path("lists/<int:list_id>/approve", desk_views.approve, name="list-approve"),
    path("lists/<int:list_id>/resume", desk_views.resume, name="list-resume"),
    path("lists/<int:list_id>/discard", desk_views.discard, name="list-discard"),
    path(
        "lists/<int:list_id>/remarks/<int:remark_id>/answer",
        desk_views.remark_answer,
        name="remark-answer",
    ),
    path("lists/claims/<int:claim_id>/", desk_views.listed, name="listed"),
    path("lists/claims/<int:claim_id>/strike", desk_views.strike, name="listed-strike"),
]
