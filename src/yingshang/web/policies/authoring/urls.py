"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import documents, items, proposing

portal: list[URLPattern] = []
desk: list[URLPattern] = [
    path("documents/", documents.document_list, name="documents"),
    path("documents/new/", documents.document_new, name="document-new"),
    path("documents/<int:document_id>/", documents.document, name="document"),
    path("documents/<int:document_id>/edit/", documents.document_edit, name="document-edit"),
    path("documents/<int:document_id>/mark/", proposing.mark, name="document-mark"),
    path("documents/<int:document_id>/propose/", proposing.propose, name="propose"),
    path("documents/<int:document_id>/ask/", proposing.ask_model, name="ask-model"),
    path("documents/readings/<int:reading_id>/", proposing.reading, name="reading"),
    path("items/", items.item_list, name="items"),
    path("items/new/", items.item_new, name="item-new"),
    path("items/<str:code>/", items.item, name="item"),
    path("items/<str:code>/check/", items.item_check, name="item-check"),
    path("items/<str:code>/yaml/", items.item_yaml, name="item-yaml"),
    path("items/<str:code>/begin/", items.item_begin, name="item-begin"),
    path("items/<str:code>/discard/", items.item_discard, name="item-discard"),
]
