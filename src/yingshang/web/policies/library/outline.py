"""The outline of a long document: its headings, each with the sentence it begins at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from yingshang.areas.policies.api import Sentence

_HEADING = re.compile(
    r"第[一二三四五六七八九十百零〇\d]{1,6}[编章节条款部]|[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）"
)
_MOST, _LONGEST = 120, 40


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `depth` 0 for what stands highest in the document."""

    number: int
    text: str
    depth: int


def outline_of(sentences: Iterable[Sentence]) -> tuple[Heading, ...]:
    """Headings of the highest kinds, as many kinds as one can look over."""
    found: list[tuple[str, Sentence]] = []
    for each in sentences:
        match = _HEADING.match(each.text)
        if match:
            found.append((_kind(match[0]), each))
    kinds = list(dict.fromkeys(sorted((kind for kind, _ in found), key=_ORDER.index)))
    chosen: list[str] = []
    for kind in kinds:
        if sum(one in (*chosen, kind) for one, _ in found) > _MOST and chosen:
            break
        chosen.append(kind)
    return tuple(
        Heading(each.number, _cut(each.text), chosen.index(kind)) for kind, each in found if kind in chosen
    )[: 2 * _MOST]


_ORDER = ("编", "部", "章", "节", "、", "条", "款", "（")


def _kind(mark: str) -> str:
    return mark[-1] if mark[0] == "第" else "（" if mark[0] == "（" else "、"


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
