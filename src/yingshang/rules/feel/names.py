"""Which names an expression needs, for compilers and linters: nothing here evaluates anything.

    free_names(tree)                              {"revenue", "loans"}        the facts it needs
    free_names(tree, dotted=True)                 {"revenue", "loans.amount"} as far as they are written
    open_names(tree)                              names in a filter that may be entries of its items, or facts
    unknown_functions(tree)                       calls of functions that do not exist, each with a suggestion
    refuse_patterns(tree, source)                 raises where a regular expression would be run

`entries` tells which entries the items of a fact have, such as `{"loans": {"amount", "bank"}}`. With it a name in
`loans[amount > limit]` is one or the other for sure; without it such names are `open_names`.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from yingshang.rules.errors import ExpressionError
from yingshang.rules.feel import syntax
from yingshang.rules.feel.functions import builtin_names, find_builtin
from yingshang.rules.feel.syntax import Node

PATTERN_FUNCTIONS = frozenset({"matches", "replace", "split"})
"""They run regular expressions, and some of those would take years on a text of forty characters."""

Entries = Mapping[str, Collection[str]]
_NO_ENTRIES: Entries = {}


@dataclass(frozen=True, slots=True)
class UnknownFunction:
    """A call of a function that does not exist. `start` and `end` are its place in the source."""

    name: str
    start: int
    end: int
    suggestion: str | None

    def message(self) -> str:
        instead = f"; did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"there is no function {self.name!r}{instead}"

    def message_zh(self) -> str:
        return f"没有名为“{self.name}”的函数" + (
            f"，是否应为“{self.suggestion}”？" if self.suggestion else ""
        )


def free_names(tree: Node, *, dotted: bool = False, entries: Entries = _NO_ENTRIES) -> frozenset[str]:
    """The facts an expression needs: names bound inside it and built-in functions are left out, `?` as well.

    With `dotted`, `a.b` is reported as far as it is written instead of `a`; filters and indexes on the way are left
    out, so that `loans[1].amount` is `loans.amount`.
    """
    return frozenset(_Reader(dotted, entries).read(tree).needed)


def open_names(tree: Node, *, dotted: bool = False, entries: Entries = _NO_ENTRIES) -> frozenset[str]:
    """Names in conditions of filters that are entries of the items, or else facts: the expression cannot tell."""
    reader = _Reader(dotted, entries).read(tree)
    return frozenset(reader.possible - reader.needed)


def unknown_functions(tree: Node, known: Iterable[str] = ()) -> list[UnknownFunction]:
    """The calls of functions that are neither built in, nor defined in the expression, nor among `known`."""
    names = {*builtin_names(), *known}
    bound = {name for each in syntax.walk(tree) for name in _bound_by(each)}
    found = []
    for call in syntax.walk(tree):
        if isinstance(call, syntax.Call) and isinstance(call.function, syntax.Name):
            name = call.function.name
            if name not in names and name not in bound:
                found.append(
                    UnknownFunction(name, call.function.start, call.function.end, suggestion(name, names))
                )
    return found


def refuse_patterns(tree: Node, source: str) -> Node:
    """The tree, if it names no function that runs regular expressions; for conditions that people type and that are
    run on what others type. Raises ExpressionError."""
    for each in syntax.walk(tree):
        if isinstance(each, syntax.Name) and each.name in PATTERN_FUNCTIONS:
            raise ExpressionError(
                f"{each.name} runs a regular expression, which a condition may not; "
                "use contains, starts with or ends with",
                message_zh=f"条件中不能使用正则表达式函数 {each.name}；请用 contains、starts with 或 ends with",
                source=source,
                position=each.start,
            )
    return tree


def suggestion(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant: one that differs in case or spelling a little."""
    by_folded = {_folded(each): each for each in sorted(names)}
    nearest = difflib.get_close_matches(_folded(name), by_folded, n=1, cutoff=0.75)
    return by_folded[nearest[0]] if nearest else None


def _folded(name: str) -> str:
    """Without what people mix up most: `stringLength`, `string_length`, `String length`."""
    return "".join(character for character in name.casefold() if character not in " _-")


def _bound_by(node: Node) -> Iterable[str]:
    if isinstance(node, syntax.FunctionDefinition):
        return (name for name, _ in node.parameters)
    if isinstance(node, syntax.For | syntax.Quantified):
        return (each.name for each in node.iterators)
    return (key for key, _ in node.entries) if isinstance(node, syntax.ContextLiteral) else ()


class _Reader:
    """Walks a tree with the names that are bound where it stands."""

    def __init__(self, dotted: bool, entries: Entries) -> None:
        self.dotted = dotted
        self.entries = entries
        self.needed: set[str] = set()
        self.possible: set[str] = set()

    def read(self, tree: Node) -> _Reader:
        self._read(tree, frozenset({"?"}), False)
        return self

    def _read(self, node: Node, bound: frozenset[str], in_filter: bool) -> None:
        """`in_filter`: a name here may also be an entry of an item that is not described."""
        if isinstance(node, syntax.Name | syntax.Path):
            self._name(node, bound, in_filter)
        elif isinstance(node, syntax.Filter):
            self._read(node.source, bound, in_filter)
            self._condition(node, bound, in_filter)
        elif isinstance(node, syntax.FunctionDefinition):
            self._read(node.body, bound | set(_bound_by(node)), in_filter)
        elif isinstance(node, syntax.ContextLiteral):
            for key, value in node.entries:
                self._read(value, bound, in_filter)
                bound |= {key}
        elif isinstance(node, syntax.For | syntax.Quantified):
            for each in node.iterators:
                self._read(each.source, bound, in_filter)
                if each.upto is not None:
                    self._read(each.upto, bound, in_filter)
                bound |= {each.name}
            if isinstance(node, syntax.For):
                self._read(node.result, bound | {"partial"}, in_filter)
            else:
                self._read(node.condition, bound, in_filter)
        else:
            for child in syntax.children(node):
                if not isinstance(child, syntax.TypeName):
                    self._read(child, bound, in_filter)

    def _name(self, node: syntax.Name | syntax.Path, bound: frozenset[str], in_filter: bool) -> None:
        path = _written(node)
        if path is None:  # it starts with something other than a name
            assert isinstance(node, syntax.Path)
            self._read(node.source, bound, in_filter)
            return
        step: Node = node
        while isinstance(step, syntax.Path | syntax.Filter):
            if isinstance(step, syntax.Filter):
                self._condition(step, bound, in_filter)
            step = step.source
        root = path[0]
        if root in bound or (len(path) == 1 and find_builtin(root) is not None):
            return
        (self.possible if in_filter else self.needed).add(".".join(path) if self.dotted else root)

    def _condition(self, node: syntax.Filter, bound: frozenset[str], in_filter: bool) -> None:
        path = _written(node.source)
        described = None if path is None else self.entries.get(".".join(path))
        self._read(node.condition, bound | {"item", *(described or ())}, in_filter or described is None)


def _written(node: Node) -> list[str] | None:
    """The names of a dotted path, filters left out: `a[1].b` is a, b."""
    if isinstance(node, syntax.Name):
        return [node.name]
    if isinstance(node, syntax.Filter):
        return _written(node.source)
    if isinstance(node, syntax.Path):
        source = _written(node.source)
        return None if source is None else [*source, node.name]
    return None


__all__ = ["UnknownFunction", "free_names", "open_names", "suggestion", "unknown_functions"]
