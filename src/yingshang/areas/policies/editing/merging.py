"""What two people wrote from one beginning, put together line by line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Merged:
    """The text that has both, and the places where both changed the same lines: there it has mine.

    Each conflict is (my lines, their lines).
    """

    text: str
    conflicts: tuple[tuple[str, str], ...]


def merge(began: str, mine: str, theirs: str) -> Merged:
    """Both changes on the text they began from; nothing of either is left out where they do not meet."""
    base, ours, others = (each.splitlines(keepends=True) for each in (began, mine, theirs))
    lines: list[str] = []
    conflicts: list[tuple[str, str]] = []
    at = at_ours = at_others = 0
    for start, in_ours, in_others, length in _common(base, ours, others):
        one, two, was = ours[at_ours:in_ours], others[at_others:in_others], base[at:start]
        if one == two or two == was:
            lines += one
        elif one == was:
            lines += two
        else:
            lines += one
            conflicts.append(("".join(one), "".join(two)))
        lines += base[start : start + length]
        at, at_ours, at_others = start + length, in_ours + length, in_others + length
    return Merged("".join(lines), tuple(conflicts))


def _common(base: list[str], ours: list[str], others: list[str]) -> list[tuple[int, int, int, int]]:
    """Runs of lines that all three have: (start in base, in ours, in others, length); the last is the end."""
    mine = SequenceMatcher(None, base, ours, autojunk=False).get_matching_blocks()
    theirs = SequenceMatcher(None, base, others, autojunk=False).get_matching_blocks()
    runs = []
    for one in mine:
        for two in theirs:
            start, end = max(one.a, two.a), min(one.a + one.size, two.a + two.size)
            if start < end:
                runs.append((start, one.b + start - one.a, two.b + start - two.a, end - start))
    return [*sorted(runs), (len(base), len(ours), len(others), 0)]
