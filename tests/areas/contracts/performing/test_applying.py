"""What is kept of obligations while they are changed, dropped and argued about equals what comes of scratch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from threading import Barrier

import pytest
from django.db import connections

from tests.areas.contracts.factories import (
    NOW,
    TODAY,
    YUAN,
    contract_row,
    obligation_row,
    supplier,
    unit,
)
from tests.kernel.access.factories import SYSTEM, arranged
from yingshang.areas.contracts import api
from yingshang.areas.contracts.errors import Blocked, InvalidStep, InvalidTerms, NotPossibleNow
from yingshang.areas.contracts.figures.rebuilding import rebuild
from yingshang.areas.contracts.models import Contract, DoneCell, DueCell, Obligation, Performance, UnitFigures
from yingshang.areas.contracts.obligations.interest import interest_of
from yingshang.areas.contracts.obligations.planning import plan
from yingshang.areas.contracts.performing.applying import change, end, end_all, entries_of
from yingshang.areas.contracts.performing.coming_to import come_to, facts_of
from yingshang.rules.errors import DomainError

LATER = datetime(2026, 11, 23, 10, tzinfo=NOW.tzinfo)
RULES = [
    {"side": "counterparty", "kind": "deliver", "title": "交付", "terms": {"on": "2026-10-30"}},
    {"side": "unit", "kind": "accept", "title": "验收", "terms": {"after": "delivered", "term": {"days": 7}}},
    {
        "side": "unit",
        "kind": "pay",
        "title": "付款",
        "share": "0.9",
        "terms": {"after": "accepted", "term": {"days": 5}},
    },
    {"side": "unit", "kind": "pay", "title": "首付", "share": "0.1", "terms": {"on": "2026-09-30"}},
]


def loaded(row: Obligation) -> Obligation:
    return Obligation.objects.select_related("contract__agency").get(pk=row.pk)


@pytest.mark.django_db
def test_a_changed_amount_and_day_carry_what_was_paid() -> None:
    row = obligation_row(
        due_on=date(2026, 11, 3), terms={"on": "2026-11-03"}, daily_rate="0.0005", rate_source="law:d802"
    )
    api.record_performance(
        actor=unit().administrator.actor(),
        obligation_id=row.pk,
        what="partial",
        happened_on=date(2026, 11, 3),
        amount_fen=100_000 * YUAN,
        now=LATER,
    )
    with arranged():
        change(
            loaded(row),
            {"amount_fen": 250_000 * YUAN, "terms": {"on": "2026-11-13"}, "title": "进度款"},
            now=LATER,
        )
    row = loaded(row)
    assert (row.title, row.due_on, row.open_fen, row.state) == (
        "进度款",
        date(2026, 11, 13),
        150_000 * YUAN,
        "partial",
    )
    assert interest_of(row, TODAY).fen == 750 * YUAN
    with pytest.raises(InvalidTerms, match="cannot become less"):
        change(loaded(row), {"amount_fen": 90_000 * YUAN}, now=LATER)
    with pytest.raises(InvalidTerms, match="single obligation"):
        change(
            loaded(row),
            {"terms": {"every": {"months": 1}, "from": "2026-01-01", "until": "2026-03-01"}},
            now=LATER,
        )
    with arranged():
        end(loaded(row), released=True, now=LATER)
    row = loaded(row)
    assert (row.state, interest_of(row, TODAY).fen) == ("released", 0)
    with pytest.raises(NotPossibleNow):
        change(row, {"title": "尾款"}, now=LATER)
    _equal_from_scratch()


@pytest.mark.django_db
def test_a_changed_event_finds_the_obligation_that_is_it() -> None:
    contract = contract_row()
    with arranged():
        _, accept, pay, first = plan(contract, RULES, actor=SYSTEM, now=NOW)
        change(loaded(first), {"terms": {"after": "accepted", "term": {"days": 10}}}, now=LATER)
    first = loaded(first)
    assert (first.after_id, first.state, first.due_on) == (accept.pk, "waiting", None)
    with arranged():
        end_all(contract, now=LATER)
    assert set(contract.obligations.values_list("state", flat=True)) == {"dropped"}
    assert Contract.objects.get(pk=contract.pk).open_count == 0
    assert not DueCell.objects.exists()
    assert pay


@pytest.mark.django_db
def test_what_an_appeal_speaks_of_is_not_dropped_meanwhile() -> None:
    row = obligation_row(due_on=date(2026, 11, 3))
    with arranged():
        api.block_obligation(
            obligation_id=row.pk, kind="appeal", reference="7", label="诉求 SQ7", actor=SYSTEM, now=LATER
        )
        with pytest.raises(Blocked):
            end(loaded(row), now=LATER)
    assert loaded(row).state == "running"


def test_a_supervisor_decides_on_the_day_of_the_place() -> None:
    at_one = datetime(2026, 11, 22, 17, tzinfo=UTC)  # of the 23rd in Beijing
    row = Obligation(side="unit", amount_fen=1, confirmed_by="supervisor", confirmed_at=at_one)
    assert facts_of(row).decided_on == date(2026, 11, 23)


@pytest.mark.django_db
def test_a_completed_contract_is_in_force_again_where_something_was_not_done() -> None:
    contract = contract_row(state="completed")
    row = obligation_row(contract, kind="accept", amount_fen=None, state="running")
    with arranged():
        entry = Performance.objects.create(
            obligation=row,
            side="unit",
            what="done",
            happened_on=date(2026, 11, 2),
            recorded_by_name="",
            recorded_at=NOW,
        )
        Obligation.objects.filter(pk=row.pk).update(state="performed", performed_on=date(2026, 11, 2))
    api.withdraw_performance(
        actor=unit().administrator.actor(), performance_id=entry.pk, reason="没有验收", now=LATER
    )
    assert Contract.objects.get(pk=contract.pk).state == "in_force"
    assert loaded(row).state == "running"


@pytest.mark.django_db
def test_after_whatever_two_sides_do_all_that_is_kept_equals_what_comes_of_scratch() -> None:
    dice, firm, people = Random(1), supplier(), unit()
    clerk, own = people.administrator.actor(), firm.who.actor()
    contract = contract_row(of=firm.party)
    with arranged():
        rows = plan(contract, RULES, actor=SYSTEM, now=NOW)
    done = 0
    for step in range(60):
        row, now = dice.choice(rows), LATER + timedelta(minutes=step)
        day = TODAY - timedelta(days=dice.randint(0, 60))
        amount = dice.choice([None, 10_000 * YUAN, 90_000 * YUAN, 900_000 * YUAN])
        what = dice.choice(["done", "partial", "done", "partial", "not_received", "disputed"])
        mine = list(Performance.objects.filter(obligation__contract=contract, side="unit", state="valid"))
        try:
            match dice.randint(0, 6):
                case 0 | 1 | 2:
                    api.record_performance(
                        actor=clerk,
                        obligation_id=row.pk,
                        what=what,
                        happened_on=day,
                        amount_fen=amount,
                        overpaid=dice.random() < 0.2,
                        note="说明",
                        now=now,
                    )
                case 3 | 4:
                    api.record_own(
                        actor=own,
                        obligation_id=row.pk,
                        what=what,
                        happened_on=day,
                        amount_fen=amount,
                        note="说明",
                        now=now,
                    )
                case 5 if mine:
                    api.withdraw_performance(
                        actor=clerk, performance_id=dice.choice(mine).pk, reason="填错", now=now
                    )
                case _:
                    api.record_event(
                        actor=clerk,
                        contract_id=contract.pk,
                        event=dice.choice(["delivered", "accepted"]),
                        happened_on=day,
                        now=now,
                    )
            done += 1
        except DomainError:
            continue
    assert done > 15
    for row in rows:
        kept = loaded(row)
        found = come_to(facts_of(kept), entries_of(kept))
        assert (kept.done_fen, kept.open_fen, kept.disagreed, kept.accrued_fen, kept.performed_on) == (
            found.done_fen,
            found.open_fen,
            found.disagreed,
            found.accrued_fen,
            found.performed_on,
        )
        assert (kept.state == "performed") == found.performed
        assert (kept.confirmed_at is not None) == bool(found.confirmed_by)
    _equal_from_scratch()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_pay_the_rest_at_once_one_is_told_that_nothing_is_open() -> None:
    row = obligation_row(due_on=date(2026, 12, 31), daily_rate=Decimal("0.0005"))
    clerk, barrier = unit().administrator.actor(), Barrier(2)

    def pay(_: int) -> str:
        barrier.wait()
        try:
            api.record_performance(
                actor=clerk,
                obligation_id=row.pk,
                what="partial",
                happened_on=TODAY,
                amount_fen=200_000 * YUAN,
                now=LATER,
            )
        except InvalidStep as refusal:
            return str(refusal.details["open_fen"])
        finally:
            connections.close_all()
        return "paid"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(pay, range(2))) == [str(100_000 * YUAN), "paid"]
    assert loaded(row).open_fen == 100_000 * YUAN


def _equal_from_scratch() -> None:
    """The sums kept are those of adding up anew."""
    kept = [_rows(each) for each in (DueCell, DoneCell, UnitFigures)]
    rebuild(actor=SYSTEM, now=LATER)
    assert [_rows(each) for each in (DueCell, DoneCell, UnitFigures)] == kept


def _rows(model: type[DueCell] | type[DoneCell] | type[UnitFigures]) -> list[str]:
    fields = [each.name for each in model._meta.fields if each.name != "id"]
    return sorted(map(str, model._default_manager.values_list(*fields)))
