"""Which names an expression needs."""

from __future__ import annotations

import pytest

from yingshang.rules.feel.names import free_names, open_names, suggestion, unknown_functions
from yingshang.rules.feel.parser import parse_expression, parse_unary_tests


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("1 + 2", set()),
        ("营业收入 >= 100 and 员工数 > 3", {"营业收入", "员工数"}),
        ("revenue.last growth + 1", {"revenue"}),
        ("sum(a) + string length(b)", {"a", "b"}),
        ("sort(a, max)", {"a"}),
        ("grants(a)", {"grants", "a"}),
        ("for i in a return i * b", {"a", "b"}),
        ("for i in a..b, j in i return partial[-1] + i + j", {"a", "b"}),
        ("some x in a satisfies x > y", {"a", "y"}),
        ("(some x in a satisfies x > 1) and x", {"a", "x"}),
        ("(function(a, b: number) a + b + c)(d, e)", {"c", "d", "e"}),
        ("{a: b, c: a + d}.c", {"b", "d"}),
        ("{a: a}.a", {"a"}),
        ("if a then b else c", {"a", "b", "c"}),
        ("a in (b, > c, [d..e])", {"a", "b", "c", "d", "e"}),
        ("a between b and c", {"a", "b", "c"}),
        ("x instance of number", {"x"}),
        ("loans[item > limit]", {"loans"}),
        ("loans[limit]", {"loans"}),
        ("substring(string: a, start position: b)", {"a", "b"}),
        ("-a ** b", {"a", "b"}),
        ("[a, {b: c}]", {"a", "c"}),
    ],
)
def test_free_names(text: str, needed: set[str]) -> None:
    assert free_names(parse_expression(text)) == needed


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("a.b.c + a.b", {"a.b.c", "a.b"}),
        ("loans[1].amount", {"loans.amount"}),
        ("sum(loans[amount > 3].interest)", {"loans.interest"}),
        ("f(a.b).c", {"f", "a.b"}),
        ("for l in a.loans return l.amount", {"a.loans"}),
        ("{x: a.b}.x.y", {"a.b"}),
    ],
)
def test_dotted_names(text: str, needed: set[str]) -> None:
    assert free_names(parse_expression(text), dotted=True) == needed


def test_names_in_a_filter_are_entries_or_facts() -> None:
    tree = parse_expression("count(loans[amount > limit and bank = item.bank]) > limit2")
    assert free_names(tree) == {"loans", "limit2"}
    assert open_names(tree) == {"amount", "limit", "bank"}
    entries = {"loans": {"amount", "bank"}}
    assert free_names(tree, entries=entries) == {"loans", "limit", "limit2"}
    assert open_names(tree, entries=entries) == set()


def test_a_filter_of_a_filter_has_the_same_entries() -> None:
    tree = parse_expression("firm.loans[amount > 1][bank = mine].amount")
    assert free_names(tree, entries={"firm.loans": ["amount", "bank"]}) == {"firm", "mine"}
    assert free_names(parse_expression("(for l in a return l)[b]")) == {"a"}
    assert open_names(parse_expression("(for l in a return l)[b]")) == {"b"}


def test_the_subject_of_a_test_is_no_fact() -> None:
    assert free_names(parse_unary_tests("< limit, ? > other")) == {"limit", "other"}


def test_unknown_functions_come_with_place_and_suggestion() -> None:
    text = "string lenght(a) + Sum(b) + grants(c) + mine(d) + f(1)"
    tree = parse_expression(text)
    found = {each.name: each for each in unknown_functions(tree, known=["mine"])}
    assert set(found) == {"string lenght", "Sum", "grants", "f"}
    assert found["string lenght"].suggestion == "string length"
    assert found["Sum"].suggestion == "sum"
    assert found["grants"].suggestion is None
    assert text[found["Sum"].start : found["Sum"].end] == "Sum"
    assert "did you mean 'sum'" in found["Sum"].message()
    assert "是否应为“sum”" in found["Sum"].message_zh()


def test_functions_made_in_the_expression_are_known() -> None:
    assert unknown_functions(parse_expression("{double: function(x) 2 * x, r: double(4)}.r")) == []
    assert unknown_functions(parse_expression("(function(f) f(1))(abs)")) == []


def test_suggestion_forgives_case_and_separators() -> None:
    assert suggestion("stringLength", ["string length", "sum"]) == "string length"
    assert suggestion("date_and_time", ["date and time", "date"]) == "date and time"
    assert suggestion("xyz", ["sum"]) is None
