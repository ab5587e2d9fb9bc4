"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern

desk: list[URLPattern] = []
portal: list[URLPattern] = []
cockpit: list[URLPattern] = []
