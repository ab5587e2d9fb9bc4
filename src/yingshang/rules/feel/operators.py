"""Equality, order, membership and arithmetic, with Unknown and Failure carried through.

Shared by FEEL mode and policy mode: in FEEL mode no Unknown ever comes in, and the evaluator turns every Failure into
null, as the standard asks. Sources: DMN 1.5, tables 50 (and, or), 53 (equality), 54-55 (order), 57-61 (arithmetic).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, DecimalException
from typing import Any

from yingshang.rules.feel import temporal
from yingshang.rules.feel.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from yingshang.rules.feel.values import (
    DECIMAL_128,
    KIND_NAMES_ZH,
    UNBOUNDED,
    EqualityTest,
    Failure,
    Function,
    Range,
    Unknown,
    bounded,
)

TEMPORAL = (Date, Time, DateTime, DaysDuration, MonthsDuration)
_KINDS: dict[type, str] = {
    Decimal: "number",
    str: "string",
    bool: "boolean",
    type(None): "null",
    Date: "date",
    Time: "time",
    DateTime: "date and time",
    DaysDuration: "days and time duration",
    MonthsDuration: "years and months duration",
    list: "list",
    Range: "range",
    EqualityTest: "range",
    Function: "function",
    Unknown: "unknown",
    Failure: "error",
}


def kind_of(value: Any) -> str:
    """The FEEL name of a value's type."""
    kind = _KINDS.get(value.__class__)
    if kind is not None:
        return kind
    return "context" if isinstance(value, dict) else type(value).__name__


def kind_zh(value: Any) -> str:
    return KIND_NAMES_ZH.get(kind_of(value), kind_of(value))


# --- three-valued logic -------------------------------------------------------------------------------------------


def all_of(values: Iterable[Any]) -> Any:
    """Kleene's and: false if any is false, whatever the others; else undecided if any is.

    A value that is no boolean counts as null (FEEL) or as a Failure (which only a false can absorb).
    """
    unknown: list[Unknown] = []
    outcome: Any = True
    for value in values:
        if value is True:
            continue
        if value is False:
            return False
        if value.__class__ is Unknown:
            unknown.append(value)
        elif outcome.__class__ is not Failure:
            outcome = None if value is None else no_boolean(value)
    return Unknown.merge(unknown) if unknown else outcome


def any_of(values: Iterable[Any]) -> Any:
    """Kleene's or: true if any is true, whatever the others; else undecided if any is."""
    unknown: list[Unknown] = []
    outcome: Any = False
    for value in values:
        if value is False:
            continue
        if value is True:
            return True
        if value.__class__ is Unknown:
            unknown.append(value)
        elif outcome.__class__ is not Failure:
            outcome = None if value is None else no_boolean(value)
    return Unknown.merge(unknown) if unknown else outcome


def negation(value: Any) -> Any:
    """`not(value)`."""
    if value is True:
        return False
    if value is False:
        return True
    return value if value is None or value.__class__ in (Unknown, Failure) else no_boolean(value)


def no_boolean(value: Any) -> Failure:
    """The Failure of a value that stands where true or false is needed."""
    if value.__class__ is Failure:
        failure: Failure = value
        return failure
    return Failure(
        f"true or false is needed here, not {article(value)}", f"此处应为是或否，而不是{kind_zh(value)}"
    )


_SPECIAL = frozenset((type(None), Unknown, Failure))


def _strict(left: Any, right: Any) -> Any:
    """The outcome of an operation that needs both operands, where one is null, Unknown or a Failure.

    A Failure outdoes null, and null outdoes what is unknown, unless that may still turn out to be a Failure.
    """
    if left.__class__ is Failure or right.__class__ is Failure:
        return left if left.__class__ is Failure else right
    for one, other in ((left, right), (right, left)):
        if one is None and (other.__class__ is not Unknown or other.is_fact):
            return None
    return Unknown.merge((left, right))


def article(value: Any) -> str:
    """The name of a value's kind with its article, as messages need it."""
    kind = kind_of(value)
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


# --- equality -----------------------------------------------------------------------------------------------------


def equal(left: Any, right: Any) -> Any:
    """`left = right`: true, false, null/Failure when the kinds differ, Unknown while it depends on what is missing."""
    left_kind, right_kind = left.__class__, right.__class__
    if left_kind is Failure or right_kind is Failure:
        return left if left_kind is Failure else right
    if left_kind is Unknown or right_kind is Unknown:
        return Unknown.merge((left, right))
    if left is None or right is None:
        return left is right
    if left_kind is right_kind:
        if left_kind is Decimal or left_kind is str or left_kind is bool:
            return left == right
        if left_kind is list:
            if len(left) != len(right):
                return False
            return all_of(equal(a, b) for a, b in zip(left, right, strict=True))
        if left_kind is Range:
            if (left.low_closed, left.high_closed) != (right.low_closed, right.high_closed):
                return False
            return all_of((_same_end(left.low, right.low), _same_end(left.high, right.high)))
        if left_kind is EqualityTest:
            return left.operator == right.operator and equal(left.operand, right.operand)
        if left_kind is Function:
            return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        if left.keys() != right.keys():
            return False
        return all_of(equal(each, right[key]) for key, each in left.items())
    if left_kind in TEMPORAL and right_kind in TEMPORAL:
        outcome = temporal.equal(left, right)
        if outcome is not None:
            return outcome
    if left_kind is list and len(left) == 1 and right_kind is not list:
        return equal(left[0], right)
    if right_kind is list and len(right) == 1 and left_kind is not list:
        return equal(left, right[0])
    return Failure(
        f"{article(left)} cannot be compared with {article(right)}",
        f"{kind_zh(left)}与{kind_zh(right)}不能比较",
    )


def _same_end(left: Any, right: Any) -> Any:
    if left is UNBOUNDED or right is UNBOUNDED:
        return left is right
    return equal(left, right)


# --- order --------------------------------------------------------------------------------------------------------

_OUTCOMES: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def compare(operator: str, left: Any, right: Any) -> Any:
    """`left operator right` for `< <= > >= = !=`."""
    if operator == "=":
        return equal(left, right)
    if operator == "!=":
        return negation(equal(left, right))
    left_kind, right_kind = left.__class__, right.__class__
    if left_kind is right_kind and (left_kind is Decimal or left_kind is str):
        return _OUTCOMES[operator](-1 if left < right else left > right)
    order = order_of(left, right)
    return _OUTCOMES[operator](order) if order.__class__ is int else order


def order_of(left: Any, right: Any) -> Any:
    """-1, 0 or 1; or null, Failure or Unknown where there is no order."""
    left_kind, right_kind = left.__class__, right.__class__
    if left_kind in _SPECIAL or right_kind in _SPECIAL:
        return _strict(left, right)
    if left_kind is right_kind and (left_kind is Decimal or left_kind is str):
        return -1 if left < right else int(left > right)
    if left_kind in TEMPORAL and right_kind in TEMPORAL:
        order = temporal.compare(left, right)
        if order is not None:
            return int(order)
    if left_kind is list and len(left) == 1:
        return order_of(left[0], right)
    if right_kind is list and len(right) == 1:
        return order_of(left, right[0])
    return Failure(
        f"{article(left)} and {article(right)} have no order",
        f"{kind_zh(left)}与{kind_zh(right)}不能比较大小",
    )


def between(value: Any, low: Any, high: Any) -> Any:
    """`value between low and high`."""
    return all_of((compare(">=", value, low), compare("<=", value, high)))


# --- membership ---------------------------------------------------------------------------------------------------


def in_range(value: Any, span: Range) -> Any:
    """Whether a value lies within a range."""
    outcomes = []
    if span.low is not UNBOUNDED:
        outcomes.append(compare(">=" if span.low_closed else ">", value, span.low))
    if span.high is not UNBOUNDED:
        outcomes.append(compare("<=" if span.high_closed else "<", value, span.high))
    return all_of(outcomes)


def satisfies(value: Any, test: Any) -> Any:
    """Whether `value` passes a test that is a range, a list of tests or a value to be equal to."""
    kind = test.__class__
    if value.__class__ is Failure:
        return value
    if kind is Range:
        return in_range(value, test)
    if kind is EqualityTest:
        return compare(test.operator, value, test.operand)
    if kind is list:
        # A list to be equal to, or a list to be found in: nothing is both.
        outcomes = [_element_test(value, each) for each in test]
        if isinstance(value, list):
            outcomes.append(equal(value, test))
        elif value.__class__ is Unknown:
            outcomes.append(value)
        return any_of(outcomes)
    return equal(value, test)


def _element_test(value: Any, element: Any) -> Any:
    if element.__class__ in (Range, EqualityTest):
        return satisfies(value, element)
    outcome = equal(value, element)
    # In a list of several kinds, a value of another kind is merely not the one.
    return False if outcome.__class__ is Failure and element.__class__ is not Failure else outcome


# --- arithmetic ---------------------------------------------------------------------------------------------------


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """`left operator right` for `+ - * / **`."""
    left_kind, right_kind = left.__class__, right.__class__
    if left_kind is Decimal and right_kind is Decimal:
        try:
            return _NUMERIC[operator](left, right)
        except DecimalException:
            if operator == "/" and right == 0:
                return Failure("division by zero", "除数为零")
            return Failure("the result is no number", "计算结果不是有效数字")
    if left_kind in _SPECIAL or right_kind in _SPECIAL:
        return _strict(left, right)
    if left_kind is str and right_kind is str and operator == "+":
        return bounded(left + right)
    if left_kind in TEMPORAL or right_kind in TEMPORAL:
        outcome = _TEMPORAL[operator](left, right) if operator in _TEMPORAL else None
        if outcome is not None:
            return outcome
    return Failure(
        f"{article(left)} {operator} {article(right)} has no meaning",
        f"{kind_zh(left)} {operator} {kind_zh(right)} 没有意义",
    )


_NUMERIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": DECIMAL_128.add,
    "-": DECIMAL_128.subtract,
    "*": DECIMAL_128.multiply,
    "/": DECIMAL_128.divide,
    "**": DECIMAL_128.power,
}
_TEMPORAL: dict[str, Callable[[Any, Any], Any]] = {
    "+": temporal.add,
    "-": temporal.subtract,
    "*": temporal.multiply,
    "/": temporal.divide,
}


def negate(value: Any) -> Any:
    """`-value`."""
    kind = value.__class__
    if kind is Decimal:
        return DECIMAL_128.minus(value)
    if value is None or kind in (Unknown, Failure):
        return value
    outcome = temporal.negate(value) if kind in (DaysDuration, MonthsDuration) else None
    return (
        Failure(f"{article(value)} has no negative", f"{kind_zh(value)}不能取负")
        if outcome is None
        else outcome
    )
