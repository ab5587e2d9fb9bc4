"""How long a regular expression may take at worst.

Python's engine goes back and tries again: (a+)+$ would need years for forty characters, and patterns and texts come
from people. What could take too long is not begun.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from re import _constants as codes
from re import _parser
from typing import Any, Final

MOST_STEPS: Final = 100_000_000

Ways = tuple[int, int]
"""factor × (length of the text) ^ power: in how many ways a pattern can match from one place. Power -1: no limit."""

_ONE: Final[Ways] = (1, 0)
_ENDLESS: Final[Ways] = (1, -1)
_MANY: Final = 10**9


def ways_of(pattern: str, flags: int) -> Ways:
    """In how many ways the pattern can be tried at worst. Raises re.error for what is none."""
    return _of(_parser.parse(pattern, flags))


def is_quick(ways: Ways, length: int) -> bool:
    """Whether a search in a text of so many characters ends soon, whatever they are."""
    factor, power = ways
    return power >= 0 and factor * (length + 1) ** (power + 1) <= MOST_STEPS


def _of(parts: Any) -> Ways:
    ways = _ONE
    for code, value in parts:
        ways = _times(ways, _part(code, value))
    return ways


def _part(code: Any, value: Any) -> Ways:
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        least, most, body = value
        return _repeated(_of(body), int(least), None if most is codes.MAXREPEAT else int(most))
    if code is codes.BRANCH:
        found = [_of(each) for each in value[1]]
        return _apart(value[1], found) or _sum(found)
    if code is codes.SUBPATTERN:
        return _of(value[-1])
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return _of(value[1])
    if code is codes.ATOMIC_GROUP:
        return _of(value)
    if code in (codes.GROUPREF, codes.GROUPREF_EXISTS, codes.POSSESSIVE_REPEAT):
        return (1, 1)
    return _ONE


def _repeated(body: Ways, least: int, most: int | None) -> Ways:
    if most is not None and most <= 1:
        return _sum([body, _ONE]) if most != least else body
    if body == _ONE:
        return (1, 1) if most is None or most > _MANY else (most - least + 1, 0)
    if most is None or most > 60 or body[1] < 0:
        return _ENDLESS
    return min(body[0] ** most, _MANY), body[1] * most


def _apart(branches: Sequence[Any], found: Sequence[Ways]) -> Ways | None:
    """The most of alternatives of which one character tells which it is."""
    first = [each[0] if len(each) else None for each in branches]
    literals = [each[1] for each in first if each is not None and each[0] is codes.LITERAL]
    if len(set(literals)) < len(branches) or any(power < 0 for _, power in found):
        return None
    return max(factor for factor, _ in found), max(power for _, power in found)


def _sum(found: Sequence[Ways]) -> Ways:
    if any(power < 0 for _, power in found):
        return _ENDLESS
    return min(sum(factor for factor, _ in found), _MANY), max(power for _, power in found)


def _times(one: Ways, other: Ways) -> Ways:
    if one[1] < 0 or other[1] < 0:
        return _ENDLESS
    return min(one[0] * other[0], _MANY), one[1] + other[1]


def compiled_ways(pattern: re.Pattern[str]) -> Ways:
    """The same of a compiled pattern."""
    return ways_of(pattern.pattern, pattern.flags)
