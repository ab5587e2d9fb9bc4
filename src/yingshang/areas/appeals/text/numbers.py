"""Numbers of persons, cards and telephones in a text, however their digits are spaced, widened or written. Pure.

Digits that stand together are a group; groups with at most a few separators between them may be one number. A number
begins and ends with a group, so 2026 in front of a telephone number does not hide it and an order number that happens
to hold eleven fitting digits is left alone. Only an identity number, whose check says enough, is found inside a group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from stdnum import luhn
from stdnum.cn import ric

from .rules import NumberRules, text_rules

LONGEST = 24
_BORN_18 = re.compile(
    r"(?=([1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]))"
)
_BORN_15 = re.compile(
    r"(?:[1-5][1-7]|6[1-5]|71|8[1-3])[0-9]{4}([0-9]{2})((?:0[1-9]|1[0-2]))(0[1-9]|[12][0-9]|3[01])[0-9]{3}"
)
_MOBILE = re.compile(r"(?:(?:00)?86|0|17951)?1[3-9][0-9]{9}")
_MOBILES = re.compile(r"(?:1[3-9][0-9]{9}){2,}")
_FIXED = re.compile(r"(?:0|0086)(?:10|2[0-9]|[3-9][0-9]{2})[2-9][0-9]{6,7}")


@dataclass(frozen=True, slots=True)
class Group:
    """Digits that stand together: where, and what they are. `linked`: the one before may belong to the same number."""

    start: int
    end: int
    digits: str
    linked: bool
    glue: str


def find_numbers(plain: str) -> Iterator[tuple[int, int, str]]:
    """Where numbers stand in a text of half-width signs, and of what kind they are; in order, none within another."""
    rules = text_rules().numbers
    groups = list(_groups(plain, rules))
    at = 0
    while at < len(groups):
        found = _number_at(plain, groups, at, rules)
        if found is None:
            at += 1
            continue
        last, kind = found
        yield groups[at].start, groups[last].end, kind
        at = last + 1


def _groups(plain: str, rules: NumberRules) -> Iterator[Group]:
    chinese = "".join(rules.chinese_digits)
    # An x is a digit only where the check character of an identity number can stand.
    tokens = re.compile(rf"[0-9]+(?:[Xx](?![A-Za-z0-9]))?|[{chinese}]+|(?<![A-Za-z])[Xx](?![A-Za-z0-9])")
    table = str.maketrans(dict(rules.chinese_digits))
    end = -1
    for found in tokens.finditer(plain):
        # Between the two no more than a few separators, or none where digits of two kinds meet.
        gap = (
            plain[end : found.start()] if end >= 0 and found.start() - end <= rules.most_separators else None
        )
        linked = gap is not None and all(sign in rules.separators for sign in gap)
        yield Group(found.start(), found.end(), found.group().translate(table).upper(), linked, gap or "")
        end = found.end()


def _number_at(plain: str, groups: list[Group], at: int, rules: NumberRules) -> tuple[int, str] | None:
    """The last group and the kind of the number that begins with a group; the longest that is one."""
    digits = groups[at].digits
    if len(digits) > LONGEST:
        return (
            (at, "identity")
            if _holds_identity(digits)
            else (at, "mobile")
            if _MOBILES.fullmatch(digits)
            else None
        )
    best: tuple[int, str] | None = None
    last = at
    while True:
        kind = _kind(digits, alone=last == at, rules=rules)
        if kind == "mobile" and _is_amount(plain, groups[at : last + 1], rules):
            kind = None
        if kind == "phone" and last > at and groups[at].digits == "0" and groups[at + 1].glue == ".":
            kind = None  # 0.35 and what follows is no area code.
        if kind is not None:
            best = (last, kind)
        last += 1
        if last >= len(groups) or not groups[last].linked:
            return best
        digits += groups[last].digits
        if len(digits) > LONGEST:
            return best


def _kind(digits: str, *, alone: bool, rules: NumberRules) -> str | None:
    if len(digits) == 18 and _is_identity(digits):
        return "identity"
    if digits.endswith("X") or "X" in digits:
        return "identity" if alone and _holds_identity(digits) else None
    if len(digits) in rules.card_lengths and digits.startswith(rules.card_prefixes) and luhn.is_valid(digits):
        return "bank_card"
    if len(digits) == 15 and _is_old_identity(digits):
        return "identity"
    if _MOBILE.fullmatch(digits) or (alone and _MOBILES.fullmatch(digits)):
        return "mobile"
    if _FIXED.fullmatch(digits):
        return "phone"
    return "identity" if alone and len(digits) > 18 and _holds_identity(digits) else None


def _is_identity(digits: str) -> bool:
    found = _BORN_18.match(digits)
    return found is not None and _checks(found[1])


def _holds_identity(digits: str) -> bool:
    return any(_checks(found[1]) for found in _BORN_18.finditer(digits))


def _checks(number: str) -> bool:
    return ric.calc_check_digit(number[:-1]) == number[-1]


def _is_old_identity(digits: str) -> bool:
    found = _BORN_15.fullmatch(digits)
    if found is None:
        return False
    try:
        date(1900 + int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True


def _is_amount(plain: str, groups: list[Group], rules: NumberRules) -> bool:
    """Whether the digits are an amount in thousands: 13,800,138,000元."""
    if any(each.glue != "," or len(each.digits) != 3 for each in groups[1:]) or len(groups[0].digits) > 3:
        return False
    before, after = groups[0].start, groups[-1].end
    return (before > 0 and plain[before - 1] in rules.money_before) or (
        after < len(plain) and plain[after] in rules.money_after
    )
