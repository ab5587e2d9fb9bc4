"""Frozen facts in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from yingshang.kernel.reference.api import UnknownFact, get_fact

FactLine = tuple[str, str, str, Any]


def fact_lines(facts: Iterable[tuple[str, Any, str, Any]]) -> list[FactLine]:
    """(name, value, source, day) of facts by their columns; yes and no in words, days as days."""
    found = []
    for column, value, source, told_on in facts:
        as_of = date.fromisoformat(told_on) if isinstance(told_on, str) and told_on else told_on or None
        try:
            definition = get_fact(column)
            name, unit = definition.name, definition.unit or ""
        except UnknownFact:
            name, unit = column, ""
        text = (
            _("是") if value is True else _("否") if value is False else "—" if value is None else str(value)
        )
        found.append(
            (name, f"{text} {unit}".strip() if value not in (None, True, False) else text, source, as_of)
        )
    return found
