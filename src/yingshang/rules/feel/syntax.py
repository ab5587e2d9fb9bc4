"""The syntax tree of FEEL, the expression language of DMN 1.5 (OMG formal/24-01-01, chapter 10.3.1).

Every node knows where it stands in its source (`start`, `end`, character offsets), which is left out of
equality, so that two writings of the same thing are the same predicate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A piece of an expression."""

    start: int = field(default=0, compare=False, repr=False)
    end: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A number, string, boolean, null or temporal value written out.

    Literals are the same only if their kinds are: to Python 1 equals True, to FEEL it does not.
    """

    value: Any

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Literal):
            return NotImplemented
        return self.value.__class__ is other.value.__class__ and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash((self.value.__class__, self.value))


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable: a fact, a parameter, a bound name or a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`source.name`: an entry of a context, of each context of a list, or a property of a value."""

    source: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`source[condition]`: an index (from 1, negative from the end) or a condition on `item`."""

    source: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(…)`, with positional or named arguments, never both."""

    function: Node
    arguments: tuple[Node, ...] = ()
    named: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionDefinition(Node):
    """`function(a: number, b) body`."""

    parameters: tuple[tuple[str, TypeName | None], ...]
    body: Node


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeLiteral(Node):
    """`[low..high]`, each end closed or open."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class UnaryTest(Node):
    """`< 5`, `= 5`, `!= 5`: a test waiting for its value."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """A cell of a decision table: any of the tests, or none of them if negated. No tests means `-`."""

    tests: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iterator_(Node):
    """`name in source`, or `name in source..upto`."""

    name: str
    source: Node
    upto: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    iterators: tuple[Iterator_, ...]
    result: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some … satisfies …` (existential) or `every … satisfies …`."""

    existential: bool
    iterators: tuple[Iterator_, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class And(Node):
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`left operator right` with one of `= != < <= > >=`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`left operator right` with one of `+ - * / **`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """A type as written: `number`, `list<number>`, `context<a: string>`, `function<number> -> string`."""

    name: str
    arguments: tuple[TypeName, ...] = ()
    entries: tuple[tuple[str, TypeName], ...] = ()
    result: TypeName | None = None


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    value: Node
    type: TypeName


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below `node`, in the order written."""
    for name in parts_of(node):
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from _nodes(value)


# By kind of node.
_PARTS: dict[type[Node], tuple[str, ...]] = {}


def parts_of(node: Node) -> tuple[str, ...]:
    """The fields of a node that may hold nodes."""
    kind = node.__class__
    names = _PARTS.get(kind)
    if names is None:
        names = _PARTS[kind] = tuple(each.name for each in fields(kind) if each.name not in ("start", "end"))
    return names


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)


def depth(node: Node) -> int:
    """How many nodes stand within each other. Does not recurse itself."""
    deepest = 0
    waiting = [(node, 1)]
    while waiting:
        each, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((child, level + 1) for child in children(each))
    return deepest


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it, parents first."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        below = list(children(each))
        if below:
            below.reverse()
            waiting.extend(below)
