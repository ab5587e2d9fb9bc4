"""Figures of a text, and which of them a policy item does not hold. Pure.

An interpretation that speaks of a figure the item no longer has is out of date; that is found here. A figure is
compared by its value: 2 万元 is 20,000, 5.5% is 0.055, 一年 is 1. Days are compared as days. Units are not compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ..content import read_item
from ..errors import InvalidItem

_DAY = re.compile(
    r"(?P<year>(?:19|20)\d\d)\s*(?:年|[-/.])\s*(?P<month>\d{1,2})\s*(?:月|[-/.])\s*(?P<day>\d{1,2})\s*日?"
)
_FIGURE = re.compile(
    r"(?<![\d.A-Za-z])(?P<digits>\d[\d,]*(?:\.\d+)?)\s?(?P<scale>[百千]?[万亿]|[百千])?\s?(?P<share>%|％|个百分点)?"
    r"(?P<unit>(?:美元|元|人|年|个月|月|天|日|倍|次|项|户|家|岁|周岁|亩|吨)?)"
)
_CHINESE = re.compile(
    r"(?P<share>百分之)?(?P<digits>[零〇一二两三四五六七八九十百千]+)(?P<scale>[万亿])?"
    r"(?P<unit>(?(share)|(?:个百分点|美元|元|人|年|个月|个工作日|天|倍|户|家|周岁|岁|亩|吨)))"
)
_ORDINAL = re.compile(r"(?:第|〔|（|\()\s*$")
_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_CHARACTERS = {each: value for value, each in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_LEFT_OUT = frozenset({"scenarios", "url", "id", "region", "tags", "budget"})
"""Parts of an item that say nothing to who applies."""
_UNITS = (("万", Decimal(10_000)), ("亿", Decimal(100_000_000)), ("%", Decimal("0.01")))


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it is written, and its value: a number, or a day."""

    written: str
    value: Decimal | date


def figures_of(text: str) -> tuple[Figure, ...]:
    """The figures of a text in their order; ordinals (第三条) are none."""
    found: list[tuple[int, Figure]] = []
    taken: list[tuple[int, int]] = []
    for match in _DAY.finditer(text):
        try:
            day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        except ValueError:
            continue
        taken.append(match.span())
        found.append((match.start(), Figure(match[0].strip(), day)))
    for pattern, read in ((_FIGURE, _digits), (_CHINESE, _chinese)):
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < last and first < end for first, last in taken):
                continue
            if _ORDINAL.search(text[:start]):
                continue
            value = read(match["digits"])
            if value is None:
                continue
            for character in match["scale"] or "":
                value *= _SCALES[character]
            if match["share"] or match["unit"] == "个百分点":
                value /= 100
            taken.append((start, end))
            found.append((start, Figure(match[0].strip(), value.normalize())))
    return tuple(figure for _, figure in sorted(found, key=lambda pair: pair[0]))


@lru_cache(maxsize=1024)
def values_of_item(source: str) -> frozenset[Decimal | date]:
    """The values an item holds anywhere but in its scenarios; none for a source that is no item."""
    try:
        return frozenset(_values(read_item(source).data, ""))
    except InvalidItem:
        return frozenset()


@lru_cache(maxsize=256)
def values_of_text(text: str) -> frozenset[Decimal | date]:
    """The values a document speaks of."""
    return frozenset(each.value for each in figures_of(text))


def absent(figures: tuple[Figure, ...], values: frozenset[Decimal | date]) -> tuple[str, ...]:
    """Figures whose value is not among the values, each as it is written, once."""
    return tuple(dict.fromkeys(each.written for each in figures if each.value not in values))


def _values(part: Any, unit: str) -> Iterator[Decimal | date]:
    if isinstance(part, Mapping):
        own = str(part.get("unit") or unit)
        for key, value in part.items():
            if key not in _LEFT_OUT:
                yield from _values(key, "") if not isinstance(key, str) else ()
                yield from _values(value, own)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _values(value, unit)
    elif isinstance(part, bool) or part is None:
        return
    elif isinstance(part, int | float | Decimal):
        value = Decimal(str(part))
        yield value.normalize()
        for name, factor in _UNITS:
            if unit.startswith(name):
                yield (value * factor).normalize()
    elif isinstance(part, str):
        yield from (each.value for each in figures_of(part))
    elif hasattr(part, "year") and hasattr(part, "day"):
        yield date(part.year, part.month, part.day)


def _digits(text: str) -> Decimal | None:
    return Decimal(text.replace(",", ""))


def _chinese(text: str) -> Decimal | None:
    """三十五 is 35; None for what is no number, such as 百千."""
    total, digit = 0, None
    for character in text:
        if character in _CHARACTERS:
            if digit is not None and digit != 0:
                return None
            digit = _CHARACTERS[character]
        else:
            total += (1 if digit is None else digit) * _SCALES[character]
            digit = None
    return Decimal(total + (digit or 0))
