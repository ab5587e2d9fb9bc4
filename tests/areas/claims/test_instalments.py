"""Instalments with a later condition: decided by the facts of the day, by a person where nobody knows, or dropped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from tests.areas.claims.factories import (
    YUAN,
    Claimed,
    Desk,
    another_claim,
    desk,
    fund,
    fundable_item,
    handed_in,
    terms,
)
from tests.areas.claims.test_promises import paid
from tests.areas.claims.test_reconsideration import one_of_ours
from tests.areas.policies.factories import hiring
from tests.kernel.access.factories import (
    HARBIN,
    NOW,
    QIQIHAR,
    SYSTEM,
    arranged,
    no_event,
    official,
    one_event,
)
from tests.kernel.parties.factories import told
from yingshang.areas.claims import api as claims
from yingshang.areas.claims.models import Budget, Instalment, JournalLine, PaymentOrder, Reservation, Trip
from yingshang.areas.claims.paying.actions.advance_instalments import advance_instalments
from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.notices.models import Message

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
FIRST, SECOND = 6_000 * YUAN, 4_000 * YUAN
PARTS = """benefit:
  text: 首期6000元，上年度营业收入达到100万元的再给予4000元
  instalments:
    - {id: first, text: 首期, amount: 6000}
    - {id: second, text: 二期, amount: 4000, when: 参保人数 >= 11, after: 上年度营业收入不低于100万元, payable: 上年度营业收入 >= 1000000}
tags"""


def partly_paid(until: str = "2027-12-31") -> tuple[Claimed, Desk]:
    """A claim whose first instalment was paid, and whose second waits for a condition that nobody can decide yet."""
    people = desk()
    source = hiring().replace("to: 2027-12-31", f"to: {until}")
    begin, end = source.index("benefit:"), source.index("tags:")
    fundable_item(source=source[:begin] + PARTS + source[end + 4 :])
    number = fund()
    terms(mode="instant", fund_id=number)
    claim = another_claim(number)
    handed_in(claim)
    paid(claim, people)
    return claim, people


def facts_become(claim: Claimed, *, staff: int = 12, revenue: int | None = None) -> None:
    row = {
        "subject": claim.party.credit_code,
        "name": claim.party.name,
        "ent.region": claim.party.region_id,
        "emp.insured_count": staff,
        **({} if revenue is None else {"fin.revenue.2025": revenue}),
    }
    told([row], as_of=LATER.date(), now=LATER)


def second(claim: Claimed) -> Instalment:
    return Instalment.objects.get(claim=claim.id, number=2)


def sound() -> bool:
    return not JournalLine.objects.aggregate(all=Sum("amount_fen"))["all"] and not claims.check_books()


def test_the_job_keeps_what_it_found_and_lets_come_what_has_come_true() -> None:
    claim, people = partly_paid()
    assert (claim.row.state, second(claim).state, second(claim).found) == ("partly_paid", "waiting", "")
    # Nobody knows: that is written once, and a person sees it.
    with one_event("claims.instalment_looked_at"):
        assert advance_instalments(actor=SYSTEM, now=NOW) == 0
    with no_event():
        assert advance_instalments(actor=SYSTEM, now=NOW) == 0
    part = second(claim)
    assert (part.found, part.lacking) == ("unknown", ["fin.revenue.2025"])
    viewer = people.reviewer.actor()
    [row] = claims.waiting_instalments(actor=viewer, found="person", text=claim.row.number).rows
    assert (row.claim_id, row.number, row.condition) == (claim.id, 2, "上年度营业收入不低于100万元")
    assert claims.waiting_instalments(actor=viewer, found="later").total == 0
    assert claims.waiting_instalments(actor=official("approver", QIQIHAR).actor()).total == 0
    # The enterprise sees it, and what is missing.
    shown = claims.get_claim(actor=claim.who.actor(), claim_id=claim.id).instalments[1]
    assert (shown.state, shown.found) == ("waiting", "unknown")

    facts_become(claim, revenue=900_000)
    advance_instalments(actor=SYSTEM, now=LATER)
    part = second(claim)
    assert part.found == "later" and {"营业收入" in each["name"] for each in part.evidence} >= {True}
    assert all(each["source"] for each in part.evidence)
    facts_become(claim, revenue=1_200_000)
    with one_of_ours("claims.instalment_due"):
        assert advance_instalments(actor=SYSTEM, now=LATER) == 1
    assert (claim.row.state, second(claim).state) == ("payable", "due")
    assert Message.objects.filter(template="claims.instalment_due").exists() and sound()
    # It is paid like any other: the claim has ended.
    number = claims.prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=LATER)
    assert PaymentOrder.objects.get(batch=number).amount_fen == SECOND


def test_released_by_a_person_it_waits_for_its_payment_with_who_and_why() -> None:
    claim, people = partly_paid()
    approver = people.approver.actor()
    with no_event(), pytest.raises(claims.InvalidExplanation):
        claims.release_instalment(actor=approver, claim_id=claim.id, number=2, reason="是", now=NOW)
    with one_of_ours("claims.instalment_due"):
        claims.release_instalment(
            actor=approver, claim_id=claim.id, number=2, reason="审计报告显示150万元", now=NOW
        )
    part = second(claim)
    assert (claim.row.state, part.state, part.reason) == ("payable", "due", "审计报告显示150万元")
    assert part.decided_by_name == approver.name and sound()
    # Where the facts say no, nobody says yes.
    with arranged():
        Instalment.objects.filter(pk=part.pk).update(state="waiting")
    facts_become(claim, revenue=900_000)
    with no_event(), pytest.raises(claims.NotPossibleNow):
        claims.release_instalment(
            actor=people.approver.actor(LATER), claim_id=claim.id, number=2, reason="审计报告为证", now=LATER
        )


def test_dropped_its_budget_is_free_again_and_the_claim_has_ended() -> None:
    claim, people = partly_paid()
    free = Budget.objects.get(year=2026).free_fen
    with one_of_ours("claims.instalment_lost"):
        claims.drop_instalment(
            actor=people.approver.actor(), claim_id=claim.id, number=2, reason="企业已停产", now=NOW
        )
    budget = Budget.objects.get(year=2026)
    assert (budget.free_fen, budget.reserved_fen, budget.spent_fen) == (free + SECOND, 0, FIRST)
    assert (claim.row.state, second(claim).state) == ("paid", "lost") and claim.row.ended_at
    assert Reservation.objects.get(instalment=second(claim)).state == "released" and sound()
    told_them = Message.objects.filter(template="claims.instalment_lost").values_list("body", flat=True)
    assert told_them and all("企业已停产" in each for each in told_them)
    with no_event(), pytest.raises(claims.NotPossibleNow):
        claims.drop_instalment(
            actor=people.approver.actor(), claim_id=claim.id, number=2, reason="企业已停产", now=NOW
        )


def test_what_is_no_part_of_the_award_any_more_is_shown_first_and_what_came_true_is_not_dropped() -> None:
    claim, people = partly_paid()
    facts_become(claim, staff=10, revenue=2_000_000)
    advance_instalments(actor=SYSTEM, now=LATER)
    found = claims.get_instalment(actor=people.reviewer.actor(), claim_id=claim.id, number=2, now=LATER)
    assert found and (found.found, second(claim).found, second(claim).state) == ("lost", "lost", "waiting")
    facts_become(claim, staff=12, revenue=2_000_000)
    with no_event(), pytest.raises(claims.NotPossibleNow) as refusal:
        claims.drop_instalment(
            actor=people.approver.actor(LATER), claim_id=claim.id, number=2, reason="企业已停产", now=LATER
        )
    assert "自动转入拨付" in refusal.value.message_zh


def test_of_a_policy_that_has_run_out_a_person_decides_what_is_not_due_by_its_last_day() -> None:
    claim, people = partly_paid(until="2026-12-31")
    after = datetime.fromisoformat("2027-03-01T02:00:00+00:00")
    facts_become(claim, revenue=900_000)
    approver = people.approver.actor(after)
    found = claims.get_instalment(actor=approver, claim_id=claim.id, number=2, now=after)
    assert found and found.found == "unknown" and found.evidence
    facts_become(claim, revenue=1_200_000)
    found = claims.get_instalment(actor=approver, claim_id=claim.id, number=2, now=after)
    assert found and found.found == "due"


def test_money_asked_back_stops_the_later_instalments_until_it_has_come_back() -> None:
    claim, people = partly_paid()
    other = official("department_official", HARBIN).actor()
    ask: dict[str, Any] = {
        "claim_id": claim.id,
        "principal_fen": FIRST,
        "reason": "参保人数不实",
        "basis": "哈人社规〔2026〕1 号",
        "plan": [(NOW.date() + timedelta(days=30), FIRST)],
    }
    number = claims.demand_repayment(actor=people.reviewer.actor(), **ask, now=NOW)
    trip = Trip.objects.get()
    assert (trip.rule, trip.state, trip.claim_id) == ("asked_back", "open", claim.id)
    claims.release_instalment(
        actor=people.approver.actor(), claim_id=claim.id, number=2, reason="审计报告显示150万元", now=NOW
    )
    order: dict[str, Any] = {"actor": people.treasurer.actor(), "fund_id": claim.fund_id, "now": NOW}
    with no_event(), pytest.raises(claims.NothingToPay):
        claims.prepare_batch(**order)
    # The demand was wrong: what was stopped for it goes on, by the same event.
    with one_of_ours("claims.recovery_cancelled"):
        claims.cancel_recovery(actor=other, recovery_id=number, decision="认定有误", now=NOW)
    trip.refresh_from_db()
    assert trip.state == "released" and trip.decided_event
    # Asked once more, all of it comes back.
    number = claims.demand_repayment(actor=people.reviewer.actor(), **ask, now=NOW)
    assert Trip.objects.filter(state="open").count() == 1
    for place in range(2):
        with no_event(), pytest.raises(claims.NothingToPay):
            claims.prepare_batch(**order)
        claims.record_repayment(
            actor=people.treasurer.actor(),
            recovery_id=number,
            amount_fen=FIRST // 2,
            paid_on=NOW.date(),
            bank_reference=f"L{place}",
            now=NOW,
        )
    assert not Trip.objects.filter(state="open").exists()
    assert claims.prepare_batch(**order) and sound()


def test_every_state_and_role() -> None:
    claim, people = partly_paid()
    acts: tuple[Callable[[Actor], object], ...] = (
        lambda who: claims.release_instalment(
            actor=who, claim_id=claim.id, number=2, reason="审计报告为证", now=NOW
        ),
        lambda who: claims.drop_instalment(
            actor=who, claim_id=claim.id, number=2, reason="企业已停产", now=NOW
        ),
    )
    for state in ("waiting", "due", "paid", "lost"):
        with arranged():
            Instalment.objects.filter(claim=claim.id, number=2).update(state=state)
        for act in acts:
            for person in (people.approver, people.reviewer, people.treasurer, people.supervisor, claim.who):
                if person is people.approver and state == "waiting":
                    with transaction.atomic():
                        act(person.actor())
                        transaction.set_rollback(True)
                    continue
                with (
                    no_event(),
                    pytest.raises(claims.NotPossibleNow if person is people.approver else NotAllowed),
                ):
                    act(person.actor())
            with no_event(), pytest.raises(claims.ClaimNotFound):
                act(official("approver", QIQIHAR).actor())
    with no_event(), pytest.raises(NotAllowed):
        advance_instalments(actor=people.approver.actor(), now=NOW)
