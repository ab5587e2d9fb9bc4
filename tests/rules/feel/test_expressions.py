"""Expressions the public cases say little about, and bounds that keep every evaluation finite."""

from __future__ import annotations

import time
from typing import Any

import pytest

from yingshang.rules.feel.evaluate import Mode, evaluate
from yingshang.rules.feel.exchange import from_json
from yingshang.rules.feel.functions.conversion import text_of
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.values import Failure


def answer(text: str, **context: Any) -> str:
    facts = from_json(context)
    return text_of(evaluate(parse_expression(text, list(facts)), facts))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # functions as values: what they take may be wider, what they give narrower
        ('(function(a: context<x: number>) "b") instance of function<context<x: number, y: number>> -> string', "true"),
        ('(function(a: context<x: number, y: number>) "b") instance of function<context<x: number>> -> string', "false"),
        ("(function() {x: 1, y: 2}) instance of function<> -> context<x: number>", "true"),
        ("(function() {x: 1}) instance of function<> -> context<x: number, y: number>", "false"),
        ("(function(a, b) a) instance of function<number> -> Any", "false"),
        ("max instance of function<list<number>> -> number", "true"),
        ("[1, null] instance of list<number>", "true"),
        ("[1, 2] instance of list<string>", "false"),
        ("[1..5] instance of range<number>", "true"),
        ('["a".."b"] instance of range<number>', "false"),
        ("1 instance of no_such_type", "null"),
        ("[(=10).start, (=10).end, (!=10).start]", "[10, 10, 10]"),
        ("[(=10).start included, (!=10).end included, (<10).start included]", "[true, false, false]"),
        # what has no meaning is null also inside a list
        ("[{a: 1}, 2].a", "[1, null]"),
        ("count([1].a)", "1"),
        # iteration over ranges of numbers and days, without making them all at once
        ("for i in [1..3) return i", "[1, 2]"),
        ("for i in (1..3] return i", "[2, 3]"),
        ("for i in 3..1 return i", "[3, 2, 1]"),
        ('count(for d in @"2024-02-28"..@"2024-03-01" return d)', "3"),
        ("for i in 1..2, j in i..2 return 10 * i + j", "[11, 12, 22]"),
        ("some i in 1..1000000000 satisfies i > 5", "true"),
        ("sort([3, 1, 2], function(x, y) x > y)", "[3, 2, 1]"),
        ("sort([1, 2], function(x, y) 5)", "null"),
        ("context([{foo: 1}])", "null"),
        ("distinct values([1, 2, 1, 1.0])", "[1, 2]"),
        ('duplicate values(["a", "b", "a"])', '["a"]'),
        ('@"2024-13-01"', "null"),
        ("sum([9.999e6144, 9.999e6144])", "null"),
        ("10 ** 7000", "null"),
        ("2 ** -1e6000", "0"),
        ('substring("abc", 1e6000)', "null"),
        ("[1, 2][1e6000]", "null"),
    ],
)  # fmt: skip
def test_expressions(text: str, expected: str) -> None:
    assert answer(text) == expected


def test_chinese_names_with_signs() -> None:
    assert (
        answer("营业收入（万元） * 10000 > 研发费用-上年", **{"营业收入（万元）": 3, "研发费用-上年": 2})
        == "true"
    )


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..1000000000 return i",
        "every i in 1..1000000000 satisfies i > 0",
        "for i in 1..5000, j in 1..5000 return 1",
        "count([1, 2, 3][some i in 1..1000000000 satisfies i < 0])",
        "{f: function(n) f(n + 1), r: f(1)}.r",
        'for i in 1..100 return if i = 1 then "0123456789" else partial[-1] + partial[-1]',
        "for i in 1..100 return if i = 1 then [1, 2] else concatenate(partial[-1], partial[-1])",
    ],
)
def test_what_would_never_end_is_an_error(text: str) -> None:
    began = time.monotonic()
    outcome = evaluate(parse_expression(text), {}, Mode.POLICY)
    assert isinstance(outcome, Failure)
    assert time.monotonic() - began < 10


def test_a_failure_has_both_languages() -> None:
    outcome = evaluate(parse_expression('(function(a: number) a)("x")'), {}, Mode.POLICY)
    assert isinstance(outcome, Failure)
    assert outcome.message == "a takes a number, not a string"
    assert "文字" in outcome.message_zh
