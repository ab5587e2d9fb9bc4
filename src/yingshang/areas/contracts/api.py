"""The door of contracts: what others may use."""

from __future__ import annotations

from .lifecycle import (
    BATCH,
    CANCELLATION,
    CASE,
    CONTRACT,
    HAND_OVER,
    NOTICE,
    OBJECTION,
    OBLIGATION,
    PERFORMANCE,
    REPAIR,
    SUPPLEMENT,
    TRANSFER,
)

__all__ = [
    "BATCH",
    "CANCELLATION",
    "CASE",
    "CONTRACT",
    "HAND_OVER",
    "NOTICE",
    "OBJECTION",
    "OBLIGATION",
    "PERFORMANCE",
    "REPAIR",
    "SUPPLEMENT",
    "TRANSFER",
]
