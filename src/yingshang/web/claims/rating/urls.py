"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern

portal: list[URLPattern] = []
desk: list[URLPattern] = []
