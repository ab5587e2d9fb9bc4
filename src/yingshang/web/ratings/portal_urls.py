"""Addresses of ratings in the portal, below /ratings/."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "ratings"
urlpatterns = [
    path("", views.results, name="results"),
    path("results.csv", views.results_csv, name="results-csv"),
    path("results.json", views.results_json, name="results-json"),
]
