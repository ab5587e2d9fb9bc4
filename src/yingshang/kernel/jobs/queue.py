"""The queue's settings, made when Django is ready."""

from __future__ import annotations

from typing import Any


def configure(app: Any) -> None:
    """Called by procrastinate with its app once Django is ready; rooms add their tasks in `jobs.py` modules."""
