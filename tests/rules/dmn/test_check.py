"""What the checker finds, against values tried one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from yingshang.rules.dmn import Domain, check_table, interval_gaps_and_overlaps, parse_table
from yingshang.rules.dmn.check import GAP, NEVER_MATCHES, NOT_CHECKED, OVERLAP, UNCOVERED, UNREACHABLE
from yingshang.rules.feel.evaluate import Mode, Scope, evaluate
from yingshang.rules.feel.parser import parse_unary_tests
from yingshang.rules.feel.temporal import Date
from yingshang.rules.feel.values import UNBOUNDED, Range


def D(value: int | str) -> Decimal:
    return Decimal(value)


def table(hit: str, inputs: list[Any], *rows: list[str], **rest: Any) -> Any:
    return parse_table(
        {
            "hit": hit,
            "inputs": inputs,
            "rules": [{"when": row, "then": number} for number, row in enumerate(rows, start=1)],
            **rest,
        }
    )


def found(tree: Any, **options: Any) -> list[tuple[str, tuple[int, ...], dict[str, Any]]]:
    return [(each.code, each.rules, dict(each.example)) for each in check_table(tree, **options)]


def test_the_five_million_in_two_rows_and_the_gap_of_three_million() -> None:
    """The bands of a real notice: 300 万元以下、301 万–500 万、500 万以上."""
    tree = table("U", ["研发费用"], ["[0..3000000]"], ["[3010000..5000000]"], [">= 5000000"], default=0)
    assert found(tree) == [
        (GAP, (1, 2), {"研发费用": D(3005000)}),
        (OVERLAP, (2, 3), {"研发费用": D(5000000)}),
    ]
    gap, overlap = check_table(tree)
    assert gap.message == (
        "no row covers 研发费用 in (3000000..3010000), such as 研发费用 = 3005000; extend row 1 or 2"
    )
    assert "请扩展第 1、2 行" in gap.message_zh
    assert "第 2、3 行都包含 研发费用 = 5000000" in overlap.message_zh


def test_bands_without_a_table() -> None:
    bands = [
        Range(UNBOUNDED, D(3000000), False, True),
        Range(D(3010000), D(5000000), True, True),
        Range(D(5000000), UNBOUNDED, True, False),
    ]
    gap, overlap = interval_gaps_and_overlaps(bands, name="revenue")
    assert (gap.code, gap.example) == (GAP, {"revenue": D(3005000)})
    assert (overlap.code, overlap.rules, overlap.example) == (OVERLAP, (2, 3), {"revenue": D(5000000)})
    fine = [Range(D(0), D("0.03"), True, False), Range(D("0.03"), UNBOUNDED, True, False)]
    assert interval_gaps_and_overlaps(fine) == []


def test_whole_numbers_and_days_have_no_gap_between_neighbours() -> None:
    people = [Range(D(0), D(30), True, True), Range(D(31), D(60), True, True)]
    assert [each.code for each in interval_gaps_and_overlaps(people)] == [GAP]
    assert interval_gaps_and_overlaps(people, whole=True) == []
    days = [
        Range(Date(2026, 1, 1), Date(2026, 6, 30), True, True),
        Range(Date(2026, 7, 1), Date(9999, 12, 31), True, True),
    ]
    assert interval_gaps_and_overlaps(days) == []
    late = [days[0], Range(Date(2026, 7, 3), Date(9999, 12, 31), True, True)]
    assert [dict(each.example) for each in interval_gaps_and_overlaps(late)] == [{"value": Date(2026, 7, 1)}]


def test_mixed_bands_are_not_checked() -> None:
    mixed = [Range(D(0), D(1), True, True), Range(Date(2026, 1, 1), Date(2026, 1, 2), True, True)]
    assert [each.code for each in interval_gaps_and_overlaps(mixed)] == [NOT_CHECKED]


def test_edges_count_only_without_a_default() -> None:
    assert found(table("U", ["x"], ["[0..10)"])) == [
        (UNCOVERED, (), {"x": D(-1)}),
        (UNCOVERED, (), {"x": D(11)}),
    ]
    assert found(table("U", ["x"], ["[0..10)"], default=0)) == []
    not_negative = {"x": Domain(test=parse_unary_tests(">= 0"))}
    assert found(table("U", ["x"], ["[0..10)"]), domains=not_negative) == [(UNCOVERED, (), {"x": D(11)})]


def test_two_inputs() -> None:
    tree = table(
        "U",
        ["营收", "规模"],
        ["< 100", '"小"'],
        [">= 100", '"小"'],
        ["< 50", '"大"'],
        ["> 50", '"大"'],
        default=0,
    )
    assert found(tree) == [(GAP, (3, 4), {"营收": D(50), "规模": "大"})]
    listed = table(
        "U", ["营收", {"expression": "规模", "values": '"大","小"'}], ["< 100", '"小"'], [">= 100", "-"]
    )
    assert found(listed) == [(UNCOVERED, (), {"营收": D(99), "规模": "大"})]


def test_truth_values_are_complete() -> None:
    assert found(table("U", ["高新"], ["true"], ["false"])) == []
    assert found(table("U", ["高新"], ["true"], ["not(true)"])) == []
    assert found(table("U", ["高新"], ["true"])) == [(UNCOVERED, (), {"高新": False})]


def test_rows_that_never_count() -> None:
    tree = table("F", ["x", "y"], ["< 5", "-"], ["-", "true"], ["< 3", "false"], ["-", "-"], ["> 9", "-"])
    assert found(tree) == [(UNREACHABLE, (3, 1), {}), (UNREACHABLE, (5, 2, 4), {})]
    assert found(table("F", ["x"], ["[10..5]"], ["-"])) == [(NEVER_MATCHES, (1,), {})]
    ranked = parse_table(
        {
            "hit": "P",
            "inputs": ["x"],
            "outputs": [{"name": "r", "values": '"甲", "乙"'}],
            "rules": [{"when": "< 3", "then": '"乙"'}, {"when": "-", "then": '"甲"'}],
        }
    )
    assert found(ranked) == [(UNREACHABLE, (1, 2), {})]


def test_any_may_overlap_where_the_outputs_agree() -> None:
    rows = [{"when": "< 5", "then": 1}, {"when": "> 3", "then": 1}, {"when": "> 4", "then": 2}]
    codes = found(parse_table({"hit": "A", "inputs": ["x"], "rules": rows}))
    assert [(code, rules) for code, rules, _ in codes] == [(OVERLAP, (1, 3)), (OVERLAP, (2, 3))]


def test_what_is_not_literal_is_said_and_judged_carefully() -> None:
    tree = table("F", ["x"], ["< 上限"], ["< 5"], [">= 5"], ["-"])
    assert found(tree) == [(UNREACHABLE, (4, 2, 3), {}), (NOT_CHECKED, (1,), {})]
    mixed = table("U", ["x"], ["< 5"], ['"a"'])
    assert [code for code, _, _ in found(mixed)] == [NOT_CHECKED]


def test_the_same_input_in_two_columns_is_one() -> None:
    assert found(table("U", ["x", "x"], [">= 0", "< 5"], [">= 5", "-"], ["< 0", "-"])) == []


CELLS = ["-", "< 2", "<= 2", "[2..4)", "(2..4]", "> 4", ">= 3", "not(3)", "1, 5", "[3..3]", "not(< 3)"]
POINTS = [Decimal(each) / 2 for each in range(-2, 14)]


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(CELLS), st.sampled_from(['"甲"', '"乙"', "-", 'not("甲")'])), max_size=5
    ),
    st.sampled_from(["U", "F"]),
)
def test_findings_are_exact(rows: list[tuple[str, str]], hit: str) -> None:
    """Every value tried by hand is in as many rows as the findings say."""
    tree = table(hit, ["a", "b"], *map(list, rows))
    findings = check_table(tree)
    hits = {
        (a, b): [
            each.rule for each in tree.matches(Scope({"a": a, "b": b}), Mode.FEEL) if each.outcome is True
        ]
        for a in POINTS
        for b in ("甲", "乙", "其他")
    }
    gaps = [each for each in findings if each.code in (GAP, UNCOVERED)]
    for each in gaps:
        example = {"a": D(0), "b": "甲", **each.example}
        assert evaluate(tree, example) is None
        assert not any(match.outcome is True for match in tree.matches(Scope(example), Mode.FEEL))
    if rows:
        assert bool(gaps) == (not all(hits.values()))
    overlaps = {each.rules for each in findings if each.code == OVERLAP}
    pairs = {(one, other) for each in hits.values() for one in each for other in each if one < other}
    if hit == "U":
        assert overlaps == pairs
    else:
        never = {each.rules[0] for each in findings if each.code in (UNREACHABLE, NEVER_MATCHES)}
        assert never == set(range(1, len(rows) + 1)) - {each[0] for each in hits.values() if each}


@pytest.mark.parametrize("rows", [400])
def test_a_long_table_is_checked_in_reasonable_time(rows: int) -> None:
    tree = table("U", ["x"], *([f"[{each}..{each + 1})"] for each in range(rows)), default=0)
    assert check_table(tree) == []
