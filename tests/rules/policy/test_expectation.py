"""What type a column is meant to be, judging from the policies that use it."""

from __future__ import annotations

import pytest

from tests.rules.policy.test_population import item, programs_of
from yingshang.rules.policy.expectation import expected_types


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        ("x >= 10", "number"),
        ("x in [1..5]", "number"),
        ("x * 2 > y", "number"),
        ('x in ("a", "b")', "string"),
        ("x", "boolean"),
        ("not(x) and y > 1", "boolean"),
        ('x <= today() - @"P1Y"', "date"),
        ('x + @"P1Y" <= today()', "date"),
        ('date(x) <= @"2026-01-01"', "date"),
        ('list contains(x, "a")', "list<string>"),
        ("if x then y > 1 else y > 2", "boolean"),
    ],
)
def test_the_use_tells_the_type(when: str, kind: str) -> None:
    assert expected_types(programs_of(item("A", when.replace("'", "''"), "1")))["x"] == kind


def test_a_use_that_tells_nothing_is_left_to_the_file() -> None:
    assert "x" not in expected_types(programs_of(item("A", "x = y", "1")))


def test_one_policy_cannot_spoil_a_column_for_the_others() -> None:
    programs = programs_of(item("A", "x >= 10", "1"), item("B", 'x > "十"', "1"))
    assert expected_types(programs)["x"] == "number"
