"""The rules of the library: `data/library.yaml`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from yingshang.kernel.reference.api import parse_yaml

from ..rules import Named


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an answer, and a template, may say."""

    question_longest: int
    question_shortest: int
    text_longest: int
    text_shortest: int
    law_longest: int
    template_name_longest: int


@dataclass(frozen=True, slots=True)
class SuggestionRules:
    """What is offered to somebody who is writing."""

    shortest_text: int
    longest_text: int
    most_words: int
    answers: int
    policies: int
    fitting: int
    compared: int
    least_shared: int
    topic_counts: int
    topic_least: float


@dataclass(frozen=True, slots=True)
class DefaultTemplate:
    """A template that is offered everywhere; without topics for every one."""

    code: str
    name: str
    name_en: str
    text: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LibraryRules:
    """`data/library.yaml`."""

    limits: Limits
    contact: re.Pattern[str]
    suggestions: SuggestionRules
    placeholders: Mapping[str, Named]
    templates: Mapping[str, DefaultTemplate]


@cache
def library_rules() -> LibraryRules:
    """`data/library.yaml`, read once."""
    data = parse_yaml((files("yingshang.areas.appeals") / "data/library.yaml").read_text(encoding="utf-8"))
    return LibraryRules(
        limits=Limits(**data["limits"]),
        contact=re.compile(data["contact"]),
        suggestions=SuggestionRules(**data["suggestions"]),
        placeholders={each["code"]: Named(**each) for each in data["placeholders"]},
        templates={
            each["code"]: DefaultTemplate(**{**each, "topics": tuple(each.get("topics", ()))})
            for each in data["templates"]
        },
    )
