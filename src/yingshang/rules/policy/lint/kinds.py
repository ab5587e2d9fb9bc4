"""What kind of value every part of an expression has, as the catalogue declares it, and where kinds do not fit.

Read from the expression as written, so that a finding can quote it. What is not declared is of any kind, and fits.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yingshang.rules.dmn.table import DecisionTable
from yingshang.rules.feel import syntax
from yingshang.rules.feel.functions import find_builtin
from yingshang.rules.feel.operators import kind_of
from yingshang.rules.feel.syntax import Literal, Name, Node
from yingshang.rules.feel.temporal import Date, DateTime, Time, parse_date
from yingshang.rules.feel.values import KIND_NAMES_ZH
from yingshang.rules.policy.catalogue import Fact
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.view import BOOLEAN, NUMBER, Expression, ItemView


@dataclass(frozen=True, slots=True)
class Kind:
    """A FEEL type name or `any`; `element` of a list; `values` and `fields` as the catalogue declares them."""

    name: str = "any"
    element: Kind | None = None
    values: tuple[str, ...] = ()
    fields: tuple[Fact, ...] = ()

    def text(self) -> str:
        """For a message."""
        return f"a {self.name}"

    def text_zh(self) -> str:
        """For a message, in Chinese."""
        return KIND_NAMES_ZH.get(self.name, self.name)


ANY_KIND = Kind()
_NUMBER, _STRING, _BOOLEAN, _DATE = Kind("number"), Kind("string"), Kind("boolean"), Kind("date")
_DURATION = Kind("days and time duration")
_RESULTS: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "count",
            "sum",
            "mean",
            "median",
            "stddev",
            "product",
            "floor",
            "ceiling",
            "abs",
            "modulo",
            "sqrt",
            "log",
            "exp",
            "decimal",
            "round up",
            "round down",
            "round half up",
            "round half down",
            "number",
            "string length",
            "day of year",
            "week of year",
        ),
        _NUMBER,
    ),
    **dict.fromkeys(
        (
            "string",
            "substring",
            "substring before",
            "substring after",
            "upper case",
            "lower case",
            "replace",
            "string join",
            "day of week",
            "month of year",
        ),
        _STRING,
    ),
    **dict.fromkeys(
        (
            "not",
            "all",
            "any",
            "contains",
            "starts with",
            "ends with",
            "matches",
            "list contains",
            "is",
            "odd",
            "even",
            "before",
            "after",
            "meets",
            "met by",
            "overlaps",
            "includes",
            "during",
            "starts",
            "started by",
            "finishes",
            "finished by",
            "coincides",
        ),
        _BOOLEAN,
    ),
    "today": _DATE,
}
_YES_NO = {
    "是": True,
    "有": True,
    "true": True,
    "yes": True,
    "否": False,
    "无": False,
    "false": False,
    "no": False,
}
_ORDERS: dict[str, Callable[[str, str], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_SIMPLE = frozenset({"number", "string", "boolean", "date"})
# Parameter types of built-in functions that can be told apart from an argument's kind.
_CHECKED_PARAMETERS = frozenset({"number", "string", "boolean", "list"})


def kind_of_fact(fact: Fact) -> Kind:
    """What the catalogue says of a fact or a field."""
    if fact.type.startswith("list<"):
        inner = fact.type[5:-1]
        return Kind("list", Kind(inner, None, fact.values, fact.fields))
    return Kind(fact.type, None, fact.values, fact.fields)


def check_kinds(view: ItemView) -> Iterator[Problem]:
    """Every place of an item where kinds of values do not fit."""
    seen: set[tuple[Any, ...]] = set()
    for expression in view.expressions:
        reader = _Kinds(view, expression)
        reader.check()
        for problem in reader.problems:
            key = (problem.code, problem.place, problem.message)
            if key not in seen:
                seen.add(key)
                yield problem


class _Kinds:
    def __init__(self, view: ItemView, expression: Expression) -> None:
        self.view = view
        self.expression = expression
        self.problems: list[Problem] = []

    def check(self) -> None:
        expression = self.expression
        bound: dict[str, Kind] = {}
        if expression.line is not None and expression.line_of is not None:
            source = _Kinds(self.view, expression).kind(expression.line_of, {})
            line = source.element or ANY_KIND
            bound = {**_fields(line), expression.line: line}
        path = expression.path
        if path[-1] == "within" and "rows" in path:
            by = self.view.by_path.get((*path[: path.index("rows")], "by"))
            subject = _Kinds(self.view, by).kind(by.raw, {}) if by else ANY_KIND
            assert isinstance(expression.raw, syntax.UnaryTests)
            self._tests(subject, by.raw if by else None, expression.raw.tests, bound)
            return
        found = self.kind(expression.raw, bound)
        if expression.wanted == BOOLEAN and found.name not in ("any", "boolean"):
            self._report(
                "not-boolean",
                expression.raw,
                f"a condition is true or false, but this is {found.text()}; compare it with something, such as "
                + ("> 0" if found.name == "number" else '= "…"' if found.name == "string" else "a value"),
                f"条件的结果应为是或否，此处为{found.text_zh()}，请写出比较，如 "
                + ("> 0" if found.name == "number" else '= "…"' if found.name == "string" else "= 某值"),
            )
        elif expression.wanted == NUMBER and found.name not in ("any", "number"):
            self._report(
                "not-number",
                expression.raw,
                f"an amount is a number, but this is {found.text()}; write a formula over numbers",
                f"金额应为数字，此处为{found.text_zh()}，请写出数字公式",
            )

    # --- kinds --------------------------------------------------------------------------------------------------------

    def kind(self, node: Node, bound: Mapping[str, Kind]) -> Kind:
        """The kind of a node; misfits inside it are reported on the way."""
        if isinstance(node, DecisionTable):
            return self._table(node, bound)
        method = getattr(self, f"_{type(node).__name__.lower().rstrip('_')}", None)
        if method is None:
            for child in syntax.children(node):
                if not isinstance(child, syntax.TypeName):
                    self.kind(child, bound)
            return ANY_KIND
        found: Kind = method(node, bound)
        return found

    def _literal(self, node: Literal, bound: Mapping[str, Kind]) -> Kind:
        return Kind(kind_of(node.value)) if node.value is not None else Kind("null")

    def _name(self, node: Name, bound: Mapping[str, Kind]) -> Kind:
        name = node.name
        if name in bound:
            return bound[name]
        resolver, catalogue = self.view.resolver, self.view.catalogue
        if name in resolver.definitions:
            memo = self.view.memo.setdefault("kinds of definitions", {})
            if name not in memo:
                memo[name] = ANY_KIND
                memo[name] = _Kinds(self.view, self.expression).kind(resolver.definitions[name], {})
            found: Kind = memo[name]
            return found
        if name in resolver.parameters:
            value = resolver.parameters[name]
            return ANY_KIND if value is None else Kind(kind_of(value))
        fact = catalogue.find(name) if catalogue else None
        return kind_of_fact(fact) if fact else ANY_KIND

    def _listliteral(self, node: syntax.ListLiteral, bound: Mapping[str, Kind]) -> Kind:
        kinds = {self.kind(each, bound) for each in node.items}
        return Kind("list", kinds.pop() if len(kinds) == 1 else ANY_KIND)

    def _path(self, node: syntax.Path, bound: Mapping[str, Kind]) -> Kind:
        source = self.kind(node.source, bound)
        if source.name == "list" and source.element and source.element.name == "context":
            found = self._field(node, source.element)
            return Kind("list", found)
        if source.name == "context":
            return self._field(node, source)
        if source.name in ("date", "date and time"):
            return (
                _NUMBER
                if node.name in ("year", "month", "day", "weekday", "hour", "minute", "second")
                else ANY_KIND
            )
        if source.name in _SIMPLE:
            fact, fact_zh = source.text(), source.text_zh()
            self._report(
                "type-mismatch",
                node,
                f"{self._text(node.source)} is {fact} and has no {node.name!r}; write the fact itself",
                f"“{self._text(node.source)}”是{fact_zh}，没有“{node.name}”，请直接使用该事实",
            )
        return ANY_KIND

    def _field(self, node: syntax.Path, line: Kind) -> Kind:
        fields = {label: each for each in line.fields for label in (each.code, each.name)}
        if not fields:
            return ANY_KIND
        if node.name in fields:
            return kind_of_fact(fields[node.name])
        close = difflib.get_close_matches(node.name, list(fields), n=1, cutoff=0.4)
        hint = (
            f"did you mean {close[0]}?" if close else f"it has {', '.join(each.name for each in line.fields)}"
        )
        hint_zh = (
            f"是否为“{close[0]}”？" if close else f"可用：{'、'.join(each.name for each in line.fields)}"
        )
        self._report(
            "type-mismatch",
            node,
            f"{self._text(node.source)} has no field {node.name!r}; {hint}",
            f"“{self._text(node.source)}”没有字段“{node.name}”，{hint_zh}",
        )
        return ANY_KIND

    def _filter(self, node: syntax.Filter, bound: Mapping[str, Kind]) -> Kind:
        source = self.kind(node.source, bound)
        element = source.element or ANY_KIND
        condition = self.kind(node.condition, {**bound, **_fields(element), "item": element})
        return element if condition.name == "number" else source

    def _for(self, node: syntax.For, bound: Mapping[str, Kind]) -> Kind:
        return Kind("list", self.kind(node.result, self._iterators(node.iterators, bound)))

    def _quantified(self, node: syntax.Quantified, bound: Mapping[str, Kind]) -> Kind:
        self._boolean(node.condition, self._iterators(node.iterators, bound))
        return _BOOLEAN

    def _iterators(
        self, iterators: tuple[syntax.Iterator_, ...], bound: Mapping[str, Kind]
    ) -> Mapping[str, Kind]:
        for each in iterators:
            source = self.kind(each.source, bound)
            bound = {**bound, each.name: ANY_KIND if each.upto is not None else source.element or ANY_KIND}
        return bound

    def _functiondefinition(self, node: syntax.FunctionDefinition, bound: Mapping[str, Kind]) -> Kind:
        self.kind(node.body, {**bound, **{name: ANY_KIND for name, _ in node.parameters}})
        return ANY_KIND

    def _contextliteral(self, node: syntax.ContextLiteral, bound: Mapping[str, Kind]) -> Kind:
        for key, each in node.entries:
            bound = {**bound, key: self.kind(each, bound)}
        return ANY_KIND

    def _if(self, node: syntax.If, bound: Mapping[str, Kind]) -> Kind:
        self._boolean(node.condition, bound)
        then, otherwise = self.kind(node.then, bound), self.kind(node.otherwise, bound)
        return then if then.name == otherwise.name else ANY_KIND

    def _and(self, node: syntax.And, bound: Mapping[str, Kind]) -> Kind:
        for each in node.operands:
            self._boolean(each, bound)
        return _BOOLEAN

    def _or(self, node: syntax.Or, bound: Mapping[str, Kind]) -> Kind:
        for each in node.operands:
            self._boolean(each, bound)
        return _BOOLEAN

    def _boolean(self, node: Node, bound: Mapping[str, Kind]) -> None:
        found = self.kind(node, bound)
        if found.name not in ("any", "boolean", "null"):
            self._report(
                "not-boolean",
                node,
                f"true or false is needed here, but {self._text(node)} "
                f"is {found.text()}; compare it with something",
                f"此处应为是或否，而“{self._text(node)}”是{found.text_zh()}，请写出比较",
            )

    def _instanceof(self, node: syntax.InstanceOf, bound: Mapping[str, Kind]) -> Kind:
        self.kind(node.value, bound)
        return _BOOLEAN

    def _negate(self, node: syntax.Negate, bound: Mapping[str, Kind]) -> Kind:
        return self.kind(node.operand, bound)

    def _arithmetic(self, node: syntax.Arithmetic, bound: Mapping[str, Kind]) -> Kind:
        left, right = self.kind(node.left, bound), self.kind(node.right, bound)
        names = {left.name, right.name}
        wrong = names & {"boolean", "list", "context"}
        mixed = (
            "any" not in names
            and len(names) == 2
            and bool(names & {"string", "date"})
            and bool(names & {"number"})
        )
        if wrong or mixed or (names == {"string"} and node.operator != "+"):
            self._report(
                "type-mismatch",
                node,
                f"{left.text()} {node.operator} {right.text()} has no meaning in {self._text(node)}"
                + (
                    '; add days with duration("P30D"), months with duration("P3M")'
                    if "date" in names
                    else "; use numbers"
                ),
                f"“{self._text(node)}”：{left.text_zh()} {node.operator} {right.text_zh()} 没有意义"
                + ('，日期加减请用 duration("P30D")、duration("P3M")' if "date" in names else "，请使用数字"),
            )
            return ANY_KIND
        if names == {"date"} and node.operator == "-":
            return _DURATION
        return _NUMBER if names == {"number"} else ANY_KIND

    # --- comparisons --------------------------------------------------------------------------------------------------

    def _comparison(self, node: syntax.Comparison, bound: Mapping[str, Kind]) -> Kind:
        left, right = self.kind(node.left, bound), self.kind(node.right, bound)
        self._fit(node, node.left, left, node.right, right)
        self._in_order_of_characters(node, left, right)
        return _BOOLEAN

    def _in_order_of_characters(self, node: syntax.Comparison, left: Kind, right: Kind) -> None:
        """Grades such as A, B, C are ordered as characters, which is the other way round."""
        if node.operator not in _ORDERS:
            return
        for kind, fact, other, flipped in (
            (left, node.left, node.right, False),
            (right, node.right, node.left, True),
        ):
            limit = other.value if isinstance(other, Literal) else None
            if not kind.values or not isinstance(limit, str):
                continue
            holds = _ORDERS[node.operator]
            found = [each for each in kind.values if (holds(limit, each) if flipped else holds(each, limit))]
            listed = ", ".join(f'"{each}"' for each in found)
            self._report(
                "text-order",
                node,
                f"texts are ordered by their characters, so {self._text(node)} holds for {listed or 'none'}; "
                f'list the values that are meant: {self._text(fact)} in ("…", "…")',
                f"文字按字符先后比较，“{self._text(node)}”只对 {listed or '无'} 成立；"
                f'请逐一列出：{self._text(fact)} in ("…", "…")',
            )
            return

    def _between(self, node: syntax.Between, bound: Mapping[str, Kind]) -> Kind:
        value = self.kind(node.value, bound)
        for each in (node.low, node.high):
            self._fit(node, node.value, value, each, self.kind(each, bound))
        return _BOOLEAN

    def _in(self, node: syntax.In, bound: Mapping[str, Kind]) -> Kind:
        value = self.kind(node.value, bound)
        self._tests(value, node.value, node.tests, bound)
        return _BOOLEAN

    def _tests(
        self, value: Kind, subject: Node | None, tests: tuple[Node, ...], bound: Mapping[str, Kind]
    ) -> None:
        for test in tests:
            if isinstance(test, syntax.UnaryTest):
                operands: tuple[Node, ...] = (test.operand,)
            elif isinstance(test, syntax.RangeLiteral):
                operands = (test.low, test.high)
            elif isinstance(test, syntax.ListLiteral):
                operands = test.items
            else:
                operands = (test,)
            for each in operands:
                if isinstance(each, syntax.RangeLiteral | syntax.UnaryTest):
                    self._tests(value, subject, (each,), bound)
                    continue
                kind = self.kind(each, {**bound, "?": value})
                if kind.name == "list" and value.name != "list":
                    # `"甲" in list`: one of its elements.
                    self._fit(each, each, kind.element or ANY_KIND, subject or each, value)
                elif kind.name == "boolean" and value.name != "boolean" and not isinstance(each, Literal):
                    continue
                else:
                    self._fit(each, subject or each, value, each, kind)

    def _fit(self, node: Node, left_node: Node, left: Kind, right_node: Node, right: Kind) -> None:
        """Report two sides of a comparison that do not fit."""
        if isinstance(left_node, Literal) and not isinstance(right_node, Literal):
            left_node, left, right_node, right = right_node, right, left_node, left
        fact, written = self._text(left_node), self._text(right_node)
        if "null" in (left.name, right.name):
            if not isinstance(left_node, Literal):
                self._report(
                    "null-comparison",
                    node,
                    f"{fact} is compared with null, but a fact that nobody told is unknown, not null; "
                    "ask for the value that matters",
                    f"“{fact}”与 null 比较：未提供的事实是“未知”而不是 null，请改为与具体取值比较",
                )
            return
        if "any" in (left.name, right.name):
            return
        if "list" in (left.name, right.name) and left.name != right.name:
            if right.name == "list":
                fact, written = written, fact
            self._report(
                "list-comparison",
                node,
                f"{fact} is a list; write list contains({fact}, {written})",
                f"“{fact}”是列表，请写 list contains({fact}, {written})",
            )
            return
        if left.name != right.name:
            if {left.name, right.name} <= {"date", "date and time"}:
                return
            hint, hint_zh = _hint(left, fact, right_node, written)
            self._report(
                "type-mismatch",
                node,
                f"{fact} is {left.text()}, and {written} is {right.text()}; {hint}",
                f"{_quoted(fact)}为{left.text_zh()}类型，而 {written} 为{right.text_zh()}类型，{hint_zh}",
            )
            return
        if left.values and isinstance(right_node, Literal) and isinstance(right_node.value, str):
            self._value(right_node, right_node.value, left.values, fact)

    def _value(self, node: Node, value: str, values: tuple[str, ...], fact: str) -> None:
        if value in values:
            return
        close = difflib.get_close_matches(value, values, n=1, cutoff=0.3)
        hint, hint_zh = (
            (f"did you mean {close[0]}?", f"是否为“{close[0]}”？")
            if close
            else ("choose one of them", "请从中选取")
        )
        self._report(
            "value-unknown",
            node,
            f"{fact} is never {value!r}; it is one of {', '.join(values)}: {hint}",
            f"“{fact}”没有取值“{value}”，可取：{'、'.join(values)}，{hint_zh}",
        )

    # --- calls and tables ---------------------------------------------------------------------------------------------

    def _call(self, node: syntax.Call, bound: Mapping[str, Kind]) -> Kind:
        kinds = [self.kind(each, bound) for each in node.arguments]
        for _, each in node.named:
            self.kind(each, bound)
        if not isinstance(node.function, Name) or node.function.name in bound:
            return ANY_KIND
        name = node.function.name
        if name in self.view.resolver.parameters:
            return self._parameter_on(node, name, kinds)
        if name == "list contains" and len(kinds) == 2:
            self._list_contains(node, kinds)
        else:
            self._arguments(node, name, kinds)
        if name in ("min", "max") and kinds:
            first = kinds[0].element if kinds[0].name == "list" else kinds[0]
            return Kind(first.name) if first else ANY_KIND
        if name == "date":
            return _DATE
        return _RESULTS.get(name, ANY_KIND)

    def _parameter_on(self, node: syntax.Call, name: str, kinds: list[Kind]) -> Kind:
        """A parameter asked for a day: LPR(放款日期)."""
        if kinds and kinds[0].name not in ("any", "date"):
            written = self._text(node.arguments[0])
            self._report(
                "type-mismatch",
                node,
                f'{name} is asked for a day, but {written} is {kinds[0].text()}; write {name}(date("2026-01-01")) '
                "or the name of a date",
                f"{name} 按日期取值，而“{written}”是{kinds[0].text_zh()}，"
                f'请写 {name}(date("2026-01-01")) 或日期的名称',
            )
        periods = self.view.resolver.periods.get(name, ())
        names = {kind_of(value) for _, _, value in periods}
        return Kind(names.pop()) if len(names) == 1 else ANY_KIND

    def _list_contains(self, node: syntax.Call, kinds: list[Kind]) -> None:
        source, value = node.arguments
        text, written = self._text(source), self._text(value)
        if kinds[0].name in _SIMPLE:
            self._report(
                "list-comparison",
                node,
                f"{text} is one value and no list; write {text} = {written}",
                f"“{text}”是单个值，不是列表，请写 {text} = {written}",
            )
        elif kinds[0].element:
            self._fit(node, source, kinds[0].element, value, kinds[1])

    def _arguments(self, node: syntax.Call, name: str, kinds: list[Kind]) -> None:
        builtin = find_builtin(name)
        if builtin is None or not kinds or any(each.variadic for each in builtin.signatures):
            return
        for position, (argument, kind) in enumerate(zip(node.arguments, kinds, strict=True)):
            if kind.name not in ("number", "string", "boolean", "date", "list"):
                continue
            types = {
                each.parameters[position].type
                for each in builtin.signatures
                if position < len(each.parameters)
            }
            if (
                types
                and types <= _CHECKED_PARAMETERS
                and kind.name not in types
                and kind.name != "list"
                and "list" not in types
            ):
                needed = " or ".join(sorted(types))
                self._report(
                    "type-mismatch",
                    node,
                    f"{name} needs a {needed}, but {self._text(argument)} is "
                    f"{kind.text()}; convert it or use another fact",
                    f"{name} 需要{'或'.join(KIND_NAMES_ZH.get(each, each) for each in sorted(types))}，"
                    f"而“{self._text(argument)}”是{kind.text_zh()}，请转换或改用其他事实",
                )

    def _unarytests(self, node: syntax.UnaryTests, bound: Mapping[str, Kind]) -> Kind:
        return _BOOLEAN

    def _table(self, table: DecisionTable, bound: Mapping[str, Kind]) -> Kind:
        for column, each in enumerate(table.inputs):
            subject = self.kind(each.expression, bound)
            for rule in table.rules:
                self._tests(subject, each.expression, rule.tests[column].tests, bound)
        kinds = {self.kind(rule.outputs[0], bound).name for rule in table.rules}
        for rule in table.rules:
            for other in rule.outputs[1:]:
                self.kind(other, bound)
        if len(table.outputs) != 1 or len(kinds) != 1:
            return ANY_KIND
        name = kinds.pop()
        return Kind(name) if name in _SIMPLE else ANY_KIND

    # --- words --------------------------------------------------------------------------------------------------------

    def _text(self, node: Node) -> str:
        written = self.expression.written
        if isinstance(written, str) and written and 0 <= node.start < node.end <= len(written):
            return written[node.start : node.end]
        if isinstance(node, Name):
            return node.name
        if isinstance(node, Literal):
            return f'"{node.value}"' if isinstance(node.value, str) else str(node.value)
        return "…"

    def _report(self, code: str, node: Node, message: str, message_zh: str) -> None:
        self.problems.append(
            self.view.finding(code, self.expression.path, message, message_zh, text=self._text(node))
        )


def _quoted(text: str) -> str:
    return f"{text} " if text.startswith('"') else f"“{text}”"


def _fields(line: Kind) -> dict[str, Kind]:
    return {label: kind_of_fact(each) for each in line.fields for label in (each.code, each.name)}


def _hint(left: Kind, fact: str, literal: Node, written: str) -> tuple[str, str]:
    """What to write instead, from the fact's kind and the value it is compared with."""
    value: Any = literal.value if isinstance(literal, Literal) else None
    if left.name == "boolean" and isinstance(value, str) and value in _YES_NO:
        better = fact if _YES_NO[value] else f"not({fact})"
        return f"write {better}", f"请写 {better}"
    if left.name == "number" and isinstance(value, str):
        digits = value.replace(",", "").replace(".", "", 1)
        if digits.isdigit():
            return f"write {value} without quotes", f"请去掉引号，写 {value}"
    if left.name == "string" and isinstance(value, Decimal):
        return f'write "{written}" in quotes', f'请加引号，写 "{written}"'
    if left.name == "date" and isinstance(value, str) and parse_date(value) is not None:
        return f'write date("{value}")', f'请写 date("{value}")'
    if left.name == "date" and _DAY.fullmatch(written):
        return f'write date("{written}")', f'请写 date("{written}")'
    if left.name == "days and time duration" and isinstance(value, Decimal):
        return (
            f'write ({fact}).days for the number of days, or compare it with duration("P365D")',
            f'天数请写 ({fact}).days，或与 duration("P365D") 比较',
        )
    if left.name == "date" and isinstance(value, Decimal):
        return 'write date("2026-01-01"), or compare the year', '请写 date("2026-01-01")，或比较年份'
    if isinstance(value, Date | DateTime | Time):
        return "compare it with a value of its own kind", "请与同类型的值比较"
    return f"compare {fact} with a {left.name}", f"请与{left.text_zh()}比较"


__all__ = ["Kind", "check_kinds", "kind_of_fact"]
