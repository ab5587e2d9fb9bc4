"""The numbers an item writes straight into its conditions and amounts, to be tried like parameters. Pure.

Items name most figures as parameters; others stand in the text, as the 30 of `从业人数 <= 30`. Each is found at its
place, and an item in which some say something else is an item like any other: only what reads them is computed anew.
Nothing is written anywhere, unless an author takes it over into a draft.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2s
from typing import Any, Final

from yingshang.kernel.reference.api import policy_catalogue
from yingshang.rules.errors import DomainError
from yingshang.rules.feel import syntax
from yingshang.rules.feel.parser import parse_expression, parse_unary_tests
from yingshang.rules.feel.syntax import Node
from yingshang.rules.feel.values import plain
from yingshang.rules.policy.document import Item
from yingshang.rules.policy.marked_yaml import Path

from ..content import read_item
from ..editing.yaml_text import Set
from .parameters import Dial, dial_of

MARK: Final = "@"
"""What the name of such a number begins with; no parameter's does."""

_WHERE: Final = ("definitions", "tables", "conditions", "exclusions", "benefit")
_TESTS: Final = ("within",)
_EXPRESSIONS: Final = (
    "when", "where", "amount", "rate", "cap", "most", "less", "used", "otherwise", "then", "default", "by", "of",
)  # fmt: skip
_PARTS: Final = (
    "all",
    "any",
    "not",
    "of",
    "meets",
    "rules",
    "rows",
    "parts",
    "caps",
    "bands",
    "table",
    "lines",
)
_WORDS: Final = {
    "amount": "金额",
    "rate": "比例",
    "cap": "上限",
    "most": "最多条数",
    "less": "扣减",
    "used": "已用",
    "then": "结果",
    "default": "其余情形",
    "otherwise": "其余情形",
}
_FOLDS: Final = ("min", "max", "sum")
_PERCENT: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the text of an item.

    `name` is short, so that many fit into an address, and the same as long as the number stands at the same place.
    `path` leads to the value it stands in; `start` and `end` say where in it, None for a value that is the number.
    `label` is the piece of formula around it, `text` what the item says of it in words.
    """

    name: str
    path: Path
    start: int | None
    end: int | None
    value: Decimal
    unit: str
    label: str
    text: str


@lru_cache(maxsize=256)
def numbers_of(source: str) -> tuple[Number, ...]:
    """The numbers of the item of a source, in the order of the document. Raises InvalidItem."""
    return list_numbers(read_item(source))


def list_numbers(item: Item) -> tuple[Number, ...]:
    """The same of an item that was read."""
    return tuple(_numbers(item))


def dials_of_numbers(numbers: Sequence[Number]) -> tuple[Dial, ...]:
    """They as what can be moved."""
    return tuple(
        dial_of(each.name, each.value, each.unit, label=each.label, text=each.text) for each in numbers
    )


def with_numbers(item: Item, figures: Mapping[str, Decimal]) -> Item:
    """The item with other numbers in its text; figures of parameters are left alone."""
    values = _changed(item, figures)
    if not values:
        return item
    data = copy.deepcopy(dict(item.data))
    for path, value in values.items():
        holder: Any = data
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = value
    return replace(item, data=data)


def changes_of(item: Item, figures: Mapping[str, Decimal]) -> list[Set]:
    """The changes of the YAML that say these figures: numbers in the text, and parameters that have one value."""
    found = [Set((*item.path, *path), value) for path, value in _changed(item, figures).items()]
    for place, each in enumerate(item.data.get("parameters") or ()):
        periods = each.get("values") or ()
        if each["name"] in figures and len(periods) == 1:
            found.append(Set((*item.path, "parameters", place, "values", 0, "value"), figures[each["name"]]))
    return found


def _changed(item: Item, figures: Mapping[str, Decimal]) -> dict[Path, Any]:
    """The values that other numbers make of those they stand in."""
    found: dict[Path, Any] = {}
    wanted = [each for each in _numbers(item) if each.name in figures] if any(map(is_number, figures)) else []
    # From the end of each text, so that the places before stay what they are.
    for each in sorted(wanted, key=lambda one: -(one.start or 0)):
        figure = figures[each.name]
        if each.start is None:
            found[each.path] = figure
            continue
        text: Any = found.get(each.path)
        if text is None:
            text = item.data
            for step in each.path:
                text = text[step]
        written = plain(figure) if figure >= 0 else f"({plain(figure)})"
        found[each.path] = text[: each.start] + written + text[each.end :]
    return found


def is_number(name: str) -> bool:
    """Whether a figure of that name is a number in the text."""
    return name.startswith(MARK)


# --- finding them -------------------------------------------------------------------------------------------------


def _numbers(item: Item) -> Iterator[Number]:
    data = item.data
    names = {str(each["name"]) for each in data.get("parameters") or ()}
    names |= set(data.get("definitions") or ()) | set(data.get("tables") or ()) | policy_catalogue().names
    known = frozenset(names)
    for key in _WHERE:
        here = data.get(key)
        if key in ("definitions", "tables"):
            for name, value in (here or {}).items():
                if key == "definitions":
                    yield from _written((key, name), value, name, known, False)
                else:
                    yield from _below(value, (key, name), name, known, False)
        elif here:
            yield from _below(here, (key,), "", known, False)


def _below(data: Any, path: Path, text: str, known: frozenset[str], table: bool) -> Iterator[Number]:
    if isinstance(data, list | tuple):
        for place, each in enumerate(data):
            words = f"{text} 第 {place + 1} 行" if table else text
            yield from _below(each, (*path, place), words, known, table)
        return
    if not isinstance(data, Mapping):
        return
    words = str(data.get("text") or text)
    rules = table or "inputs" in data
    for key, value in data.items():
        nested = isinstance(value, Mapping | list | tuple)
        if key in ("when", "then", "default") and (rules or nested):
            # The cells of a decision table: one, a list, or some by the names of columns.
            cells = (
                value.items()
                if isinstance(value, Mapping)
                else enumerate(value)
                if nested
                else [(None, value)]
            )
            for column, cell in cells:
                where = (*path, key) if column is None else (*path, key, column)
                yield from _written(where, cell, words, known, key == "when")
        elif nested and key in _PARTS:
            yield from _below(value, (*path, key), words, known, rules)
        elif not nested and key in _TESTS + _EXPRESSIONS:
            unit = str(data.get("unit") or "") if key in ("amount", "cap") else ""
            yield from _written((*path, key), value, words, known, key in _TESTS, unit)


def _written(
    path: Path, value: Any, text: str, known: frozenset[str], tests: bool, unit: str = ""
) -> Iterator[Number]:
    """The numbers of one value."""
    key = next((str(each) for each in reversed(path) if each in _WORDS), "")
    label = f"{_WORDS[key]}（{_short(text)}）" if key and text else _WORDS.get(key, text)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        if value:
            yield Number(_name(path), path, None, None, Decimal(value), unit, label, text)
        return
    if not isinstance(value, str):
        return
    percent = _PERCENT.fullmatch(value)
    if percent:
        start, end = percent.span(1)
        yield Number(_name(path, start), path, start, end, Decimal(percent[1]), "%", label, text)
        return
    try:
        tree: Node = (parse_unary_tests if tests else parse_expression)(value, known)
    except DomainError:
        return
    for literal, around in _literals(tree, tree):
        piece = " ".join(value[around.start : around.end].split())
        found = literal.value
        yield Number(
            _name(path, literal.start), path, literal.start, literal.end, found, "", _short(piece), text
        )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _name(path: Path, start: int = 0) -> str:
    place = ".".join(map(str, (*path, start)))
    return MARK + blake2s(place.encode(), digest_size=4).hexdigest()


def _literals(node: Node, around: Node) -> Iterator[tuple[syntax.Literal, Node]]:
    """The numbers of the law in a tree, each with the smallest piece around it that says something.

    Positions, digits to round to, exponents and factors that turn one unit into another are none; nor is 0.
    """
    if isinstance(node, syntax.Literal):
        if isinstance(node.value, Decimal) and node.value:
            yield node, around
        return
    below = list(syntax.children(node))
    if (
        isinstance(node, syntax.Call)
        and not (isinstance(node.function, syntax.Name) and node.function.name in _FOLDS)
    ) or isinstance(node, syntax.Filter):
        below = [each for each in below if not isinstance(each, syntax.Literal)]
    elif isinstance(node, syntax.Arithmetic):
        if node.operator == "**":
            below = [node.left]
        below = [each for each in below if not _is_form(each, node.operator)]
    says = isinstance(
        node,
        syntax.Comparison
        | syntax.Between
        | syntax.In
        | syntax.Arithmetic
        | syntax.UnaryTest
        | syntax.RangeLiteral
        | syntax.If
        | syntax.Call,
    )
    for each in below:
        yield from _literals(each, node if says and node.end > node.start else around)


def _is_form(node: Node, operator: str) -> bool:
    """Whether a number is part of the calculation and not of the law: the 1 of `1 + rate`, the 10000 of `x * 10000`."""
    if not (isinstance(node, syntax.Literal) and isinstance(node.value, Decimal) and node.value > 0):
        return False
    power = node.value.normalize()
    if power == 1:
        return True
    return operator in ("*", "/") and power.as_tuple().digits == (1,) and power >= 100


__all__ = [
    "MARK",
    "Number",
    "changes_of",
    "dials_of_numbers",
    "is_number",
    "list_numbers",
    "numbers_of",
    "with_numbers",
]
