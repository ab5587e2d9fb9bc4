"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import calculator, views

portal: list[URLPattern] = [
    path("calculator/", calculator.calculator, name="calculator"),
    path("mine/", views.mine, name="mine"),
    path("mine/receipts/<int:receipt_id>/", views.receipt, name="receipt"),
    path("mine/<int:party_id>/", views.entitled, name="mine-party"),
    path("mine/<int:party_id>/<str:code>/", views.item, name="mine-item"),
    path("mine/<int:party_id>/<str:code>/keep", views.keep, name="keep"),
    path("mine/<int:party_id>/<str:code>/supply/<str:column>", views.supply, name="supply"),
]
desk: list[URLPattern] = []
