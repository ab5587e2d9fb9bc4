"""No regular expression keeps anybody waiting for years."""

from __future__ import annotations

import pytest

from yingshang.rules.feel.evaluate import Mode, evaluate
from yingshang.rules.feel.functions.backtracking import is_quick, ways_of
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.values import Failure


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*b",
        "(.*a){20}",
        "(a?){50}a",
        r"(\w+\s?)*$",
        "a?" * 40 + "a" * 40,
        "(?:a*)*",
        r"(a)\1*(b|c)*x",
    ],
)
def test_patterns_that_go_back_and_try_again_are_not_begun_on_long_texts(pattern: str) -> None:
    assert not is_quick(ways_of(pattern, 0), 2_000)


@pytest.mark.parametrize(
    "pattern",
    [
        "^[0-9A-HJ-NPQRTUWXY]{18}$",
        "高新技术|专精特新",
        r"^\d{4}-\d{2}-\d{2}$",
        "(ab|cd)",
        "[^,]*,",
        r"\d+(\.\d+)?",
    ],
)
def test_patterns_people_write_work(pattern: str) -> None:
    assert is_quick(ways_of(pattern, 0), 300)


@pytest.mark.parametrize(
    "text",
    ['matches("{}!", "(a+)+$")', 'replace("{}!", "(a|a)*b", "")', 'count(split("{}!", "(a+)+$")) > 1'],
)
def test_such_a_function_fails_at_once(text: str) -> None:
    tree = parse_expression(text.replace("{}", "a" * 60))
    assert isinstance(evaluate(tree, {}, Mode.POLICY), Failure)
