"""Judging data against a version, for whoever does not use the Django form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from .problems import FieldProblem, check_data
from .values import FormVersionView


def validate(
    version: FormVersionView, data: Mapping[str, Any], *, today: date | None = None
) -> tuple[FieldProblem, ...]:
    """Every problem of the data, at its field; nothing when it may be submitted. `today` is for bounds that name it."""
    return check_data(version.specification, data, today=today)
