"""A session that is asked again and again answers as one that is asked for the first time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.areas.policies.sandbox.engine import Asked, SandboxSession, columns_for, within
from yingshang.areas.policies.sandbox.parameters import dials_of
from yingshang.areas.policies.sandbox.population import Place, Population
from yingshang.areas.policies.sandbox.values import Outcome, Side
from yingshang.cli.files import read_policies
from yingshang.kernel.reference.api import generate_sample_city, policy_catalogue
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.compile import Program, compile_item

EXAMPLES = Path(__file__).parents[3] / "examples" / "policies"
ITEMS = {item.id: item for item in read_policies([EXAMPLES]).items if item.data.get("parameters")}
DAYS = {"P002": Date(2022, 6, 1), "P004": Date(2025, 6, 1), "P005": Date(2023, 6, 1)}


@cache
def rows() -> pa.RecordBatch:
    batches = list(generate_sample_city(150, seed=3, as_of=date(2026, 11, 21), region="230100"))
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def program(code: str, figures: dict[str, Decimal] | None = None) -> Program:
    return compile_item(ITEMS[code], policy_catalogue(), DAYS.get(code, Date(2026, 11, 21)), figures or {})


def session(code: str) -> SandboxSession:
    day = DAYS.get(code, Date(2026, 11, 21))
    found = program(code)
    batch = rows().select([name for name in columns_for([found]) if name in rows().schema.names])
    return SandboxSession(
        batch, policy_catalogue(), date(day.year, day.month, day.day), found, 1, 6, threads=1
    )


def comparable(outcome: Outcome) -> Outcome:
    return replace(outcome, computed=0, seconds=0.0)


@pytest.mark.parametrize("code", ["P002", "P004", "P005", "P009", "P012", "P017"])
def test_what_was_asked_before_changes_no_answer(code: str) -> None:
    dials = [dial for dial in dials_of(program(code)) if dial.value is not None]
    assert dials

    @settings(max_examples=4, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(dials), st.decimals(0, 3, places=1), st.sampled_from([None, 10**8])),
            min_size=2,
            max_size=4,
        )
    )
    def holds(steps: list[tuple[object, Decimal, int | None]]) -> None:
        warm = session(code)
        for dial, factor, budget in steps:
            figures = {dial.name: dial.value * factor}  # type: ignore[attr-defined]
            asked = Asked(program(code, figures), tuple(figures.items()), budget)
            assert comparable(warm.ask(asked)) == comparable(session(code).ask(asked))

    holds()


@pytest.mark.parametrize("code", ["P004", "P017"])
def test_every_breakdown_adds_up_to_the_whole(code: str) -> None:
    outcome = session(code).ask(Asked(program(code), (), None))
    for by in outcome.by.values():
        assert sum(each.subjects for each in by) == outcome.subjects
        assert sum(each.entitled for each in by) == outcome.side.entitled
        assert sum(each.undecided for each in by) == outcome.side.undecided
        assert sum(each.certain for each in by) == outcome.side.certain
        assert sum(each.possible for each in by) == outcome.side.possible


def test_an_outcome_survives_being_kept() -> None:
    outcome = session("P004").ask(Asked(program("P004"), (), 500))
    assert Outcome.from_dict(outcome.as_dict()) == replace(outcome, errors=(), gained=(), lost=())


@pytest.mark.parametrize(
    ("side", "budget", "verdict"),
    [
        (Side(certain=10, possible=20), None, ""),
        (Side(certain=10, possible=20), 20, "certainly"),
        (Side(certain=10, possible=20), 19, "possibly"),
        (Side(certain=10, possible=20), 9, "not"),
        (Side(certain=10, possible=20, amount_unknown=1), 20, "possibly"),
    ],
)
def test_whether_a_budget_holds(side: Side, budget: int | None, verdict: str) -> None:
    assert within(side, budget) == verdict


def test_files_that_differ_are_one_population(tmp_path: Path) -> None:
    """A column that one file lacks is unknown there, a wider type widens all; rows elsewhere are left out."""
    one = pa.table(
        {
            "subject": ["A", "B", "C"],
            "ent.region": ["230102", "230102001", None],
            "x": pa.array([1, None, 3], pa.int64()),
        }
    )
    other = pa.table(
        {
            "subject": ["D", "E"],
            "ent.region": ["230102", "230200"],
            "x": pa.array(["1.25", "2.50"]).cast(pa.decimal128(38, 2)),
            "y": ["甲", "乙"],
        }
    )
    files = (tmp_path / "1.parquet", tmp_path / "2.parquet")
    for path, table in zip(files, (one, other), strict=True):
        pq.write_table(table, path)

    def read(place: Place) -> dict[str, list[object]]:
        population = Population(files, place)
        found: dict[str, list[object]] = population.batch(
            ["x", "nowhere"], lambda done, total: None
        ).to_pydict()
        found |= population.batch(["y", "subject"], lambda done, total: None).to_pydict()
        assert population.rows == len(found["subject"])
        return found

    assert read(Place(subtrees=("",)))["subject"] == ["A", "B", "C", "D", "E"]
    assert read(Place(subtrees=("2301",))) == {
        "x": [Decimal("1.00"), None, Decimal("1.25")],
        "y": [None, None, "甲"],
        "subject": ["A", "B", "D"],
    }
    assert read(Place(regions=("230102",)))["subject"] == ["A", "D"]
    assert read(Place(subtrees=("99",)))["subject"] == []
