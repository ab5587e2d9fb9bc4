"""Columns that the tables of claims share: money in fen, and codes."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from .templatetags.claims import fen

NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}
LEAD = {"td": {"class": "lead-cell"}, "th": {"class": "wide"}}


def plain(amount_fen: int | None) -> str:
    """Fen as yuan for an export: two places and no separators; nothing for what is not known."""
    if amount_fen is None:
        return ""
    return f"{'-' if amount_fen < 0 else ''}{abs(amount_fen) // 100}.{abs(amount_fen) % 100:02d}"


class FenColumn(tables.Column):
    """Money in fen, at the right; exported as yuan."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"attrs": NUMBER} | kwargs))

    def render(self, value: int) -> str:
        return fen(value)

    def value(self, **kwargs: Any) -> Any:
        return plain(kwargs["value"])


class ClaimedColumn(FenColumn):
    """What a claim was awarded, or what was worked out as long as it was not."""

    def render(self, record: Any) -> str:
        return fen(_amount(record))

    def value(self, **kwargs: Any) -> Any:
        return plain(_amount(kwargs["record"]))


class CodeColumn(tables.Column):
    """A number or a code, in letters of one width."""

    def render(self, value: str) -> SafeString:
        return format_html('<span class="code">{}</span>', value)

    def value(self, **kwargs: Any) -> Any:
        return kwargs["value"]


def _amount(record: Any) -> int | None:
    fen_of: int | None = record.award_fen if record.award_fen is not None else record.expected_fen
    return fen_of
