"""Clocks of obligations: started when the day comes near, met, called off, moved; in bulk and for single ones."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.areas.contracts.factories import contract_row, obligation_row, unit
from tests.areas.contracts.ladder.situations import (
    DUE,
    NOW,
    SYSTEM,
    days_later,
    fresh,
    late_obligation,
    owed_obligation,
    paid,
)
from tests.kernel.access.factories import arranged
from yingshang.areas.contracts import api
from yingshang.areas.contracts.ladder.clocks import OBLIGATION_OWNER, horizon
from yingshang.areas.contracts.models import Obligation
from yingshang.kernel.clock.api import Owner, deadlines_of, get_deadline

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


def _clocks(row: Obligation) -> list[tuple[str, date]]:
    views = deadlines_of(Owner(OBLIGATION_OWNER, str(row.pk)), now=NOW)
    return [(view.state, view.due_on) for view in views]


def test_a_night_starts_the_clocks_that_are_near_or_late_and_no_others(
    django_assert_max_num_queries: Any,
) -> None:
    near, today, late = (owed_obligation(due_on=day) for day in (date(2026, 12, 2), TODAY, DUE))
    far = owed_obligation(due_on=TODAY + timedelta(days=horizon() + 1))
    edge = owed_obligation(due_on=TODAY + timedelta(days=horizon()))
    others = [
        obligation_row(due_on=DUE, state="performed", terms={"on": "2026-11-20"}),
        obligation_row(contract_row(state="suspended"), due_on=DUE),
        obligation_row(due_on=None, state="waiting", terms={"after": "accepted", "term": {"days": 30}}),
        owed_obligation(due_on=date(2003, 5, 1)),
    ]
    with django_assert_max_num_queries(22):
        assert api.watch(actor=SYSTEM, now=NOW) == 4
    for row, first in ((near, "remind"), (today, "escalate"), (late, "escalate"), (edge, "remind")):
        view = get_deadline(fresh(row).deadline_id, now=NOW)
        assert view.due_on >= row.due_on and view.ladder == "contract"
        done = {"remind": [], "escalate": ["remind", "warn"]}[first]
        assert view.next_rung_at is not None and (first == "remind" or view.next_rung_at <= NOW), done
    assert get_deadline(fresh(late).deadline_id, now=NOW).late
    for row in (far, *others):
        assert fresh(row).deadline_id is None
    # Whoever runs it again starts nothing twice; a limit holds.
    assert api.watch(actor=SYSTEM, now=NOW) == 0
    more = [owed_obligation(due_on=DUE) for _ in range(3)]
    assert api.watch(actor=SYSTEM, now=NOW, limit=2) == 2
    assert [fresh(row).deadline_id is None for row in more] == [False, False, True]


def test_what_becomes_of_an_obligation_becomes_of_its_clock() -> None:
    row = late_obligation()
    assert _clocks(row) == [("running", DUE)]
    api.follow([row], now=NOW)
    assert len(_clocks(row)) == 1
    # A supplement moves the day far away: nothing is watched until then, and nobody is warned any more.
    with arranged():
        Obligation.objects.filter(pk=row.pk).update(due_on=date(2027, 3, 1), escalation="warn")
    row = fresh(row)
    api.follow([row], now=NOW)
    assert (_clocks(row), row.deadline_id, fresh(row).escalation) == ([("cancelled", DUE)], None, "")
    # And back near.
    with arranged():
        Obligation.objects.filter(pk=row.pk).update(due_on=date(2026, 11, 27))
    row = fresh(row)
    api.follow([row], now=NOW)
    assert _clocks(row) == [("cancelled", DUE), ("running", date(2026, 11, 27))]
    paid(row)
    assert [state for state, _ in _clocks(row)] == ["cancelled", "met"]
    # Said by mistake: it runs again, with a clock of its own.
    with arranged():
        row.performances.update(state="withdrawn")
        from yingshang.areas.contracts.performing.applying import apply

        row = Obligation.objects.select_related("contract").get(pk=row.pk)
        apply(row, now=days_later(1))
    assert [state for state, _ in _clocks(row)] == ["cancelled", "met", "running"]


def test_a_day_that_is_free_moves_the_clock_and_does_not_restart_it() -> None:
    saturday = date(2026, 11, 28)
    row = owed_obligation(due_on=saturday)
    api.follow([row], now=NOW)
    assert _clocks(row) == [("running", date(2026, 11, 30))]
    api.follow([fresh(row)], now=days_later(1))
    assert len(_clocks(row)) == 1


def test_while_a_contract_rests_what_the_unit_is_late_with_stays_watched_and_nothing_else() -> None:
    late = late_obligation()
    contract = late.contract
    ahead = owed_obligation(due_on=date(2026, 11, 27), contract=contract)
    theirs = obligation_row(contract, side="counterparty", due_on=DUE, terms={"on": "2026-11-20"})
    api.follow([ahead, theirs], now=NOW)
    reviewer = unit().reviewer.actor()
    # Of what is late and has none yet, as it came today, the clock starts with it.
    new = owed_obligation(due_on=DUE, contract=contract)
    api.suspend_contract(actor=reviewer, contract_id=contract.pk, reason="停工", now=NOW)
    rows = (late, new, ahead, theirs)

    def states() -> list[list[str]]:
        return [[state for state, _ in _clocks(each)] for each in rows]

    assert states() == [["running"], ["running"], ["cancelled"], ["cancelled"]]
    # What falls due meanwhile rests; what was said to be done and was not is watched again.
    paid(late)
    with arranged():
        late.performances.update(state="withdrawn")
        from yingshang.areas.contracts.performing.applying import apply

        apply(Obligation.objects.select_related("contract").get(pk=late.pk), now=days_later(5))
    api.follow([fresh(each) for each in rows], now=days_later(5))
    assert api.watch(actor=SYSTEM, now=days_later(5)) == 0
    assert states() == [["met", "running"], ["running"], ["cancelled"], ["cancelled"]]
    api.resume_contract(actor=reviewer, contract_id=contract.pk, reason="复工", now=days_later(5))
    assert [each[-1] for each in states()] == ["running"] * 4
