"""Portraits are counted from facts: which figure an obligation counts in, and what the figures add up to. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.areas.contracts.performing.coming_to import Entry
from yingshang.areas.contracts.portraits.replay import (
    Fact,
    Figures,
    Promise,
    compared,
    fact_of,
    figures_of,
    level_of,
    portrait_of,
    read_fact,
    read_figures,
)
from yingshang.areas.contracts.portraits.rules import portrait_rules

SINCE, UNTIL = date(2026, 1, 1), date(2026, 12, 31)
RULES = portrait_rules()
DUE = date(2026, 6, 30)


def _figures(*facts: Fact) -> Figures:
    return portrait_of(facts, RULES, since=SINCE, until=UNTIL)


def _said(*entries: tuple[str, str, date, int | None], amount: int | None = 1000, due: date = DUE) -> Fact:
    happened = [Entry(number, *each) for number, each in enumerate(entries)]
    return fact_of(Promise(1, "unit", amount, due), happened, until=UNTIL)


@pytest.mark.parametrize(
    ("entries", "figure", "stretch", "on_time_fen"),
    [
        ([("unit", "done", DUE, 1000)], "on_time", "on_time", 1000),
        ([("unit", "done", DUE + timedelta(days=1), 1000)], "late_done", "d30", 0),
        ([("unit", "partial", DUE, 400), ("unit", "done", date(2026, 7, 31), 600)], "late_done", "d90", 400),
        ([("unit", "partial", DUE, 400)], "late_open", "more", 400),
        ([], "late_open", "more", 0),
        # Paid the day after the portrait ends: late as it ends.
        ([("unit", "done", date(2027, 1, 1), 1000)], "late_open", "more", 0),
        # The enterprise denies what the unit says: what both agree on counts.
        (
            [("unit", "done", DUE, 1000), ("counterparty", "not_received", date(2026, 7, 2), None)],
            "late_open",
            "more",
            0,
        ),
    ],
)
def test_one_obligation(
    entries: list[tuple[str, str, date, int | None]], figure: str, stretch: str, on_time_fen: int
) -> None:
    fact = _said(*entries)
    counted = figures_of(fact, RULES, since=SINCE, until=UNTIL)
    assert {"all", figure, f"delay:{stretch}", "quarter:2026Q2"} <= set(counted)
    assert fact.on_time_fen == on_time_fen


def test_what_is_due_on_the_last_day_and_open_is_late() -> None:
    assert _figures(_said(due=UNTIL)).late_open == 1
    assert _figures(_said(("unit", "done", UNTIL, 1000), due=UNTIL)).on_time == 1


def test_old_debts_count_until_they_are_paid() -> None:
    old = date(2024, 5, 1)
    paid_before = _said(("unit", "done", date(2025, 12, 31), 1000), due=old)
    paid_now, open_still = _said(("unit", "done", SINCE, 1000), due=old), _said(due=old)
    found = _figures(paid_before, paid_now, open_still)
    assert (found.count, found.late_done, found.late_open) == (2, 1, 1)
    assert [each.code for each in found.quarters] == ["before"]


def test_nothing_is_unknown_not_zero() -> None:
    found = _figures()
    assert (found.rate, found.by_amount, found.average_late_days) == (None, None, None)
    assert level_of(found, RULES).code == "unknown"
    without_money = _figures(*[_said(("unit", "done", DUE, None), amount=None)] * 5)
    assert (without_money.rate, without_money.by_amount) == (Decimal(1), None)
    assert level_of(without_money, RULES).code == "a"


@pytest.mark.parametrize(
    ("on_time", "late", "late_until", "level"),
    [
        (4, 0, DUE, "unknown"),
        (20, 0, DUE, "a"),
        (19, 1, DUE + timedelta(days=3), "a"),
        (18, 2, DUE + timedelta(days=3), "b"),
        (15, 5, DUE + timedelta(days=3), "c"),
        (10, 10, DUE + timedelta(days=3), "d"),
        # One debt open for half a year keeps everybody out of the upper levels.
        (99, 1, None, "d"),
    ],
)
def test_levels(on_time: int, late: int, late_until: date | None, level: str) -> None:
    good = Fact(1, DUE, DUE, 1000, 1000, 1000)
    bad = Fact(2, DUE, late_until, 1000, 0, 1000 if late_until else 0)
    assert level_of(_figures(*[good] * on_time, *[bad] * late), RULES).code == level


_facts = st.builds(
    lambda number, due, done, amount, disputed: Fact(
        number,
        SINCE + timedelta(days=due),
        None if done is None else SINCE + timedelta(days=done),
        amount,
        (amount or 0) if done is not None and done <= due else 0,
        (amount or 0) if done is not None else 0,
        disputed,
    ),
    st.integers(1, 10**6),
    st.integers(-400, 364),
    st.one_of(st.none(), st.integers(-400, 364)),
    st.one_of(st.none(), st.integers(0, 10**12)),
    st.booleans(),
)


@given(st.lists(_facts, max_size=30), st.randoms())
def test_figures_add_up_whatever_the_order(facts: list[Fact], random) -> None:  # type: ignore[no-untyped-def]
    found = _figures(*facts)
    shuffled = list(facts)
    random.shuffle(shuffled)
    assert _figures(*shuffled) == found
    assert found.on_time + found.late_done + found.late_open == found.count
    assert (
        sum(count for _, count in found.delays) == sum(each.count for each in found.quarters) == found.count
    )
    assert 0 <= found.on_time_fen <= found.done_fen <= found.amount_fen
    assert found.rate is None or 0 <= found.rate <= 1
    assert read_figures(found.written()) == found
    assert [read_fact(each.written()) for each in facts] == facts
    # Every figure opens to as many obligations as it says.
    known = [figures_of(each, RULES, since=SINCE, until=UNTIL) for each in facts]
    assert sum("late_open" in each for each in known if each) >= found.late_open


def test_among_others() -> None:
    found = replace(_figures(), rate=Decimal("0.8"))
    rates = [Decimal(each) for each in ("0.9", "0.8", "0.8", "0.1")]
    peers = compared(Decimal("0.8"), rates, found).peers
    assert peers is not None and (peers.count, peers.median, peers.place) == (4, Decimal("0.8"), 2)


@pytest.mark.parametrize(
    ("until", "since"),
    [
        (UNTIL, SINCE),
        (date(2026, 9, 30), date(2025, 10, 1)),
        (date(2024, 2, 29), date(2023, 3, 1)),
        (date(2025, 2, 28), date(2024, 2, 29)),
    ],
)
def test_twelve_months(until: date, since: date) -> None:
    assert RULES.since(until) == since
