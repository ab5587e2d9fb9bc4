"""The least and the most an amount can come to, whatever the facts are, read off its tree.

Where an amount is not known, these still bound it: the dearest band, the cap, the part that is paid in any case.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from yingshang.rules.dmn.table import DecisionTable, HitPolicy
from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.syntax import Literal, Name, Node
from yingshang.rules.feel.values import DECIMAL_128

_ROUNDINGS = frozenset(
    {"round half up", "round half down", "round up", "round down", "decimal", "floor", "ceiling"}
)
_SINGLE_HITS = frozenset({HitPolicy.UNIQUE, HitPolicy.FIRST, HitPolicy.ANY, HitPolicy.PRIORITY})


def most(node: Node) -> Decimal | None:
    """An upper end of a tree's value, None if there is none to be seen. Holds wherever the value is a number."""
    return _bound(node, upper=True)


def least(node: Node) -> Decimal | None:
    """A lower end of a tree's value, None if there is none to be seen."""
    return _bound(node, upper=False)


def _bound(node: Node, *, upper: bool) -> Decimal | None:
    match node:
        case Literal(value=value):
            return value if isinstance(value, Decimal) else None
        case syntax.If():
            return _outermost([_bound(node.then, upper=upper), _bound(node.otherwise, upper=upper)], upper)
        case DecisionTable() if node.hit_policy in _SINGLE_HITS and len(node.outputs) == 1:
            results = [rule.outputs[0] for rule in node.rules]
            default = node.outputs[0].default
            return _outermost(
                [
                    _bound(each, upper=upper)
                    for each in (*results, *([default] if default is not None else []))
                ],
                upper,
            )
        case syntax.Negate():
            inner = _bound(node.operand, upper=not upper)
            return None if inner is None else -inner
        case syntax.Arithmetic():
            return _arithmetic(node, upper)
        case syntax.Call(function=Name(name=name)):
            return _call(name, node.arguments, upper)
    return None


def _outermost(bounds: list[Decimal | None], upper: bool) -> Decimal | None:
    """The bound of a value that is one of several, all of whose bounds must be known."""
    known = [each for each in bounds if each is not None]
    if not known or len(known) < len(bounds):
        return None
    return max(known) if upper else min(known)


def _arithmetic(node: syntax.Arithmetic, upper: bool) -> Decimal | None:
    if node.operator == "+":
        return _sum([_bound(node.left, upper=upper), _bound(node.right, upper=upper)])
    if node.operator == "-":
        taken = _bound(node.right, upper=not upper)
        return _sum([_bound(node.left, upper=upper), None if taken is None else -taken])
    if node.operator in ("*", "/"):
        # Only with a positive constant does the direction stay what it is.
        for value, factor in ((node.left, node.right), (node.right, node.left)):
            if isinstance(factor, Literal) and isinstance(factor.value, Decimal) and factor.value > 0:
                if node.operator == "/" and factor is node.left:
                    continue
                inner = _bound(value, upper=upper)
                if inner is not None:
                    operation: Any = DECIMAL_128.multiply if node.operator == "*" else DECIMAL_128.divide
                    result: Decimal = operation(inner, factor.value)
                    return result
    return None


def _call(name: str, arguments: tuple[Node, ...], upper: bool) -> Decimal | None:
    if name in _ROUNDINGS and arguments:
        inner = _bound(arguments[0], upper=upper)
        if inner is None or not all(isinstance(each, Literal) for each in arguments[1:]):
            return None
        rounded = compile_expression(syntax.Call(Name(name), (Literal(inner), *arguments[1:])), Mode.POLICY)(
            Scope({})
        )
        return rounded if isinstance(rounded, Decimal) else None
    if name not in ("min", "max", "sum"):
        return None
    single = arguments[0] if len(arguments) == 1 else None
    items = single.items if isinstance(single, syntax.ListLiteral) else arguments
    if single is not None and not isinstance(single, syntax.ListLiteral):
        return None
    bounds = [_bound(each, upper=upper) for each in items]
    if name == "sum":
        return _sum(bounds)
    if (name == "min") is upper:
        # The least of several is at most each of them, so one known upper end is enough; likewise for max below.
        known = [each for each in bounds if each is not None]
        return (min(known) if upper else max(known)) if known else None
    return _outermost(bounds, upper)


def _sum(bounds: list[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for each in bounds:
        if each is None:
            return None
        total = DECIMAL_128.add(total, each)
    return total
