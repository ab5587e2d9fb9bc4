"""Words of scoring and field checks on the screen, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping

from yingshang.areas.claims.api import (
    conclusion_words,
    field_check_states,
    result_words,
    scoring_states,
    seat_states,
)
from yingshang.web.words import in_language

Word = tuple[str, str]
"""The word, and how a page colours it."""


def scoring_state(code: str) -> Word:
    """Of a panel."""
    return _said(scoring_states(), code)


def seat_state(code: str) -> Word:
    """Of a seat."""
    return _said(seat_states(), code)


def check_state(code: str) -> Word:
    """Of a field check."""
    return _said(field_check_states(), code)


def conclusion_name(code: str) -> Word:
    """What a visit came to; empty while it has not."""
    found = conclusion_words().get(code)
    return (in_language(found.name, found.name_en), found.tone) if found else ("", "")


def result_name(code: str) -> str:
    """How scores become one."""
    found = result_words()[code]
    return in_language(found.name, found.name_en)


def _said(states: Mapping[str, tuple[str, str, str]], code: str) -> Word:
    name, name_en, tone = states[code]
    return in_language(name, name_en), tone
