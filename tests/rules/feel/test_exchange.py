"""Values as JSON, and lines of `yingshang feel --jsonl`."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.rules.feel import temporal
from yingshang.rules.feel.evaluate import evaluate
from yingshang.rules.feel.exchange import answer_line, from_json, read_json, to_json
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.values import Failure, Unknown

NOW = temporal.parse_date_time("2026-11-21T10:00:00")


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        ("1.50", "number", "1.5"),
        ("1e20", "number", "100000000000000000000"),
        ("-0.0", "number", "0"),
        ("0.1 + 0.2", "number", "0.3"),
        ('"a"', "string", "a"),
        ("true", "boolean", True),
        ("null", "null", None),
        ('@"2024-02-29"', "date", "2024-02-29"),
        ('@"10:00:00+08:00"', "time", "10:00:00+08:00"),
        ('@"2024-02-29T10:00:00@Asia/Shanghai"', "date and time", "2024-02-29T10:00:00@Asia/Shanghai"),
        ('@"P1DT2H"', "days and time duration", "P1DT2H"),
        ('@"P14M"', "years and months duration", "P1Y2M"),
        ("[1..5)", "range", "[1..5)"),
        ("(>= 5)", "range", "(>= 5)"),
        ("function(a, b) a", "function", "function(a, b)"),
        ('[1, "a"]', "list", [{"type": "number", "value": "1"}, {"type": "string", "value": "a"}]),
        ("{a b: {c: null}}", "context",
         {"a b": {"type": "context", "value": {"c": {"type": "null", "value": None}}}}),
    ],
)  # fmt: skip
def test_each_kind_of_value(expression: str, kind: str, value: Any) -> None:
    answer = to_json(evaluate(parse_expression(expression)))
    assert answer == {"type": kind, "value": value}
    json.dumps(answer)


def test_unknown_and_error() -> None:
    assert to_json(Unknown(["b", "a"])) == {"type": "unknown", "missing": ["a", "b"]}
    assert to_json(Failure("no", "否")) == {"type": "error", "message": "no", "message_zh": "否"}


def test_numbers_never_pass_through_binary() -> None:
    text = "0.1234567890123456789012345678901234"
    assert from_json(read_json(text)) == Decimal(text)
    assert from_json(0.1) == Decimal("0.1")
    assert from_json(read_json('{"a": [1, true, null, "x"]}')) == {"a": [Decimal(1), True, None, "x"]}
    assert from_json(True) is True


def line(expression: str, context: Any = None, mode: str | None = None, **more: Any) -> str:
    request = {"expr": expression, "context": context, "mode": mode, **more}
    return json.dumps({key: value for key, value in request.items() if value is not None})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line("a b + 1", {"a b": 2}), {"type": "number", "value": "3"}),
        (line("k.净利润（万元） > 1", {"k": {"净利润（万元）": 2}}), {"type": "boolean", "value": True}),
        (line("hs[年龄 岁 > 30].年龄 岁", {"hs": [{"年龄 岁": 40}]}),
         {"type": "list", "value": [{"type": "number", "value": "40"}]}),
        (line("x > 1 and y", {"y": True}, "policy"), {"type": "unknown", "missing": ["x"]}),
        (line("x > 1 and y", {"y": False}, "policy"), {"type": "boolean", "value": False}),
        (line("x > 1", {}, "feel"), {"type": "null", "value": None}),
        (line("x = null", {"x": None}, "policy"), {"type": "boolean", "value": True}),
        (line("1 / 0"), {"type": "null", "value": None}),
        (line("1 / 0", mode="policy"), {"type": "error", "message": "division by zero", "message_zh": "除数为零"}),
        (line("k.a", {"k": {}}, "policy"), {"type": "unknown", "missing": ["k.a"]}),
        (line("today()"), {"type": "date", "value": "2026-11-21"}),
        (line("1", number=7), {"type": "number", "value": "1"}),
    ],
)  # fmt: skip
def test_lines(text: str, expected: dict[str, Any]) -> None:
    assert answer_line(text, NOW) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[1]", "object"),
        ("{}", "expr"),
        ('{"expr": 5}', "expr"),
        ('{"expr": "1 +"}', "stops too early"),
        ('{"expr": "x", "context": []}', "context"),
        ('{"expr": "x", "mode": "strict"}', "mode"),
        ('{"expr": "x", "mode": ["feel"]}', "mode"),
        ('{"expr": "x", "context": {"x": NaN}}', "NaN"),
        ('{"expr": "x", "context": {"x": 1e9999}}', "too large"),
        ("[" * 100_000, "too deeply"),
        ('{"expr": "x", "context": {"x": ' + "[" * 3000 + "]" * 3000 + "}}", "too deeply"),
    ],
)
def test_a_bad_line_is_an_answer(text: str, message: str) -> None:
    answer = answer_line(text, NOW)
    assert answer["type"] == "error"
    assert message in answer["message"]


def test_a_syntax_error_says_where() -> None:
    answer = answer_line(line("a\n + * b"), NOW)
    assert (answer["line"], answer["column"], answer["text"]) == (2, 4, "*")
    assert "一个值" in answer["message_zh"]


@given(st.text(max_size=40), st.sampled_from(["feel", "policy"]))
def test_no_expression_breaks_it(expression: str, mode: str) -> None:
    json.dumps(answer_line(line(expression, {"a": 1}, mode), NOW))


@given(
    st.lists(
        st.sampled_from(
            ["a", "1", "2.5", '"x"', "[", "]", "(", ")", "{", "}", ":", ",", "..", "+", "-", "*", "/", "**", "<", ">=",
             "=", "and", "or", "in", "between", "if", "then", "else", "for", "return", "some", "satisfies", "not", "@",
             "null", "function", "instance of", "number", ".", "item", "sort", "count", "date", '"2024-01-01"', "string"]
        ),
        max_size=14,
    ),
    st.sampled_from(["feel", "policy"]),
)  # fmt: skip
def test_no_heap_of_tokens_breaks_it(tokens: list[str], mode: str) -> None:
    json.dumps(answer_line(line(" ".join(tokens), {"a": [1, {"b": 2}]}, mode), NOW))
