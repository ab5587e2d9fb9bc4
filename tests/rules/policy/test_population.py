"""What only the whole population decides: quotas, pools, items that are not paid together; and rows against columns."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.rules.policy.policy_factories import AS_OF
from yingshang.rules.columns.facts import facts_of_row
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.compile import Program, compile_items
from yingshang.rules.policy.decide import Entitlement, RowEvaluator
from yingshang.rules.policy.document import load_policies
from yingshang.rules.policy.population import Grouping, Matching, match_population, needed_columns
from yingshang.rules.policy.simulation import simulate


def programs_of(*texts: str) -> list[Program]:
    policies = load_policies([("policy.yaml", "---\n".join(texts))])
    compiled = compile_items(policies.items, policies.catalogue, AS_OF)
    assert not policies.problems and not compiled.problems, [*policies.problems, *compiled.problems]
    return compiled.programs


def item(identifier: str, when: str, amount: str, more: str = "") -> str:
    return (
        f"id: {identifier}\nname: {identifier}\nconditions:\n  - {{id: c, text: 条件, when: '{when}'}}\n"
        f"benefit:\n  amount: {amount}\n{more}"
    )


def table(**columns: list[Any]) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_pydict(columns)]


def matched(batches: list[pa.RecordBatch], *texts: str, **options: Any) -> Matching:
    return match_population(programs_of(*texts), batches, details=True, threads=1, **options)


def test_counts_and_cost_are_an_interval() -> None:
    found = matched(table(a=[5, 15, None, 25]), item("A", "a > 10", "100")).items[0]
    assert (found.entitled, found.refused, found.undecided, found.errors) == (2, 1, 1, 0)
    assert (found.certain_fen, found.possible_fen) == (20_000, 30_000)
    assert found.missing == {"a": 1}


def test_an_unknown_amount_counts_up_to_its_cap() -> None:
    capped = item("A", "a > 10", "b", "  caps: [{amount: 50}]\n")
    found = matched(table(a=[15, 15, 15], b=[20, 90, None]), capped).items[0]
    assert (found.certain_fen, found.possible_fen, found.amount_unknown) == (7_000, 12_000, 0)
    found = matched(table(a=[15, 15], b=[20, None]), item("A", "a > 10", "b")).items[0]
    assert (found.certain_fen, found.possible_fen, found.amount_unknown) == (2_000, 2_000, 1)


def test_an_instalment_that_is_not_sure_yet_is_possible_only() -> None:
    text = (
        "id: A\nname: A\nconditions:\n  - {id: c, text: 条件, when: true}\nbenefit:\n  instalments:\n"
        "    - {id: i, amount: 300}\n    - {id: j, amount: 200, when: a > 0}\n  caps: [{amount: 450}]\n"
    )
    found = matched(table(a=[1, 0, None]), text).items[0]
    assert (found.certain_fen, found.possible_fen) == (45_000 + 30_000 + 30_000, 45_000 + 30_000 + 45_000)


def test_a_quota_serves_the_first_by_rank_and_whose_rank_is_unknown_may_be_anywhere() -> None:
    quota = item("A", "a > 0", "100", "quota: {count: 2, rank_by: r}\n")
    result = matched(table(a=[1, 1, 1, 1], r=[5, None, 9, 7]), quota)
    found, rows = result.items[0], result.rows_of[0]
    assert rows.low.tolist() == [0, 0, 10_000, 0]
    assert rows.high.tolist() == [0, 10_000, 10_000, 10_000]
    assert (found.entitled, found.beyond_quota) == (4, 1)
    # Two are paid, whoever they are.
    assert (found.certain_fen, found.possible_fen) == (10_000, 20_000)


def test_an_undecided_subject_may_outrank_an_entitled_one() -> None:
    quota = item("A", "a > 0", "x", "quota: {count: 1, rank_by: x}\n")
    result = matched(table(a=[1, None], x=[100, 900]), quota)
    assert (result.items[0].certain_fen, result.items[0].possible_fen) == (0, 90_000)
    assert result.rows_of[0].high.tolist() == [10_000, 90_000]


def test_a_quota_limits_what_the_undecided_could_cost() -> None:
    found = matched(table(a=[1, None, None, None]), item("A", "a > 0", "100", "quota: {count: 2}\n")).items[0]
    assert (found.certain_fen, found.possible_fen) == (10_000, 20_000)


def test_what_a_pool_leaves_depends_on_who_comes_in() -> None:
    pool = item("A", "a > 0", "100", "pool: {amount: 150}\n")
    result = matched(table(a=[1, None, None]), pool)
    rows = result.rows_of[0]
    assert (rows.low.tolist(), rows.high.tolist()) == ([5_000, 0, 0], [10_000, 10_000, 10_000])
    assert (result.items[0].certain_fen, result.items[0].possible_fen) == (10_000, 15_000)


def test_first_come_makes_nobody_sure_once_the_pool_may_run_out() -> None:
    pool = item("A", "a > 0", "100", "pool: {amount: 150, sharing: first come}\n")
    result = matched(table(a=[1, 1]), pool)
    assert result.rows_of[0].low.tolist() == [0, 0]
    assert (result.items[0].certain_fen, result.items[0].possible_fen) == (15_000, 15_000)


def test_exclusion_is_not_handed_on() -> None:
    """A excludes B, B excludes C: who is entitled to A and C gets both."""
    texts = (
        item("A", "a > 0", "100", "excludes: [B]\n"),
        item("B", "b > 0", "200", "excludes: [C]\n"),
        item("C", "c > 0", "300"),
    )
    result = matched(table(a=[1, 1], b=[0, 1], c=[1, 1]), *texts)
    assert [rows.low[rows.entitled].tolist() for rows in result.rows_of] == [
        [10_000, 10_000],
        [0],
        [30_000, 30_000],
    ]


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=8), st.integers(1, 10**6))
def test_a_pool_is_shared_to_the_fen(amounts: list[int], pool: int) -> None:
    text = item("A", "a > 0", "a", f"pool: {{amount: {pool}}}\n")
    result = matched(table(a=amounts), text)
    total = sum(amounts) * 100
    assert int(result.rows_of[0].low.sum()) == min(total, pool * 100)
    assert result.items[0].certain_fen == min(total, pool * 100)


def test_of_items_not_paid_together_the_highest_is_paid() -> None:
    low = item("LOW", "a > 0", "100", "stacking: {group: g}\n")
    high = item("HIGH", "b > 0", "300", "stacking: {group: g}\n")
    result = matched(table(a=[1, 1, 1], b=[1, 0, None]), low, high)
    first, second = result.items
    # The third subject's hundred may still give way to three hundred: sure in all, but not of this item.
    assert (first.entitled, first.covered, first.certain_fen) == (3, 1, 10_000)
    assert (second.certain_fen, second.possible_fen) == (30_000, 60_000)
    # The third subject gets 100 for sure, and at most 300 in all: not 400.
    assert (result.total_certain_fen, result.total_possible_fen) == (50_000, 70_000)


def test_items_that_exclude_each_other_are_not_paid_together() -> None:
    one, other = item("ONE", "true", "100", "excludes: [OTHER]\n"), item("OTHER", "true", "200")
    result = matched(table(a=[1]), one, other)
    assert (result.items[0].certain_fen, result.items[1].certain_fen) == (0, 20_000)


def test_topping_up_pays_the_difference_to_what_was_received() -> None:
    text = item("A", "true", "600", "stacking: {group: g, rule: top up, received: r}\n")
    rows = matched(table(r=[200, 600, 700, None]), text).rows_of[0]
    assert rows.low.tolist() == [40_000, 0, 0, 0]
    assert rows.high.tolist() == [40_000, 0, 0, 60_000]


def test_groups_add_up_to_the_whole() -> None:
    grouping = Grouping("size", "s", lambda value: (value or "", value or "未知"))
    result = matched(
        table(a=[1, 2, None, -1], s=["小", "大", "小", None]), item("A", "a > 0", "100"), groupings=[grouping]
    )
    groups = {each.label: each for each in result.groups["size"]}
    assert sum(each.subjects for each in groups.values()) == 4
    assert (groups["小"].certain_fen, groups["小"].possible_fen) == (10_000, 20_000)
    assert (groups["大"].entitled, groups["小"].undecided, groups["未知"].entitled) == (1, 1, 0)


def test_a_simulation_tells_who_gains_and_loses() -> None:
    batches = table(a=[5, 15, None, 25])
    base = match_population(programs_of(item("A", "a > 10", "100")), batches, details=True)
    draft = match_population(
        programs_of(item("A", "a < 20", "150"), item("B", "true", "1")), batches, details=True
    )
    result = simulate(base, draft, {})
    change, added = result.items
    assert (change.change, change.gain, change.lose, change.up, change.down) == ("changed", 1, 1, 1, 0)
    assert [row for row, *_ in change.gain_examples] == [0]
    assert (added.change, added.gain) == ("added", 4)


# --- rows and columns agree -----------------------------------------------------------------------------------------

_CONDITIONS = [
    "a > 10",
    "a + b >= 20",
    "a between 5 and 15",
    'c in ("甲", "乙")',
    'list contains(d, "新")',
    "not(e) or a > b",
    "if e then a > 3 else b > 3",
    "a / b > 2",
    "count(d) >= 2",
    'some x in d satisfies x = "新"',
]
_AMOUNTS = ["100", "a * 10", "min(a * 0.015, 3)", "if e then 5 else b", "a / 3", "max(a, b) - 1"]

_ROW = st.fixed_dictionaries(
    {
        "a": st.none() | st.integers(-5, 30),
        "b": st.none() | st.integers(0, 30),
        "c": st.none() | st.sampled_from(["甲", "乙", "丙"]),
        "d": st.none() | st.lists(st.sampled_from(["新", "老"]), max_size=3),
        "e": st.none() | st.booleans(),
    }
)
_SCHEMA = pa.schema(
    [
        ("a", pa.int64()),
        ("b", pa.int64()),
        ("c", pa.string()),
        ("d", pa.list_(pa.string())),
        ("e", pa.bool_()),
    ]
)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(_ROW, min_size=1, max_size=12),
    st.lists(st.sampled_from(_CONDITIONS), min_size=1, max_size=4),
    st.sampled_from(["all", "any", "at least"]),
    st.lists(st.sampled_from(_CONDITIONS), max_size=2),
    st.sampled_from(_AMOUNTS),
)
def test_rows_and_columns_agree_on_written_items(
    rows: list[dict[str, Any]], conditions: list[str], how: str, exclusions: list[str], amount: str
) -> None:
    leaves = "".join(f"      - {{text: 条件, when: '{each}'}}\n" for each in conditions)
    group = {"all": "all", "any": "any", "at least": f"at_least: {min(2, len(conditions))}\n    of"}[how]
    text = f"id: A\nname: A\nconditions:\n  - text: 组\n    {group}:\n{leaves}"
    if exclusions:
        text += "exclusions:\n" + "".join(f"  - {{text: 除外, when: '{each}'}}\n" for each in exclusions)
    text += f"benefit: {{amount: '{amount}'}}\n"
    batch = pa.RecordBatch.from_pylist(rows, schema=_SCHEMA)
    assert_rows_and_columns_agree(programs_of(text), [batch])


def assert_rows_and_columns_agree(
    programs: list[Program], batches: list[pa.RecordBatch], catalogue: Any = None
) -> None:
    """Every item, every row: the same outcome and the same fen."""
    result = match_population(programs, batches, details=True)
    evaluator = RowEvaluator(programs, catalogue)
    allocated = any(each.quota or each.pool or each.stacking or each.excludes for each in programs)
    columns = [name for name in needed_columns(programs) if name in batches[0].schema.names]
    states = [[Entitlement.REFUSED] * result.subjects for _ in programs]
    amounts: list[dict[int, tuple[bool, int, int]]] = [{} for _ in programs]
    for index, (rows, failed) in enumerate(zip(result.rows_of, result.error_rows, strict=True)):
        for row, entitled, low, high, exact in zip(
            rows.rows, rows.entitled, rows.low, rows.high, rows.exact, strict=True
        ):
            states[index][row] = Entitlement.ENTITLED if entitled else Entitlement.UNDECIDED
            amounts[index][int(row)] = (bool(exact), int(low), int(high))
        for row in failed:
            states[index][row] = Entitlement.ERROR
    position = 0
    for batch in batches:
        chosen = batch.select(columns)
        for row in range(batch.num_rows):
            facts = {
                name: value
                for name, value in facts_of_row(chosen, row).items()
                if value.__class__ is not Unknown
            }
            for index, decision in enumerate(evaluator.decide_all(facts)):
                where = f"{programs[index].id}, row {position}, {facts}"
                assert decision.outcome is states[index][position], where
                if decision.amount is None or allocated:
                    continue
                exact, low, high = amounts[index][position]
                if decision.amount.value is not None:
                    assert (exact, low) == (True, int(decision.amount.value * 100)), where
                elif decision.amount.failure is None:
                    assert not exact, where
                    assert low == int((decision.amount.at_least or Decimal(0)) * 100), where
                    most = decision.amount.at_most
                    assert high == (-1 if most is None else int(most * 100)), where
            position += 1


@pytest.mark.parametrize("rows", [0])
def test_an_empty_population_costs_nothing(rows: int) -> None:
    batch = pa.RecordBatch.from_pydict({"a": pa.array([], pa.int64())})
    result = matched([batch], item("A", "a > 10", "100"))
    assert (result.subjects, result.total_certain_fen) == (rows, 0)


def test_a_quota_may_rank_by_days_texts_and_several_things() -> None:
    days = [datetime.date(2026, 1, day) for day in (5, 3, 4, 1)]
    quota = item("A", "true", "100", "quota: {count: 2, rank_by: d, order: ascending}\n")
    assert matched(table(d=days), quota).rows_of[0].low.tolist() == [0, 10_000, 0, 10_000]
    several = item("A", "true", "100", "quota: {count: 2, rank_by: '[s, t]'}\n")
    assert matched(table(s=[1, 2, 2, 2], t=["a", "b", "d", "c"]), several).rows_of[0].low.tolist() == [
        0, 0, 10_000, 10_000,
    ]  # fmt: skip


def test_an_undecided_item_may_take_the_place_of_one_that_is_due() -> None:
    """Surely paid in all, but not surely by this item."""
    due = item("DUE", "true", "20", "excludes: [OPEN]\n")
    open_ = item("OPEN", "a > 0", "50", "excludes: [DUE]\n")
    result = matched(table(a=[None]), due, open_)
    assert [(rows.low.tolist(), rows.high.tolist()) for rows in result.rows_of] == [
        ([0], [2_000]),
        ([5_000], [5_000]),
    ]
    assert (result.total_certain_fen, result.total_possible_fen) == (2_000, 5_000)
