"""Marked sentences as an address carries them: 3-40 stands for all from 3 to 40, so that a whole document fits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from yingshang.areas.policies.api import Sentence

_RANGE = re.compile(r"(\d{1,7})(?:-(\d{1,7}))?")


def numbers_in(given: Iterable[str], sentences: Sequence[Sentence]) -> list[int]:
    """The numbers of those sentences that are named; what is no number names none."""
    spans = []
    for text in given:
        for part in text.split(","):
            if match := _RANGE.fullmatch(part.strip()):
                spans.append((int(match[1]), int(match[2] or match[1])))
    single = {low for low, high in spans if low == high}
    wide = [(low, high) for low, high in spans if low < high]
    return [
        each.number
        for each in sentences
        if each.number in single or any(low <= each.number <= high for low, high in wide)
    ]


def ranges_of(numbers: Iterable[int]) -> str:
    """Numbers as ranges; `numbers_in` reads them."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in spans)
