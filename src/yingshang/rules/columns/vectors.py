"""Numeric expressions over whole columns, exactly: scaled 64-bit integers with a tracked bound.

What FEEL computes with 34 decimal digits is computed here with integers below 2**62, so that no result is ever rounded
where FEEL would not round it. What does not fit raises NotColumnar and is left to the row evaluator.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from yingshang.rules.columns.arrays import LARGEST, NotColumnar
from yingshang.rules.columns.planes import Booleans
from yingshang.rules.feel import syntax
from yingshang.rules.feel.syntax import Node

_LARGEST_SCALE: Final = 18


@dataclass(frozen=True, slots=True)
class Vector:
    """A number for each row: `values` / 10**`scale`.

    values: int64 [rows], or one int for all.  bound: no |value| is larger.
    known: bool [rows], None if all are; the rest is unknown, or a failure where `failed` says so (None: nowhere).
    A value that is not known is 0.
    """

    values: Any
    scale: int
    bound: int
    known: Booleans | None = None
    failed: Booleans | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A condition for each row, bool [rows]: where it is true, false, an error; else it is unknown."""

    true: Booleans
    false: Booleans
    failed: Booleans | None


class Source(Protocol):
    """Where vectors get their columns from."""

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
        return constant.__class__ is Decimal and _fits(constant)
    if isinstance(tree, syntax.Name):
        return columns.is_number(tree.name)
    if isinstance(tree, syntax.Negate):
        return supports(tree.operand, columns)
    if isinstance(tree, syntax.Arithmetic):
        if tree.operator == "/":
            divisor = columns.constant(tree.right)
            return (
                divisor.__class__ is Decimal
                and _fits(divisor)
                and _inverse(divisor) is not None
                and supports(tree.left, columns)
            )
        return (
            tree.operator in ("+", "-", "*")
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
    return False


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


def evaluate(tree: Node, source: Source, columns: Columns) -> Vector:
    """The vector of a tree that `supports` accepted. Raises NotColumnar where the numbers grow too large."""
    constant = columns.constant(tree)
    if constant is not None:
        return constant_vector(constant)
    if isinstance(tree, syntax.Name):
        return source.number(tree.name)
    if isinstance(tree, syntax.Negate):
        operand = evaluate(tree.operand, source, columns)
        return Vector(-operand.values, operand.scale, operand.bound, operand.known, operand.failed)
    if isinstance(tree, syntax.Arithmetic):
        if tree.operator == "/":
            inverse = _inverse(columns.constant(tree.right))
            assert inverse is not None
            return _multiply(evaluate(tree.left, source, columns), inverse)
        left, right = evaluate(tree.left, source, columns), evaluate(tree.right, source, columns)
        return _multiply(left, right) if tree.operator == "*" else _add(left, right, tree.operator == "-")
    if isinstance(tree, syntax.If):
        return _choose(
            source.condition(tree.condition),
            evaluate(tree.then, source, columns),
            evaluate(tree.otherwise, source, columns),
        )
    assert isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name)
    if columns.adds_lines(tree):
        return source.lines(tree)
    name = tree.function.name
    if name == "count":
        only = tree.arguments[0]
        assert isinstance(only, syntax.Name)
        return source.length(only.name)
    if name in _FOLDS:
        operands = [evaluate(each, source, columns) for each in _folded(tree)]
        result = operands[0]
        for each in operands[1:]:
            result = _add(result, each, False) if name == "sum" else _extreme(result, each, name == "min")
        return result
    operand = evaluate(tree.arguments[0], source, columns)
    if name == "abs":
        return Vector(abs(operand.values), operand.scale, operand.bound, operand.known, operand.failed)
    places = int(columns.constant(tree.arguments[1])) if len(tree.arguments) == 2 else 0
    return rounded(operand, places, _ROUNDINGS[name])


@lru_cache(maxsize=4096)
def constant_vector(value: Decimal) -> Vector:
    """The same number for every row."""
    fraction = Fraction(value)
    scale = 0
    while (fraction * 10**scale).denominator != 1:
        scale += 1
    whole = int(fraction * 10**scale)
    return Vector(whole, scale, abs(whole))


def _fits(value: Decimal) -> bool:
    # Checked on the digits first: 1E6000 must not be written out.
    if not value.is_finite() or (value and not -_LARGEST_SCALE < value.adjusted() < _LARGEST_SCALE):
        return False
    vector = constant_vector(value)
    return vector.scale <= _LARGEST_SCALE and vector.bound < LARGEST


def _inverse(divisor: Decimal) -> Vector | None:
    """1 / divisor where it is a decimal of a few digits, as for 2, 0.05 or 1000; else None."""
    if not divisor:
        return None
    inverse = 1 / Fraction(divisor)
    for scale in range(_LARGEST_SCALE + 1):
        if (inverse * 10**scale).denominator == 1:
            whole = int(inverse * 10**scale)
            return Vector(whole, scale, abs(whole)) if abs(whole) < LARGEST else None
    return None


def _both(left: Booleans | None, right: Booleans | None) -> Booleans | None:
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _either(left: Booleans | None, right: Booleans | None) -> Booleans | None:
    if left is None or right is None:
        return right if left is None else left
    return left | right


def aligned(left: Vector, right: Vector) -> tuple[Any, Any, int, int]:
    """The values of both at one scale, the scale, and the larger bound."""
    scale = max(left.scale, right.scale)
    ours, theirs = _rescaled(left, scale), _rescaled(right, scale)
    bound = max(left.bound * 10 ** (scale - left.scale), right.bound * 10 ** (scale - right.scale))
    return ours, theirs, scale, bound


def _rescaled(vector: Vector, scale: int) -> Any:
    if scale == vector.scale:
        return vector.values
    factor = 10 ** (scale - vector.scale)
    if vector.bound * factor >= LARGEST:
        raise NotColumnar
    return vector.values * factor


def _masked(values: Any, known: Booleans | None) -> Any:
    """0 where the value is not known."""
    return values if known is None else np.where(known, values, 0)


def _add(left: Vector, right: Vector, subtract: bool) -> Vector:
    ours, theirs, scale, bound = aligned(left, right)
    if bound * 2 >= LARGEST:
        raise NotColumnar
    known = _both(left.known, right.known)
    values = _masked(ours - theirs if subtract else ours + theirs, known)
    return Vector(values, scale, bound * 2, known, _either(left.failed, right.failed))


def _multiply(left: Vector, right: Vector) -> Vector:
    scale, bound = left.scale + right.scale, left.bound * right.bound
    if bound >= LARGEST or scale > _LARGEST_SCALE:
        raise NotColumnar
    known = _both(left.known, right.known)
    return Vector(left.values * right.values, scale, bound, known, _either(left.failed, right.failed))


def _extreme(left: Vector, right: Vector, least: bool) -> Vector:
    ours, theirs, scale, bound = aligned(left, right)
    known = _both(left.known, right.known)
    values = _masked(np.minimum(ours, theirs) if least else np.maximum(ours, theirs), known)
    return Vector(values, scale, bound, known, _either(left.failed, right.failed))


def _choose(outcome: Outcomes, then: Vector, otherwise: Vector) -> Vector:
    """`if`: where the condition is not decided, the value is known only if both ways lead to the same."""
    ours, theirs, scale, bound = aligned(then, otherwise)
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
    values = np.where(known, np.where(outcome.true, ours, theirs), 0)
    return Vector(values, scale, bound, None if known.all() else known, failed)


def rounded(operand: Vector, places: int, rounding: str) -> Vector:
    """To that many decimal places."""
    if operand.scale <= places:
        return operand
    divisor = 10 ** (operand.scale - places)
    values = operand.values
    if divisor * 2 >= LARGEST:
        raise NotColumnar
    factor = 10 ** max(-places, 0)
    bound = (operand.bound // divisor + 1) * factor
    if bound >= LARGEST:
        raise NotColumnar
    if rounding == "half up" and np.min(values, initial=0) >= 0:
        # By far the most common: amounts are rounded half up and not negative.
        result = (values + divisor // 2) // divisor
        return Vector(result * factor, max(places, 0), bound, operand.known, operand.failed)
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
    return Vector(result * factor, max(places, 0), bound, operand.known, operand.failed)


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
    ours, theirs, _, _ = aligned(left, right)
    return _compared(
        operator, ours, theirs, _both(left.known, right.known), _either(left.failed, right.failed), rows
    )


def compare_ratio(
    operator: str, numerator: Vector, denominator: Vector, right: Vector, rows: int
) -> Outcomes:
    """`numerator / denominator operator right`, by cross-multiplication; dividing by zero fails.

    FEEL rounds the quotient to 34 digits before it compares. That cannot move it across or onto a number of at most
    19 digits, because a quotient of 19-digit integers that differs from it differs by far more than the last digit.
    """
    power = (denominator.scale + right.scale) - numerator.scale
    ours = _times_power(numerator.values, numerator.bound, max(power, 0))
    if denominator.bound * right.bound >= LARGEST:
        raise NotColumnar
    theirs = _times_power(denominator.values * right.values, denominator.bound * right.bound, max(-power, 0))
    divided = _both(numerator.known, denominator.known)
    by_zero = np.broadcast_to(np.asarray(denominator.values == 0), (rows,))
    if divided is not None:
        by_zero = by_zero & divided
    failed: Any = _either(_either(numerator.failed, denominator.failed), right.failed)
    if by_zero.any():
        failed = _either(failed, by_zero)
    known: Any = _both(divided, right.known)
    if failed is not None:
        known = ~failed if known is None else known & ~failed
    negative = np.asarray(denominator.values) < 0
    if negative.any():
        sign = np.where(negative, -1, 1)
        ours, theirs = ours * sign, theirs * sign
    return _compared(operator, ours, theirs, known, failed, rows)


def _times_power(values: Any, bound: int, power: int) -> Any:
    if bound * 10**power >= LARGEST:
        raise NotColumnar
    return values * 10**power if power else values


def _compared(operator: str, ours: Any, theirs: Any, known: Any, failed: Any, rows: int) -> Outcomes:
    true: npt.NDArray[np.bool_] = np.broadcast_to(_COMPARISONS[operator](ours, theirs), (rows,))
    if known is None:
        return Outcomes(true, ~true, failed)
    return Outcomes(true & known, ~true & known, failed)
