"""`data/text.yaml`, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.notices.api import WordList, read_word_list
from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an appeal may say."""

    title_longest: int
    body_longest: int
    body_shortest: int
    fewest_different: int
    raw_longest: int
    marks_per_letter: int
    longest_run: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of what is masked."""

    code: str
    name: str
    name_en: str
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class NumberRules:
    """How numbers are written, and how a card's begins."""

    separators: frozenset[str]
    most_separators: int
    chinese_digits: Mapping[str, str]
    card_prefixes: tuple[str, ...]
    card_lengths: frozenset[int]
    money_before: frozenset[str]
    money_after: frozenset[str]


@dataclass(frozen=True, slots=True)
class NameRules:
    """Where a name is believed to stand: behind a label, or before a title."""

    labelled: re.Pattern[str]
    titled: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class TextRules:
    """Everything of the file."""

    version: str
    limits: Limits
    numbers: NumberRules
    kinds: Mapping[str, Kind]
    names: NameRules
    insults: WordList
    lookalikes: Mapping[int, str]
    exceptions: tuple[str, ...]


@cache
def text_rules() -> TextRules:
    """`data/text.yaml`."""
    data = parse_yaml((files(__package__).joinpath("../data/text.yaml")).read_text(encoding="utf-8"))
    numbers = data["numbers"]
    return TextRules(
        version=str(data["metadata"]["version"]),
        limits=Limits(**data["limits"]),
        numbers=NumberRules(
            separators=frozenset(numbers["separators"]),
            most_separators=int(numbers["most_separators"]),
            chinese_digits=dict(numbers["chinese_digits"]),
            card_prefixes=tuple(numbers["card_prefixes"]),
            card_lengths=frozenset(numbers["card_lengths"]),
            money_before=frozenset(numbers["money_before"]),
            money_after=frozenset(numbers["money_after"]),
        ),
        kinds={
            row["code"]: Kind(
                row["code"],
                row["name"],
                row["name_en"],
                tuple(re.compile(each) for each in row["patterns"]),
            )
            for row in data["kinds"]
        },
        names=_names(data["names"]),
        insults=read_word_list(data["insults"]),
        lookalikes={ord(sign): plain for plain, signs in data["lookalikes"].items() for sign in str(signs)},
        exceptions=tuple(data["insults"]["exceptions"]),
    )


def _names(data: Mapping[str, Any]) -> NameRules:
    ambiguous = set(data["ambiguous"])
    every = "".join(dict.fromkeys(data["surnames"]))
    certain = "".join(each for each in every if each not in ambiguous)
    compound = "|".join(data["compound_surnames"])
    # A given name of the words that can be one: no place, no office, no rank.
    given = f"(?P<hidden>(?:(?![{data['never']}])[\u4e00-\u9fff]){{1,2}}?)"
    ends = "|".join((r"$|[^\u4e00-\u9fff*]", *data["after"]))
    titles = "|".join(data["titles"])
    return NameRules(
        labelled=re.compile(
            f"(?:(?:{'|'.join(data['labels'])})(?:[:\\s]{{1,3}}(?:{compound}|[{every}])|(?:是|为)?(?:{compound}|[{certain}]))"
            f"|(?:{'|'.join(data['labels_with_colon'])})[:\\s]{{1,3}}(?:{compound}|[{every}]))"
            f"{given}(?={ends}|{titles})"
        ),
        titled=re.compile(
            f"(?:^|(?<=[^\u4e00-\u9fff*])|(?<=[{''.join(data['before'])}]))(?:{compound}|[{certain}])"
            f"{given}(?={titles})",
            re.MULTILINE,
        ),
    )


def text_limits() -> Limits:
    """How much may be said."""
    return text_rules().limits
