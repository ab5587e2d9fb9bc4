"""The door of contracts: what others may use."""

from __future__ import annotations

__all__: list[str] = []
