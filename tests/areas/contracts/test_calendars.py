"""Days of obligations follow a calendar that was published: once, with an event for each contract, and never backwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from tests.areas.contracts.factories import contract_row, unit
from tests.areas.contracts.ladder.situations import noticed
from tests.kernel.access.factories import NOW, SYSTEM, arranged, no_event
from tests.kernel.clock.test_publishing import publish
from yingshang.areas.contracts import api, calendars
from yingshang.areas.contracts.figures.rebuilding import rebuild
from yingshang.areas.contracts.models import (
    Contract,
    DueCell,
    FollowedCalendar,
    Obligation,
    SupervisionNotice,
)
from yingshang.areas.contracts.obligations.planning import plan
from yingshang.kernel.clock.actions.move_deadlines import move_deadlines
from yingshang.kernel.clock.api import get_deadline
from yingshang.kernel.clock.calendars import use_revisions
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db
NEAR = NOW.replace(year=2027, month=2, day=1)
"""Before what was published begins: 2027-02-05 to 02-11 are free, by the law alone 02-05 to 02-08; 02-20, a Saturday, is
worked."""


@pytest.fixture(autouse=True)
def _published() -> Iterator[None]:
    use_revisions(())
    yield
    use_revisions(())


def owing(*days: str, working_days: int = 0) -> Contract:
    """A contract by which the unit pays on some days, and so many working days after 2027-01-15."""
    contract = contract_row()
    rules: list[dict[str, Any]] = [
        {"side": "unit", "kind": "pay", "title": "付款", "terms": {"on": day}, "amount_fen": 100_00}
        for day in days
    ]
    if working_days:
        terms = {"after": "delivered", "term": {"working_days": working_days}}
        rules.append(
            {**rules[0], "terms": terms, "kind": "accept", "amount_fen": None, "event_on": "2027-01-15"}
        )
    with arranged():
        plan(contract, rules, actor=SYSTEM, now=NOW)
    return contract


def days_of(contract: Contract) -> list[date]:
    return list(contract.obligations.order_by("ordinal").values_list("due_on", flat=True))


def follow(now: datetime = NEAR) -> int:
    return api.follow_calendars(actor=SYSTEM, now=now)


def moved_events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="contracts.days_moved").order_by("id"))


def test_days_move_with_sums_clocks_and_history(django_assert_max_num_queries: Any) -> None:
    one = owing("2027-02-09", "2027-02-26", working_days=20)
    other = owing("2027-03-01")
    follow()
    follow()
    assert api.watch(actor=SYSTEM, now=NEAR) == 2
    first = one.obligations.get(ordinal=1)
    assert days_of(one)[0] == date(2027, 2, 9) and not moved_events()
    with no_event(), django_assert_max_num_queries(2):
        assert follow() == 0

    revision = publish()
    move_deadlines(actor=SYSTEM, revision_id=revision.id, now=NEAR)
    before = days_of(one)
    assert follow() == 1

    first.refresh_from_db()
    one.refresh_from_db()
    assert first.due_on == one.next_due_on == date(2027, 2, 12)
    assert "2027-02-12" in first.derivation["zh"]
    # Three days more are free, and one Sunday before them is worked.
    assert (before[2], days_of(one)[2]) == (date(2027, 2, 16), date(2027, 2, 18))
    assert days_of(one)[1] == before[1] and days_of(other) == [date(2027, 3, 1)]
    cell = DueCell.objects.get(due_on=date(2027, 2, 12))
    assert (cell.open_count, cell.open_fen) == (1, 100_00)
    assert not DueCell.objects.filter(due_on=date(2027, 2, 9)).exists()
    assert rebuild(actor=SYSTEM, now=NEAR).total == 0
    clock = get_deadline(first.deadline_id, now=NEAR)
    assert (clock.state, clock.due_on) == ("running", date(2027, 2, 12))
    [event] = moved_events()
    assert event.before == {"due": {"1": "2027-02-09", "3": "2027-02-16"}}
    assert event.after["due"] == {"1": "2027-02-12", "3": "2027-02-18"}
    history = api.contract(actor=unit().administrator.actor(), contract_id=one.pk, now=NEAR).history
    assert history[0].action == "contracts.days_moved"
    assert history[0].reason.startswith("演示：2027年部分节假日安排：第1项 2027-02-09 → 2027-02-12，第3项")
    # A second look, for what was being written meanwhile; then none. Days that steps repeat are those of their clocks.
    assert not FollowedCalendar.objects.get(calendar="cn").settled
    notice = noticed()
    with arranged():
        SupervisionNotice.objects.update(due_on=date(2027, 2, 9))
    assert follow(NOW) == 0
    kept = notice.due_on
    notice.refresh_from_db()
    assert notice.due_on == kept == get_deadline(notice.deadline_id, now=NOW).due_on
    assert FollowedCalendar.objects.get(calendar="cn").settled and len(moved_events()) == 1
    runs = AuditEvent.objects.filter(action="contracts.calendars_followed").order_by("id")
    assert [(each.after["contracts"], each.after["steps"]) for each in runs] == [
        (0, 0),
        (0, 0),
        (1, 0),
        (0, 1),
    ]


def test_what_has_passed_does_not_move_and_nothing_becomes_late() -> None:
    contract = owing("2027-02-09", "2027-02-10", "2027-02-20")
    assert days_of(contract)[2] == date(2027, 2, 22)
    publish()
    assert follow(NEAR.replace(day=10)) == 1
    assert days_of(contract) == [date(2027, 2, 9), date(2027, 2, 12), date(2027, 2, 20)]

    late = owing("2027-05-08")
    published = late.obligations.get().due_on
    Obligation.objects.filter(contract=late).update(due_on=date(2027, 5, 10))
    assert published == date(2027, 5, 8)
    assert follow(NEAR.replace(month=5, day=9)) == 0
    assert days_of(late) == [date(2027, 5, 10)]


def test_where_the_laws_last_day_moves_alone_the_history_says_so() -> None:
    contract = contract_row()
    terms = {"on": "2027-02-03", "counted_from": "delivered"}
    rule = {"side": "unit", "kind": "pay", "title": "付款", "terms": terms, "event_on": "2026-12-11"}
    with arranged():
        [row] = plan(contract, [{**rule, "amount_fen": 100_00}], actor=SYSTEM, now=NOW)
    assert row.law_due_on == date(2027, 2, 9)
    publish()
    assert follow() == 1 and days_of(contract) == [date(2027, 2, 3)]
    [event] = moved_events()
    assert event.reason.endswith("：第1项法定最迟 2027-02-09 → 2027-02-12")


@pytest.mark.django_db(transaction=True)
def test_a_run_that_was_killed_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    contracts = [owing("2027-02-09") for _ in range(3)]
    publish()
    monkeypatch.setattr(calendars, "AT_ONCE", 1)
    recount, done = calendars.recount_contracts, []

    def breaks(rows: list[Contract]) -> None:
        if len(done) == 2:
            raise RuntimeError("killed")
        done.append(recount(rows))

    monkeypatch.setattr(calendars, "recount_contracts", breaks)
    with pytest.raises(RuntimeError):
        follow()
    assert [days_of(each)[0].day for each in contracts] == [12, 12, 9] and len(moved_events()) == 2
    assert not FollowedCalendar.objects.exists()
    monkeypatch.setattr(calendars, "recount_contracts", recount)
    assert follow() == 1
    assert {days_of(each)[0].day for each in contracts} == {12}
    assert sorted(int(each.target_id) for each in moved_events()) == [each.pk for each in contracts]
