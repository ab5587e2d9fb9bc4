"""What is known, and what was known: the rules by which records come to a portrait. Pure.

A record says what sources told of a party as of a day. Of several statements on one fact the latest day wins, on one
day the one received last. "What did we know on date D" is the same over the records received by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

NAME = "name"
"""The column under which records keep the registered name."""

Said = Mapping[str, Mapping[str, Any]]
"""Source → column → value as JSON keeps it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record, as the rules need it. `own` is false for those of a party that was merged into this one."""

    id: int
    as_of: date
    received_at: datetime
    said: Said
    own: bool = True

    @property
    def order(self) -> tuple[date, datetime, int]:
        """What makes one record win over another."""
        return self.as_of, self.received_at, self.id


@dataclass(frozen=True, slots=True)
class Statement:
    """One value of one fact, with where it comes from."""

    value: Any
    source: str
    record: Record


def current(records: Iterable[Record], *, known_at: datetime | None = None) -> dict[str, Statement]:
    """Column → the statement that holds, by what was received up to `known_at` (everything, if left out)."""
    held: dict[str, Statement] = {}
    for record in sorted(records, key=lambda each: each.order):
        if known_at is not None and record.received_at > known_at:
            continue
        for source, told in record.said.items():
            for column, value in told.items():
                # A duplicate keeps its own name; the party it was merged into is not renamed by it.
                if record.own or column != NAME:
                    held[column] = Statement(value, source, record)
    return held


def statements_on(records: Iterable[Record], column: str) -> list[Statement]:
    """Every statement on one fact, the one that holds first."""
    return [
        Statement(told[column], source, record)
        for record in sorted(records, key=lambda each: each.order, reverse=True)
        for source, told in record.said.items()
        if column in told
    ]


def not_yet_said(said: Said, on_the_same_day: Iterable[Record]) -> dict[str, dict[str, Any]]:
    """The part of `said` that its sources have not already said as of the same day.

    What a source said last counts: a value that it corrected and now tells again is news.
    """
    before = sorted(on_the_same_day, key=lambda each: each.order)
    if len(before) == 1 and before[0].said == said:
        return {}
    last: dict[tuple[str, str], Any] = {}
    for record in before:
        for source, told in record.said.items():
            for column, value in told.items():
                last[source, column] = value
    missing = object()
    fresh = {
        source: {
            column: value for column, value in told.items() if last.get((source, column), missing) != value
        }
        for source, told in said.items()
    }
    return {source: told for source, told in fresh.items() if told}


def winning(said: Said, as_of: date, records: Iterable[Record]) -> dict[str, Any]:
    """Of what is said now, as of `as_of`, the facts on which nothing newer is known: column → value."""
    held = current(records)
    return {
        column: value
        for told in said.values()
        for column, value in told.items()
        if column not in held or held[column].record.as_of <= as_of
    }
