"""In what order the tables and definitions of an item are read: each after those it speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from yingshang.rules.dmn.document import parse_table
from yingshang.rules.errors import DomainError
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.syntax import Name, Node, walk

KINDS = ("tables", "definitions")


def reading_order(data: Mapping[str, Any], names: frozenset[str]) -> list[tuple[str, str]]:
    """(`tables` or `definitions`, name) of each, as written as far as nothing is used before it is read.

    Of those that speak of each other in a circle, and of what cannot be parsed, the written order stays.
    """
    kinds = {name: kind for kind in KINDS for name in data.get(kind) or ()}
    order: dict[str, None] = {}
    waiting: set[str] = set()

    def visit(name: str) -> None:
        if name in order or name in waiting:
            return
        waiting.add(name)
        for each in _names_in(kinds[name], data[kinds[name]][name], names):
            if each in kinds:
                visit(each)
        order[name] = None

    for name in kinds:
        visit(name)
    return [(kinds[name], name) for name in order]


def _names_in(kind: str, written: Any, names: frozenset[str]) -> Iterator[str]:
    try:
        tree: Node
        if kind == "tables":
            tree = parse_table(written, names)
        elif isinstance(written, str):
            tree = parse_expression(written, names)
        else:
            return
    except DomainError:
        return
    for each in walk(tree):
        if isinstance(each, Name):
            yield each.name
