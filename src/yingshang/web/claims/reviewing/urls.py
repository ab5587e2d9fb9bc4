"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import terms, together, views

portal: list[URLPattern] = []
desk: list[URLPattern] = [
    path("", views.claim_list, name="claims"),
    path("terms/", terms.terms_list, name="terms"),
    path("terms/<str:code>/", terms.terms_item, name="terms-item"),
    path("approvals/", together.approval_list, name="approvals"),
    path("approvals/draw", together.approval_draw, name="approval-draw"),
    path("approvals/<int:batch_id>/", together.approval, name="approval"),
    path("approvals/<int:batch_id>/approve", together.approval_approve, name="approval-approve"),
    path("approvals/<int:batch_id>/<int:claim_id>/look", together.approval_look, name="approval-look"),
    path("rankings/", together.ranking_list, name="rankings"),
    path("rankings/<str:code>/<str:period>/", together.ranking, name="ranking"),
    path("rankings/<str:code>/<str:period>/close", together.ranking_close, name="ranking-close"),
    path("<int:claim_id>/", views.claim, name="claim"),
    path("<int:claim_id>/lines", views.claim_lines, name="claim-lines"),
]
