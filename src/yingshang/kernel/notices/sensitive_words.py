"""Searching a mass message for sensitive words: a versioned data file, see `data/sensitive_words.yaml`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from yingshang.kernel.reference.api import parse_yaml

from .errors import InvalidCampaign
from .message_templates import LANGUAGE_NAMES, PART_NAMES, Texts

AROUND = 8
_ENDS = re.compile(r"[，。、；：！？,.;:!?\n]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression, by what it finds."""

    name: str
    name_en: str
    pattern: str


@dataclass(frozen=True, slots=True)
class WordCategory:
    """Words and patterns of one kind."""

    code: str
    name: str
    name_en: str
    words: tuple[str, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class WordList:
    """The list in force."""

    version: str
    date: str
    title: str
    sources: tuple[str, ...]
    categories: tuple[WordCategory, ...]

    @property
    def size(self) -> int:
        return sum(len(each.words) + len(each.patterns) for each in self.categories)


@dataclass(frozen=True, slots=True)
class WordPlace:
    """Where a word of a list stands in a text, and of what category it is."""

    start: int
    end: int
    category: str


@dataclass(frozen=True, slots=True)
class WordFinding:
    """A sensitive word in a text: what stands there, of what category, and where (line and column count from 1)."""

    language: str
    part: str
    line: int
    column: int
    found: str
    excerpt: str
    category: str
    category_name: str
    category_name_en: str

    @property
    def where(self) -> str:
        language, part = LANGUAGE_NAMES[self.language][1], PART_NAMES[self.part][1]
        return f"{language} {part}, line {self.line}, character {self.column}"

    @property
    def where_zh(self) -> str:
        language, part = LANGUAGE_NAMES[self.language][0], PART_NAMES[self.part][0]
        return f"{language}{part}第{self.line}行第{self.column}字"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def word_list() -> WordList:
    """The list of this place, or the one that comes with the platform. Raises InvalidCampaign for a broken file."""
    chosen = getattr(settings, "SENSITIVE_WORDS_FILE", "")
    if not chosen:
        return _read_own()
    path = Path(chosen)
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except (OSError, yaml.YAMLError, KeyError, TypeError, re.error) as error:
        # Sending unchecked because the list is broken is what the list exists to prevent.
        raise InvalidCampaign(
            f"the list of sensitive words {path.name} cannot be used: {error}",
            message_zh=f"敏感词表 {path.name} 不能使用：{error}",
        ) from error


def find_words(texts: Texts, words: WordList | None = None) -> tuple[WordFinding, ...]:
    """Every sensitive word in a text, in the order of the text."""
    chosen = words or word_list()
    return tuple(
        finding
        for language, (subject, body) in texts.items()
        for part, text in (("subject", subject), ("body", body))
        for finding in _in_order(text, language, part, chosen)
    )


def word_places(text: str, words: WordList) -> tuple[WordPlace, ...]:
    """Where the words of any list stand in a text, in its order; for whoever only wants to know that. Linear."""
    return tuple(
        WordPlace(start, end, words.categories[number].code) for start, end, number in _found(text, words)
    )


def read_word_list(data: Mapping[str, Any]) -> WordList:
    """The list of a data file of another room. Raises KeyError, TypeError or re.error for a broken one."""
    return _word_list(data)


def _found(text: str, words: WordList) -> list[tuple[int, int, int]]:
    return sorted(
        (start, end, number)
        for number, category in enumerate(words.categories)
        for start, end in _places(text, category)
    )


def _in_order(text: str, language: str, part: str, words: WordList) -> Iterator[WordFinding]:
    for start, end, number in _found(text, words):
        category = words.categories[number]
        before = text.rfind("\n", 0, start) + 1
        yield WordFinding(
            language=language,
            part=part,
            line=text.count("\n", 0, start) + 1,
            column=start - before + 1,
            found=text[start:end],
            excerpt=_excerpt(text, start, end),
            category=category.code,
            category_name=category.name,
            category_name_en=category.name_en,
        )


def _places(text: str, category: WordCategory) -> Iterator[tuple[int, int]]:
    plain, places = _plain(text, skip=False)
    squeezed, squeezed_places = _plain(text, skip=True)
    for word in category.words:
        wanted = _plain(word, skip=False)[0]
        # A word with a sign in it is looked for as it stands.
        whole = _plain(word, skip=True)[0] != wanted
        searched, where = (plain, places) if whole else (squeezed, squeezed_places)
        at = searched.find(wanted)
        while at >= 0:
            taken = where[at : at + len(wanted)]
            if whole or _belongs_together(text, taken):
                yield taken[0], taken[-1] + 1
            at = searched.find(wanted, at + 1)
    for pattern in category.patterns:
        for match in re.finditer(pattern.pattern, plain):
            start, end = match.span()
            if end > start:
                yield places[start], places[end - 1] + 1


def _belongs_together(text: str, places: list[int]) -> bool:
    """Whether signs that stand for one word are one. Between two words there is a comma; where somebody hides a word,
    there is a sign after each of its signs."""
    between = [text[one + 1 : other] for one, other in pairwise(places)]
    return not any(_ENDS.search(each) for each in between) or all(between)


def _plain(text: str, *, skip: bool) -> tuple[str, list[int]]:
    """The text in one width and case, and where each sign stood; with `skip` without blanks, signs and marks."""
    signs, places = [], []
    for place, sign in enumerate(text):
        for each in unicodedata.normalize("NFKC", sign).lower():
            if skip and unicodedata.category(each)[0] in "ZCPSM":
                continue
            signs.append(each)
            places.append(place)
    return "".join(signs), places


def _excerpt(text: str, start: int, end: int) -> str:
    before, after = max(0, start - AROUND), min(len(text), end + AROUND)
    piece = " ".join(text[before:after].split())
    return f"{'…' if before else ''}{piece}{'…' if after < len(text) else ''}"


@lru_cache(maxsize=1)
def _read_own() -> WordList:
    text = (files(__package__) / "data/sensitive_words.yaml").read_text(encoding="utf-8")
    return _word_list(parse_yaml(text))


@lru_cache(maxsize=2)
def _read(path: str, changed: int) -> WordList:
    return _word_list(parse_yaml(Path(path).read_text(encoding="utf-8")))


def _word_list(data: Mapping[str, Any]) -> WordList:
    metadata = data["metadata"]
    categories = tuple(
        WordCategory(
            code=each["code"],
            name=each["name"],
            name_en=each["name_en"],
            words=tuple(str(word) for word in each.get("words", ())),
            patterns=tuple(Pattern(**pattern) for pattern in each.get("patterns", ())),
        )
        for each in data["categories"]
    )
    for category in categories:
        for pattern in category.patterns:
            re.compile(pattern.pattern)
    return WordList(
        version=str(metadata["version"]),
        date=str(metadata["date"]),
        title=str(metadata["title"]),
        sources=tuple(metadata.get("sources", ())),
        categories=categories,
    )
