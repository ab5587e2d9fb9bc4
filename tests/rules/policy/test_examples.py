"""The example policies: their scenarios come out, they are as complete as promised, and rows and columns agree on them."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tests.rules.policy.policy_factories import AS_OF
from tests.rules.policy.test_population import assert_rows_and_columns_agree
from yingshang.cli.files import read_policies
from yingshang.kernel.reference.api import generate_sample_city
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.lint import check
from yingshang.rules.policy.scenario import run_scenarios

POLICIES = read_policies([Path(__file__).resolve().parents[3] / "examples" / "policies"])


def test_all_48_items_load_and_compile() -> None:
    assert not POLICIES.problems
    assert len(POLICIES.items) == 48
    assert not compile_items(POLICIES.items, POLICIES.catalogue, AS_OF).problems


@pytest.mark.parametrize("item", POLICIES.items, ids=lambda item: item.id)
def test_every_scenario_comes_out_as_written(item: object) -> None:
    outcomes = set()
    for result in run_scenarios(item, POLICIES.catalogue, AS_OF):  # type: ignore[arg-type]
        assert result.passed, f"{result.name}: {result.differences}"
        assert result.decision is not None
        outcomes.add(str(result.decision.outcome))
    assert {"entitled", "refused", "undecided"} <= outcomes


def test_every_item_says_where_it_comes_from() -> None:
    for item in POLICIES.items:
        document = item.data["document"]
        assert document.get("url") or document.get("note") or document.get("number"), item.id


def test_the_linter_finds_no_error_in_them() -> None:
    assert [
        str(each) for each in check(POLICIES, POLICIES.catalogue, AS_OF) if each.severity == "error"
    ] == []


# A day on which most items are in force, and one for those that have run out since.
@pytest.mark.parametrize("day", [AS_OF, Date(2022, 6, 1), Date(2023, 1, 20)], ids=str)
def test_rows_and_columns_agree_on_every_item(day: Date) -> None:
    programs = compile_items(POLICIES.items, POLICIES.catalogue, day).programs
    for region, rows in (("440300", 120), ("000000", 120)):
        batches = list(generate_sample_city(rows, seed=3, as_of=datetime.date(2026, 11, 21), region=region))
        assert_rows_and_columns_agree(programs, batches, POLICIES.catalogue)
