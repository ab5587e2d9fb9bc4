"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import editing, many, quarters, supplementing, views

desk: list[URLPattern] = [
    path("", views.contract_list, name="contracts"),
    path("new", editing.new, name="new"),
    path("register", many.register_many, name="register-many"),
    path("none", quarters.none, name="none"),
    path("none/<int:agency_id>/<int:year>/<int:quarter>/<slug:what>", quarters.say_none, name="say-none"),
    path("<int:contract_id>/", views.one, name="contract"),
    path("<int:contract_id>/change", editing.change, name="change"),
    path("<int:contract_id>/plan", supplementing.plan, name="plan"),
    path("<int:contract_id>/supplement", supplementing.supplement, name="supplement"),
    path("<int:contract_id>/<slug:what>", views.step, name="step"),
    path("<int:contract_id>/<slug:what>/<int:row_id>", views.row_step, name="row-step"),
]
portal: list[URLPattern] = []
cockpit: list[URLPattern] = []
