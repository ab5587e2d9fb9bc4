"""The pieces of the column evaluator: planes, cells, thresholds, rounding, and what is left to rows."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.columns import agreement
from yingshang.rules.columns import Program, compile_programs, fact_value
from yingshang.rules.columns import plan as plan_module
from yingshang.rules.columns.arrays import ChunkColumn, NotColumnar, Vocabulary
from yingshang.rules.columns.planes import clear_tail, count_bits, from_bitmap, pack, row_indices, unpack
from yingshang.rules.columns.predicates import float_threshold, integer_threshold
from yingshang.rules.columns.vectors import Vector, rounded
from yingshang.rules.feel.functions import call_builtin, find_builtin
from yingshang.rules.feel.functions.registry import Environment
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.temporal import Date
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.requirement import All, AtLeast, Condition, Not, Requirement


@given(st.lists(st.booleans(), min_size=1, max_size=300), st.integers(0, 20))
def test_planes_hold_what_was_packed(bits: list[bool], offset: int) -> None:
    booleans = np.array(bits)
    plane = pack(booleans)
    assert unpack(plane, len(bits)).tolist() == bits
    assert row_indices(plane, len(bits)).tolist() == [row for row, each in enumerate(bits) if each]
    inverse = ~plane
    clear_tail(inverse, len(bits))
    assert count_bits(np.stack((plane, inverse))).tolist() == [sum(bits), len(bits) - sum(bits)]
    whole = pa.array([None] * offset + [True if each else None for each in bits], pa.bool_())
    found = from_bitmap(whole.buffers()[0], offset, len(bits))
    if found is not None:
        assert unpack(found, len(bits)).tolist() == bits


def test_bits_are_counted_over_many_words() -> None:
    planes = np.full((3, 1024), ~np.uint64(0))
    assert count_bits(planes).tolist() == [65_536] * 3
    assert count_bits(np.full((2, 5000), ~np.uint64(0))).tolist() == [320_000] * 2


def cell(value: Any, kind: pa.DataType) -> Any:
    return fact_value(pa.array([None, value], kind), 1, "fact")


def test_cells_are_feel_values() -> None:
    assert cell(0.1, pa.float64()) == Decimal("0.1")
    assert cell(0.1, pa.float32()) == Decimal("0.1")
    assert cell(Decimal("12.30"), pa.decimal128(18, 2)) == Decimal("12.3")
    assert cell(datetime.date(2026, 11, 21), pa.date32()) == Date(2026, 11, 21)
    assert isinstance(cell(float("nan"), pa.float64()), Unknown)
    assert cell(7, pa.uint8()) == Decimal(7) and cell(True, pa.bool_()) is True
    lines = cell(
        [{"kind": "扩产", "sum": None}], pa.list_(pa.struct([("kind", pa.string()), ("sum", pa.int64())]))
    )
    assert lines[0]["kind"] == "扩产"
    assert lines[0]["sum"].missing == {"fact[1].sum"}


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000),
    st.integers(-100_000, 100_000),
    st.sampled_from([">=", ">", "="]),
)
def test_thresholds_of_integers(constant: Decimal, value: int, operator: str) -> None:
    stands_for = Decimal(value).scaleb(-2)
    threshold = integer_threshold(operator, constant, 2)
    if operator == "=":
        assert (threshold == value) == (stands_for == constant)
    else:
        assert threshold is not None
        assert (value >= threshold) == (stands_for >= constant if operator == ">=" else stands_for > constant)


@given(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([">=", ">", "="]), st.integers(-2, 2)
)
def test_thresholds_of_doubles(constant: float, operator: str, steps: int) -> None:
    value = constant
    for _ in range(abs(steps)):
        value = float(np.nextafter(value, np.inf if steps > 0 else -np.inf))
    if not np.isfinite(value):
        return
    shortest, exact = Decimal(repr(value)), Decimal(constant)
    for bound in (Decimal(repr(constant)), exact):
        threshold = float_threshold(operator, bound)
        if operator == "=":
            assert (threshold == value) == (shortest == bound)
        else:
            assert threshold is not None
            assert (value >= threshold) == (shortest >= bound if operator == ">=" else shortest > bound)


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1),
    st.integers(-2, 4),
    st.sampled_from(
        ["decimal", "floor", "ceiling", "round up", "round down", "round half up", "round half down"]
    ),
)
def test_rounding_is_that_of_the_language(values: list[int], places: int, name: str) -> None:
    rule = {"decimal": "half even"}.get(name, name.removeprefix("round "))
    array = np.array(values, np.int64)
    found = rounded(Vector(array, 3, int(np.abs(array).max())), places, rule)
    function = find_builtin(name)
    assert function is not None
    expected = [
        call_builtin(function, [Decimal(each).scaleb(-3), Decimal(places)], None, Environment())
        for each in values
    ]
    assert [Decimal(each).scaleb(-found.scale) for each in found.values.tolist()] == expected


def test_doubles_become_integers_only_if_that_is_exact() -> None:
    column = ChunkColumn(pa.array([0.1, None, 12.345, -7.0]), "rate", Vocabulary())
    values, scale, _ = column.scaled()
    assert (values.tolist(), scale) == ([100, 0, 12345, -7000], 3)
    with pytest.raises(NotColumnar):
        ChunkColumn(pa.array([0.1 + 0.2]), "rate", Vocabulary()).scaled()


def program(*conditions: str, amount: str | None = None) -> Program:
    parts = tuple(Condition(each, parse_expression(each)) for each in conditions)
    return Program(" and ".join(conditions), All("all", parts), parse_expression(amount) if amount else None)


def test_rows_are_asked_only_where_the_rest_leaves_an_item_open() -> None:
    rows = 1000
    table = pa.table(
        {
            "people": pa.array(range(rows), pa.int32()),
            "loans": pa.array(
                [[{"sum": row}] for row in range(rows)], pa.list_(pa.struct([("sum", pa.int64())]))
            ),
        }
    )
    result = compile_programs([program("people >= 990", "sort(loans.sum)[1] > 994")]).evaluate(table)
    assert result.items[0].entitled == 5
    assert list(result.by_rows.values()) == [10]


def test_rows_are_asked_once_for_each_combination_of_values() -> None:
    table = pa.table({"town": ["东", "西"] * 500, "kind": pa.array(["a", "b", None, "a"] * 250)})
    result = compile_programs([program("town + kind = upper case(town) + lower case(kind)")]).evaluate(table)
    assert result.items[0].entitled == 750
    assert result.items[0].undecided == 250
    assert list(result.by_rows.values()) == [4]


def test_a_column_that_is_not_there_is_unknown() -> None:
    result = compile_programs([program("revenue > 5"), program("people > 5", "revenue > 5")]).evaluate(
        pa.table({"people": [1, 9]})
    )
    assert [each.undecided for each in result.items] == [2, 1]


def test_true_is_not_one() -> None:
    """In Python True == 1, and syntax trees compare by value: predicates must not."""
    table = pa.record_batch({"high": pa.array([True, False, None]), "count": pa.array([1, 0, None])})
    agreement.assert_agreement(
        [program("high = true"), program("high = 1"), program("count = 1"), program("count = true")], table
    )


def test_batches_of_any_size_and_dictionaries_that_differ() -> None:
    def batch(start: int, rows: int) -> pa.RecordBatch:
        towns = pa.array([f"区{(start + row) % (3 + start % 5)}" for row in range(rows)]).dictionary_encode()
        return pa.record_batch({"town": towns, "people": pa.array(range(start, start + rows), pa.int64())})

    sizes = [1, 63, 64, 20_000, 0, 90_000, 5]
    starts = np.cumsum([0, *sizes]).tolist()
    batches = [batch(start, rows) for start, rows in zip(starts, sizes, strict=False)]
    seen: list[int] = []
    result = compile_programs([program('town = "区1"', "people >= 50", amount="people")]).evaluate(
        iter(batches), threads=2, visit=lambda chunk: seen.append(chunk.first_row)
    )
    facts = [row for each in batches for row in each.to_pylist()]
    entitled = [row["people"] for row in facts if row["town"] == "区1" and row["people"] >= 50]
    assert result.rows == sum(sizes)
    assert result.items[0].entitled == len(entitled)
    assert result.items[0].amount_certain_fen == 100 * sum(entitled)
    assert seen == sorted(seen)


def test_sums_are_exact_beyond_64_bits() -> None:
    rows = 40
    table = pa.table({"money": pa.array([Decimal("90000000000000000.01")] * rows, pa.decimal128(30, 2))})
    result = compile_programs([program("money > 0", amount="money")]).evaluate(table)
    assert result.items[0].amount_certain_fen == rows * 9_000_000_000_000_000_001


def test_groups_within_groups() -> None:
    leaves = {name: Condition(name, parse_expression(name)) for name in ("a", "b", "c", "bad > 1")}
    requirement: Requirement = All(
        "all",
        (
            AtLeast("two", 2, tuple(leaves.values())),
            Not("not", All("both", (leaves["a"], leaves["bad > 1"]))),
        ),
    )
    options = [True, False, None]
    cells = [(x, y, z, bad) for x in options for y in options for z in options for bad in ("x", None)]
    table = pa.record_batch(
        {
            name: pa.array([row[place] for row in cells], pa.string() if name == "bad" else pa.bool_())
            for place, name in enumerate(("a", "b", "c", "bad"))
        }
    )
    agreement.assert_agreement([Program("nested", requirement)], table)


def test_progress_and_no_rows() -> None:
    plan = compile_programs([program("people > 1", amount="1000")])
    done: list[int] = []
    assert (
        plan.evaluate(pa.table({"people": list(range(10))}), progress=done.append).items[0].amount_certain_fen
        == 800_000
    )
    assert sum(done) == 10
    empty = plan.evaluate(pa.table({"people": pa.array([], pa.int64())}))
    assert (empty.rows, empty.items[0].entitled, empty.items[0].refused) == (0, 0, 0)


def test_shared_amounts_of_many_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "CHUNK_ROWS", 256)
    table = pa.record_batch(
        {
            "people": pa.array([None if row % 5 == 0 else row % 40 for row in range(1000)]),
            "high": [True, None] * 500,
        }
    )
    trees = [f"people >= {least}" for least in range(12)]
    amount = "round half up(if high then people * 33.335 else 7, 2)"
    agreement.assert_agreement([program(each, amount=amount) for each in trees], table)
