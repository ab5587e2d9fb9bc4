"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

portal: list[URLPattern] = []
desk: list[URLPattern] = [
    path("funds/", views.fund_list, name="funds"),
    path("funds/<int:fund_id>/", views.fund, name="fund"),
    path("funds/<int:fund_id>/budget", views.budget, name="fund-budget"),
    path("funds/<int:fund_id>/prepare", views.prepare, name="fund-prepare"),
    path("batches/", views.batch_list, name="batches"),
    path("batches/<int:batch_id>/", views.batch, name="batch"),
    path("batches/<int:batch_id>/check", views.check, name="batch-check"),
    path("batches/<int:batch_id>/take-back", views.take_back, name="batch-take-back"),
    path("batches/<int:batch_id>/send", views.send, name="batch-send"),
    path("batches/<int:batch_id>/not-executed", views.not_executed, name="batch-not-executed"),
    path("batches/<int:batch_id>/file", views.file, name="batch-file"),
    path("reconciliation/", views.reconciliation, name="reconciliation"),
    path("reconciliation/<int:difference_id>/", views.difference, name="difference"),
    path("journal/", views.journal, name="journal"),
    path("journal/export", views.journal_export, name="journal-export"),
]
