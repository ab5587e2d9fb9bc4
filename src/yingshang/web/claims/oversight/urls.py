"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import recoveries, trips

portal: list[URLPattern] = [
    path("recoveries/<int:recovery_id>/", recoveries.own_recovery, name="recovery"),
]
desk: list[URLPattern] = [
    path("trips/", trips.trip_list, name="trips"),
    path("trips/stop", trips.stop, name="trip-stop"),
    path("trips/<int:trip_id>/", trips.trip, name="trip"),
    path("recoveries/", recoveries.recovery_list, name="recoveries"),
    path("recoveries/<int:recovery_id>/", recoveries.recovery, name="recovery"),
    path("recoveries/<int:recovery_id>/repaid", recoveries.repaid, name="recovery-repaid"),
    path("recoveries/<int:recovery_id>/end", recoveries.end, name="recovery-end"),
    path("<int:claim_id>/recover", recoveries.demand, name="recover"),
]
