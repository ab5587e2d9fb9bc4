"""Personal data and insults in a text become ＊, so that lists, search, learning and publication do without. Pure.

It masks rather too much than too little: what looks like a telephone number in any formatting is one. Every sign of a
finding is replaced by one ＊, so places in the masked text are places in the text that was given.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from yingshang.kernel.notices.api import word_places

from .numbers import find_numbers
from .rules import text_rules

STAR = "＊"
# What is masked can leave its neighbours at the edge of a word, where they are seen for what they are.
ROUNDS = 20
_ENDS = frozenset("，。；：！？、\n")
# A letter that is in no word of any list: what was masked already must not join what stood around it.
_WALL = "ǃ"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What was masked: of which kind (see `data/text.yaml`), from where to before where in the text as given."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Masked:
    """A text that may be shown, and what was masked in it, in its order."""

    text: str
    findings: tuple[Finding, ...]


def mask(text: str, *, known: Sequence[str] = ()) -> Masked:
    """The text with personal data and insults masked. `known`: names and contacts of the sender, masked wherever they
    stand. Masking a masked text changes nothing; the time it takes grows with the length alone.
    """
    findings: list[Finding] = []
    shown = text
    for _ in range(ROUNDS):
        new = [
            each for each in _merged(_found(shown, known)) if set(shown[each.start : each.end]) - {STAR, "\n"}
        ]
        if not new:
            break
        findings = _merged((*findings, *new))
        shown = _hidden(shown, new)
    return Masked(shown, tuple(findings))


def _hidden(text: str, findings: Sequence[Finding]) -> str:
    parts: list[str] = []
    at = 0
    for each in findings:
        parts.append(text[at : each.start])
        parts.append("".join("\n" if sign == "\n" else STAR for sign in text[each.start : each.end]))
        at = each.end
    return "".join((*parts, text[at:]))


def _merged(findings: Sequence[Finding] | Iterator[Finding]) -> list[Finding]:
    """The findings, in order and apart: where two overlap, they are one, of the kind of the one that begins first."""
    merged: list[Finding] = []
    for each in sorted(findings, key=lambda finding: (finding.start, -finding.end)):
        if merged and each.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Finding(last.start, max(last.end, each.end), last.kind)
        else:
            merged.append(each)
    return merged


def _found(text: str, known: Sequence[str]) -> Iterator[Finding]:
    plain, places = _plain(text)

    def finding(start: int, end: int, kind: str) -> Finding:
        return Finding(places[start], places[end - 1] + 1, kind)

    for start, end, kind in find_numbers(plain):
        yield finding(start, end, kind)
    rules = text_rules()
    for row in rules.kinds.values():
        for pattern in row.patterns:
            part = "hidden" if "hidden" in pattern.groupindex else 0
            for match in pattern.finditer(plain):
                start, end = match.span(part)
                yield finding(start, end, row.code)
    for pattern in (rules.names.labelled, rules.names.titled):
        for match in pattern.finditer(plain):
            start, end = match.span("hidden")
            yield finding(start, end, "name")
    for word in known:
        if len(wanted := _plain(word.strip())[0]) < 2:
            continue
        at = plain.find(wanted)
        while at >= 0:
            yield finding(at, at + len(wanted), "known")
            at = plain.find(wanted, at + len(wanted))
    yield from _insults(text)


def _insults(text: str) -> Iterator[Finding]:
    rules = text_rules()
    seen = text.replace(STAR, _WALL).lower() if len(text.lower()) == len(text) else text.replace(STAR, _WALL)
    seen = seen.translate(rules.lookalikes)
    innocent = bytearray(len(seen))
    for word in rules.exceptions:
        at = seen.find(word)
        while at >= 0:
            innocent[at : at + len(word)] = b"\1" * len(word)
            at = seen.find(word, at + 1)
    for place in word_places(seen, rules.insults):
        said = seen[place.start : place.end]
        signs = sum(1 for sign in said if unicodedata.category(sign)[0] in "LN")
        # Two words with a comma between them are two words.
        apart = signs <= 2 and not _ENDS.isdisjoint(said)
        if not apart and not all(innocent[place.start : place.end]):
            yield Finding(place.start, place.end, "insult")


def _plain(text: str) -> tuple[str, list[int]]:
    """The text in half-width signs, without marks and signs of no width, and where each sign stood."""
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if sign < "\x7f":
            signs.append(sign)
            places.append(place)
            continue
        digit = unicodedata.decimal(sign, None)
        for each in str(digit) if digit is not None else unicodedata.normalize("NFKC", sign):
            if unicodedata.category(each) in ("Cf", "Mn", "Me"):
                continue
            signs.append(each)
            places.append(place)
    return "".join(signs), places
