"""Expressions that say something other than what their author meant, whatever the facts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from yingshang.rules.feel import syntax
from yingshang.rules.feel.operators import order_of
from yingshang.rules.feel.syntax import Literal, Name, Node
from yingshang.rules.policy.bounds import bounds_of
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.formula import Formula, Opposite, formula_of
from yingshang.rules.policy.lint.logic import can_be
from yingshang.rules.policy.lint.view import Expression, ItemView


def check_expressions(view: ItemView) -> Iterator[Problem]:
    """Comparisons of a thing with itself, parts written twice, ranges upside down, divisors that may be zero."""
    divided: set[Node] = set()
    for expression in view.expressions:
        for node in expression.raw_nodes:
            yield from _itself(view, expression, node)
            yield from _twice(view, expression, node)
        for node in expression.nodes:
            yield from _range(view, expression, node)
        if expression.path[0] != "definitions":
            # A definition is looked at where it is used, because there it may be guarded.
            yield from _division(view, expression, divided)


def _itself(view: ItemView, expression: Expression, node: Node) -> Iterator[Problem]:
    if isinstance(node, syntax.Comparison) and node.left == node.right:
        written = expression.fragment(node)
        yield view.finding(
            "self-comparison",
            expression.path,
            f"{written} compares a thing with itself; write what it should be compared with",
            f"“{written}”与自身比较，请改为与应比较的对象比较",
            text=written,
        )


def _twice(view: ItemView, expression: Expression, node: Node) -> Iterator[Problem]:
    if not isinstance(node, syntax.And | syntax.Or):
        return
    seen: set[Node] = set()
    for operand in node.operands:
        if operand in seen:
            written = expression.fragment(operand)
            yield view.finding(
                "operand-repeated",
                expression.path,
                f"{written} is written twice; delete one, or write what was meant",
                f"“{written}”重复，请删除其一或改为本意",
                text=written,
            )
        seen.add(operand)


def _range(view: ItemView, expression: Expression, node: Node) -> Iterator[Problem]:
    if not isinstance(node, syntax.RangeLiteral | syntax.Between):
        return
    low, high = node.low, node.high
    if (
        not isinstance(low, Literal)
        or not isinstance(high, Literal)
        or low.value.__class__ is not high.value.__class__
    ):
        return
    if low.value is None or isinstance(low.value, bool):
        return
    order = order_of(low.value, high.value)
    open_point = (
        order == 0 and isinstance(node, syntax.RangeLiteral) and not (node.low_closed and node.high_closed)
    )
    if order == 1 or open_point:
        yield view.finding(
            "range-empty",
            expression.path,
            f"the range from {low.value} to {high.value} holds nothing; "
            + ("write the lower end first" if order == 1 else "close both ends"),
            f"区间 {low.value} 至 {high.value} 不含任何值，"
            + ("请把较小的一端写在前面" if order == 1 else "请改为两端闭区间"),
            text=f"{low.value}..{high.value}",
        )


# --- division -----------------------------------------------------------------------------------------------------


def _division(view: ItemView, expression: Expression, seen: set[Node]) -> Iterator[Problem]:
    """`seen`: divisors of this item that were reported already."""
    for divisor, guards in _divisors(view, expression.tree, ()):
        if divisor in seen:
            continue
        bounds = bounds_of(divisor, view.catalogue)
        subject, where = _zero_at(divisor)
        if bounds.low > 0 or bounds.high < 0 or subject is None:
            continue
        if subject.name.endswith(tuple("0123456789")) and view.fact(subject.name) is None:
            continue
        zero = formula_of(syntax.Comparison("=", subject, Literal(where)), view.catalogue)
        if not can_be(view, zero, guards):
            continue
        seen.add(divisor)
        fact = view.fact(subject.name)
        name = fact.name if fact is not None else subject.name
        if subject is not divisor:
            yield view.finding(
                "division-by-zero",
                expression.path,
                f"where {name} is {where} the divisor is zero, and nothing can be decided; "
                f"guard it with `if {name} != {where} then … else …`",
                f"“{name}”为 {where} 时除数为零，届时无法判断，请用 if {name} != {where} then … else … 处理",
                text=subject.name,
            )
            continue
        yield view.finding(
            "division-by-zero",
            expression.path,
            f"{name} may be zero, and then nothing can be decided; "
            f"guard it with `if {name} > 0 then … else …`, "
            "or give the fact a minimum",
            f"“{name}”可能为零，届时无法判断，请用 if {name} > 0 then … else … 处理，或在事实目录中写明最小值",
            text=subject.name,
        )


def _zero_at(divisor: Node) -> tuple[Name | None, Decimal]:
    """A name, and the value at which a divisor that is the name, or differs from it by a number, is zero."""
    if isinstance(divisor, Name):
        return divisor, Decimal(0)
    if isinstance(divisor, syntax.Arithmetic) and divisor.operator in ("-", "+"):
        left, right = divisor.left, divisor.right
        if isinstance(left, Literal) and isinstance(right, Name) and isinstance(left.value, Decimal):
            return right, left.value if divisor.operator == "-" else -left.value
        if isinstance(left, Name) and isinstance(right, Literal) and isinstance(right.value, Decimal):
            return left, right.value if divisor.operator == "-" else -right.value
    return None, Decimal(0)


def _divisors(
    view: ItemView, node: Node, guards: tuple[Formula, ...]
) -> Iterator[tuple[Node, tuple[Formula, ...]]]:
    """Every divisor, with what holds where it is evaluated and its failure would count."""
    if isinstance(node, syntax.If):
        condition = formula_of(node.condition, view.catalogue)
        yield from _divisors(view, node.condition, guards)
        yield from _divisors(view, node.then, (*guards, condition))
        yield from _divisors(view, node.otherwise, (*guards, Opposite(condition)))
        return
    if isinstance(node, syntax.And | syntax.Or):
        formulas = [formula_of(each, view.catalogue) for each in node.operands]
        for index, each in enumerate(node.operands):
            # A false operand of "and", or a true one of "or", makes up for the failure.
            others = formulas[:index] + formulas[index + 1 :]
            around = others if isinstance(node, syntax.And) else [Opposite(other) for other in others]
            yield from _divisors(view, each, (*guards, *around))
        return
    if isinstance(node, syntax.Arithmetic) and node.operator == "/":
        yield node.right, guards
    for child in syntax.children(node):
        if not isinstance(child, syntax.TypeName):
            yield from _divisors(view, child, guards)


__all__ = ["check_expressions"]
