"""Commitments instead of a document: drawn for a check, brought, kept or broken, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from tests.areas.claims.factories import Claimed, Desk, bank_says, desk, draft_claim, handed_in
from tests.areas.claims.test_reconsideration import one_of_ours
from tests.kernel.access.factories import NOW, QIQIHAR, SYSTEM, arranged, no_event, official
from tests.kernel.documents.factories import plain_pdf
from yingshang.areas.claims import api as claims
from yingshang.areas.claims.lifecycle import PROMISE
from yingshang.areas.claims.models import (
    JournalLine,
    PaymentBatch,
    PaymentOrder,
    PromiseCheck,
    Recovery,
    Trip,
)
from yingshang.areas.claims.promises.jobs import drop_checks
from yingshang.areas.claims.promises.rules import is_drawn, promise_rules
from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.clock import api as clock
from yingshang.kernel.clock.models import Deadline
from yingshang.kernel.notices.models import Message

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LICENCE = {"code": "licence", "name": "消防合格证明", "required": True, "commitment": True}


def promised_claim(mode: str = "instant", **more: Any) -> tuple[Claimed, Desk]:
    """Handed in with a promise instead of its only material."""
    people = desk()
    claim = draft_claim(mode=mode, materials=[LICENCE], **more)
    claims.promise_material(actor=claim.who.actor(), claim_id=claim.id, code="licence", now=NOW)
    handed_in(claim)
    return claim, people


def paid(claim: Claimed, people: Desk) -> None:
    """Its batch is made, checked and paid."""
    number = claims.prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
    batch = PaymentBatch.objects.get(pk=number)
    claims.check_batch(actor=people.checker.actor(), batch_id=number, digest=batch.digest, now=NOW)
    with arranged():
        PaymentBatch.objects.filter(pk=number).update(state="sending")
        PaymentBatch.objects.filter(pk=number).update(state="sent", sent_at=NOW)
        PaymentOrder.objects.filter(batch=number).update(state="sent")
    with arranged():
        bank_says(PaymentOrder.objects.get(), "paid")


def test_a_promise_is_to_be_checked_from_the_moment_it_is_handed_in_and_its_clock_reminds() -> None:
    claim, people = promised_claim("online")
    row = PromiseCheck.objects.get()
    limit = NOW + timedelta(days=promise_rules().check.amount)
    assert (row.state, row.percent) == ("open", 100) and row.due_on and row.due_on >= limit.date()
    assert row.promised_until > NOW.date()
    deadline = Deadline.objects.get(pk=row.deadline_id)
    assert deadline.next_rung_at
    clock.sweep(actor=SYSTEM, now=deadline.next_rung_at + timedelta(minutes=1))
    waits = Message.objects.filter(template="claims.promise_waits")
    assert waits and all("消防合格证明" in each.body for each in waits)
    reviewer = people.reviewer.actor()
    assert claims.promises(actor=reviewer, now=NOW, due="overdue").total == 0
    late = claims.promises(actor=reviewer, now=limit + 9 * DAY, due="overdue", text="消防")
    assert [each.overdue for each in late.rows] == [True]
    assert claims.promises(actor=official("department_official", QIQIHAR).actor(), now=NOW).total == 0
    # Withdrawn, there is nothing to check: its clock ends.
    claims.withdraw_claim(actor=claim.who.actor(), claim_id=claim.id, reason="", now=NOW)
    assert claims.promises(actor=reviewer, now=NOW).total == 0
    with no_event(), pytest.raises(claims.NotPossibleNow):
        claims.break_promise(actor=reviewer, promise_id=row.pk, finding="未提交证明", now=NOW)
    assert (drop_checks(now=NOW + DAY), drop_checks(now=NOW + DAY)) == (1, 0)
    deadline.refresh_from_db()
    assert (PromiseCheck.objects.get().state, deadline.state) == ("dropped", "cancelled")


def test_brought_and_kept_with_what_shows_it() -> None:
    claim, people = promised_claim()
    [row] = claims.promises_of_claim(actor=claim.who.actor(), claim_id=claim.id, now=NOW)
    reviewer = people.reviewer.actor(NOW + DAY)
    keep: dict[str, Any] = {"actor": reviewer, "promise_id": row.id, "now": NOW + DAY}
    with no_event(), pytest.raises(claims.InvalidPromise) as refusal:
        claims.confirm_promise(**keep, finding="已核对原件")
    assert refusal.value.details["field"] == "file"
    for wrong in ({"finding": "是"}, {"finding": "已核对登记", "fact": "no.such_fact"}):
        with no_event(), pytest.raises(claims.InvalidPromise):
            claims.confirm_promise(**keep, **wrong)
    with no_event(), pytest.raises(claims.PromiseNotFound):
        stranger = official("department_official", QIQIHAR).actor()
        claims.confirm_promise(actor=stranger, promise_id=row.id, finding="已核对原件", now=NOW)
    with one_of_ours("claims.promise_brought"):
        claims.bring_promised(
            actor=claim.who.actor(), promise_id=row.id, content=plain_pdf(), name="证明.pdf", now=NOW + DAY
        )
    with one_of_ours("claims.promise_kept"):
        claims.confirm_promise(**keep, finding="已核对原件")
    found = PromiseCheck.objects.select_related("material").get()
    assert found.state == "kept" and found.material and found.material.kept
    assert Deadline.objects.get(pk=found.deadline_id).state == "met" and claim.row.state == "payable"
    # The database too: what is kept has something that shows it.
    with pytest.raises(IntegrityError), transaction.atomic(), arranged():
        PromiseCheck.objects.update(document_id=None)


def test_a_fact_of_the_register_shows_that_it_was_kept() -> None:
    _, people = promised_claim()
    row = PromiseCheck.objects.get()
    reviewer = people.reviewer.actor()
    assert "emp.insured_count" in dict(claims.facts_to_show(actor=reviewer, promise_id=row.pk, now=NOW))
    claims.confirm_promise(
        actor=reviewer, promise_id=row.pk, finding="登记数据可证", fact="emp.insured_count", now=NOW
    )
    row.refresh_from_db()
    assert row.fact_told["source"] and row.document_id is None


def test_broken_before_the_payment_the_claim_is_stopped_and_broken_after_it_the_money_is_asked_back() -> None:
    claim, people = promised_claim()
    row = PromiseCheck.objects.get()
    reviewer = people.reviewer.actor()
    claims.break_promise(actor=reviewer, promise_id=row.pk, finding="现场没有消防设施", now=NOW)
    row.refresh_from_db()
    assert row.trip is not None and (row.trip.rule, row.trip.state) == ("promise_broken", "open")
    assert claims.get_claim(actor=reviewer, claim_id=claim.id).summary.stopped and row.recovery_id is None
    with pytest.raises(claims.NothingToPay):
        claims.prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
    told = Message.objects.filter(template="claims.promise_broken").values_list("body", flat=True)
    assert told and all("现场没有消防设施" in each and "暂停" in each for each in told)
    with no_event(), pytest.raises(claims.NotPossibleNow):
        claims.break_promise(actor=reviewer, promise_id=row.pk, finding="现场没有消防设施", now=NOW)
    claims.confirm_trip(actor=people.supervisor.actor(), trip_id=row.trip.pk, reason="承诺不实", now=NOW)
    assert claim.row.state == "refused" and not claims.check_books()


def test_broken_after_the_payment_all_of_it_is_asked_back_once() -> None:
    claim, people = promised_claim()
    paid(claim, people)
    row = PromiseCheck.objects.get()
    # A clerk at a window may not ask money back, and so not find this.
    with no_event(), pytest.raises(NotAllowed):
        claims.break_promise(actor=people.window.actor(), promise_id=row.pk, finding="未提交证明", now=NOW)
    claims.break_promise(actor=people.reviewer.actor(), promise_id=row.pk, finding="未提交证明", now=NOW)
    row.refresh_from_db()
    recovery = Recovery.objects.get()
    assert (row.recovery_id, recovery.principal_fen) == (recovery.pk, claim.row.paid_fen)
    assert "承诺未履行" in recovery.reason and "42号" in recovery.basis and not Trip.objects.exists()
    assert not JournalLine.objects.aggregate(all=Sum("amount_fen"))["all"] and not claims.check_books()


def test_the_sample_is_drawn_by_nobody_and_can_be_drawn_again() -> None:
    drawn = [is_drawn(f"DX{number}", "licence", "ab", 30) for number in range(1000)]
    assert 240 < sum(drawn) < 360
    assert drawn == [is_drawn(f"DX{number}", "licence", "ab", 30) for number in range(1000)]
    assert drawn != [is_drawn(f"DX{number}", "licence", "cd", 30) for number in range(1000)]
    _, people = promised_claim(promise_check_percent=0)
    row = PromiseCheck.objects.get()
    assert (row.state, row.due_on, row.deadline_id) == ("undrawn", None, None)
    # Not drawn it may be checked all the same.
    claims.break_promise(actor=people.reviewer.actor(), promise_id=row.pk, finding="未提交证明", now=NOW)
    assert PromiseCheck.objects.get().state == "broken"


def test_every_state_and_role() -> None:
    claim, people = promised_claim()
    number = PromiseCheck.objects.get().pk
    acts: dict[str, Callable[[Actor], object]] = {
        "brought": lambda who: claims.bring_promised(
            actor=who, promise_id=number, content=plain_pdf(), name="证明.pdf", now=NOW
        ),
        "kept": lambda who: claims.confirm_promise(
            actor=who, promise_id=number, finding="登记数据可证", fact="emp.insured_count", now=NOW
        ),
        "broken": lambda who: claims.break_promise(
            actor=who, promise_id=number, finding="未提交证明", now=NOW
        ),
    }
    for state in PROMISE.states:
        with arranged():
            PromiseCheck.objects.filter(pk=number).update(
                state=state, checked_at=NOW, finding="演示", fact="emp.insured_count"
            )
        for event, act in acts.items():
            for person in (people.reviewer, people.window, people.approver, people.treasurer, claim.who):
                may = (
                    person is claim.who if event == "brought" else person in {people.reviewer, people.window}
                )
                if may and PROMISE.may(state, event):
                    with transaction.atomic():
                        act(person.actor())
                        transaction.set_rollback(True)
                    continue
                with no_event(), pytest.raises(claims.NotPossibleNow if may else NotAllowed):
                    act(person.actor())
