"""Addresses below /api."""

from __future__ import annotations

from .root import urlpatterns

__all__ = ["app_name", "urlpatterns"]

app_name = "api"
