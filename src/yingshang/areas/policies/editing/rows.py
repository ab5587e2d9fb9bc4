"""A condition as a row (fact, comparison, values) or as FEEL: two views of one thing. Pure.

Whatever a row says can be written as FEEL and read back as the same row. Much that FEEL can say is no row; then
`rows_of` answers None and the condition stays FEEL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from yingshang.rules.errors import DomainError, ExpressionError
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.syntax import (
    Between,
    Call,
    Comparison,
    In,
    Literal,
    Name,
    Node,
    Or,
    Path,
    RangeLiteral,
)
from yingshang.rules.feel.temporal import Date, parse_date

ORDERS = ("=", "!=", "<", "<=", ">", ">=")
COMPARISONS = (
    *ORDERS,
    "between",
    "in",
    "not in",
    "yes",
    "no",
    "contains",
    "contains not",
    "within",
    "not within",
)
"""`within` is for codes: of a division, or a trade, and everything below it."""
FOR_TYPES: dict[str, tuple[str, ...]] = {
    "number": (">=", ">", "<=", "<", "=", "!=", "between", "in", "not in"),
    "date": (">=", ">", "<=", "<", "=", "!=", "between"),
    "string": ("=", "!=", "in", "not in", "within", "not within"),
    "boolean": ("yes", "no"),
    "list<string>": ("contains", "contains not"),
    "list<number>": ("contains", "contains not"),
    "any": (*ORDERS, "between", "in", "not in", "yes", "no"),
}
"""What can be asked of a fact, by its type, the likeliest first."""
MANY = ("in", "not in", "contains", "contains not", "within", "not within")
_NONE = ("yes", "no")


class InvalidRow(DomainError):
    """A row that says nothing: a value is missing, or of another type. `field` is fact, comparison or values."""

    code = "policies.invalid_row"


@dataclass(frozen=True, slots=True)
class Formula:
    """A value that is computed: a parameter, another fact, a product of them."""

    text: str


Value = Decimal | str | bool | Date | Formula


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `fact` is a code or a name, as it stands in the condition."""

    fact: str
    comparison: str
    values: tuple[Value, ...] = ()


# --- FEEL to row ------------------------------------------------------------------------------------------------------


def rows_of(feel: str, names: Iterable[str] = ()) -> Row | None:
    """The row that says what `feel` says; None where no row can. `names` are those that may stand in it."""
    text = " ".join(feel.split()) if '"' not in feel else feel.strip()
    known = names if isinstance(names, frozenset) else frozenset(names)
    try:
        row = _row(parse_expression(text, known), text, known)
        # What cannot be written back as it was read is no row.
        return row if row is not None and _parsed(feel_of(row), known) == row else None
    except (ExpressionError, InvalidRow):
        return None


def _parsed(text: str, names: frozenset[str]) -> Row | None:
    return _row(parse_expression(text, names), text, names)


def _row(tree: Node, text: str, names: frozenset[str]) -> Row | None:
    if isinstance(tree, Call) and tree.function == Name("not") and len(tree.arguments) == 1:
        inner = tree.arguments[0]
        row = _row(inner, text, names)
        opposite = {"in": "not in", "contains": "contains not", "within": "not within", "yes": "no"}
        if row is None or row.comparison not in opposite:
            return None
        return Row(row.fact, opposite[row.comparison], row.values)
    if (fact := _fact(tree, text)) is not None:
        return Row(fact, "yes")
    if isinstance(tree, Comparison):
        return _comparison(tree, text, names)
    if isinstance(tree, Between):
        return _bounded(tree.value, tree.low, tree.high, text)
    if isinstance(tree, In):
        return _membership(tree, text)
    if isinstance(tree, Call | Or):
        return _calls(tree, text)
    return None


def _comparison(tree: Comparison, text: str, names: frozenset[str]) -> Row | None:
    fact = _fact(tree.left, text)
    if fact is None:
        return None
    value: Value | None = _literal(tree.right)
    if isinstance(value, bool) and tree.operator in ("=", "!="):
        return Row(fact, "yes" if value is (tree.operator == "=") else "no")
    if value is None:
        right = re.sub(r"^\s*(?:!=|<=|>=|=|<|>)\s*", "", text[tree.left.end :])
        try:
            if parse_expression(right, names) != tree.right:
                return None
        except ExpressionError:
            return None
        value = Formula(right.strip())
    return Row(fact, tree.operator, (value,))


def _bounded(value: Node, low: Node, high: Node, text: str) -> Row | None:
    fact, ends = _fact(value, text), (_literal(low), _literal(high))
    if fact is None or ends[0] is None or ends[1] is None or isinstance(ends[0], bool):
        return None
    return Row(fact, "between", (ends[0], ends[1]))


def _membership(tree: In, text: str) -> Row | None:
    fact = _fact(tree.value, text)
    if fact is None:
        return None
    first = tree.tests[0]
    if len(tree.tests) == 1 and isinstance(first, RangeLiteral):
        if first.low_closed and first.high_closed:
            return _bounded(tree.value, first.low, first.high, text)
        return None
    values = [_literal(each) for each in tree.tests]
    if any(each is None or isinstance(each, bool) for each in values):
        return None
    return Row(fact, "in", tuple(each for each in values if each is not None))


def _calls(tree: Call | Or, text: str) -> Row | None:
    """`starts with(x, "23")`, `list contains(x, "a")`, or several of them on one fact joined by or."""
    parts = tree.operands if isinstance(tree, Or) else (tree,)
    fact, kind = "", ""
    values: list[Value] = []
    for each in parts:
        if not isinstance(each, Call) or each.named or len(each.arguments) != 2:
            return None
        function = {Name("starts with"): "within", Name("list contains"): "contains"}.get(each.function)  # type: ignore[call-overload]
        one, value = _fact(each.arguments[0], text), _literal(each.arguments[1])
        if function is None or one is None or value is None or (fact and (one, function) != (fact, kind)):
            return None
        if isinstance(value, bool) or (function == "within" and not isinstance(value, str)):
            return None
        fact, kind = one, function
        values.append(value)
    return Row(fact, kind, tuple(values))


def _fact(node: Node, text: str) -> str | None:
    below = node
    while isinstance(below, Path):
        below = below.source
    if not isinstance(below, Name):
        return None
    written = text[node.start : node.end]
    return written if written.count("(") == written.count(")") == 0 else None


def _literal(node: Node) -> Decimal | str | bool | Date | None:
    if isinstance(node, Literal) and isinstance(node.value, Decimal | str | bool | Date):
        return node.value
    if isinstance(node, Call) and node.function == Name("date") and len(node.arguments) == 1:
        only = node.arguments[0]
        if isinstance(only, Literal) and isinstance(only.value, str):
            return parse_date(only.value)
    return None


# --- row to FEEL ------------------------------------------------------------------------------------------------------


def feel_of(row: Row) -> str:
    """The FEEL that says what the row says. Raises InvalidRow where it says nothing."""
    if not row.fact.strip():
        raise InvalidRow("choose the fact the row is about", message_zh="请选择事实", field="fact")
    if row.comparison not in COMPARISONS:
        raise InvalidRow(
            f"{row.comparison!r} is no comparison; use one of {', '.join(COMPARISONS)}",
            message_zh="请选择比较方式",
            field="comparison",
        )
    if row.comparison in _NONE:
        return row.fact if row.comparison == "yes" else f"{row.fact} = false"
    wanted = 2 if row.comparison == "between" else 1
    if len(row.values) < wanted or (row.comparison not in MANY and len(row.values) != wanted):
        raise InvalidRow(
            f"give {'two values, from and to' if wanted == 2 else 'the value to compare with'}",
            message_zh="请填写起止两个值" if wanted == 2 else "请填写比较的值",
            field="values",
        )
    written = [_written(each) for each in row.values]
    match row.comparison:
        case "between":
            return f"{row.fact} between {written[0]} and {written[1]}"
        case "in":
            return f"{row.fact} in ({', '.join(written)})"
        case "not in":
            return f"not({row.fact} in ({', '.join(written)}))"
        case "within" | "not within" | "contains" | "contains not":
            function = "starts with" if "within" in row.comparison else "list contains"
            said = " or ".join(f"{function}({row.fact}, {each})" for each in written)
            return f"not({said})" if "not" in row.comparison else said
    return f"{row.fact} {row.comparison} {written[0]}"


def _written(value: Value) -> str:
    if isinstance(value, Formula):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    return f'date("{value}")'


# --- values as people type them ---------------------------------------------------------------------------------------

_TIMES = {"万": Decimal(10) ** 4, "亿": Decimal(10) ** 8, "%": Decimal("0.01"), "％": Decimal("0.01")}
_FIGURE = re.compile(
    r"(?P<figure>[-+]?[\d,，]*\.?\d+)\s*(?P<times>[万亿%％]?)\s*(?:元|人|户|家|项|件|个|天|月|年)?"
)


def typed(text: str, kind: str) -> Value:
    """A value from what somebody typed for a fact of a type; `=` before it makes it a formula. Raises InvalidRow."""
    text = text.strip()
    if text.startswith("="):
        if not text[1:].strip():
            raise InvalidRow("write a formula behind =", message_zh="请在 = 后填写算式", field="values")
        return Formula(text[1:].strip())
    if kind.startswith("list<"):
        kind = kind[5:-1]
    if kind == "number":
        return _figure(text)
    if kind == "date":
        day = parse_date(text)
        if day is None:
            raise InvalidRow(
                f"{text!r} is no day; write it as 2026-01-31",
                message_zh=f"“{text}”不是日期，请写成 2026-01-31 的形式",
                field="values",
            )
        return day
    if kind == "any":
        if len(text) > 1 and text[0] == text[-1] == '"':
            return text[1:-1]
        try:
            return _figure(text)
        except InvalidRow:
            return Formula(text)
    if not text:
        raise InvalidRow("give the value to compare with", message_zh="请填写比较的值", field="values")
    return text


def shown(value: Value, kind: str) -> str:
    """A value as it is typed; `typed` reads it back."""
    if isinstance(value, Formula):
        return f"={value.text}"
    if isinstance(value, str):
        return f'"{value}"' if kind == "any" else value
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _figure(text: str) -> Decimal:
    match = _FIGURE.fullmatch(text)
    try:
        if match is None:
            raise InvalidOperation
        figure = Decimal(match["figure"].replace(",", "").replace("，", ""))
        times = match["times"]
        return figure * _TIMES[times] if times else figure
    except InvalidOperation:
        raise InvalidRow(
            f"{text!r} is no number; write 5000000 or 500万, or = and a formula",
            message_zh=f"“{text}”不是数字，请写成 5000000 或 500万；引用参数或其他事实时以 = 开头",
            field="values",
        ) from None
