"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

desk: list[URLPattern] = [
    path("portraits/", views.desk_list, name="portraits"),
    path("portraits/publish/", views.publish, name="publish-portraits"),
    path("portraits/requests/", views.requests_page, name="portrait-requests"),
    path("portraits/requests/<slug:kind>/<int:number>/", views.decide, name="portrait-request"),
    path("portraits/<int:portrait_id>/", views.desk_one, name="portrait"),
    path("portraits/<int:portrait_id>/<slug:what>/<int:obligation_id>/", views.desk_ask, name="portrait-ask"),
]
portal: list[URLPattern] = [
    path("portraits/", views.own_list, name="portraits"),
    path("portraits/<int:portrait_id>/", views.own_one, name="portrait"),
    path("portraits/<int:portrait_id>/<slug:what>/<int:obligation_id>/", views.own_ask, name="portrait-ask"),
    path("units/", views.units, name="units"),
    path("units/<int:agency_id>/", views.unit, name="unit"),
]
cockpit: list[URLPattern] = [
    path("portraits/", views.cockpit_list, name="portraits"),
]
