"""Between which numbers the value of a tree lies, whatever the facts, read off the tree.

Where an amount is not known, these still bound it: the dearest band, the cap, the part that is paid in any case. With
a catalogue the limits it declares for a fact count too; without one a fact may be any number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from yingshang.rules.dmn.table import DecisionTable, HitPolicy
from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.syntax import Literal, Name, Node
from yingshang.rules.feel.values import DECIMAL_128
from yingshang.rules.policy.catalogue import FactCatalogue

_INFINITE = Decimal("Infinity")
_NOTHING = Decimal(0)
_ROUNDINGS = frozenset(
    {"round half up", "round half down", "round up", "round down", "decimal", "floor", "ceiling"}
)
_SINGLE_HITS = frozenset({HitPolicy.UNIQUE, HitPolicy.FIRST, HitPolicy.ANY, HitPolicy.PRIORITY})


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `low` to `high`, both included; infinite where nothing is known. They hold wherever there is a number."""

    low: Decimal = -_INFINITE
    high: Decimal = _INFINITE


UNBOUNDED = Bounds()


def most(node: Node, catalogue: FactCatalogue | None = None) -> Decimal | None:
    """An upper end of a tree's value, None if there is none to be seen."""
    high = bounds_of(node, catalogue).high
    return high if high.is_finite() else None


def least(node: Node, catalogue: FactCatalogue | None = None) -> Decimal | None:
    """A lower end of a tree's value, None if there is none to be seen."""
    low = bounds_of(node, catalogue).low
    return low if low.is_finite() else None


def bounds_of(node: Node, catalogue: FactCatalogue | None = None) -> Bounds:
    """The bounds of a resolved tree."""
    match node:
        case Literal(value=Decimal() as value):
            return Bounds(value, value)
        case Name(name=name):
            return _of_fact(name, catalogue)
        case syntax.If():
            return _either([bounds_of(node.then, catalogue), bounds_of(node.otherwise, catalogue)])
        case DecisionTable() if node.hit_policy in _SINGLE_HITS and len(node.outputs) == 1:
            results = [rule.outputs[0] for rule in node.rules]
            if node.outputs[0].default is not None:
                results.append(node.outputs[0].default)
            return _either([bounds_of(each, catalogue) for each in results])
        case syntax.Negate():
            return _negated(bounds_of(node.operand, catalogue))
        case syntax.Arithmetic():
            return _arithmetic(
                node.operator, bounds_of(node.left, catalogue), bounds_of(node.right, catalogue)
            )
        case syntax.Call(function=Name(name=name)) if not node.named:
            return _call(name, node.arguments, catalogue)
    return UNBOUNDED


def _of_fact(name: str, catalogue: FactCatalogue | None) -> Bounds:
    fact = catalogue.find(name) if catalogue else None
    if fact is None or fact.type != "number":
        return UNBOUNDED
    return Bounds(
        -_INFINITE if fact.minimum is None else fact.minimum,
        _INFINITE if fact.maximum is None else fact.maximum,
    )


def _either(parts: Sequence[Bounds]) -> Bounds:
    """Of a value that is one of several."""
    if not parts:
        return UNBOUNDED
    return Bounds(min(each.low for each in parts), max(each.high for each in parts))


def _negated(inner: Bounds) -> Bounds:
    return Bounds(-inner.high, -inner.low)


def _total(parts: Sequence[Bounds]) -> Bounds:
    low = high = _NOTHING
    for each in parts:
        low, high = DECIMAL_128.add(low, each.low), DECIMAL_128.add(high, each.high)
    return Bounds(low, high)


def _arithmetic(operator: str, left: Bounds, right: Bounds) -> Bounds:
    if operator == "+":
        return _total([left, right])
    if operator == "-":
        return _total([left, _negated(right)])
    if operator == "*":
        combine = _times
    elif operator == "/" and (right.low > 0 or right.high < 0):
        combine = _divided
    else:
        return UNBOUNDED
    corners = [combine(one, other) for one, other in product((left.low, left.high), (right.low, right.high))]
    return Bounds(min(corners), max(corners))


def _times(one: Decimal, other: Decimal) -> Decimal:
    # Nothing of something without limit is nothing.
    return _NOTHING if one == 0 or other == 0 else DECIMAL_128.multiply(one, other)


def _divided(one: Decimal, other: Decimal) -> Decimal:
    # Shared among ever more, what remains comes near to nothing.
    return DECIMAL_128.divide(one, other) if other.is_finite() else _NOTHING


def _call(name: str, arguments: tuple[Node, ...], catalogue: FactCatalogue | None) -> Bounds:
    if name == "count":
        return Bounds(_NOTHING)
    if name in _ROUNDINGS and arguments:
        inner = bounds_of(arguments[0], catalogue)
        return Bounds(
            _rounded(name, inner.low, arguments[1:], -_INFINITE),
            _rounded(name, inner.high, arguments[1:], _INFINITE),
        )
    if name == "abs" and len(arguments) == 1:
        inner = bounds_of(arguments[0], catalogue)
        if inner.low >= 0:
            return inner
        return _negated(inner) if inner.high <= 0 else Bounds(_NOTHING, max(-inner.low, inner.high))
    if name in ("min", "max", "sum"):
        return _of_several(name, arguments, catalogue)
    return UNBOUNDED


def _of_several(name: str, arguments: tuple[Node, ...], catalogue: FactCatalogue | None) -> Bounds:
    items = arguments
    if len(arguments) == 1:
        # One argument is the list of them; what a list that is not written out holds cannot be seen.
        items = arguments[0].items if isinstance(arguments[0], syntax.ListLiteral) else ()
    if not items:
        return UNBOUNDED
    parts = [bounds_of(each, catalogue) for each in items]
    if name == "sum":
        return _total(parts)
    # The least of several is at most each of them, so one known upper end is enough; likewise for max below.
    choose = min if name == "min" else max
    return Bounds(choose(each.low for each in parts), choose(each.high for each in parts))


def _rounded(name: str, end: Decimal, scale: tuple[Node, ...], otherwise: Decimal) -> Decimal:
    """An end, rounded as the tree does it."""
    if not end.is_finite() or not all(isinstance(each, Literal) for each in scale):
        return otherwise
    rounded = compile_expression(syntax.Call(Name(name), (Literal(end), *scale)), Mode.POLICY)(Scope({}))
    return rounded if isinstance(rounded, Decimal) else otherwise


__all__ = ["UNBOUNDED", "Bounds", "bounds_of", "least", "most"]
