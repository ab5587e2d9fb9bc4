"""Range functions (DMN 1.5, 10.3.4.7, table 78) and the conversion `range` (10.3.4.1)."""

from __future__ import annotations

from typing import Any

from yingshang.rules.errors import ExpressionError
from yingshang.rules.feel import operators, syntax
from yingshang.rules.feel.functions.registry import Environment, builtin, call_builtin, find_builtin
from yingshang.rules.feel.operators import all_of, any_of, compare, negation
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.values import UNBOUNDED, Failure, Range

_CONSTRUCTORS = ("date", "time", "date and time", "duration")


@builtin("range(from: string)")
def range_(text: str) -> Any:
    try:
        tree = parse_expression(text)
    except ExpressionError:
        return Failure(f"{text!r} is no range", f"“{text}”不是区间")
    if not isinstance(tree, syntax.RangeLiteral):
        return Failure(f"{text!r} is no range", f"“{text}”不是区间")
    low, high = _constant(tree.low), _constant(tree.high)
    for end in (low, high):
        if isinstance(end, Failure):
            return end
    if low is None and high is None:
        return Failure("a range needs an end", "区间至少需要一个端点")
    if low is not None and high is not None and operators.order_of(low, high) not in (-1, 0):
        return Failure("a range goes from low to high", "区间应从小到大")
    return Range(low, high, tree.low_closed, tree.high_closed)


def _constant(node: syntax.Node) -> Any:
    """An end of a range given as text: a literal, or a date or time made from a literal."""
    if isinstance(node, syntax.Literal):
        return node.value
    if isinstance(node, syntax.Negate) and isinstance(node.operand, syntax.Literal):
        return operators.negate(node.operand.value)
    if (
        isinstance(node, syntax.Call)
        and isinstance(node.function, syntax.Name)
        and node.function.name in _CONSTRUCTORS
        and all(isinstance(each, syntax.Literal) for each in node.arguments)
    ):
        constructor = find_builtin(node.function.name)
        assert constructor is not None
        values = [each.value for each in node.arguments if isinstance(each, syntax.Literal)]
        return call_builtin(constructor, values, None, Environment())
    return Failure("the ends of a range are literals", "区间端点应为常量")


# Points and ranges. `a < b` between an end and an end, which an unbounded end never is.


def _less(left: Any, right: Any) -> Any:
    return False if UNBOUNDED in (left, right) else compare("<", left, right)


def _same(left: Any, right: Any) -> Any:
    return False if UNBOUNDED in (left, right) else compare("=", left, right)


@builtin("before(point1: point, point2: point)")
def before_points(left: Any, right: Any) -> Any:
    return _less(left, right)


@builtin("before(point: point, range: range)")
def before_point_range(point: Any, span: Range) -> Any:
    return any_of((_less(point, span.low), all_of((_same(point, span.low), not span.low_closed))))


@builtin("before(range: range, point: point)")
def before_range_point(span: Range, point: Any) -> Any:
    return any_of((_less(span.high, point), all_of((_same(span.high, point), not span.high_closed))))


@builtin("before(range1: range, range2: range)")
def before_ranges(left: Range, right: Range) -> Any:
    touching = not left.high_closed or not right.low_closed
    return any_of((_less(left.high, right.low), all_of((touching, _same(left.high, right.low)))))


@builtin("after(point1: point, point2: point)")
def after_points(left: Any, right: Any) -> Any:
    return _less(right, left)


@builtin("after(point: point, range: range)")
def after_point_range(point: Any, span: Range) -> Any:
    return before_range_point(span, point)


@builtin("after(range: range, point: point)")
def after_range_point(span: Range, point: Any) -> Any:
    return before_point_range(point, span)


@builtin("after(range1: range, range2: range)")
def after_ranges(left: Range, right: Range) -> Any:
    return before_ranges(right, left)


@builtin("meets(range1: range, range2: range)")
def meets(left: Range, right: Range) -> Any:
    return all_of((left.high_closed, right.low_closed, _same(left.high, right.low)))


@builtin("met by(range1: range, range2: range)")
def met_by(left: Range, right: Range) -> Any:
    return meets(right, left)


@builtin("overlaps(range1: range, range2: range)")
def overlaps(left: Range, right: Range) -> Any:
    return all_of((negation(before_ranges(left, right)), negation(before_ranges(right, left))))


@builtin("overlaps before(range1: range, range2: range)")
def overlaps_before(left: Range, right: Range) -> Any:
    starts = any_of(
        (
            _less(left.low, right.low),
            all_of((_same(left.low, right.low), left.low_closed, not right.low_closed)),
        )
    )
    reaches = any_of(
        (
            _less(right.low, left.high),
            all_of((_same(left.high, right.low), left.high_closed, right.low_closed)),
        )
    )
    ends = any_of(
        (
            _less(left.high, right.high),
            all_of((_same(left.high, right.high), not left.high_closed or right.high_closed)),
        )
    )
    return all_of((starts, reaches, ends))


@builtin("overlaps after(range1: range, range2: range)")
def overlaps_after(left: Range, right: Range) -> Any:
    return overlaps_before(right, left)


@builtin("finishes(point: point, range: range)")
def finishes_point(point: Any, span: Range) -> Any:
    return all_of((span.high_closed, _same(span.high, point)))


@builtin("finishes(range1: range, range2: range)")
def finishes_range(left: Range, right: Range) -> Any:
    return all_of(
        (left.high_closed == right.high_closed, _same(left.high, right.high), _starts_within(left, right))
    )


def _starts_within(left: Range, right: Range) -> Any:
    return any_of(
        (
            _less(right.low, left.low),
            all_of((_same(left.low, right.low), not left.low_closed or right.low_closed)),
        )
    )


def _ends_within(left: Range, right: Range) -> Any:
    return any_of(
        (
            _less(left.high, right.high),
            all_of((_same(left.high, right.high), not left.high_closed or right.high_closed)),
        )
    )


@builtin("finished by(range: range, point: point)")
def finished_by_point(span: Range, point: Any) -> Any:
    return finishes_point(point, span)


@builtin("finished by(range1: range, range2: range)")
def finished_by_range(left: Range, right: Range) -> Any:
    return finishes_range(right, left)


@builtin("includes(range: range, point: point)")
def includes_point(span: Range, point: Any) -> Any:
    return operators.in_range(point, span)


@builtin("includes(range1: range, range2: range)")
def includes_range(left: Range, right: Range) -> Any:
    return all_of((_starts_within(right, left), _ends_within(right, left)))


@builtin("during(point: point, range: range)")
def during_point(point: Any, span: Range) -> Any:
    return includes_point(span, point)


@builtin("during(range1: range, range2: range)")
def during_range(left: Range, right: Range) -> Any:
    return includes_range(right, left)


@builtin("starts(point: point, range: range)")
def starts_point(point: Any, span: Range) -> Any:
    return all_of((span.low_closed, _same(span.low, point)))


@builtin("starts(range1: range, range2: range)")
def starts_range(left: Range, right: Range) -> Any:
    return all_of(
        (left.low_closed == right.low_closed, _same(left.low, right.low), _ends_within(left, right))
    )


@builtin("started by(range: range, point: point)")
def started_by_point(span: Range, point: Any) -> Any:
    return starts_point(point, span)


@builtin("started by(range1: range, range2: range)")
def started_by_range(left: Range, right: Range) -> Any:
    return starts_range(right, left)


@builtin("coincides(point1: point, point2: point)")
def coincides_points(left: Any, right: Any) -> Any:
    return _same(left, right)


@builtin("coincides(range1: range, range2: range)")
def coincides_ranges(left: Range, right: Range) -> Any:
    return all_of(
        (
            left.low_closed == right.low_closed,
            left.high_closed == right.high_closed,
            _same(left.low, right.low),
            _same(left.high, right.high),
        )
    )
