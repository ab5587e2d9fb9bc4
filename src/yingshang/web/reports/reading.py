"""Reads the JSON-ready dictionaries a report is made from. What is absent stays absent; nothing is invented."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Record = Mapping[str, Any]


def text_of(record: Record, key: str, default: str = "") -> str:
    """The text under a key."""
    value = record.get(key)
    return default if value is None else str(value)


def count_of(record: Record, key: str) -> int:
    """The whole number under a key, 0 where there is none."""
    value = record.get(key)
    return 0 if value is None else int(value)


def optional_count_of(record: Record, key: str) -> int | None:
    """The whole number under a key, or None."""
    value = record.get(key)
    return None if value is None else int(value)


def optional_amount_of(record: Record, key: str) -> Decimal | None:
    """The amount under a key, or None; an amount that is no number is an error of the caller and says so."""
    value = record.get(key)
    if value is None or value == "":
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(
            f"{key}: {value!r} is no amount; expected a decimal string such as '123.00'"
        ) from None
    if not amount.is_finite():
        raise ValueError(f"{key}: {value!r} is no finite amount")
    return amount


def amount_of(record: Record, key: str) -> Decimal:
    """The amount under a key, 0 where there is none."""
    return optional_amount_of(record, key) or Decimal(0)


def records_of(record: Record, key: str) -> list[Record]:
    """The list of records under a key, empty where there is none."""
    return [row for row in record.get(key) or () if isinstance(row, Mapping)]


def record_of(record: Record, key: str) -> Record:
    """The record under a key, empty where there is none."""
    value = record.get(key)
    return value if isinstance(value, Mapping) else {}
