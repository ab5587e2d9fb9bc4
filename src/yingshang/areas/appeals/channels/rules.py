"""`data/channels.yaml`, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.documents.api import Column, TableLimits
from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class TableRules:
    """The table other channels fill in: its limits, its columns, and how the empty one looks."""

    limits: TableLimits
    columns: tuple[Column, ...]
    widths: Mapping[str, int]
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LetterRules:
    """What a letter may hold, and the signs of one that no person wrote."""

    largest_bytes: int
    largest_head: int
    most_parts: int
    most_files: int
    smallest_picture: int
    most_letters: int
    most_answers: int
    automatic_headers: Mapping[str, frozenset[str]]
    automatic_senders: frozenset[str]
    automatic_subjects: tuple[str, ...]
    most_hops: int
    quotes: tuple[re.Pattern[str], ...]


@cache
def table_rules() -> TableRules:
    """The part `table`."""
    return rules_of_table(_data()["table"])


def rules_of_table(data: Mapping[str, Any]) -> TableRules:
    """A table as a data file describes it: `limits`, and `columns` with a `width` and a `note` each."""
    columns = []
    for row in data["columns"]:
        described = {key: value for key, value in row.items() if key not in ("width", "note")}
        columns.append(Column(**described))
    return TableRules(
        limits=TableLimits(**data["limits"]),
        columns=tuple(columns),
        widths={row["code"]: int(row["width"]) for row in data["columns"]},
        notes={row["code"]: row["note"] for row in data["columns"] if "note" in row},
    )


def table_limits() -> TableLimits:
    """How large a table of other channels may be."""
    return table_rules().limits


@cache
def letter_rules() -> LetterRules:
    """The part `mail`."""
    data = _data()["mail"]
    return LetterRules(
        largest_bytes=int(data["largest_bytes"]),
        largest_head=int(data["largest_head"]),
        most_parts=int(data["most_parts"]),
        most_files=int(data["most_files"]),
        smallest_picture=int(data["smallest_picture"]),
        most_letters=int(data["most_letters"]),
        most_answers=int(data["most_answers"]),
        automatic_headers={
            name: frozenset(str(value).lower() for value in values)
            for name, values in data["automatic_headers"].items()
        },
        automatic_senders=frozenset(data["automatic_senders"]),
        automatic_subjects=tuple(str(each).lower() for each in data["automatic_subjects"]),
        most_hops=int(data["most_hops"]),
        quotes=tuple(re.compile(each, re.IGNORECASE) for each in data["quotes"]),
    )


def _data() -> dict[str, Any]:
    text = files(__package__).joinpath("../data/channels.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text))
