"""An official document cut into clauses and sentences. Pure.

A clause begins where an official document numbers its parts (GB/T 9704-2012, 7.3.3: 一、（一）1.（1）, and 第…条 of
rules); sentences end at 。！？； and at line ends. Nothing of the text is lost: `start` and `end` are offsets into it.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

_NUMERAL = "[一二三四五六七八九十百零〇○两]+"
_CLAUSE = re.compile(
    rf"\s*(第{_NUMERAL}[章节条款项]|{_NUMERAL}、|[（(]{_NUMERAL}[）)]|[（(]\d{{1,3}}[）)]|\d{{1,3}}[.．、](?!\d)|[①-⑳])"
)
_END = "。！？；!?;"
_CLOSING = "”’》）)』」\"'"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its number from 1, the clauses it stands in (第三条 / 一（二）), and where it is."""

    number: int
    clause: str
    text: str
    start: int
    end: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def split_sentences(text: str) -> list[Sentence]:
    """Every sentence of a text, in order; blank ones are left out."""
    found: list[Sentence] = []
    stack: list[tuple[int, str]] = []
    for start, end in _lines(text):
        if match := _CLAUSE.match(text, start, end):
            label = match.group(1)
            rank = _rank(label)
            stack = [each for each in stack if each[0] < rank]
            stack.append((rank, label.rstrip("、.．")))
        clause = "".join(label for _, label in stack)
        for first, last in _pieces(text, start, end):
            piece = text[first:last].strip()
            if piece:
                found.append(Sentence(len(found) + 1, clause, piece, first, last))
    return found


def _lines(text: str) -> list[tuple[int, int]]:
    return [(match.start(), match.end()) for match in re.finditer(r"[^\n]+", text)]


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Sentences of a line; a closing quotation mark or bracket belongs to the sentence before it."""
    found, first, position, depth = [], start, start, 0
    while position < end:
        character = text[position]
        depth += (character in "（(《“") - (character in "）)》”")
        position += 1
        if character in _END and depth <= 0:
            while position < end and text[position] in _CLOSING:
                position += 1
            found.append((first, position))
            first, depth = position, 0
    if first < end:
        found.append((first, end))
    return found


def _rank(label: str) -> int:
    """How deep a number stands: chapters above articles above 一、 above （一） above 1. above （1）."""
    for rank, form in enumerate(
        (
            rf"第{_NUMERAL}章",
            rf"第{_NUMERAL}节",
            rf"第{_NUMERAL}条",
            rf"{_NUMERAL}、",
            rf"[（(]{_NUMERAL}[）)]",
            r"\d{1,3}[.．、]",
            r"[（(]\d{1,3}[）)]",
        )
    ):
        if re.fullmatch(form, label):
            return rank
    return 7
