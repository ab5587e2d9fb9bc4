"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("obligations/<int:obligation_id>/", views.desk_obligation, name="obligation"),
]
portal: list[URLPattern] = [
    path("", views.mine, name="mine"),
    path("owed/", views.owed, name="owed"),
    path("<int:contract_id>/", views.contract, name="contract"),
    path("obligations/<int:obligation_id>/", views.obligation, name="obligation"),
    path("obligations/<int:obligation_id>/not-paid/", views.not_paid, name="not-paid"),
    path("obligations/<int:obligation_id>/<slug:what>", views.say, name="say"),
    path("entries/<int:entry_id>/withdraw", views.withdraw, name="withdraw-entry"),
    path("cancellations/<int:cancellation_id>/<slug:what>", views.decide, name="decide-cancellation"),
    path("supplements/<int:supplement_id>/<slug:what>", views.answer, name="answer-supplement"),
]
cockpit: list[URLPattern] = []
