"""Reading one cell of text: numbers, booleans, dates and lists, exactly or not at all.

Every reader gets text without blanks around it and gives the value, or a Refusal with the code of what is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias

UNKNOWN: Final = ("", "NULL", "null", "N/A")
"""What a cell holds when the value is not known. Everything else is a value."""

EXCEL_ERRORS: Final = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)
"""What a worksheet shows where a formula failed; exported to CSV it is text."""

TRUE: Final = frozenset({"true", "是", "1", "yes", "y"})
FALSE: Final = frozenset({"false", "否", "0", "no", "n"})

NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", re.ASCII)
LEADING_ZERO: Final = re.compile(r"[+-]?0[0-9]", re.ASCII)

_DATE: Final = re.compile(
    r"(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{4})\.(\d{1,2})\.(\d{1,2})"
    r"|(\d{4})年(\d{1,2})月(\d{1,2})日|(\d{4})(\d\d)(\d\d))"
    r"(?:[ T](\d\d?:\d\d(?::\d\d(?:\.\d+)?)?)(?:Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_MIDNIGHT: Final = re.compile(r"0?0:00(?::00(?:\.0+)?)?")
_SEPARATORS: Final = re.compile(r"[;；、|]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a cell is not a value of its type: the code of a reject."""

    code: str


Line: TypeAlias = "dict[str, str | None]"


def read_number(text: str, scale: int, digits: int) -> Decimal | Refusal:
    """An exact number of at most `scale` decimal places and `digits` digits; `1,234.50` and `1.2E+3` are read too."""
    value = any_number(text)
    if value is None:
        return Refusal("excel_error" if text in EXCEL_ERRORS else "not_a_number")
    if decimal_places(value) > scale:
        return Refusal("not_whole" if scale == 0 else "too_many_decimals")
    if value and value.adjusted() >= digits - scale:
        return Refusal("number_too_large")
    return value


def any_number(text: str) -> Decimal | None:
    """The number a text writes, exactly; None if it writes none."""
    if NUMBER.fullmatch(text):
        return Decimal(text)
    return Decimal(text.replace(",", "")) if GROUPED.fullmatch(text) else None


def decimal_places(value: Decimal) -> int:
    """The decimal places a number needs: 2 for 1.250, 0 for 1E+3."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if not value or exponent >= 0:
        return 0
    written = "".join(map(str, digits))
    return max(0, -exponent - (len(written) - len(written.rstrip("0"))))


def read_boolean(text: str) -> bool | Refusal:
    """true false 是 否 1 0 yes no y n, in small or capital letters."""
    lowered = text.lower()
    if lowered in TRUE:
        return True
    if lowered in FALSE:
        return False
    return Refusal("excel_error" if text in EXCEL_ERRORS else "not_a_boolean")


def read_date(text: str) -> date | Refusal:
    """2024-01-31, 2024/1/31, 2024.1.31, 2024年1月31日 or 20240131; a time of day is refused unless it is midnight."""
    found = _DATE.fullmatch(text)
    if found is None:
        return Refusal("excel_error" if text in EXCEL_ERRORS else "not_a_date")
    *parts, time = found.groups()
    if time is not None and not _MIDNIGHT.fullmatch(time):
        return Refusal("time_of_day")
    year, month, day = (int(each) for each in parts if each is not None)
    try:
        return date(year, month, day)
    except ValueError:
        return Refusal("impossible_date")


def read_list(text: str) -> list[str | None] | Refusal:
    """A JSON array, or values separated by ; 、 or |. Its elements come as text. `[]` is the list of nothing."""
    if text in EXCEL_ERRORS:
        return Refusal("excel_error")
    if not text.startswith("["):
        return [each for part in _SEPARATORS.split(text) if (each := part.strip())]
    elements = _json(text)
    if not isinstance(elements, list) or any(isinstance(each, list | dict) for each in elements):
        return Refusal("not_a_list")
    return [as_text(each) for each in elements]


def read_lines(text: str, names: Mapping[str, str], unknown: set[str]) -> list[Line | None] | Refusal:
    """A JSON array of objects, as texts by field code. `names` gives the code of each code and Chinese name.

    Names that are no fields are added to `unknown`.
    """
    lines = _json(text)
    if not isinstance(lines, list) or not all(each is None or isinstance(each, dict) for each in lines):
        return Refusal("excel_error" if text in EXCEL_ERRORS else "not_a_list_of_contexts")
    found: list[Line | None] = []
    for each in lines:
        line = None if each is None else _line(each, names, unknown)
        if isinstance(line, Refusal):
            return line
        found.append(line)
    return found


def read_context(text: str, names: Mapping[str, str], unknown: set[str]) -> Line | Refusal:
    """A JSON object, as texts by field code; see `read_lines`."""
    found = _json(text)
    if not isinstance(found, dict):
        return Refusal("excel_error" if text in EXCEL_ERRORS else "not_a_context")
    return _line(found, names, unknown)


def _line(data: Mapping[str, Any], names: Mapping[str, str], unknown: set[str]) -> Line | Refusal:
    line: Line = {}
    for name, value in data.items():
        code = names.get(name)
        if code is None:
            unknown.add(name)
        elif code in line:
            return Refusal("repeated_field")
        else:
            line[code] = as_text(value)
    return line


def as_text(value: Any) -> str | None:
    """A JSON value as the text a cell would hold; numbers came as they were written."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _json(text: str) -> Any:
    """JSON with its numbers as they are written; None if it is no JSON."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
