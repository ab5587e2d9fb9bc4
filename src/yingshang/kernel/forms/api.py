"""The door. See README.md."""

from __future__ import annotations

__all__: list[str] = []
