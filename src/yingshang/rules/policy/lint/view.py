"""An item as the checks see it: every expression in it with its place, as written and resolved.

The compiler stops at the first error of an item. Here every expression is looked at for itself, so that all errors of
an item are reported at once; what depends on a broken name is left out, because it would only repeat the error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from yingshang.rules.dmn.document import parse_table
from yingshang.rules.dmn.table import DecisionTable
from yingshang.rules.errors import DomainError
from yingshang.rules.feel import syntax
from yingshang.rules.feel.functions import find_builtin
from yingshang.rules.feel.parser import parse_expression, parse_unary_tests
from yingshang.rules.feel.syntax import Literal, Name, Node, walk
from yingshang.rules.feel.temporal import Date, compare, parse_date
from yingshang.rules.feel.values import plain
from yingshang.rules.policy.benefit import UNITS
from yingshang.rules.policy.catalogue import Fact, FactCatalogue
from yingshang.rules.policy.compile import Program
from yingshang.rules.policy.document import HANDED_DOWN, Item, Problem
from yingshang.rules.policy.lint.codes import CODES
from yingshang.rules.policy.marked_yaml import Path, Place
from yingshang.rules.policy.order import reading_order
from yingshang.rules.policy.resolve import Resolver, ratio

# What kind of answer an expression must have.
BOOLEAN, NUMBER, ANY = "boolean", "number", "any"


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression of an item. `tree` is resolved, with `today()` still in it; `factor` turns its numbers to yuan.

    `line` names the line of a list whose fields stand free in it, `line_of` is that list. `raw_nodes` and `nodes` are
    everything in `raw` and `tree`.
    """

    path: Path
    written: Any
    raw: Node
    tree: Node
    wanted: str = ANY
    factor: Decimal = Decimal(1)
    line: str | None = None
    line_of: Node | None = None
    raw_nodes: tuple[Node, ...] = ()
    nodes: tuple[Node, ...] = ()

    @property
    def source(self) -> str:
        """As written."""
        return written_text(self.written)

    def fragment(self, node: Node) -> str:
        """The text of a node of `raw`."""
        return self.source[node.start : node.end] if isinstance(self.written, str) else self.source


@dataclass
class ItemView:
    """One item, its expressions and its program (None if it does not compile)."""

    item: Item
    catalogue: FactCatalogue | None
    as_of: Date
    program: Program | None = None
    expressions: list[Expression] = field(default_factory=list)
    broken: list[tuple[Path, DomainError]] = field(default_factory=list)
    tables: dict[Path, DecisionTable] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        reader = _Reader(self)
        reader.read()
        self.resolver = reader.resolver

    @property
    def data(self) -> Mapping[str, Any]:
        """The item as written."""
        return self.item.data

    def finding(
        self,
        code: str,
        path: Path,
        message: str,
        message_zh: str,
        *,
        text: str = "",
        severity: str | None = None,
    ) -> Problem:
        """A finding at a field of this item."""
        return Problem(
            code,
            message,
            message_zh,
            self.place(path),
            self.item.id,
            text,
            severity or CODES[code].severity,
        )

    def place(self, path: Path) -> Place:
        """Where a field stands; what is handed down to the item stands with the policy around it."""
        marked = self.item.marked
        own = (*self.item.path, *path)
        if path and path[0] == "parameters":
            return self._parameter_place(path)
        if own in marked.places or not self.item.path or not path or path[0] not in HANDED_DOWN:
            return marked.place(*own)
        for around in ((), ("policy",)):
            if (*around, *path[:2]) in marked.places:
                return marked.place(*around, *path)
        return marked.place(*own)

    def _parameter_place(self, path: Path) -> Place:
        """The list of parameters is put together from several: the name is looked up where it was written."""
        marked = self.item.marked
        name = self.data["parameters"][path[1]]["name"] if len(path) > 1 else None
        for around in (self.item.path, (), ("policy",)):
            index = 0
            while (*around, "parameters", index) in marked.places:
                written: Any = marked.data
                for step in (*around, "parameters", index):
                    written = written[step]
                if written.get("name") == name:
                    return marked.place(*around, "parameters", index, *path[2:])
                index += 1
        return marked.place(*self.item.path)

    def fact(self, name: str) -> Fact | None:
        """The declaration of a column."""
        return self.catalogue.find(name) if self.catalogue else None

    @cached_property
    def by_path(self) -> dict[Path, Expression]:
        """The expressions by the path of their field."""
        return {each.path: each for each in self.expressions}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name in the expressions as written."""
        return frozenset[str]().union(*(names_of(each.raw_nodes) for each in self.expressions))

    @cached_property
    def names_of_trees(self) -> list[set[str]]:
        """The names in each resolved expression."""
        return [names_of(each.nodes) for each in self.expressions]

    def condition_id(self, path: Path, condition: Mapping[str, Any]) -> str:
        """What a condition is called: its id, or the one the compiler gives it."""
        if condition.get("id"):
            return str(condition["id"])
        if "ids" not in self.memo:
            clauses = self.program.clauses if self.program else {}
            self.memo["ids"] = {each.path: name for name, each in reversed(list(clauses.items()))}
        return str(self.memo["ids"].get(path) or ".".join(str(each) for each in path))

    def conditions(self) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """Every condition and group of the item, exclusions included, groups before their parts."""
        for key in ("conditions", "exclusions"):
            for index, each in enumerate(self.data.get(key) or ()):
                yield from nested_conditions(each, (key, index))


def nested_conditions(data: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """A condition and everything below it."""
    yield path, data
    for key in ("all", "any", "of", "meets"):
        for index, each in enumerate(data.get(key) or ()):
            yield from nested_conditions(each, (*path, key, index))
    if data.get("not") is not None:
        yield from nested_conditions(data["not"], (*path, "not"))


def written_text(written: Any) -> str:
    """An expression as somebody would write it."""
    if isinstance(written, Decimal):
        return plain(written)
    if isinstance(written, bool):
        return "true" if written else "false"
    return str(written).strip() if isinstance(written, str) else str(written)


def day_of(value: Any) -> Date | None:
    """A day as written, None if there is none or it does not exist."""
    return value if isinstance(value, Date) else parse_date(str(value)) if value is not None else None


def before(one: Date | None, other: Date | None) -> bool:
    """Whether a day lies before another; an open end is never before."""
    return one is not None and other is not None and compare(one, other) == -1


def day_in_force(item: Item, day: Date) -> Date:
    """The day to look at an item: `day`, or the nearest one on which it is in force.

    An expired policy is read with the figures of its own time.
    """
    effective = item.data.get("effective") or {}
    start, end = day_of(effective.get("from")), day_of(effective.get("to"))
    if before(end, start):
        return day
    if before(day, start) and start is not None:
        return start
    return end if before(end, day) and end is not None else day


def value_on(parameter: Mapping[str, Any], day: Date) -> Any:
    """The value of a parameter that is in force on a day: of several the one that began last. None if there is none."""
    best: tuple[Date | None, Any] | None = None
    for each in parameter.get("values") or ():
        start, end = day_of(each.get("from")), day_of(each.get("to"))
        if before(day, start) or before(end, day):
            continue
        if best is None or start is None or before(best[0], start):
            best = (start, each["value"])
    return best[1] if best else None


def is_constant(node: Node) -> bool:
    """Whether an expression depends on nothing: no fact, no parameter without value, no day."""
    if isinstance(node, Name):
        return False
    if isinstance(node, syntax.Call) and isinstance(node.function, Name):
        known = find_builtin(node.function.name) is not None and node.function.name not in ("today", "now")
        return known and all(is_constant(each) for each in syntax.children(node) if each is not node.function)
    return all(is_constant(each) for each in syntax.children(node))


def names_in(node: Node) -> set[str]:
    """Every name in an expression."""
    return names_of(walk(node))


def names_of(nodes: Iterable[Node]) -> set[str]:
    """Every name among nodes."""
    return {each.name for each in nodes if isinstance(each, Name)}


def values_in(node: Node, bound: frozenset[str | None] = frozenset()) -> Iterator[Name]:
    """The names whose value counts: not those of functions that are called, nor those bound inside."""
    if isinstance(node, Name):
        if node.name not in bound:
            yield node
        return
    if isinstance(node, syntax.For | syntax.Quantified):
        bound |= {each.name for each in node.iterators}
    elif isinstance(node, syntax.FunctionDefinition):
        bound |= {name for name, _ in node.parameters}
    elif isinstance(node, syntax.ContextLiteral):
        bound |= {str(key) for key, _ in node.entries}
    called = node.function if isinstance(node, syntax.Call) else None
    for each in syntax.children(node):
        if isinstance(each, syntax.TypeName) or (each is called and isinstance(each, Name)):
            continue
        yield from values_in(each, bound)


class _Reader:
    """Reads every expression of an item into its view."""

    def __init__(self, view: ItemView) -> None:
        self.view = view
        data = view.data
        self.parameters = {
            str(each["name"]): value_on(each, view.as_of) for each in data.get("parameters") or ()
        }
        names = {*self.parameters, *(data.get("definitions") or {}), *(data.get("tables") or {})}
        periods = {
            str(each["name"]): [
                (day_of(value.get("from")), day_of(value.get("to")), value["value"])
                for value in each.get("values") or ()
            ]
            for each in data.get("parameters") or ()
        }
        self.resolver = Resolver(view.catalogue, view.as_of.year, self.parameters, frozenset(names), periods)
        self.broken_names: set[str] = set()

    def read(self) -> None:
        data = self.view.data
        for kind, name in reading_order(data, self.resolver.names):
            read = self._table if kind == "tables" else self._read
            self._define(name, read(data[kind][name], (kind, name)))
        for path, condition in self.view.conditions():
            if "meets" in condition:
                self._line_conditions(condition, path)
            elif "when" in condition and "meets" not in path:
                self._read(condition["when"], (*path, "when"), BOOLEAN)
        self._benefit(data["benefit"])
        quota, pool, stacking = (data.get(key) or {} for key in ("quota", "pool", "stacking"))
        self._optional(quota, "rank_by", ("quota",), ANY)
        self._optional(pool, "amount", ("pool",), NUMBER, UNITS[str(pool.get("unit", "元"))])
        self._optional(stacking, "received", ("stacking",), NUMBER)
        self._optional(data.get("budget") or {}, "amount", ("budget",), NUMBER)

    def _line_conditions(self, data: Mapping[str, Any], path: Path) -> None:
        """`some: products, meets: […]`: the fields of a line stand free in what it meets."""
        key = "some" if "some" in data else "every"
        source = self._read(data[key], (*path, key))
        name = str(data.get("as") or "line")
        for where, condition in nested_conditions(data, path):
            if "when" in condition:
                self._read(condition["when"], (*where, "when"), BOOLEAN, line=name, line_of=source)

    def _define(self, name: str, tree: Node | None) -> None:
        if tree is None:
            self.broken_names.add(name)
        # A broken definition stands for itself, so that what uses it can still be read.
        self.resolver.definitions[name] = tree or Name(name)

    def _read(
        self,
        written: Any,
        path: Path,
        wanted: str = ANY,
        factor: Decimal = Decimal(1),
        *,
        line: str | None = None,
        line_of: Node | None = None,
    ) -> Node | None:
        def parse() -> Node:
            value = ratio(written)
            return parse_expression(value, self.resolver.names) if isinstance(value, str) else Literal(value)

        return self._add(parse, written, path, wanted, factor, line=line, line_of=line_of)

    def _add(
        self,
        parse: Callable[[], Node],
        written: Any,
        path: Path,
        wanted: str,
        factor: Decimal,
        *,
        line: str | None = None,
        line_of: Node | None = None,
    ) -> Node | None:
        try:
            raw = parse()
            raw_nodes = tuple(walk(raw))
            if self.broken_names and names_of(raw_nodes) & self.broken_names:
                return None
            tree = self.resolver.resolve(raw, line=line)
        except DomainError as error:
            self.view.broken.append((path, error))
            return None
        nodes = raw_nodes if tree is raw else tuple(walk(tree))
        self.view.expressions.append(
            Expression(path, written, raw, tree, wanted, factor, line, line_of, raw_nodes, nodes)
        )
        return tree

    def _optional(
        self,
        data: Mapping[str, Any],
        key: str,
        path: Path,
        wanted: str = ANY,
        factor: Decimal = Decimal(1),
        line: str | None = None,
        line_of: Node | None = None,
    ) -> Node | None:
        if data.get(key) is None:
            return None
        return self._read(data[key], (*path, key), wanted, factor, line=line, line_of=line_of)

    def _table(self, data: Any, path: Path, wanted: str = ANY, factor: Decimal = Decimal(1)) -> Node | None:
        tree = self._add(lambda: parse_table(data, self.resolver.names), "", path, wanted, factor)
        if isinstance(tree, DecisionTable):
            self.view.tables[path] = tree
        return tree

    def _benefit(self, data: Mapping[str, Any]) -> None:
        path: Path = ("benefit",)
        self._amount(data, path)
        self._optional(data, "less", path, NUMBER)
        for key in ("shares", "recipients"):
            for index, each in enumerate(data.get(key) or ()):
                self._optional(each, "ratio", (*path, key, index), NUMBER)
        factor = UNITS[str(data.get("unit", "元"))]
        for index, each in enumerate(data.get("instalments") or ()):
            where = (*path, "instalments", index)
            self._optional(each, "ratio", where, NUMBER)
            self._optional(each, "amount", where, NUMBER, factor)
            self._optional(each, "when", where, BOOLEAN)
            self._optional(each, "payable", where, BOOLEAN)

    def _amount(self, data: Mapping[str, Any], path: Path, around: str = "元") -> None:
        """`around` is the unit of the benefit around a part, which counts where the part has none."""
        unit = str(data.get("unit", around))
        factor = UNITS[unit]
        self._optional(data, "amount", path, NUMBER, factor)
        if data.get("bands") is not None:
            self._bands(data["bands"], (*path, "bands"), factor)
        if data.get("table") is not None:
            self._table(data["table"], (*path, "table"), NUMBER, factor)
        if data.get("lines") is not None:
            self._lines(data["lines"], (*path, "lines"), factor)
        for index, part in enumerate(data.get("parts") or ()):
            where = (*path, "parts", index)
            self._optional(part, "when", where, BOOLEAN)
            self._amount(part, where, unit)
        for index, cap in enumerate(data.get("caps") or ()):
            where = (*path, "caps", index)
            self._optional(cap, "amount", where, NUMBER, UNITS[str(cap.get("unit", "元"))])
            self._optional(cap, "used", where, NUMBER)

    def _bands(self, data: Mapping[str, Any], path: Path, factor: Decimal) -> None:
        """What is measured stands in its own unit, and so does a rate of it; amounts stand in that of the benefit."""
        self._optional(data, "by", path)
        self._optional(data, "of", path, NUMBER)
        self._optional(data, "otherwise", path, NUMBER, factor)
        for index, row in enumerate(data["rows"]):
            where = (*path, "rows", index)
            self._add(
                lambda row=row: parse_unary_tests(str(row["within"]), self.resolver.names),  # type: ignore[misc]
                str(row["within"]),
                (*where, "within"),
                ANY,
                Decimal(1),
            )
            self._optional(row, "rate", where, NUMBER)
            self._optional(row, "amount", where, NUMBER, factor)
            self._optional(row, "cap", where, NUMBER, factor)

    def _lines(self, data: Mapping[str, Any], path: Path, factor: Decimal) -> None:
        name = str(data.get("as") or "line")
        source = self._optional(data, "of", path)
        if data.get("where") is not None:
            # As the benefit builder does it: the fields of a line stand free in a filter.
            self._add(
                lambda: syntax.Filter(
                    parse_expression(str(data["of"]), self.resolver.names),
                    parse_expression(data["where"], self.resolver.names)
                    if isinstance(data["where"], str)
                    else Literal(data["where"]),
                ),
                data["where"],
                (*path, "where"),
                ANY,
                Decimal(1),
            )
        self._optional(data, "amount", path, NUMBER, factor, name, source)
        self._optional(data, "cap", path, NUMBER, factor, name, source)
        self._optional(data, "most", path, NUMBER)
        for index, each in enumerate(data.get("recipients") or ()):
            self._optional(each, "ratio", (*path, "recipients", index), NUMBER, Decimal(1), name, source)


__all__ = [
    "ANY",
    "BOOLEAN",
    "NUMBER",
    "Expression",
    "ItemView",
    "before",
    "day_in_force",
    "day_of",
    "is_constant",
    "names_in",
    "nested_conditions",
    "value_on",
    "values_in",
    "written_text",
]
