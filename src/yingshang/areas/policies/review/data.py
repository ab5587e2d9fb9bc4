"""The figures, hints and elements of `data/review`, read once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class Element:
    """One of the elements of a standardised policy item, and the paths of the YAML it is read from.

    `first`: only the first path that says something counts. `written` is how a value is written out. `origin` and
    `status` say where it is from and how well that is known, `standard` which fields of GB/T 39046-2020 say the same.
    """

    code: str
    name: str
    name_en: str
    origin: str
    needed: bool
    paths: tuple[str, ...]
    hint: str
    first: bool = False
    written: str = ""
    status: str = ""
    standard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hint:
    """What a person should look at, and the article because of which."""

    code: str
    name: str
    name_en: str
    article: str
    pattern: re.Pattern[str]
    facts: tuple[str, ...]
    why: str
    why_en: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A word from a list of the data: who comments, or what became of a comment."""

    code: str
    name: str
    name_en: str
    tone: str = ""
    published: bool = True


@dataclass(frozen=True, slots=True)
class Mask:
    """What is masked in a comment: a pattern, and how many characters stay at either end."""

    name: str
    pattern: re.Pattern[str]
    head: int
    tail: int


@dataclass(frozen=True, slots=True)
class ConsultationRules:
    """How a draft is put before the public."""

    days: int
    article: str
    article_en: str
    longest_text: int
    visitor_limit: tuple[int, int]
    user_limit: tuple[int, int]
    kinds: tuple[Kind, ...]
    verdicts: tuple[Kind, ...]
    masks: tuple[Mask, ...]


@cache
def elements() -> tuple[Element, ...]:
    """The elements, in the order of a page."""
    return tuple(
        Element(
            row["code"],
            row["name"],
            row["name_en"],
            row["origin"],
            row["needed"],
            tuple(row["from"]),
            row["hint"],
            bool(row.get("first")),
            row.get("as", ""),
            row["status"],
            tuple(row.get("standard", ())),
        )
        for row in _read("elements")["elements"]
    )


@cache
def element_words(kind: str) -> dict[str, str]:
    """The words for the values of a field that holds codes."""
    return dict(_read("elements")["words"].get(kind, {}))


@cache
def hints() -> tuple[Hint, ...]:
    """What the fair competition review is hinted at."""
    return tuple(
        Hint(
            row["code"],
            row["name"],
            row["name_en"],
            row["article"],
            re.compile(row["pattern"]),
            tuple(row.get("facts", ())),
            row["why"],
            row["why_en"],
        )
        for row in _read("fairness")["hints"]
    )


@cache
def consultation_rules() -> ConsultationRules:
    """How a draft is put before the public."""
    data = _read("consultation")
    return ConsultationRules(
        days=int(data["days"]),
        article=data["article"],
        article_en=data["article_en"],
        longest_text=int(data["longest_text"]),
        visitor_limit=(data["visitor_limit"]["comments"], data["visitor_limit"]["hours"]),
        user_limit=(data["user_limit"]["comments"], data["user_limit"]["hours"]),
        kinds=tuple(Kind(**row) for row in data["kinds"]),
        verdicts=tuple(Kind(**row) for row in data["verdicts"]),
        masks=tuple(
            Mask(row["name"], re.compile(row["pattern"]), *(int(each) for each in row["keep"]))
            for row in data["masks"]
        ),
    )


@cache
def figures() -> dict[str, Any]:
    """The lanes, what counts as alike, and the days of reminders."""
    return _read("figures")


def _read(name: str) -> dict[str, Any]:
    text = (files("yingshang.areas.policies") / f"data/review/{name}.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_yaml(text)
    return data
