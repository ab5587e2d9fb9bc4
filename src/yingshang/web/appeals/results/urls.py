"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

portal: list[URLPattern] = [
    path("results/", views.results, name="results"),
    path("results.csv", views.results_csv, name="results-csv"),
]
