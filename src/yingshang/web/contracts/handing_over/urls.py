"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("hand-overs/", views.hand_over_list_page, name="hand-overs"),
    path("hand-overs/inherited/", views.inherited_page, name="inherited"),
    path("hand-overs/new/", views.new_head, name="appoint-head"),
    path("hand-overs/<int:hand_over_id>/", views.one, name="hand-over"),
    path("hand-overs/<int:hand_over_id>/<slug:what>", views.step, name="hand-over-step"),
    path("hand-overs/lines/<int:line_id>/", views.line, name="hand-over-line"),
]
portal: list[URLPattern] = []
cockpit: list[URLPattern] = []
