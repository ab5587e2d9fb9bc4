"""Rows that remember: whatever was asked before, the answer is that of a population that was never asked anything."""

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.cli.files import read_policies
from yingshang.kernel.reference.api import generate_sample_city
from yingshang.rules.columns.warm import WarmRows
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.compile import Program, compile_item, compile_items
from yingshang.rules.policy.population import Matching, match_population

POLICIES = read_policies([Path(__file__).resolve().parents[3] / "examples" / "policies"])
ITEMS = {item.id: item for item in POLICIES.items}


@cache
def city() -> pa.RecordBatch:
    batches = list(generate_sample_city(160, seed=5, as_of=datetime.date(2026, 11, 21), region="230100"))
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


@cache
def day_of(code: str) -> Date:
    """A day on which the item is in force."""
    first = (ITEMS[code].data.get("effective") or {}).get("from")
    return first if isinstance(first, Date) else Date(2026, 11, 21)


def figures(code: str) -> dict[str, Any]:
    program = compile_item(ITEMS[code], POLICIES.catalogue, day_of(code))
    return {each.name: each.value for each in program.parameters if isinstance(each.value, Decimal | int)}


TUNABLE = sorted(code for code in ITEMS if figures(code))


def program(code: str, changes: dict[str, Decimal] | None = None) -> Program:
    [compiled] = compile_items([ITEMS[code]], POLICIES.catalogue, day_of(code), changes or {}).programs
    return compiled


def comparable(matching: Matching) -> list[Any]:
    [summary], [rows], [errors] = matching.items, matching.rows_of, matching.error_rows
    names = ("entitled", "undecided", "refused", "errors", "certain_fen", "possible_fen", "amount_unknown")
    return [
        *(getattr(summary, name) for name in (*names, "amount_errors", "missing")),
        *(getattr(rows, name).tolist() for name in ("rows", "entitled", "low", "high", "exact", "failed")),
        errors.tolist(),
    ]


def agree(warm: WarmRows, asked: Program) -> None:
    again = match_population([asked], warm.batches, details=True, threads=1, compile=warm.compile)
    anew = match_population([asked], [city()], details=True, threads=1)
    assert comparable(again) == comparable(anew)


@pytest.mark.parametrize("code", TUNABLE)
def test_a_changed_figure_comes_to_the_same_as_computing_everything(code: str) -> None:
    present = figures(code)

    @settings(max_examples=3, deadline=None)
    @given(
        st.lists(
            st.dictionaries(
                st.sampled_from(sorted(present)), st.decimals(0, 3, places=1), min_size=0, max_size=2
            ),
            min_size=2,
            max_size=4,
        ),
        st.sampled_from([0, 30_000, 10**9]),
    )
    def holds(factors: list[dict[str, Decimal]], most_bytes: int) -> None:
        warm = WarmRows(city(), most_bytes=most_bytes)
        for each in factors:
            agree(warm, program(code, {name: Decimal(present[name]) * by for name, by in each.items()}))

    holds()


def test_one_population_serves_all_items() -> None:
    warm = WarmRows(city())
    for code in ITEMS:
        agree(warm, program(code))
    for code in reversed(ITEMS):
        agree(warm, program(code))


def test_only_what_a_figure_touches_is_computed_again() -> None:
    warm = WarmRows(city())

    def computed(changes: dict[str, Decimal]) -> int:
        warm.computed = 0
        match_population(
            [program("P005", changes)], warm.batches, details=True, threads=1, compile=warm.compile
        )
        return warm.computed

    first = computed({})
    assert first > 1
    assert computed({}) == 0
    assert computed({"每人补助标准": Decimal(1200)}) == 1, "the amount, and no condition"
    assert computed({"最少缴费月数": Decimal(6)}) == 2, "the condition and the amount that read it"
    assert computed({}) == 0, "what was asked before is still known"


def test_what_is_remembered_is_bounded() -> None:
    warm = WarmRows(city(), most_bytes=0)
    for rate in range(20):
        changes = {"每人补助标准": Decimal(rate)}
        match_population(
            [program("P005", changes)], warm.batches, details=True, threads=1, compile=warm.compile
        )
    once = warm.nbytes
    warm.compile([])
    assert once > 0
    assert warm.nbytes == 0
