"""Reconsideration: asked for in its period, decided by somebody else within its own clock, with what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from tests.areas.claims.factories import (
    YUAN,
    Claimed,
    Desk,
    account_of,
    another_claim,
    bank_says,
    done,
    submitted_claim,
    task_of,
)
from tests.areas.claims.reviewing.test_evidence import staff_becomes
from tests.kernel.access.factories import (
    DAOLI,
    NOW,
    QIQIHAR,
    SYSTEM,
    agency,
    arranged,
    no_event,
    official,
)
from tests.kernel.documents.factories import plain_pdf
from yingshang.areas.claims import api as claims
from yingshang.areas.claims.lifecycle import CLAIM, RECONSIDERATION
from yingshang.areas.claims.models import (
    Budget,
    Instalment,
    ItemTerms,
    JournalLine,
    PaymentBatch,
    PaymentOrder,
    PublicityEntry,
    PublicityObjection,
    Reconsideration,
)
from yingshang.areas.claims.publicity.actions.object_to_award import object_to_award
from yingshang.areas.claims.publicity.actions.publish_awards import publish_awards
from yingshang.areas.claims.publicity.clearing import clear_published
from yingshang.areas.claims.reconsidering.rules import ask_by, reconsideration_rules
from yingshang.kernel.access.api import VISITOR, Actor, ConflictingDuties, NotAllowed
from yingshang.kernel.clock.api import sweep
from yingshang.kernel.clock.models import Deadline
from yingshang.kernel.flow import api as flow
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WHY = "参保人数是社保局数据延迟，本月已有12人"


@contextmanager
def one_of_ours(*actions: str) -> Iterator[None]:
    """The block records exactly these events of claims, mostly one; its clock and its files have their own."""
    last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    yield
    found = AuditEvent.objects.filter(id__gt=last, action__startswith="claims.")
    assert sorted(found.values_list("action", flat=True)) == sorted(actions)


def refused_claim(**more: object) -> tuple[Claimed, Desk]:
    """Refused by its approver on the next day, when too few people were insured."""
    claim, people = submitted_claim(**more)
    done(claim, people, "accept", "accepted")
    done(claim, people, "review", "supported")
    staff_becomes(claim.party, 7)
    done(claim, people, "approve", "refused", now=NOW + DAY, opinion="参保人数已不足")
    return claim, people


def asked(claim: Claimed, *, at: int = 2, **more: Any) -> int:
    """Asked so many days after the claim was handed in."""
    now = NOW + at * DAY
    return claims.ask_reconsideration(
        actor=claim.who.actor(now), claim_id=claim.id, **{"reasons": WHY, **more}, now=now
    )


def test_it_is_kept_with_a_reason_for_each_condition_by_somebody_else() -> None:
    claim, people = refused_claim()
    told = Message.objects.filter(template="claims.refused").values_list("body", flat=True)
    last = ask_by(NOW + DAY, claim.row.region_path)
    # The message says the condition, the value, its source, and until when one can ask.
    assert any("参保人数不少于10人" in each and "7" in each and str(last) in each for each in told)
    can = claims.askable(actor=claim.who.actor(), claim_id=claim.id, now=NOW + DAY)
    assert can and (can.about, can.late, can.asked, can.ask_by) == ("refusal", False, False, last)
    assert [each.days for each in can.elsewhere] == [60]
    wrong: dict[str, Any]
    for wrong, field in (
        ({"reasons": "不服"}, "reasons"),
        ({"files": [("a.pdf", b"")] * 6}, "files"),
    ):
        with no_event(), pytest.raises(claims.InvalidReconsideration) as refusal:
            asked(claim, **wrong)
        assert refusal.value.details["field"] == field
    with one_of_ours("claims.reconsideration_asked"):
        number = asked(claim, files=[("说明.pdf", plain_pdf())])
    row = Reconsideration.objects.get(pk=number)
    clock = Deadline.objects.get(pk=row.deadline_id)
    # Its own clock, with a ladder.
    assert (clock.owner_kind, clock.state, clock.next_rung_at is not None) == (
        "claim_reconsideration",
        "running",
        True,
    )
    assert row.due_on >= date(2026, 1, 1) and row.first_decided_by == f"user:{people.approver.user.pk}"
    with no_event(), pytest.raises(claims.NotPossibleNow):
        asked(claim)
    assert any(
        not each.done and each.due_on == row.due_on
        for each in claims.way_of(actor=claim.who.actor(), claim_id=claim.id, now=NOW + 2 * DAY)
    )

    # Not by who refused it, not by who has no permission, not from elsewhere.
    later = NOW + 3 * DAY
    keep: dict[str, Any] = {"reconsideration_id": number, "decision": "数据经核对无误", "now": later}
    for who, no in (
        (people.approver, ConflictingDuties),
        (people.treasurer, NotAllowed),
        (claim.who, NotAllowed),
        (official("approver", QIQIHAR), claims.ReconsiderationNotFound),
    ):
        with no_event(), pytest.raises(no):
            claims.keep_decision(actor=who.actor(later), **keep)
    other = official("approver", "230100").actor(later)
    found = claims.get_reconsideration(actor=other, reconsideration_id=number, now=later)
    [question] = found.questions
    assert found.may_decide and "7" in question["value"] and question["source"]
    with no_event(), pytest.raises(claims.InvalidReconsideration) as refusal:
        claims.keep_decision(actor=other, **keep)
    assert refusal.value.details["field"] == "reason-insured"
    with no_event(), pytest.raises(claims.InvalidReconsideration):
        claims.keep_decision(actor=other, **{**keep, "decision": " "}, reasons={"insured": "仍为7人"})
    with one_of_ours("claims.reconsideration_kept"):
        claims.keep_decision(actor=other, **keep, reasons={"insured": "社保数据仍为7人"})
    row.refresh_from_db()
    clock.refresh_from_db()
    assert (row.state, row.findings[0]["reason"], claim.row.state) == ("kept", "社保数据仍为7人", "refused")
    assert clock.state == "met"
    words = {each.event for each in claims.way_of(actor=claim.who.actor(), claim_id=claim.id, now=later)}
    assert {"reconsideration_asked", "reconsideration_kept"} <= words
    assert any("维持原决定" in each for each in Message.objects.values_list("body", flat=True))
    # The database too: nobody decides on what they decided.
    with pytest.raises(IntegrityError), transaction.atomic(), arranged():
        Reconsideration.objects.filter(pk=number).update(decided_by=row.first_decided_by)


def test_changed_it_is_reviewed_anew_with_the_facts_of_the_day() -> None:
    claim, people = refused_claim()
    number = asked(claim)
    later = NOW + 3 * DAY
    staff_becomes(claim.party, 11)
    other = official("approver", "230100").actor(later)
    before = claim.row.receipt_id
    claims.change_decision(actor=other, reconsideration_id=number, decision="数据已更正，重新审核", now=later)
    row = claim.row
    assert (row.state, row.grounds, row.award_fen, row.ended_at) == ("reviewing", [], None, None)
    assert row.receipt_id != before and row.facts["emp.insured_count"]["value"] in {11, "11"}
    assert task_of(claim, "review")
    done(claim, people, "review", "supported", now=later)
    done(claim, people, "approve", "approved", now=later)
    assert (claim.row.state, claim.row.award_fen) == ("approved", 11_000 * YUAN)
    assert Budget.objects.get(year=2026).reserved_fen == 11_000 * YUAN
    assert not JournalLine.objects.aggregate(all=Sum("amount_fen"))["all"]
    # Not decided twice, and not asked once more about the same decision.
    with no_event(), pytest.raises(claims.NotPossibleNow):
        claims.change_decision(actor=other, reconsideration_id=number, decision="数据已更正", now=later)
    assert claims.askable(actor=claim.who.actor(), claim_id=claim.id, now=later) is None


def test_a_lower_award_is_raised_and_what_comes_to_it_is_reserved_apart() -> None:
    claim, people = submitted_claim(staff=14)
    done(claim, people, "accept", "accepted")
    done(claim, people, "review", "supported")
    staff_becomes(claim.party, 11)
    done(claim, people, "approve", "approved", now=NOW + DAY)
    assert (claim.row.expected_fen, claim.row.award_fen) == (14_000 * YUAN, 11_000 * YUAN)
    told = Message.objects.filter(template="claims.approved").values_list("body", flat=True)
    assert any("14,000.00" in each and "申请复核" in each for each in told)
    number = asked(claim)
    later = NOW + 3 * DAY
    other = official("approver", "230100").actor(later)
    change: dict[str, Any] = {"reconsideration_id": number, "decision": "数据已更正，补足差额", "now": later}
    with no_event(), pytest.raises(claims.NotPossibleNow):
        claims.change_decision(actor=other, **change)
    staff_becomes(claim.party, 13)
    claims.change_decision(actor=other, **change)
    assert (claim.row.state, claim.row.award_fen) == ("approved", 13_000 * YUAN)
    assert list(Instalment.objects.values_list("amount_fen", "state").order_by("number")) == [
        (11_000 * YUAN, "due"),
        (2_000 * YUAN, "due"),
    ]
    assert Reconsideration.objects.get().added_fen == 2_000 * YUAN
    assert Budget.objects.get(year=2026).reserved_fen == 13_000 * YUAN
    assert not JournalLine.objects.aggregate(all=Sum("amount_fen"))["all"] and not claims.check_books()
    # Apart from that, an award that is reserved stays what it is.
    with pytest.raises(IntegrityError), transaction.atomic(), arranged():
        type(claim.row).objects.filter(pk=claim.id).update(award_fen=15_000 * YUAN)


def pay(claim: Claimed, people: Desk) -> None:
    """What waits is ordered, checked and paid."""
    now = NOW + 20 * DAY
    number = claims.prepare_batch(actor=people.treasurer.actor(now), fund_id=claim.fund_id, now=now)
    digest = PaymentBatch.objects.get(pk=number).digest
    claims.check_batch(actor=people.checker.actor(now), batch_id=number, digest=digest, now=now)
    with arranged():
        for state in ("sending", "sent"):
            PaymentBatch.objects.update(state=state)
        PaymentOrder.objects.update(state="sent")
        bank_says(PaymentOrder.objects.get(), "paid")


@pytest.mark.parametrize("upheld", [False, True])
def test_a_raised_award_comes_before_the_public_once_more_and_is_paid_after_it(upheld: bool) -> None:
    claim, people = submitted_claim(staff=14)
    done(claim, people, "accept", "accepted")
    done(claim, people, "review", "supported")
    staff_becomes(claim.party, 11)
    done(claim, people, "approve", "approved", now=NOW + DAY)
    publish_awards(actor=people.reviewer.actor(NOW + DAY), code="HIRING", now=NOW + DAY)
    after = NOW + 20 * DAY
    assert clear_published(actor=SYSTEM, now=after) == 1
    pay(claim, people)
    number = asked(claim, at=20, late_reason="公示结束后才知道")
    staff_becomes(claim.party, 13)
    other = official("approver", "230100").actor(after)
    with one_of_ours("claims.raised", "claims.reconsideration_changed"):
        claims.change_decision(
            actor=other, reconsideration_id=number, decision="数据已更正，补足差额", now=after
        )
    assert (claim.row.state, claim.row.paid_fen) == ("approved", 11_000 * YUAN)
    order: dict[str, Any] = {"fund_id": claim.fund_id, "now": after}
    with no_event(), pytest.raises(claims.NothingToPay):
        claims.prepare_batch(actor=people.treasurer.actor(after), **order)
    again = publish_awards(actor=people.reviewer.actor(after), code="HIRING", now=after)
    [entry] = PublicityEntry.objects.filter(publicity=again)
    assert (claim.row.state, entry.amount_fen) == ("publicity", 13_000 * YUAN)
    if not upheld:
        later = after + 20 * DAY
        assert clear_published(actor=SYSTEM, now=later) == 1 and claim.row.state == "payable"
        batch = claims.prepare_batch(actor=people.treasurer.actor(later), **{**order, "now": later})
        assert PaymentBatch.objects.get(pk=batch).amount_fen == 2_000 * YUAN
    else:
        object_to_award(actor=VISITOR, entry_id=entry.pk, name="演示", text="人数不实", now=after)
        [objection] = PublicityObjection.objects.all()
        claims.decide_objection(
            actor=people.reviewer.actor(after),
            objection_id=objection.pk,
            upheld=True,
            decision="核实人数为11人",
            now=after,
        )
        # What was paid stays paid, and nothing comes to it.
        assert (claim.row.state, claim.row.paid_fen) == ("paid", 11_000 * YUAN)
        assert Budget.objects.get(year=2026).reserved_fen == 0
    assert not claims.check_books()


def test_asked_too_late_it_needs_a_reason_and_somebody_judges_that() -> None:
    claim, _ = refused_claim()
    days = reconsideration_rules().ask.amount + 15
    with no_event(), pytest.raises(claims.InvalidReconsideration) as refusal:
        asked(claim, at=days)
    assert refusal.value.details["field"] == "late_reason"
    other = official("approver", "230100").actor(NOW + days * DAY)
    # In time it cannot be called late; withdrawn it can be asked for anew.
    number = asked(claim)
    dismiss: dict[str, Any] = {"ground": "late", "decision": "没有正当理由", "now": NOW + days * DAY}
    with no_event(), pytest.raises(claims.InvalidReconsideration):
        claims.dismiss_reconsideration(actor=other, reconsideration_id=number, **dismiss)
    stranger = another_claim(claim.fund_id)
    with no_event(), pytest.raises(claims.ReconsiderationNotFound):
        claims.withdraw_reconsideration(
            actor=stranger.who.actor(), reconsideration_id=number, now=NOW + 3 * DAY
        )
    with one_of_ours("claims.reconsideration_withdrawn"):
        claims.withdraw_reconsideration(actor=claim.who.actor(), reconsideration_id=number, now=NOW + 3 * DAY)
    late = asked(claim, at=days, late_reason="企业被洪水围困")
    with one_of_ours("claims.reconsideration_inadmissible"):
        claims.dismiss_reconsideration(actor=other, reconsideration_id=late, **dismiss)
    assert [each.state for each in Reconsideration.objects.order_by("pk")] == ["withdrawn", "inadmissible"]


def test_another_agency_decides_where_the_terms_say_so() -> None:
    claim, _ = refused_claim()
    with arranged():
        ItemTerms.objects.update(reconsider_agency=agency(DAOLI))
    number = asked(claim)
    keep: dict[str, Any] = {
        "reconsideration_id": number,
        "decision": "经核对无误",
        "reasons": {"insured": "仍为7人"},
        "now": NOW + 3 * DAY,
    }
    same = official("approver", "230100").actor()
    assert not claims.get_reconsideration(actor=same, reconsideration_id=number, now=NOW).may_decide
    with no_event(), pytest.raises(claims.NotYourReconsideration):
        claims.keep_decision(actor=same, **keep)
    assert Reconsideration.objects.get().agency_id == agency(DAOLI).pk


def test_what_was_neither_refused_nor_reduced_or_is_claimed_again_is_not_reconsidered() -> None:
    claim, people = submitted_claim()
    with no_event(), pytest.raises(claims.NotPossibleNow):
        asked(claim)
    flow.reject_case(
        actor=people.window.actor(), task_id=task_of(claim, "accept"), reason="材料不实", now=NOW
    )
    number = asked(claim)
    again = claims.begin_claim(
        actor=claim.who.actor(), party_id=claim.party.pk, code="HIRING", now=NOW + 2 * DAY
    )
    other = official("approver", "230100").actor()
    with no_event(), pytest.raises(claims.NotPossibleNow):
        claims.change_decision(actor=other, reconsideration_id=number, decision="重新审核", now=NOW + 3 * DAY)
    claims.discard_claim(actor=claim.who.actor(), claim_id=again, now=NOW + 2 * DAY)
    assert (
        claims.change_decision(actor=other, reconsideration_id=number, decision="重新审核", now=NOW + 3 * DAY)
        == "reviewing"
    )


def test_a_claim_without_an_account_names_one_when_it_asks() -> None:
    claim, people = refused_claim()
    with arranged():
        type(claim.row).objects.filter(pk=claim.id).update(account=None)
    with no_event(), pytest.raises(claims.InvalidReconsideration) as refusal:
        asked(claim)
    assert refusal.value.details["field"] == "account"
    account = account_of(claim.party, claim.who, "6225888888888888")
    asked(claim, account_id=account)
    assert claim.row.account_id == account
    # Who decides is told at once, and again by the ladder; who refused it is not.
    waits = Message.objects.filter(template="claims.reconsideration_waits")
    first = waits.count()
    rung = Deadline.objects.get(owner_kind="claim_reconsideration").next_rung_at
    assert first and rung
    sweep(actor=SYSTEM, now=rung + timedelta(minutes=1))
    assert waits.count() > first and not waits.filter(recipient=people.approver.user).exists()


def test_every_state_and_role() -> None:
    """What is over is not decided again, whoever asks; an open one only by who may."""
    claim, people = refused_claim()
    number = asked(claim)
    later = NOW + 3 * DAY
    other = official("approver", "230100")
    acts: dict[str, Callable[[Actor], object]] = {
        "kept": lambda who: claims.keep_decision(
            actor=who,
            reconsideration_id=number,
            decision="经核对无误",
            reasons={"insured": "仍为7人"},
            now=later,
        ),
        "changed": lambda who: claims.change_decision(
            actor=who, reconsideration_id=number, decision="重新审核", now=later
        ),
        "inadmissible": lambda who: claims.dismiss_reconsideration(
            actor=who, reconsideration_id=number, ground="nothing", decision="没有事由", now=later
        ),
        "withdrawn": lambda who: claims.withdraw_reconsideration(
            actor=who, reconsideration_id=number, now=later
        ),
    }
    for state in RECONSIDERATION.states:
        with arranged():
            Reconsideration.objects.filter(pk=number).update(state=state, decision="演示说明")
        for event, act in acts.items():
            for person in (people.window, people.reviewer, people.treasurer, claim.who, other):
                may = person is (claim.who if event == "withdrawn" else other)
                if may and RECONSIDERATION.may(state, event):
                    with transaction.atomic():
                        act(person.actor(later))
                        assert Reconsideration.objects.get(pk=number).state == event
                        transaction.set_rollback(True)
                    continue
                with no_event(), pytest.raises(claims.NotPossibleNow if may else NotAllowed):
                    act(person.actor(later))


def test_only_a_refusal_is_reopened_and_only_an_award_is_raised() -> None:
    reopened = {state for state in CLAIM.states if CLAIM.may(state, "reopened")}
    assert reopened == {"refused", "unranked"}
    assert all(CLAIM.may(state, "raised") for state in ("approved", "payable", "partly_paid", "paid"))
    assert not any(
        CLAIM.may(state, "raised") for state in ("draft", "reviewing", "refused", "objected", "withdrawn")
    )
