"""From an expression as an official wrote it to a tree whose free names are columns of facts.

Chinese names become codes, years of a series become columns, parameters become the figure in force, definitions are
written out, `today()` becomes the day of the decision.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from yingshang.rules.errors import DomainError
from yingshang.rules.feel import syntax
from yingshang.rules.feel.functions import builtin_names, find_builtin
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.syntax import Name, Node
from yingshang.rules.feel.temporal import Date
from yingshang.rules.feel.values import Failure
from yingshang.rules.policy.catalogue import FactCatalogue

_ALWAYS_BOUND = frozenset({"item", "partial", "?"})

Period = tuple[Date | None, Date | None, Any]
"""First day, last day (None: open) and the value of a parameter on these days."""


class UnknownName(DomainError):
    """A name that is no fact, parameter or definition."""

    code = "unknown-name"


class Resolver:
    """Resolves the expressions of one item, as of one year.

    `catalogue` None means that any name may be a fact. `definitions` grow as they are read, each seeing those before.
    `parameters` hold the value in force; `periods` all values, for a parameter asked for another day: LPR(放款日期).
    """

    def __init__(
        self,
        catalogue: FactCatalogue | None,
        year: int,
        parameters: Mapping[str, Any],
        known: frozenset[str],
        periods: Mapping[str, Sequence[Period]] | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.year = year
        self.parameters = parameters
        self.periods = periods or {}
        self.definitions: dict[str, Node] = {}
        self.known = known
        self.names = known | (catalogue.names if catalogue else frozenset())

    def parse(self, written: Any, *, line: str | None = None) -> Node:
        """The resolved tree of a text, number or boolean. `line` names the bound line whose fields stand free.

        Raises ExpressionError or UnknownName.
        """
        tree = parse_expression(written, self.names) if isinstance(written, str) else syntax.Literal(written)
        return self.resolve(tree, line=line)

    def resolve(self, tree: Node, *, line: str | None = None) -> Node:
        """The resolved tree of a parsed one."""
        bound = frozenset({line}) if line else frozenset[str]()
        return self._resolve(tree, bound, line, False)

    def _resolve(self, node: Node, bound: frozenset[str], line: str | None, filtered: bool) -> Node:
        if isinstance(node, syntax.Name):
            return self._name(node, bound, line, filtered)
        if isinstance(node, syntax.Literal) and isinstance(node.value, Failure):
            raise UnknownName(
                node.value.message, message_zh=node.value.message_zh, text="@", position=node.start
            )
        if isinstance(node, syntax.Path):
            return replace(
                node, source=self._resolve(node.source, bound, line, filtered), name=self._field(node.name)
            )
        if isinstance(node, syntax.Filter):
            return replace(
                node,
                source=self._resolve(node.source, bound, line, filtered),
                condition=self._resolve(node.condition, bound, line, True),
            )
        if isinstance(node, syntax.Call):
            return self._call(node, bound, line, filtered)
        if isinstance(node, syntax.For | syntax.Quantified):
            return self._iteration(node, bound, line, filtered)
        if isinstance(node, syntax.FunctionDefinition):
            names = frozenset(name for name, _ in node.parameters)
            self._check_shadowing(names, node)
            return replace(node, body=self._resolve(node.body, bound | names, line, filtered))
        if isinstance(node, syntax.ContextLiteral):
            entries, inner = [], bound
            for key, each in node.entries:
                entries.append((key, self._resolve(each, inner, line, filtered)))
                inner |= {key}
            return replace(node, entries=tuple(entries))
        return map_children(node, lambda each: self._resolve(each, bound, line, filtered))

    def _iteration(self, node: Any, bound: frozenset[str], line: str | None, filtered: bool) -> Node:
        iterators = []
        for each in node.iterators:

            def within(part: Node, names: frozenset[str] = bound) -> Node:
                return self._resolve(part, names, line, filtered)

            iterators.append(map_children(each, within))
            self._check_shadowing(frozenset({each.name}), each)
            bound |= {each.name}
        last = "result" if isinstance(node, syntax.For) else "condition"
        changes: dict[str, Any] = {last: self._resolve(getattr(node, last), bound, line, filtered)}
        resolved: Node = replace(node, iterators=tuple(iterators), **changes)
        return resolved

    def _resolving(self, bound: frozenset[str], line: str | None, filtered: bool) -> Callable[[Node], Node]:
        return lambda part: self._resolve(part, bound, line, filtered)

    def _call(self, node: syntax.Call, bound: frozenset[str], line: str | None, filtered: bool) -> Node:
        function = node.function
        if isinstance(function, Name) and function.name not in bound and function.name in self.parameters:
            return self._parameter_on(function, node, bound, line, filtered)
        if isinstance(function, Name) and function.name not in bound:
            if find_builtin(function.name) is None and function.name not in self.definitions:
                close = _close(function.name, builtin_names())
                raise UnknownName(
                    f"there is no function {function.name!r}{_hint(close)}",
                    message_zh=f"没有名为“{function.name}”的函数{_hint_zh(close)}",
                    text=function.name,
                    position=function.start,
                )
        else:
            function = self._resolve(function, bound, line, filtered)
        if isinstance(function, Name) and function.name in self.definitions:
            function = self.definitions[function.name]
        return replace(
            node,
            function=function,
            arguments=tuple(self._resolve(each, bound, line, filtered) for each in node.arguments),
            named=tuple((name, self._resolve(each, bound, line, filtered)) for name, each in node.named),
        )

    def _parameter_on(
        self, name: Name, node: syntax.Call, bound: frozenset[str], line: str | None, filtered: bool
    ) -> Node:
        """A parameter asked for a day: the value in force then, unknown where there is none."""
        if len(node.arguments) != 1 or node.named:
            raise UnknownName(
                f"{name.name} is a parameter: write its name for the value in force, or {name.name}(day)",
                message_zh=f"“{name.name}”是参数：直接写名称取现行值，或写 {name.name}(日期)",
                text=name.name,
                position=name.start,
            )
        day = self._resolve(node.arguments[0], bound, line, filtered)
        result: Node = name
        # Of periods that overlap the one that began last counts: it is asked first.
        for start, end, value in sorted(self.periods.get(name.name, ()), key=_by_start):
            tests: list[Node] = []
            if start is not None:
                tests.append(syntax.Comparison(">=", day, syntax.Literal(start)))
            if end is not None:
                tests.append(syntax.Comparison("<=", day, syntax.Literal(end)))
            worth = syntax.Literal(value)
            if not tests:
                result = worth
            else:
                result = syntax.If(tests[0] if len(tests) == 1 else syntax.And(tuple(tests)), worth, result)
        return result

    def _name(self, node: Name, bound: frozenset[str], line: str | None, filtered: bool) -> Node:
        name = node.name
        if name in bound or name in _ALWAYS_BOUND:
            return node
        if name in self.definitions:
            return self.definitions[name]
        if name in self.parameters:
            value = self.parameters[name]
            return node if value is None else syntax.Literal(value, start=node.start, end=node.end)
        if name in self.known:
            raise UnknownName(
                f"{name!r} is defined by itself, in a circle",
                message_zh=f"“{name}”的定义循环引用了自己",
                text=name,
                position=node.start,
            )
        catalogue = self.catalogue
        is_field = catalogue is not None and name in catalogue.fields
        if is_field and catalogue is not None and (line is not None or filtered):
            code = catalogue.fields[name].code
            place = {"start": node.start, "end": node.end}
            if line is not None and not filtered:
                return syntax.Path(Name(line, **place), code, **place)
            return replace(node, name=code)
        if catalogue is None:
            return node
        column = catalogue.column(name, self.year)
        if column is None:
            if find_builtin(name) is not None or (filtered and not catalogue.closed):
                return node
            close = _close(name, [*catalogue.facts, *catalogue.by_name, *self.parameters, *self.definitions])
            raise UnknownName(
                f"there is no fact {name!r}{_hint(close)}",
                message_zh=f"没有名为“{name}”的事实{_hint_zh(close)}",
                text=name,
                position=node.start,
            )
        fact = catalogue.find(name)
        if fact is not None and fact.series and column == fact.code:
            raise UnknownName(
                f"{name!r} has a value for each year: "
                f"write {fact.code}.{self.year - 1} or {fact.name}{self.year - 1}年",
                message_zh=f"“{name}”按年取值，请写明年份，如 {fact.name}{self.year - 1}年",
                text=name,
                position=node.start,
            )
        return replace(node, name=column)

    def _field(self, name: str) -> str:
        found = self.catalogue.fields.get(name) if self.catalogue else None
        return found.code if found else name

    def _check_shadowing(self, names: frozenset[str], node: Node) -> None:
        """A bound name that is also a fact's would change the meaning of what is written out inside it."""
        taken = self.definitions.keys() | self.parameters.keys()
        for name in names:
            if name in taken or (self.catalogue is not None and self.catalogue.find(name) is not None):
                raise UnknownName(
                    f"{name!r} is the name of something already; call the variable otherwise",
                    message_zh=f"“{name}”已有含义，请给变量另取名称",
                    text=name,
                    position=node.start,
                )


def on_day(tree: Node, day: Date) -> Node:
    """`tree` with `today()` as of `day`."""
    if isinstance(tree, syntax.Call) and tree.function == Name("today") and not tree.arguments:
        return syntax.Literal(day, start=tree.start, end=tree.end)
    return map_children(tree, lambda each: on_day(each, day))


def map_children(node: Node, change: Callable[[Node], Node]) -> Node:
    """`node` with each node directly below it changed; the same object if nothing did."""
    changes: dict[str, Any] = {}
    for name in syntax.parts_of(node):
        value = getattr(node, name)
        new = _map(value, change)
        if new is not value:
            changes[name] = new
    return replace(node, **changes) if changes else node


def _map(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, syntax.TypeName):
        return value
    if isinstance(value, Node):
        return change(value)
    if isinstance(value, tuple):
        new = tuple(_map(each, change) for each in value)
        return new if any(one is not other for one, other in zip(new, value, strict=True)) else value
    return value


def from_template(template: str, **parts: Node) -> Node:
    """The tree of a FEEL text with some of its names replaced by trees."""

    def fill(node: Node) -> Node:
        if isinstance(node, Name) and node.name in parts:
            return parts[node.name]
        return map_children(node, fill)

    return fill(parse_expression(template))


def ratio(written: Any) -> Any:
    """A ratio as written: 0.06, "6%" or "0.3‰" as Decimal, anything else as it is (an expression)."""
    if isinstance(written, str):
        text = written.strip()
        for sign, divisor in (("%", 100), ("‰", 1000), ("％", 100)):
            if text.endswith(sign):
                try:
                    return Decimal(text[:-1].strip()) / divisor
                except ArithmeticError:
                    return written
    return written


def _by_start(period: Period) -> tuple[int, int, int]:
    start = period[0]
    return (0, 0, 0) if start is None else (start.year, start.month, start.day)


def _close(name: str, pool: list[str]) -> list[str]:
    return difflib.get_close_matches(name, list(dict.fromkeys(pool)), n=3, cutoff=0.5)


def _hint(close: list[str]) -> str:
    return f"; did you mean {' or '.join(repr(each) for each in close)}?" if close else ""


def _hint_zh(close: list[str]) -> str:
    return f"，是否为“{'”或“'.join(close)}”？" if close else ""
