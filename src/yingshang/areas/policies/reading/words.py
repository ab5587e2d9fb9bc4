"""The words by which documents name facts, and finding them in a sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from yingshang.kernel.reference.api import parse_yaml
from yingshang.rules.policy.catalogue import Fact, FactCatalogue

_GAP = "[^，。；：！？、]{0,8}?"
_WIDE_GAP = "[^，。；：！？]{0,30}?"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Words that bound figures, by operator: before them and after them."""

    before: tuple[tuple[str, tuple[str, ...]], ...]
    after: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of saying something. `anchor` is a piece that must stand in the text for it to fit."""

    pattern: re.Pattern[str]
    anchor: str
    width: int
    loose: bool = False
    """It has a gap that may hold much else."""

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        if self.anchor in text:
            for match in self.pattern.finditer(text):
                yield match.span()


@dataclass(frozen=True, slots=True)
class Known:
    """A fact of the catalogue, or a field of a list of it, as the reader names it."""

    code: str
    name: str
    type: str
    unit: str
    holder: Fact | None = None
    """The list it is a field of."""
    values: tuple[str, ...] = ()
    offset: int | None = None

    @property
    def dimension(self) -> str:
        return _DIMENSIONS.get(self.unit, self.unit)


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: where, of what, and what it says (`=0`, `>0`, `!`, a value)."""

    start: int
    end: int
    known: Known
    says: str = ""
    weight: int = 0
    """How many characters of it are said in so many words."""
    loose: bool = False

    @property
    def width(self) -> int:
        return self.end - self.start


_DIMENSIONS = {
    "元": "money",
    "美元": "usd",
    "比值": "ratio",
    "千分比": "ratio",
    "年": "months",
    "月": "months",
    "项": "count",
    "个": "count",
    "次": "count",
    "名": "count",
}


@cache
def word_data() -> dict[str, Any]:
    """The file of words, as it is written."""
    text = resources.files("yingshang.areas.policies").joinpath("data/reading_words.yaml").read_text("utf-8")
    data: dict[str, Any] = parse_yaml(text)
    return data


@cache
def bounds() -> Bounds:
    """The words that bound figures."""
    data = word_data()["bounds"]
    return Bounds(
        tuple((operator, tuple(words)) for operator, words in data["before"].items()),
        tuple((operator, tuple(words)) for operator, words in data["after"].items()),
    )


@lru_cache(maxsize=8192)
def phrase(written: str) -> Phrase:
    """A phrase of the file, `*` being a gap."""
    first, written = written.startswith("^"), written.removeprefix("^")
    pieces = [each for each in re.split(r"\*+", written) if each]
    pattern = ("(?:(?<=[，；。：])|^)" if first else "") + "".join(
        _WIDE_GAP if each == "**" else _GAP if each == "*" else re.escape(each)
        for each in re.split(r"(\*+)", written)
    )
    return Phrase(re.compile(pattern), max(pieces, key=len), sum(map(len, pieces)), "**" in written)


def known_facts(catalogue: FactCatalogue) -> dict[str, Known]:
    """Everything of a catalogue that sentences may speak of, by code."""
    found: dict[str, Known] = {}
    for fact in catalogue.facts.values():
        if fact.type == "list<context>":
            for each in fact.fields:
                code = f"{fact.code}.{each.code}"
                found[code] = Known(code, each.name, each.type, each.unit or "", fact, each.values)
        else:
            found[fact.code] = Known(
                fact.code,
                fact.name,
                fact.type,
                fact.unit or "",
                None,
                fact.values,
                fact.year_offset if fact.series_of else None,
            )
    return found


class _Index:
    """Phrases by the two characters their anchors begin with: a sentence is asked for the few that can be in it."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = entries
        self._by_head: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            self._by_head.setdefault(entry[0].anchor[:2], []).append(number)

    def near(self, text: str) -> list[Any]:
        heads = {text[at : at + 2] for at in range(len(text) - 1)} | set(text)
        found = [number for head in heads & self._by_head.keys() for number in self._by_head[head]]
        return [self._entries[number] for number in sorted(found)]


class Lexicon:
    """The words of a catalogue: made once for a document."""

    def __init__(self, catalogue: FactCatalogue) -> None:
        data = word_data()
        self.known = known_facts(catalogue)
        self.catalogue = catalogue
        self.negation = re.compile(
            "(?:" + "|".join(map(re.escape, sorted(data["negations"], key=len, reverse=True))) + ")"
        )
        self._figures = _Index(self._phrases_of("figures", lambda each: each.type == "number"))
        self._statements = _Index(self._phrases_of("statements", lambda each: each.type == "boolean"))
        self._choices = _Index(list(self._all_choices(data["choices"])))
        units: dict[str, list[Known]] = {}
        for each in self.known.values():
            if each.type == "number" and each.unit:
                units.setdefault(each.dimension, []).append(each)
        self.only_with_unit = {unit: facts[0] for unit, facts in units.items() if len(facts) == 1}

    def _phrases_of(self, part: str, wanted: Any) -> list[tuple[Phrase, Known, str]]:
        written: Mapping[str, Iterable[str]] = word_data()[part]
        found: list[tuple[Phrase, Known, str]] = []
        for code, phrases in written.items():
            if code in self.known:
                for text in phrases:
                    says, text = _said(text)
                    found.append((phrase(text), self.known[code], says))
        for each in self.known.values():
            # A year of a series goes by the name of the series in documents, so its own name is enough.
            if wanted(each) and len(each.name) > 2 and each.code not in word_data()["not_by_name"]:
                found.append((phrase(each.name), each, ""))
        return found

    def _all_choices(self, written: Mapping[str, Any]) -> Iterator[tuple[Phrase, Known, str, str, str]]:
        for code, each in written.items():
            known = self.known.get(code)
            if known is None:
                continue
            source = written.get(str(each.get("like", "")), each)
            cue = str(each.get("cue", ""))
            where: Mapping[str, str] = each.get("where") or {}
            phrases: dict[str, list[str]] = {
                key: list(of or ()) for key, of in (source.get("values") or {}).items()
            }
            if source.get("bare"):
                for value in known.values:
                    if value not in ("其他", "无"):
                        phrases.setdefault(value, []).append(value)
            for value, texts in phrases.items():
                for text in texts:
                    yield phrase(text), known, value, cue, where.get(value, "")

    def figures(self, text: str) -> list[Hit]:
        """Facts that are figures and are named in a text; a longer phrase hides the shorter ones in it."""
        found = [
            Hit(start, end, known, "", one.width, one.loose)
            for one, known, _ in self._figures.near(text)
            for start, end in one.find(text)
        ]
        return _longest(found)

    def statements(self, text: str) -> list[Hit]:
        """What a text says yes or no to. `says` is empty, `!`, `>0` or `=0`."""
        found = [
            Hit(start, end, known, says, one.width)
            for one, known, says in self._statements.near(text)
            for start, end in one.find(text)
        ]
        return _longest(found)

    def choices(self, text: str) -> list[Hit]:
        """Values of closed lists that a text names; `says` is the value. One phrase may stand for several."""
        found = [
            Hit(start, end, known, value, one.width)
            for one, known, value, cue, where in self._choices.near(text)
            if one.anchor in text
            and (not cue or _cue(cue).search(text))
            and (not where or _cue(where).search(text))
            for start, end in one.find(text)
        ]
        found = [each for each in found if not _needs_more(each, text)]
        cued = {each for each in found if word_data()["choices"][each.known.code].get("cue")}
        if cued:
            found = [
                each
                for each in found
                if each in cued
                or each.known.type != "list<string>"
                or not any(other.start < each.end and each.start < other.end for other in cued)
            ]
        return _longest(found)


@lru_cache(maxsize=64)
def _cue(written: str) -> re.Pattern[str]:
    return re.compile(written)


def _needs_more(hit: Hit, text: str) -> bool:
    needs = word_data()["choices"][hit.known.code].get("needs")
    return bool(needs) and needs not in text


def _said(text: str) -> tuple[str, str]:
    for mark in (">=1", ">0", "=0", "!"):
        if text.startswith(mark):
            return mark, text[len(mark) :]
    return "", text


def _longest(found: list[Hit]) -> list[Hit]:
    """Without what lies inside something longer; of one place, what says most of it in words."""
    found.sort(key=lambda each: (each.start, -each.width, -each.weight))
    kept: list[Hit] = []
    reach: list[Hit] = []
    for each in found:
        inside = any(
            other.start <= each.start
            and each.end <= other.end
            and (other.width > each.width or other.weight > each.weight)
            and not (other.loose and other.known.dimension != each.known.dimension)
            for other in reach
        )
        if not inside and each not in kept:
            kept.append(each)
            reach = [other for other in reach if other.end > each.start]
            reach.append(each)
    return kept
