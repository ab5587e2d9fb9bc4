"""Between which numbers an amount must lie, from the figures written and the limits the catalogue declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from yingshang.rules.dmn.table import DecisionTable
from yingshang.rules.feel import syntax
from yingshang.rules.feel.syntax import Literal, Name, Node
from yingshang.rules.policy.catalogue import FactCatalogue

_INFINITE = Decimal("Infinity")
_ROUNDING = frozenset(
    {"decimal", "round up", "round down", "round half up", "round half down", "floor", "ceiling", "abs"}
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `low` to `high`, both included; infinite where nothing is known."""

    low: Decimal = -_INFINITE
    high: Decimal = _INFINITE


UNBOUNDED = Bounds()


def bounds_of(node: Node, catalogue: FactCatalogue | None) -> Bounds:
    """Bounds of a resolved expression. Rounding moves them by less than a yuan, which is left out."""
    if isinstance(node, Literal):
        return Bounds(node.value, node.value) if isinstance(node.value, Decimal) else UNBOUNDED
    if isinstance(node, Name):
        fact = catalogue.find(node.name) if catalogue else None
        if fact is None or fact.type != "number":
            return UNBOUNDED
        return Bounds(
            fact.minimum if fact.minimum is not None else -_INFINITE,
            fact.maximum if fact.maximum is not None else _INFINITE,
        )
    if isinstance(node, syntax.If):
        return _union([bounds_of(node.then, catalogue), bounds_of(node.otherwise, catalogue)])
    if isinstance(node, syntax.Negate):
        inner = bounds_of(node.operand, catalogue)
        return Bounds(-inner.high, -inner.low)
    if isinstance(node, syntax.Arithmetic):
        return _arithmetic(node.operator, bounds_of(node.left, catalogue), bounds_of(node.right, catalogue))
    if isinstance(node, DecisionTable):
        if len(node.outputs) != 1 or node.aggregation is not None:
            return UNBOUNDED
        outputs = [each.outputs[0] for each in node.rules]
        default = node.outputs[0].default
        return _union([bounds_of(each, catalogue) for each in (*outputs, *([default] if default else []))])
    if isinstance(node, syntax.Call) and isinstance(node.function, Name) and not node.named:
        return _call(node, node.function.name, catalogue)
    return UNBOUNDED


def _call(node: syntax.Call, name: str, catalogue: FactCatalogue | None) -> Bounds:
    arguments = node.arguments
    if name == "count":
        return Bounds(Decimal(0))
    if name in _ROUNDING and arguments:
        inner = bounds_of(arguments[0], catalogue)
        return inner if name != "abs" or inner.low >= 0 else Bounds(Decimal(0))
    if name in ("min", "max", "sum"):
        items = (
            arguments[0].items
            if len(arguments) == 1 and isinstance(arguments[0], syntax.ListLiteral)
            else arguments
        )
        if len(items) < 2:
            return UNBOUNDED
        found = [bounds_of(each, catalogue) for each in items]
        combine = _COMBINE[name]
        return Bounds(combine([each.low for each in found]), combine([each.high for each in found]))
    return UNBOUNDED


def _sum(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


_COMBINE: dict[str, Callable[[list[Decimal]], Decimal]] = {"min": min, "max": max, "sum": _sum}


def _union(parts: list[Bounds]) -> Bounds:
    if not parts:
        return UNBOUNDED
    return Bounds(min(each.low for each in parts), max(each.high for each in parts))


def _arithmetic(operator: str, left: Bounds, right: Bounds) -> Bounds:
    if operator == "+":
        return Bounds(left.low + right.low, left.high + right.high)
    if operator == "-":
        return Bounds(left.low - right.high, left.high - right.low)
    if operator == "*":
        corners = [_product(one, other) for one in (left.low, left.high) for other in (right.low, right.high)]
        return Bounds(min(corners), max(corners))
    if operator == "/" and (right.low > 0 or right.high < 0):
        corners = [
            _quotient(one, other) for one in (left.low, left.high) for other in (right.low, right.high)
        ]
        return Bounds(min(corners), max(corners))
    return UNBOUNDED


def _product(one: Decimal, other: Decimal) -> Decimal:
    # Nothing of something without limit is nothing.
    return Decimal(0) if one == 0 or other == 0 else one * other


def _quotient(one: Decimal, other: Decimal) -> Decimal:
    if not one.is_finite() and not other.is_finite():
        return Decimal(0) if one > 0 else one
    return one / other


__all__ = ["UNBOUNDED", "Bounds", "bounds_of"]
