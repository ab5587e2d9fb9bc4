"""Decision tables as policy documents write them: plain data, as YAML gives it.

    hit: UNIQUE              # or ANY, PRIORITY, FIRST, RULE ORDER, OUTPUT ORDER, COLLECT, COLLECT SUM; or U, F, C+ …
    inputs:
      - fin.rd_ratio         # an expression, or {expression, values: allowed values, label}
    output: 比例             # or outputs: [name, or {name, values: the possible values in order, default}]
    rules:
      - {when: ["[0.03..0.04)"], then: "0.06", text: 研发占比 3%（含）至 4%}
    default: "0"

Every cell is FEEL: a text result is written with its own quotes, `'"A"'`. A number, a boolean or a date of YAML is
taken as the value it is. An error names the rule and the cell, and where in the cell.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from yingshang.rules.dmn.table import (
    Aggregation,
    DecisionTable,
    HitPolicy,
    TableError,
    TableInput,
    TableOutput,
    TableRule,
)
from yingshang.rules.errors import ExpressionError
from yingshang.rules.feel.parser import parse_expression, parse_unary_tests
from yingshang.rules.feel.syntax import Node, UnaryTests
from yingshang.rules.feel.values import plain

_Parsed = TypeVar("_Parsed", bound=Node)

_TABLE_KEYS = ("hit", "inputs", "output", "outputs", "rules", "default", "label")
_INPUT_KEYS = ("expression", "values", "label")
_OUTPUT_KEYS = ("name", "values", "default")
_RULE_KEYS = ("when", "then", "text")
_HIT_POLICIES = {written: policy for policy in HitPolicy for written in (policy.value, policy.title)}
_AGGREGATIONS = {
    written: aggregation for aggregation in Aggregation for written in (aggregation.value, aggregation.name)
}


def parse_table(data: Mapping[str, Any], names: Iterable[str] = ()) -> DecisionTable:
    """The decision table that plain data describes.

    `names` are the facts and variables that may occur, for those that hold spaces or signs. Raises ExpressionError
    for a cell that is no expression and TableError for everything else; `details` of both hold `rule` (from 1) and
    `cell` ("input 2", "output 1", "default" …) as far as they apply.
    """
    known = frozenset(names)
    _check_keys(data, _TABLE_KEYS, "a decision table", "决策表")
    hit_policy, aggregation = parse_hit_policy(data.get("hit", "UNIQUE"))
    inputs = tuple(
        _input(each, number, known) for number, each in enumerate(_sequence(data, "inputs"), start=1)
    )
    outputs = _outputs(data, known)
    rules = tuple(
        _rule(each, number, inputs, outputs, known)
        for number, each in enumerate(_sequence(data, "rules"), start=1)
    )
    return DecisionTable(
        inputs=inputs,
        outputs=outputs,
        rules=rules,
        hit_policy=hit_policy,
        aggregation=aggregation,
        label=str(data.get("label", "")),
    )


def parse_hit_policy(written: Any) -> tuple[HitPolicy, Aggregation | None]:
    """A hit policy as people write it: `FIRST`, `f`, `Rule order`, `C+`, `COLLECT SUM`."""
    text = " ".join(str(written).upper().replace("_", " ").split())
    policy = _HIT_POLICIES.get(text)
    if policy is not None:
        return policy, None
    for prefix in ("COLLECT", "C"):
        if text.startswith(prefix):
            aggregation = _AGGREGATIONS.get(text.removeprefix(prefix).strip(" ()"))
            if aggregation is not None:
                return HitPolicy.COLLECT, aggregation
    choices = [*(each.title for each in HitPolicy), *(f"COLLECT {each.name}" for each in Aggregation)]
    raise TableError(
        f"there is no hit policy {written!r}; write one of {', '.join(choices)}",
        message_zh=f"没有命中策略“{written}”，可选：{'、'.join(choices)}",
        cell="hit",
    )


# --- columns and rows ---------------------------------------------------------------------------------------------


def _input(data: Any, number: int, names: frozenset[str]) -> TableInput:
    cell = f"input {number}"
    if not isinstance(data, Mapping):
        data = {"expression": data}
    _check_keys(data, _INPUT_KEYS, cell, f"输入列 {number}")
    if "expression" not in data:
        raise TableError(
            f"{cell} has no expression", message_zh=f"输入列 {number} 缺少 expression", cell=cell
        )
    text = _cell_text(data["expression"], cell)
    return TableInput(
        _parse(parse_expression, text, names, cell=cell),
        _allowed(data.get("values"), names, f"{cell} values"),
        label=str(data.get("label") or text),
    )


def _outputs(data: Mapping[str, Any], names: frozenset[str]) -> tuple[TableOutput, ...]:
    if "output" in data and "outputs" in data:
        raise TableError(
            "write output or outputs, not both", message_zh="output 与 outputs 只能写一个", cell="outputs"
        )
    written = _sequence(data, "outputs") if "outputs" in data else [data.get("output", "")]
    columns: list[dict[str, Any]] = []
    for number, each in enumerate(written, start=1):
        column = dict(each) if isinstance(each, Mapping) else {"name": each}
        _check_keys(column, _OUTPUT_KEYS, f"output {number}", f"输出列 {number}")
        columns.append(column)
    if data.get("default") is not None:
        labels = [str(each.get("name", "")) for each in columns]
        for column, value in zip(columns, _results(data["default"], labels, None, "default"), strict=True):
            column["default"] = value
    outputs = []
    for number, column in enumerate(columns, start=1):
        default = column.get("default")
        outputs.append(
            TableOutput(
                str(column.get("name") or ""),
                _allowed(column.get("values"), names, f"output {number} values"),
                None
                if default is None
                else _parse(parse_expression, _cell_text(default, "default"), names, cell="default"),
            )
        )
    return tuple(outputs)


def _rule(
    data: Any,
    number: int,
    inputs: tuple[TableInput, ...],
    outputs: tuple[TableOutput, ...],
    names: frozenset[str],
) -> TableRule:
    if not isinstance(data, Mapping):
        raise TableError(
            f"rule {number} is no mapping with when and then",
            message_zh=f"第 {number} 行应写作 {{when: […], then: …}}",
            rule=number,
        )
    _check_keys(data, _RULE_KEYS, f"rule {number}", f"第 {number} 行", rule=number)
    if "then" not in data:
        raise TableError(f"rule {number} has no then", message_zh=f"第 {number} 行缺少 then", rule=number)
    tests = [
        _parse(
            parse_unary_tests, _cell_text(each, f"input {column}", number), names, number, f"input {column}"
        )
        for column, each in enumerate(_conditions(data.get("when"), inputs, number), start=1)
    ]
    results = [
        _parse(
            parse_expression, _cell_text(each, f"output {column}", number), names, number, f"output {column}"
        )
        for column, each in enumerate(
            _results(data["then"], [each.name for each in outputs], number, "then"), start=1
        )
    ]
    return TableRule(tuple(tests), tuple(results), text=str(data.get("text") or ""))


def _conditions(when: Any, inputs: tuple[TableInput, ...], number: int) -> list[Any]:
    """The cells of a row: a list, a single one for a single input, or some of them by the input's label."""
    if isinstance(when, Mapping):
        labels = [each.label for each in inputs]
        unknown = [str(each) for each in when if str(each) not in labels]
        if unknown:
            raise TableError(
                f"rule {number} tests {unknown[0]!r}, which is no input" + _suggestion(unknown[0], labels),
                message_zh=f"第 {number} 行的“{unknown[0]}”不是输入列" + _suggestion_zh(unknown[0], labels),
                rule=number,
            )
        return [when.get(label, "-") for label in labels]
    if when is None and not inputs:
        return []
    cells = list(when) if _is_sequence(when) else [when]
    if len(cells) != len(inputs):
        raise TableError(
            f"rule {number} has {len(cells)} conditions for {len(inputs)} inputs",
            message_zh=f"第 {number} 行有 {len(cells)} 个条件，而表有 {len(inputs)} 个输入列",
            rule=number,
        )
    return cells


def _results(data: Any, names: list[str], rule: int | None, cell: str) -> list[Any]:
    """The results of a row or of the default: one, a list, or a mapping by the output's name."""
    where, where_zh = ("default", "default") if rule is None else (f"rule {rule}", f"第 {rule} 行")
    details = {"cell": cell} if rule is None else {"rule": rule, "cell": cell}
    if isinstance(data, Mapping):
        given = {str(key): value for key, value in data.items()}
        unknown = [each for each in given if each not in names]
        lacking = [each for each in names if each not in given]
        if unknown:
            raise TableError(
                f"{where} gives {unknown[0]!r}, which is no output" + _suggestion(unknown[0], names),
                message_zh=f"{where_zh}的“{unknown[0]}”不是输出列" + _suggestion_zh(unknown[0], names),
                **details,
            )
        if lacking:
            raise TableError(
                f"{where} gives no {lacking[0]!r}", message_zh=f"{where_zh}缺少“{lacking[0]}”", **details
            )
        return [given[each] for each in names]
    cells = list(data) if _is_sequence(data) else [data]
    if len(cells) != len(names):
        raise TableError(
            f"{where} has {len(cells)} results for {len(names)} outputs",
            message_zh=f"{where_zh}有 {len(cells)} 个结果，而表有 {len(names)} 个输出列",
            **details,
        )
    return cells


# --- cells --------------------------------------------------------------------------------------------------------


def _parse(
    parser: Callable[[str, Iterable[str]], _Parsed],
    text: str,
    names: frozenset[str],
    rule: int | None = None,
    cell: str = "",
) -> _Parsed:
    try:
        return parser(text, names)
    except ExpressionError as error:
        where = cell if rule is None else f"rule {rule}, {cell}"
        where_zh = _cell_zh(cell) if rule is None else f"第 {rule} 行{_cell_zh(cell)}"
        located = ExpressionError(
            f"{where}: {error.message}",
            message_zh=f"{where_zh}：{error.message_zh}",
            source=error.source,
            position=error.position,
            text=error.text,
            expected=error.expected,
        )
        located.details.update({"cell": cell} if rule is None else {"rule": rule, "cell": cell})
        raise located from None


def _cell_zh(cell: str) -> str:
    words = {"input": "输入列", "output": "输出列", "values": "的取值"}
    return "".join(words.get(each, each) for each in cell.split())


def _allowed(written: Any, names: frozenset[str], cell: str) -> UnaryTests | None:
    """Allowed values: unary tests in one text, or a list of them."""
    if written is None:
        return None
    if _is_sequence(written):
        written = ", ".join(_cell_text(each, cell) for each in written)
    return _parse(parse_unary_tests, _cell_text(written, cell), names, cell=cell)


def _cell_text(value: Any, cell: str, rule: int | None = None) -> str:
    """A cell as FEEL text. Values that YAML has already read are written out again."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return plain(Decimal(value))
    if isinstance(value, float):
        # The shortest text that reads as this float is the one that was written.
        return plain(Decimal(repr(value)))
    if isinstance(value, datetime.datetime | datetime.date):
        return f'@"{value.isoformat()}"'
    where = cell if rule is None else f"rule {rule}, {cell}"
    where_zh = _cell_zh(cell) if rule is None else f"第 {rule} 行{_cell_zh(cell)}"
    details = {"cell": cell} if rule is None else {"rule": rule, "cell": cell}
    if value is None or isinstance(value, str):
        raise TableError(
            f'{where} is empty; write "-" for any value, or "null"',
            message_zh=f'{where_zh}为空：任意值请写 "-"，空值请写 "null"',
            **details,
        )
    raise TableError(
        f"{where} must be an expression, not {type(value).__name__}",
        message_zh=f"{where_zh}应为表达式",
        **details,
    )


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _sequence(data: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = data.get(key)
    if not _is_sequence(value):
        raise TableError(
            f"a decision table needs a list of {key}", message_zh=f"决策表缺少列表 {key}", cell=key
        )
    found: Sequence[Any] = value  # type: ignore[assignment]
    return found


def _check_keys(data: Any, allowed: tuple[str, ...], where: str, where_zh: str, **details: Any) -> None:
    if not isinstance(data, Mapping):
        raise TableError(f"{where} must be a mapping", message_zh=f"{where_zh}应为键值结构", **details)
    for key in data:
        if key not in allowed:
            raise TableError(
                f"{where} has no {key!r}"
                + (_suggestion(str(key), allowed) or f"; it has {', '.join(allowed)}"),
                message_zh=f"{where_zh}没有“{key}”"
                + (_suggestion_zh(str(key), allowed) or f"，可用：{'、'.join(allowed)}"),
                **details,
            )


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _suggestion_zh(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"，是否为“{close[0]}”？" if close else ""


__all__ = ["parse_hit_policy", "parse_table"]
