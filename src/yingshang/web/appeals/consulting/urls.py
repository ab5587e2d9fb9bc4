"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import desk as on_desk
from . import own

desk: list[URLPattern] = [
    path("consultations/<int:consultation_id>/", on_desk.consultation_page, name="consultation"),
    path(
        "consultations/<int:consultation_id>/<slug:what>", on_desk.consultation_step, name="consultation-step"
    ),
    path("consultations/<int:consultation_id>/tasks/<int:number>", on_desk.task, name="consultation-task"),
]
portal: list[URLPattern] = [
    path("<int:appeal_id>/consultations/<int:consultation_id>/", own.own, name="consultation"),
    path("followed/consultations/<int:consultation_id>/", own.followed, name="followed-consultation"),
]
