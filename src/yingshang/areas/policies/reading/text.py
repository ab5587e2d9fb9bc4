"""The text of a sentence made even: no blanks, half-width digits and letters, full-width punctuation. Pure.

Every rule reads the even text; `Line.span` leads back to the sentence as it is written.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

_EVEN = {code: chr(code - 0xFEE0) for code in range(0xFF10, 0xFF5B)} | {
    ord("％"): "%",
    ord("﹪"): "%",
    ord("．"): ".",
    ord("＋"): "+",
    ord("("): "（",
    ord(")"): "）",
    ord(";"): "；",
    ord(":"): "：",
    ord("："): "：",
    ord("；"): "；",
    ord("？"): "？",
    ord("＜"): "<",
    ord("＞"): ">",
    ord("～"): "至",
    ord("~"): "至",
    ord("−"): "-",
    ord("－"): "-",
}
_BREAK = re.compile(r"[，；。：！？]")


@dataclass(frozen=True)
class Line:
    """A sentence made even. `places[i]` is where its character i stands in the sentence as written."""

    written: str
    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of the even text stands in the sentence as written."""
        if not self.places or start >= len(self.places):
            return (len(self.written), len(self.written))
        return (self.places[start], self.places[max(start, end - 1)] + 1)

    def inside(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of the sentence as written stands in the even text."""
        return bisect_left(self.places, start), bisect_left(self.places, end)

    @cached_property
    def breaks(self) -> tuple[int, ...]:
        """Where clauses of the sentence begin."""
        return (0, *(match.end() for match in _BREAK.finditer(self.text)))

    @cached_property
    def _segment_of(self) -> tuple[tuple[int, int], ...]:
        found: list[tuple[int, int]] = []
        ends = [*self.breaks[1:], len(self.text)]
        for first, last in zip(self.breaks, ends, strict=True):
            found += [(first, last)] * (last - first)
        return (*found, (self.breaks[-1], len(self.text)))

    def segment(self, position: int) -> tuple[int, int]:
        """The clause between commas that a place lies in."""
        return self._segment_of[min(position, len(self.text))]


def even(written: str) -> Line:
    """A sentence made even."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(written):
        if not character.isspace():
            characters.append(_EVEN.get(ord(character), character))
            places.append(place)
    for at, character in enumerate(characters):
        # A comma between digits parts thousands; any other one parts clauses.
        if character == "," and not (0 < at < len(characters) - 1 and characters[at + 1].isdigit()):
            characters[at] = "，"
    return Line(written, "".join(characters), tuple(places))
