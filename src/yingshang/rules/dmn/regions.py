"""What literal cells of a decision table say about their input, exactly: its values cut into finitely many pieces.

The literals written in a column cut its values into points and the open pieces between them; within one piece no
literal cell can change its mind. So a cell is known by its answer to one sample of each piece, and a set of values is
an integer with one bit a piece. The answers come from the compiled cells themselves, hence agree with evaluation by
construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from yingshang.rules.feel.evaluate import Evaluation, Mode, Scope, compile_expression
from yingshang.rules.feel.functions import find_builtin
from yingshang.rules.feel.syntax import Call, Name, Node, UnaryTests, children
from yingshang.rules.feel.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from yingshang.rules.feel.values import UNBOUNDED, EqualityTest, Range

# Wide enough that halving the way between two 34-digit numbers is exact.
_WIDE = Context(prec=120)


def is_literal(node: Node) -> bool:
    """Whether a cell depends on nothing but the value it tests: no fact, no `?`, only written values."""
    if isinstance(node, Name):
        return False
    if isinstance(node, Call) and isinstance(node.function, Name):
        known = find_builtin(node.function.name) is not None and node.function.name not in ("now", "today")
        return known and all(is_literal(each) for each in children(node) if each is not node.function)
    return all(is_literal(each) for each in children(node))


@dataclass(frozen=True, slots=True)
class Piece:
    """Some values of an input between which no cell of the column distinguishes, and one of them.

    `low` and `high` bound an open piece (UNBOUNDED at the ends); both are the value itself for a single one.
    `gap` and `overlap`: whether it counts when looking for what no rule, or more than one rule, covers.
    """

    sample: Any
    low: Any = None
    high: Any = None
    gap: bool = True
    overlap: bool = True
    point: bool = True


@dataclass(slots=True)
class Axis:
    """One column's values, cut into pieces in their order."""

    pieces: list[Piece]
    ordered: bool
    _masks: dict[UnaryTests, int] = field(default_factory=dict)

    @property
    def everything(self) -> int:
        """The set of all pieces."""
        return (1 << len(self.pieces)) - 1

    def mask(self, test: UnaryTests) -> int:
        """The set of pieces that pass a literal test."""
        if not test.tests:
            return self.everything
        found = self._masks.get(test)
        if found is None:
            evaluation = compile_expression(test, Mode.FEEL)
            found = 0
            for index, piece in enumerate(self.pieces):
                if evaluation(Scope({"?": piece.sample})) is True:
                    found |= 1 << index
            self._masks[test] = found
        return found

    def members(self, mask: int) -> Iterable[int]:
        """The indexes of the pieces in a set."""
        while mask:
            lowest = mask & -mask
            yield lowest.bit_length() - 1
            mask ^= lowest


def build_axis(
    tests: Iterable[UnaryTests], *, domain: Iterable[UnaryTests] = (), whole: bool = False
) -> Axis | None:
    """The axis of a column; None if its literals are of a kind, or a mixture of kinds, that is not analysed.

    `domain` are tests every value is known to pass; `whole` says that only whole numbers occur.
    """
    points: list[Any] = []
    spans = False
    domain = list(domain)
    for test in (*tests, *domain):
        for each in test.tests:
            spans = _ends(compile_expression(each, Mode.FEEL)(Scope({})), points) or spans
    kinds = {each.__class__ for each in points if each is not None}
    if len(kinds) > 1:
        return None
    kind = next(iter(kinds), None)
    if kind in _ORDINALS:
        pieces = _ordered_pieces(
            {_ORDINALS[kind][0](each): each for each in points if each is not None}, kind, whole
        )
    elif kind is bool:
        pieces = [Piece(True), Piece(False), _alien("?")]
    elif kind is str and not spans:
        texts = list(dict.fromkeys(each for each in points if each is not None))
        pieces = [
            *(Piece(each) for each in texts),
            Piece(_other_text(texts), point=False),
            _alien(Decimal(0)),
        ]
    elif kind is None:
        pieces = [Piece(UNBOUNDED if spans else "…", point=False)]
    else:
        return None
    pieces.append(Piece(None, gap=False))
    limits = [compile_expression(each, Mode.FEEL) for each in domain if each.tests]
    return Axis([each for each in pieces if _within(each.sample, limits)], kind in _ORDINALS)


def _within(sample: Any, limits: list[Evaluation]) -> bool:
    scope = Scope({"?": sample})
    return all(each(scope) is True for each in limits)


def _ends(value: Any, points: list[Any]) -> bool:
    """Collect the values a test compares with. True if it is a range or unlike anything that can be analysed."""
    if value.__class__ is Range:
        points.extend(each for each in (value.low, value.high) if each is not UNBOUNDED)
        return True
    if value.__class__ is EqualityTest:
        return _ends(value.operand, points)
    if value.__class__ is list:
        found = [_ends(each, points) for each in value]
        return any(found)
    points.append(value)
    return False


def _alien(sample: Any) -> Piece:
    """A value of another kind: no gap and no overlap, but two cells that both let it pass are not disjoint."""
    return Piece(sample, gap=False, overlap=False)


def _other_text(texts: list[str]) -> str:
    other = "其他"
    while other in texts:
        other += "…"
    return other


# --- ordered kinds ------------------------------------------------------------------------------------------------


# 0000-03-01 is day 0 of this count; only differences matter.
def _day(value: Date) -> int:
    year = value.year - (value.month <= 2)
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((value.month + 9) % 12) + 2) // 5 + value.day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year


def _date(number: int) -> Date:
    # The standard library's calendar ends in 9999, and a policy "without end" often says 9999-12-31.
    era, day_of_era = divmod(number, 146_097)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    month = (month_from_march + 2) % 12 + 1
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    return Date(era * 400 + year_of_era + (month <= 2), month, day)


# To a number and back, and the step of kinds that have one.
_ORDINALS: dict[Any, tuple[Any, Any, int | None]] = {
    Decimal: (lambda value: value, lambda number: number, None),
    Date: (_day, _date, 1),
    DaysDuration: (lambda value: value.nanoseconds, DaysDuration, 1),
    MonthsDuration: (lambda value: value.months, MonthsDuration, 1),
}


def _ordered_pieces(points: dict[Any, Any], kind: Any, whole: bool) -> list[Piece]:
    _, value_of, step = _ORDINALS[kind]
    if kind is Decimal and whole:
        step = 1
    numbers = sorted(points)

    def open_piece(low: Any, high: Any) -> Piece | None:
        number = _between(low, high, step, 86_400 * 10**9 if kind is DaysDuration else 1)
        if number is None:
            return None
        return Piece(
            value_of(number),
            UNBOUNDED if low is None else points[low],
            UNBOUNDED if high is None else points[high],
            point=False,
        )

    pieces: list[Piece | None] = [open_piece(None, numbers[0])]
    for index, number in enumerate(numbers):
        if step is None or number == int(number):
            pieces.append(Piece(points[number], points[number], points[number]))
        following = numbers[index + 1] if index + 1 < len(numbers) else None
        pieces.append(open_piece(number, following))
        if kind is Date:
            # A moment of that day lies after it and before the next, though no day does.
            pieces.append(_alien(DateTime(points[number], Time(12, 0, 0, 0, 0))))
    return [*(each for each in pieces if each is not None), _alien("?")]


def _between(low: Any, high: Any, step: int | None, stride: int) -> Any:
    """A number strictly between two others (None: no end), a rather round one; None if there is none."""
    if low is None:
        return high - stride if step is None or high == int(high) else _floor(high)
    if high is None:
        return low + stride if step is None or low == int(low) else _floor(low) + 1
    if step is None:
        return _WIDE.divide(_WIDE.add(low, high), Decimal(2))
    first = _floor(low) + 1
    last = -_floor(-high) - 1
    return None if first > last else first + (last - first) // 2


def _floor(number: Any) -> Any:
    return number.to_integral_value(ROUND_FLOOR) if number.__class__ is Decimal else number


# --- rules that never match together ------------------------------------------------------------------------------


def disjoint_rules(
    expressions: Sequence[Node], rows: Sequence[tuple[UnaryTests, ...]]
) -> frozenset[tuple[int, int]]:
    """The pairs of rules (lower index first) of which one is never true together with the other.

    Proved on literal cells only: a pair that is not in the set may still be disjoint for other reasons.
    """
    found: set[tuple[int, int]] = set()
    for column in range(len(expressions)):
        cells = [(index, row[column]) for index, row in enumerate(rows) if row[column].tests]
        cells = [(index, cell) for index, cell in cells if is_literal(cell)]
        axis = build_axis([cell for _, cell in cells]) if len(cells) > 1 else None
        if axis is None:
            continue
        masks = [(index, axis.mask(cell)) for index, cell in cells]
        for position, (index, mask) in enumerate(masks):
            found.update((index, other) for other, others in masks[position + 1 :] if not mask & others)
    return frozenset(found)


__all__ = ["Axis", "Piece", "build_axis", "disjoint_rules", "is_literal"]
