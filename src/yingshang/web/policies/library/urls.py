"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import feeds, subscriptions, views

portal: list[URLPattern] = [
    path("", views.library, name="library"),
    path("compare/", views.compare, name="compare"),
    path("calendar/", views.calendar, name="calendar"),
    path("map/", views.map_page, name="map"),
    path("feed.atom", feeds.atom, name="atom"),
    path("feed.json", feeds.json_feed, name="json-feed"),
    path("subscriptions/", subscriptions.mine, name="subscriptions"),
    path("subscriptions/add", subscriptions.add, name="subscribe"),
    path("subscriptions/<int:subscription_id>/end", subscriptions.end, name="unsubscribe"),
    path("subscriptions/end/<str:token>/", subscriptions.end_all, name="unsubscribe-all"),
    path("documents/<int:document_id>/", views.document, name="document"),
    path("items/<str:code>.yaml", feeds.source, name="source"),
    path("items/<str:code>/", views.item, name="item"),
]
desk: list[URLPattern] = []
