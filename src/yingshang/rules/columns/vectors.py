"""Numeric expressions over whole columns, exactly: scaled 64-bit integers with a tracked bound, else decimals.

What FEEL computes with 34 decimal digits is computed here with integers below 2**62, so that no result is ever rounded
where FEEL would not round it. What does not fit, and quotients that do not come out even, go on as decimals: the very
operations of the row evaluator in its context, a column at a time. Rows that neither form can express (a number that is
null there) are marked, and the row evaluator does them alone.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    DecimalException,
)
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from yingshang.rules.columns.arrays import LARGEST, NotColumnar
from yingshang.rules.columns.planes import Booleans
from yingshang.rules.dmn.table import DecisionTable, HitPolicy
from yingshang.rules.feel import syntax
from yingshang.rules.feel.syntax import Node

_LARGEST_SCALE: Final = 18


@dataclass(frozen=True, slots=True)
class Vector:
    """A number for each row: `values` / 10**`scale`.

    values: int64 [rows], or one int for all.  bound: no |value| is larger.
    known: bool [rows], None if all are; the others are unknown, or a failure where `failed` says so (None: nowhere).
    rest: bool [rows], None nowhere: rows whose number cannot be said here, whatever stands for them.
    wide: `values` are decimals, object [rows] or one for all, to be computed with in the context of FEEL; `scale` and
    `bound` say nothing then.
    A value that is not known is 0.
    """

    values: Any
    scale: int
    bound: int
    known: Booleans | None = None
    failed: Booleans | None = None
    rest: Booleans | None = None
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A condition for each row, bool [rows]: where it is true, false, an error; else it is unknown.

    `rest`: rows that are left to the row evaluator, whatever stands for them.
    """

    true: Booleans
    false: Booleans
    failed: Booleans | None
    rest: Booleans | None = None


class Source(Protocol):
    """Where vectors get their columns from."""

    rows: int

    def number(self, name: str) -> Vector:
        """A numeric column."""

    def length(self, name: str) -> Vector:
        """The lengths of a column of lists."""

    def condition(self, tree: Node) -> Outcomes:
        """A condition that was announced when the plan was made."""

    def lines(self, tree: Node) -> Vector:
        """A sum over lines that `Columns.adds_lines` accepted."""


class Columns(Protocol):
    """What is known of the columns before there are any rows."""

    def is_number(self, name: str) -> bool: ...

    def is_list(self, name: str) -> bool: ...

    def constant(self, tree: Node) -> Any:
        """The value of a tree that reads no column; None if it does."""

    def announce(self, tree: Node) -> bool:
        """Asks for a condition to be computed in columns; False if it cannot be."""

    def adds_lines(self, tree: Node) -> bool:
        """Whether a tree is a sum over lists of contexts that can be had in columns. Announces it if so."""

    def rules_of(self, table: DecisionTable) -> Sequence[Node | None] | None:
        """A condition for each rule of a table, None for a rule that always holds; None if they cannot be had."""


_ROUNDINGS: Final = {
    "decimal": "half even",
    "floor": "floor",
    "ceiling": "ceiling",
    "round up": "up",
    "round down": "down",
    "round half up": "half up",
    "round half down": "half down",
}
_FOLDS: Final = ("min", "max", "sum")


def supports(tree: Node, columns: Columns) -> bool:
    """Whether a numeric expression can be computed in columns. Announces the conditions in it."""
    constant = columns.constant(tree)
    if constant is not None:
        return constant.__class__ is Decimal and bool(constant.is_finite())
    if isinstance(tree, syntax.Name):
        return columns.is_number(tree.name)
    if isinstance(tree, syntax.Negate):
        return supports(tree.operand, columns)
    if isinstance(tree, syntax.Arithmetic):
        return (
            tree.operator in ("+", "-", "*", "/")
            and supports(tree.left, columns)
            and supports(tree.right, columns)
        )
    if isinstance(tree, syntax.If):
        return (
            supports(tree.then, columns)
            and supports(tree.otherwise, columns)
            and columns.announce(tree.condition)
        )
    if isinstance(tree, syntax.Call):
        return columns.adds_lines(tree) or _supports_call(tree, columns)
    found = table_output(tree)
    return found is not None and _supports_table(*found, columns)


def table_output(tree: Node) -> tuple[DecisionTable, int] | None:
    """The decision table a tree is, and the place of the output it takes; None if it is none."""
    if isinstance(tree, DecisionTable):
        return (tree, 0) if len(tree.outputs) == 1 else None
    if isinstance(tree, syntax.Path) and isinstance(tree.source, DecisionTable):
        names = [each.name for each in tree.source.outputs]
        if len(names) > 1 and tree.name in names:
            return tree.source, names.index(tree.name)
    return None


def _supports_table(table: DecisionTable, output: int, columns: Columns) -> bool:
    if table.hit_policy not in (HitPolicy.UNIQUE, HitPolicy.FIRST):
        return False
    if any(each.allowed for each in table.inputs) or any(each.values for each in table.outputs):
        return False
    if not all(supports(each, columns) for each in _results(table, output)):
        return False
    return columns.rules_of(table) is not None


def _results(table: DecisionTable, output: int) -> list[Node]:
    """What the rules of a table may answer, and the default if there is one."""
    default = table.outputs[output].default
    return [*(rule.outputs[output] for rule in table.rules), *([] if default is None else [default])]


def conditions_in(tree: Node, columns: Columns) -> list[Node]:
    """The conditions a tree that `supports` accepted asks its source for."""
    if columns.constant(tree) is not None or isinstance(tree, syntax.Name):
        return []
    below: Sequence[Node] = ()
    own: Sequence[Node | None] = ()
    found = table_output(tree)
    if found is not None:
        own, below = columns.rules_of(found[0]) or (), _results(*found)
    elif isinstance(tree, syntax.If):
        own, below = (tree.condition,), (tree.then, tree.otherwise)
    elif isinstance(tree, syntax.Call):
        below = () if columns.adds_lines(tree) else _folded(tree) or tree.arguments[:1]
    else:
        below = list(syntax.children(tree))
    return [
        *(each for each in own if each is not None),
        *(condition for each in below for condition in conditions_in(each, columns)),
    ]


def _supports_call(tree: syntax.Call, columns: Columns) -> bool:
    name = tree.function.name if isinstance(tree.function, syntax.Name) else ""
    if tree.named or not tree.arguments:
        return False
    if name in _FOLDS:
        return all(supports(each, columns) for each in _folded(tree)) and bool(_folded(tree))
    if name in _ROUNDINGS:
        if len(tree.arguments) == 1:
            return name in ("floor", "ceiling") and supports(tree.arguments[0], columns)
        places = columns.constant(tree.arguments[1]) if len(tree.arguments) == 2 else None
        return (
            places.__class__ is Decimal
            and places == places.to_integral_value()
            and abs(places) <= _LARGEST_SCALE
            and supports(tree.arguments[0], columns)
        )
    if name == "abs":
        return len(tree.arguments) == 1 and supports(tree.arguments[0], columns)
    if name == "count":
        only = tree.arguments[0]
        return len(tree.arguments) == 1 and isinstance(only, syntax.Name) and columns.is_list(only.name)
    return False


def _folded(tree: syntax.Call) -> tuple[Node, ...]:
    """The operands of `min(a, b)` or `min([a, b])`."""
    if len(tree.arguments) == 1:
        only = tree.arguments[0]
        return only.items if isinstance(only, syntax.ListLiteral) else ()
    return tree.arguments


@contextmanager
def beyond_numbers() -> Iterator[None]:
    """Where a decimal is no number any more some row is an error, and only the row evaluator says which."""
    try:
        yield
    except DecimalException:
        raise NotColumnar from None


def evaluate(tree: Node, source: Source, columns: Columns) -> Vector:
    """The vector of a tree that `supports` accepted. Raises NotColumnar where the numbers grow too large.

    To be called in the decimal context of FEEL.
    """
    with beyond_numbers():
        return _evaluate(tree, source, columns)


def _evaluate(tree: Node, source: Source, columns: Columns) -> Vector:
    constant = columns.constant(tree)
    if constant is not None:
        return constant_vector(constant)
    if isinstance(tree, syntax.Name):
        return source.number(tree.name)
    if isinstance(tree, syntax.Negate):
        operand = _evaluate(tree.operand, source, columns)
        return replace(operand, values=-operand.values)
    if isinstance(tree, syntax.Arithmetic):
        return _ARITHMETIC[tree.operator](
            _evaluate(tree.left, source, columns), _evaluate(tree.right, source, columns)
        )
    if isinstance(tree, syntax.If):
        return _choose(
            source.condition(tree.condition),
            _evaluate(tree.then, source, columns),
            _evaluate(tree.otherwise, source, columns),
        )
    table = table_output(tree)
    if table is not None:
        return _look_up(*table, source, columns)
    assert isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name)
    if columns.adds_lines(tree):
        return source.lines(tree)
    name = tree.function.name
    if name == "count":
        only = tree.arguments[0]
        assert isinstance(only, syntax.Name)
        return source.length(only.name)
    if name in _FOLDS:
        operands = [_evaluate(each, source, columns) for each in _folded(tree)]
        result = operands[0]
        for each in operands[1:]:
            result = add(result, each) if name == "sum" else _extreme(result, each, name == "min")
        return result
    operand = _evaluate(tree.arguments[0], source, columns)
    if name == "abs":
        return replace(operand, values=abs(operand.values))
    places = int(columns.constant(tree.arguments[1])) if len(tree.arguments) == 2 else 0
    return rounded(operand, places, _ROUNDINGS[name])


@lru_cache(maxsize=4096)
def constant_vector(value: Decimal) -> Vector:
    """The same number for every row."""
    if not _fits(value):
        return Vector(value, 0, 0, wide=True)
    return _scaled(Fraction(value))


def _scaled(fraction: Fraction) -> Vector:
    scale = 0
    while (fraction * 10**scale).denominator != 1:
        scale += 1
    whole = int(fraction * 10**scale)
    return Vector(whole, scale, abs(whole))


def _fits(value: Decimal) -> bool:
    # Checked on the digits first: 1E6000 must not be written out.
    if value and not -_LARGEST_SCALE < value.adjusted() < _LARGEST_SCALE:
        return False
    vector = _scaled(Fraction(value))
    return vector.scale <= _LARGEST_SCALE and vector.bound < LARGEST


@lru_cache(maxsize=4096)
def _inverse(divisor: int, scale: int) -> Vector | None:
    """1 / divisor where it is a decimal of a few digits, as for 2, 0.05 or 1000; else None."""
    if not divisor:
        return None
    inverse = 1 / (Fraction(divisor) / 10**scale)
    for places in range(_LARGEST_SCALE + 1):
        if (inverse * 10**places).denominator == 1:
            whole = int(inverse * 10**places)
            return Vector(whole, places, abs(whole)) if abs(whole) < LARGEST else None
    return None


# --- which rows are known -----------------------------------------------------------------------------------------


def _both(left: Booleans | None, right: Booleans | None) -> Booleans | None:
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _either(left: Booleans | None, right: Booleans | None) -> Booleans | None:
    if left is None or right is None:
        return right if left is None else left
    return left | right


@dataclass(frozen=True, slots=True)
class _Masks:
    """What becomes of the rows of a result for which both operands are needed."""

    known: Booleans | None
    failed: Booleans | None
    rest: Booleans | None


def _masks(left: Vector, right: Vector) -> _Masks:
    return _Masks(
        _both(left.known, right.known), _either(left.failed, right.failed), _either(left.rest, right.rest)
    )


def _masked(values: Any, known: Booleans | None, nothing: Any = 0) -> Any:
    """0 where the value is not known."""
    return values if known is None else np.where(known, values, nothing)


def _whole(values: Any, scale: int, bound: int, masks: _Masks) -> Vector:
    return Vector(_masked(values, masks.known), scale, bound, masks.known, masks.failed, masks.rest)


_NOTHING: Final = Decimal(0)


def _wide(values: Any, masks: _Masks) -> Vector:
    return Vector(
        _masked(values, masks.known, _NOTHING), 0, 0, masks.known, masks.failed, masks.rest, wide=True
    )


# --- one form for two vectors -------------------------------------------------------------------------------------


def decimals(vector: Vector) -> Any:
    """The same numbers as decimals: object [rows], or one for all."""
    if vector.wide:
        return vector.values
    unit = Decimal((0, (1,), -vector.scale))
    if np.ndim(vector.values) == 0:
        return Decimal(int(vector.values)) * unit
    found = np.empty(len(vector.values), object)
    found[:] = list(map(Decimal, vector.values.tolist()))
    return found * unit if vector.scale else found


def aligned(left: Vector, right: Vector) -> tuple[Any, Any, int, int]:
    """The values of both at one scale, the scale, and the larger bound. Raises NotColumnar where they do not fit."""
    if left.wide or right.wide:
        raise NotColumnar
    scale = max(left.scale, right.scale)
    ours, theirs = _rescaled(left, scale), _rescaled(right, scale)
    bound = max(left.bound * 10 ** (scale - left.scale), right.bound * 10 ** (scale - right.scale))
    return ours, theirs, scale, bound


def _comparable(left: Vector, right: Vector) -> tuple[Any, Any]:
    """The values of both in one form."""
    try:
        ours, theirs, _, _ = aligned(left, right)
    except NotColumnar:
        return decimals(left), decimals(right)
    return ours, theirs


def _rescaled(vector: Vector, scale: int) -> Any:
    if scale == vector.scale:
        return vector.values
    factor = 10 ** (scale - vector.scale)
    if vector.bound * factor >= LARGEST:
        raise NotColumnar
    return vector.values * factor


# --- arithmetic ---------------------------------------------------------------------------------------------------


def add(left: Vector, right: Vector) -> Vector:
    """`left + right`."""
    return _sum(left, right, operator.add)


def _subtract(left: Vector, right: Vector) -> Vector:
    return _sum(left, right, operator.sub)


def _sum(left: Vector, right: Vector, combine: Callable[[Any, Any], Any]) -> Vector:
    masks = _masks(left, right)
    try:
        ours, theirs, scale, bound = aligned(left, right)
        if bound * 2 >= LARGEST:
            raise NotColumnar
    except NotColumnar:
        return _wide(combine(decimals(left), decimals(right)), masks)
    return _whole(combine(ours, theirs), scale, bound * 2, masks)


def _multiply(left: Vector, right: Vector) -> Vector:
    masks = _masks(left, right)
    scale, bound = left.scale + right.scale, left.bound * right.bound
    if left.wide or right.wide or bound >= LARGEST or scale > _LARGEST_SCALE:
        return _wide(decimals(left) * decimals(right), masks)
    return _whole(left.values * right.values, scale, bound, masks)


def _divide(left: Vector, right: Vector) -> Vector:
    """`left / right`: in integers where every quotient comes out even, else in decimals; by zero it fails."""
    if not right.wide and right.known is None and np.ndim(right.values) == 0:
        inverse = _inverse(int(right.values), right.scale)
        if inverse is not None:
            return _multiply(left, inverse)
    masks = _masks(left, right)
    zero = np.asarray(right.values == 0)
    if zero.any():
        operands: tuple[Any, ...] = (left.values, right.values, masks.known)
        rows = next((len(each) for each in operands if np.ndim(each)), 1)
        by_zero = np.broadcast_to(zero, (rows,))
        if masks.known is not None:
            by_zero = by_zero & masks.known
        known = ~by_zero if masks.known is None else masks.known & ~by_zero
        masks = _Masks(known, _either(masks.failed, by_zero), masks.rest)
        one: Any = Decimal(1) if right.wide else 1
        right = replace(right, values=np.where(zero, one, right.values) if np.ndim(zero) else one)
    even = _even_quotient(left, right, masks)
    return _wide(decimals(left) / decimals(right), masks) if even is None else even


_EVEN_PLACES: Final = 4
"""A quotient of so many decimals is still looked for in integers."""


def _even_quotient(left: Vector, right: Vector, masks: _Masks) -> Vector | None:
    if left.wide or right.wide:
        return None
    scale = max(left.scale - right.scale, _EVEN_PLACES)
    factor = 10 ** (scale + right.scale - left.scale)
    bound = left.bound * factor
    if bound >= LARGEST:
        return None
    numerator = left.values * factor
    few = slice(0, 64)
    for part in (few, slice(None)):
        above = numerator[part] if np.ndim(numerator) else numerator
        below = right.values[part] if np.ndim(right.values) else right.values
        if np.any(_masked(above % below, None if masks.known is None else masks.known[part])):
            return None
    return _whole(numerator // right.values, scale, bound, masks)


_ARITHMETIC: Final[dict[str, Callable[[Vector, Vector], Vector]]] = {
    "+": add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
}


def _extreme(left: Vector, right: Vector, least: bool) -> Vector:
    masks = _masks(left, right)
    extreme = np.minimum if least else np.maximum
    try:
        ours, theirs, scale, bound = aligned(left, right)
    except NotColumnar:
        return _wide(extreme(decimals(left), decimals(right)), masks)
    return _whole(extreme(ours, theirs), scale, bound, masks)


def _choose(outcome: Outcomes, then: Vector, otherwise: Vector) -> Vector:
    """`if`: where the condition is not decided, the value is known only if both ways lead to the same."""
    try:
        ours, theirs, scale, bound = aligned(then, otherwise)
        wide = False
    except NotColumnar:
        ours, theirs, scale, bound, wide = decimals(then), decimals(otherwise), 0, 0, True
    first = np.True_ if then.known is None else then.known
    second = np.True_ if otherwise.known is None else otherwise.known
    same = first & second & (ours == theirs)
    neither = ~(outcome.true | outcome.false)
    known = (outcome.true & first) | (outcome.false & second) | (neither & same)
    failed: Any = None
    if then.failed is not None or otherwise.failed is not None or outcome.failed is not None:
        wrong_first = np.False_ if then.failed is None else then.failed
        wrong_second = np.False_ if otherwise.failed is None else otherwise.failed
        failed = (outcome.true & wrong_first) | (outcome.false & wrong_second)
        failed |= neither & wrong_first & wrong_second
        if outcome.failed is not None:
            # No way is unknown, and they do not lead to the same.
            failed |= outcome.failed & (first | wrong_first) & (second | wrong_second) & ~same
    rest: Booleans | None = None
    if then.rest is not None or otherwise.rest is not None:
        left_first = np.False_ if then.rest is None else then.rest
        left_second = np.False_ if otherwise.rest is None else otherwise.rest
        rest = (~outcome.false & left_first) | (~outcome.true & left_second)
    rest = _either(rest, outcome.rest)
    nothing: Any = _NOTHING if wide else 0
    values = np.where(known, np.where(outcome.true, ours, theirs), nothing)
    return Vector(values, scale, bound, None if known.all() else known, failed, rest, wide)


# --- decision tables ----------------------------------------------------------------------------------------------


def _look_up(table: DecisionTable, output: int, source: Source, columns: Columns) -> Vector:
    """One output of a table. Where it is not known which rule holds, it is unknown if two that may answer differently;
    what else becomes of such rows, and of those that no rule is for, the row evaluator says.
    """
    rules = columns.rules_of(table)
    assert rules is not None
    rows = source.rows
    everyone, nobody = np.ones(rows, np.bool_), np.zeros(rows, np.bool_)
    first_only = table.hit_policy is HitPolicy.FIRST
    decided, twice, doubtful, wrong = nobody.copy(), nobody.copy(), nobody.copy(), nobody.copy()
    answers, differing = np.full(rows, -1, np.int32), nobody.copy()
    constants: dict[Decimal, int] = {}
    chosen: list[tuple[Booleans, Vector]] = []
    for rule, condition in zip(table.rules, rules, strict=True):
        found = Outcomes(everyone, nobody, None) if condition is None else source.condition(condition)
        true = found.true & ~decided if first_only else found.true
        perhaps = ~(found.true | found.false)
        if first_only:
            perhaps &= ~decided
        if found.rest is not None:
            # Nothing is known of the cells there.
            wrong |= found.rest
            perhaps |= found.rest
            true = true & ~found.rest
        if found.failed is not None:
            wrong |= found.failed & perhaps
        doubtful |= perhaps
        twice |= true & decided
        chosen.append((true, _evaluate(rule.outputs[output], source, columns)))
        constant = columns.constant(rule.outputs[output])
        if constant.__class__ is Decimal and doubtful.any():
            number = constants.setdefault(constant, len(constants))
            candidate = true | perhaps
            differing |= candidate & (answers >= 0) & (answers != number)
            answers[candidate & (answers < 0)] = number
        decided |= true
    default = table.outputs[output].default
    unmatched = ~decided & ~doubtful
    rest = doubtful & ~twice
    if default is not None:
        chosen.append((unmatched, _evaluate(default, source, columns)))
    else:
        rest |= unmatched
    unknown = doubtful & differing & ~wrong
    if not first_only:
        unknown &= ~decided
    rest &= ~unknown
    found_value = _selected([(mask & ~doubtful & ~twice, vector) for mask, vector in chosen], rows)
    failed = _either(found_value.failed, twice) if twice.any() else found_value.failed
    return replace(found_value, failed=failed, rest=_either(found_value.rest, rest))


def _selected(choices: Sequence[tuple[Booleans, Vector]], rows: int) -> Vector:
    """Of each row the vector whose mask has it, of which there is at most one; of the others nothing is known."""
    wide = any(each.wide for _, each in choices)
    scale = max((each.scale for _, each in choices), default=0)
    bound = max((each.bound * 10 ** (scale - each.scale) for _, each in choices), default=0)
    wide = wide or bound >= LARGEST
    values: Any = np.full(rows, _NOTHING, object) if wide else np.zeros(rows, np.int64)
    known, failed, rest = np.zeros((3, rows), np.bool_)
    for mask, vector in choices:
        own = decimals(vector) if wide else _rescaled(vector, scale)
        values = np.where(mask, own, values)
        known |= mask if vector.known is None else mask & vector.known
        for target, marks in ((failed, vector.failed), (rest, vector.rest)):
            if marks is not None:
                target |= mask & marks
    return Vector(
        values,
        0 if wide else scale,
        0 if wide else bound,
        None if known.all() else known,
        failed if failed.any() else None,
        rest if rest.any() else None,
        wide,
    )


# --- rounding -----------------------------------------------------------------------------------------------------

_DECIMAL_ROUNDINGS: Final = {
    "half even": ROUND_HALF_EVEN,
    "floor": ROUND_FLOOR,
    "ceiling": ROUND_CEILING,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "half up": ROUND_HALF_UP,
    "half down": ROUND_HALF_DOWN,
}


def _rounded_decimals(operand: Vector, places: int, rounding: str) -> Vector:
    """Integers again, unless they are too large."""
    way = _DECIMAL_ROUNDINGS[rounding]
    shifted = operand.values * Decimal((0, (1,), places))
    scalar = np.ndim(shifted) == 0
    factor = 10 ** max(-places, 0)
    whole = [
        int(each.to_integral_value(way)) * factor for each in ([shifted] if scalar else shifted.tolist())
    ]
    bound = max((abs(each) for each in whole), default=0)
    scale = max(places, 0)
    if bound >= LARGEST:
        unit = Decimal((0, (1,), -scale))
        exact = np.empty(len(whole), object)
        exact[:] = [Decimal(each) * unit for each in whole]
        return replace(operand, values=exact[0] if scalar else exact)
    values = whole[0] if scalar else np.array(whole, np.int64)
    return Vector(values, scale, bound, operand.known, operand.failed, operand.rest)


def rounded(operand: Vector, places: int, rounding: str) -> Vector:
    """To that many decimal places."""
    if operand.wide:
        return _rounded_decimals(operand, places, rounding)
    if operand.scale <= places:
        return operand
    divisor = 10 ** (operand.scale - places)
    values = operand.values
    factor = 10 ** max(-places, 0)
    bound = (operand.bound // divisor + 1) * factor
    if divisor * 2 >= LARGEST or bound >= LARGEST:
        return _rounded_decimals(replace(operand, values=decimals(operand), wide=True), places, rounding)
    if rounding == "half up" and np.min(values, initial=0) >= 0:
        # By far the most common: amounts are rounded half up and not negative.
        result = (values + divisor // 2) // divisor
        return replace(operand, values=result * factor, scale=max(places, 0), bound=bound)
    whole = values // divisor
    rest = values - whole * divisor
    # `whole` is rounded towards minus infinity; each rule says where one more is due.
    positive = values > 0
    if rounding == "floor":
        result = whole
    elif rounding == "ceiling":
        result = whole + (rest > 0)
    elif rounding == "down":
        result = whole + ((rest > 0) & (values < 0))
    elif rounding == "up":
        result = whole + ((rest > 0) & positive)
    else:
        twice = rest * 2
        tie = twice == divisor
        if rounding == "half up":
            more = tie & positive
        elif rounding == "half down":
            more = tie & (values < 0)
        else:
            more = tie & (whole % 2 == 1)
        result = whole + ((twice > divisor) | more)
    if values.__class__ is int:
        result = int(result)
    return replace(operand, values=result * factor, scale=max(places, 0), bound=bound)


# --- comparisons --------------------------------------------------------------------------------------------------


_COMPARISONS: Final[dict[str, Any]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def compare(operator: str, left: Vector, right: Vector, rows: int) -> Outcomes:
    """`left operator right` for each row."""
    ours, theirs = _comparable(left, right)
    return _compared(operator, ours, theirs, _masks(left, right), rows)


def compare_ratio(
    operator: str, numerator: Vector, denominator: Vector, right: Vector, rows: int
) -> Outcomes:
    """`numerator / denominator operator right`, by cross-multiplication; dividing by zero fails.

    FEEL rounds the quotient to 34 digits before it compares. That cannot move it across or onto a number of at most
    19 digits, because a quotient of 19-digit integers that differs from it differs by far more than the last digit.
    """
    try:
        ours, theirs = _cross_multiplied(numerator, denominator, right)
    except NotColumnar:
        return compare(operator, _divide(numerator, denominator), right, rows)
    masks = _masks(numerator, denominator)
    by_zero = np.broadcast_to(np.asarray(denominator.values == 0), (rows,))
    if masks.known is not None:
        by_zero = by_zero & masks.known
    failed: Any = _either(masks.failed, right.failed)
    if by_zero.any():
        failed = _either(failed, by_zero)
    known: Any = _both(masks.known, right.known)
    if failed is not None:
        known = ~failed if known is None else known & ~failed
    negative = np.asarray(denominator.values) < 0
    if negative.any():
        sign = np.where(negative, -1, 1)
        ours, theirs = ours * sign, theirs * sign
    return _compared(operator, ours, theirs, _Masks(known, failed, _either(masks.rest, right.rest)), rows)


def _cross_multiplied(numerator: Vector, denominator: Vector, right: Vector) -> tuple[Any, Any]:
    if numerator.wide or denominator.wide or right.wide or denominator.bound * right.bound >= LARGEST:
        raise NotColumnar
    power = (denominator.scale + right.scale) - numerator.scale
    ours = _times_power(numerator.values, numerator.bound, max(power, 0))
    theirs = _times_power(denominator.values * right.values, denominator.bound * right.bound, max(-power, 0))
    return ours, theirs


def _times_power(values: Any, bound: int, power: int) -> Any:
    if bound * 10**power >= LARGEST:
        raise NotColumnar
    return values * 10**power if power else values


def _compared(operator: str, ours: Any, theirs: Any, masks: _Masks, rows: int) -> Outcomes:
    found = np.asarray(_COMPARISONS[operator](ours, theirs), np.bool_)
    true: npt.NDArray[np.bool_] = np.broadcast_to(found, (rows,))
    if masks.known is None:
        return Outcomes(true, ~true, masks.failed, masks.rest)
    return Outcomes(true & masks.known, ~true & masks.known, masks.failed, masks.rest)
