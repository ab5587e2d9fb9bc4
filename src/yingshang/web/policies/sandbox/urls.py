"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from . import views

portal: list[URLPattern] = []
desk: list[URLPattern] = [
    path("sandbox/", views.sandbox_list, name="sandboxes"),
    path("items/<str:code>/sandbox/", views.sandbox, name="sandbox"),
    re_path(
        r"^items/(?P<code>[^/]+)/sandbox/by/(?P<by>region|industry|size|ownership|age)/$",
        views.sandbox_groups,
        name="sandbox-groups",
    ),
    path("items/<str:code>/sandbox/save/", views.scenario_save, name="scenario-save"),
    path("items/<str:code>/sandbox/take-over/", views.figures_take_over, name="figures-take-over"),
    path("items/<str:code>/sandbox/compare/", views.scenario_compare, name="scenario-compare"),
    path("sandbox/scenarios/<int:scenario_id>/remove/", views.scenario_remove, name="scenario-remove"),
    path("sandbox/scenarios/<int:scenario_id>/restore/", views.scenario_restore, name="scenario-restore"),
    path("sandbox/scenarios/<int:scenario_id>/report/", views.scenario_report, name="scenario-report"),
]
