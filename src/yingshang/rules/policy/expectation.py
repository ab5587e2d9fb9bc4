"""What types the facts must have, judging from how policies use them.

Where no catalogue declares the facts, a column in which one cell says 十二 and the others 12 could be read as text, and
every comparison with a number would fail. What the policies compare a fact with tells what the column is meant to be,
so that the one bad cell is the one that is rejected.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from yingshang.rules.feel import syntax
from yingshang.rules.feel.syntax import Literal, Name, Node
from yingshang.rules.feel.temporal import Date, DaysDuration, MonthsDuration
from yingshang.rules.policy.compile import Program
from yingshang.rules.policy.requirement import conditions_of

_KINDS: dict[type, str] = {Decimal: "number", bool: "boolean", Date: "date", str: "string"}
_STRICTEST_FIRST = ("list<string>", "date", "number", "boolean", "string")
_NUMERIC_FUNCTIONS = frozenset(
    {
        "abs",
        "floor",
        "ceiling",
        "round up",
        "round down",
        "round half up",
        "round half down",
        "decimal",
        "sqrt",
    }
)


def expected_types(programs: Iterable[Program]) -> dict[str, str]:
    """`number`, `boolean`, `date`, `string` or `list<string>` for each column whose use tells.

    Where policies disagree, most of them are believed, so that one policy cannot spoil the column for the others; of
    equally many the stricter kind.
    """
    votes: dict[str, dict[str, int]] = {}
    for program in programs:
        for name, kinds in uses_of(program).items():
            for kind in kinds:
                counted = votes.setdefault(name, {})
                counted[kind] = counted.get(kind, 0) + 1
    return {
        name: max(counted, key=lambda kind: (counted[kind], -_STRICTEST_FIRST.index(kind)))
        for name, counted in votes.items()
    }


def uses_of(program: Program) -> dict[str, set[str]]:
    """The kinds as which one policy uses each column, as far as its expressions tell."""
    found: dict[str, set[str]] = {}
    for condition in conditions_of(program.requirement):
        _expect(condition.tree, "boolean", found)
    benefit = program.benefit
    for tree in (benefit.amount, benefit.floor, benefit.ceiling):
        if tree is not None:
            _expect(tree, "number", found)
    return found


def _expect(node: Node, kind: str | None, found: dict[str, set[str]]) -> None:
    """Notes what `node`, which should come out as `kind` (None: anything), says about the names in it."""
    match node:
        case Name():
            if kind is not None:
                found.setdefault(node.name, set()).add(kind)
        case syntax.And() | syntax.Or():
            for each in node.operands:
                _expect(each, "boolean", found)
        case syntax.If():
            _expect(node.condition, "boolean", found)
            _expect(node.then, kind, found)
            _expect(node.otherwise, kind, found)
        case syntax.Comparison():
            _expect_alike((node.left, node.right), found)
        case syntax.Between():
            _expect_alike((node.value, node.low, node.high), found)
        case syntax.In():
            _expect_alike((node.value, *_ends(node.tests)), found)
        case syntax.Negate():
            _expect(node.operand, kind, found)
        case syntax.Arithmetic():
            operands = (node.left, node.right)
            kinds = {_kind(each) for each in operands}
            numeric = kinds <= {"number", None} and (node.operator in ("*", "/", "**") or "number" in kinds)
            dated = kind == "date" and any(_is_duration(each) for each in operands)
            for each in operands:
                inner = "date" if dated and not _is_duration(each) else None
                _expect(each, "number" if numeric or kind == "number" else inner, found)
        case syntax.Call(function=Name(name=name)):
            inner = {"not": "boolean"}.get(name) or ("number" if name in _NUMERIC_FUNCTIONS else None)
            if name in ("min", "max", "sum"):
                inner = kind
            if name == "date" and len(node.arguments) == 1:
                inner = "date"
            if name == "list contains":
                for each in node.arguments[:1]:
                    _expect(each, "list<string>", found)
                return
            for each in node.arguments:
                # A list's own elements are what min and max compare; a bare name there may be a list.
                if isinstance(each, syntax.ListLiteral):
                    for element in each.items:
                        _expect(element, inner, found)
                else:
                    several = name in ("min", "max", "sum") and len(node.arguments) == 1
                    _expect(each, None if several else inner, found)
        case (
            syntax.Filter() | syntax.Path() | syntax.For() | syntax.Quantified() | syntax.FunctionDefinition()
        ):
            # Bound names and fields of lines live in there: nothing can be said about columns for sure.
            return
        case _:
            for child in syntax.children(node):
                _expect(child, None, found)


def _expect_alike(nodes: Iterable[Node], found: dict[str, set[str]]) -> None:
    """The nodes are compared with each other, so the kind of one is the kind of all."""
    nodes = list(nodes)
    kinds = {kind for kind in map(_kind, nodes) if kind is not None}
    common = next(iter(kinds)) if len(kinds) == 1 else None
    for each in nodes:
        _expect(each, common, found)


def _ends(tests: Iterable[Node]) -> Iterable[Node]:
    for test in tests:
        match test:
            case syntax.RangeLiteral():
                yield from (test.low, test.high)
            case syntax.UnaryTest():
                yield test.operand
            case syntax.ListLiteral():
                yield from _ends(test.items)
            case _:
                yield test


def _kind(node: Node) -> str | None:
    """The kind a node surely has."""
    match node:
        case Literal():
            return _KINDS.get(_class(node.value))
        case syntax.Negate():
            return _kind(node.operand)
        case syntax.Arithmetic():
            kinds = {_kind(node.left), _kind(node.right)}
            if "date" in kinds and any(_is_duration(each) for each in (node.left, node.right)):
                return "date"
            return "number" if "number" in kinds and "date" not in kinds else None
        case syntax.Call(function=Name(name=name)):
            if name in _NUMERIC_FUNCTIONS or name in ("count", "string length"):
                return "number"
            return "date" if name == "date" else None
    return None


def _class(value: Any) -> type:
    return type(value)


def _is_duration(node: Node) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, DaysDuration | MonthsDuration)
