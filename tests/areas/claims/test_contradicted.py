"""What ends, goes on or is held back where money was paid, is said to have been paid, or came back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.areas.claims.factories import (
    account_of,
    bank_says,
    done,
    payable_claim,
    sent_batch,
    submitted_claim,
)
from tests.areas.claims.oversight.test_recovery import demand, paid_claim
from tests.areas.claims.publicity.test_publicity import AFTER, confirmed, object_to_first, published
from tests.areas.claims.reviewing.test_evidence import staff_becomes
from tests.areas.claims.test_instalments import FIRST, partly_paid
from tests.areas.claims.test_reconsideration import asked
from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, arranged, no_event, official
from yingshang.areas.claims import api as claims
from yingshang.areas.claims.automatic.actions.strike import strike_claim
from yingshang.areas.claims.models import (
    Budget,
    Claim,
    ItemTerms,
    PayeeAccount,
    PaymentOrder,
    PublicityObjection,
    Trip,
)
from yingshang.areas.claims.oversight.actions.decide_trip import confirm_trip
from yingshang.areas.claims.oversight.actions.recover import cancel_recovery
from yingshang.areas.claims.publicity.actions.object_to_award import decide_objection
from yingshang.areas.claims.publicity.actions.publish_awards import publish_awards
from yingshang.areas.claims.publicity.clearing import clear_published
from yingshang.kernel.notices.models import Message

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def order() -> PaymentOrder:
    return PaymentOrder.objects.select_related("batch").latest("pk")


def contradict() -> None:
    """The bank rejects what it has, and then says that it paid it."""
    bank_says(order(), "rejected", account_is_wrong=False)
    assert bank_says(order(), "paid").differences


def test_struck_off_a_list_what_was_paid_stays_paid_and_is_not_claimed_again() -> None:
    found = confirmed()
    with arranged():
        Claim.objects.filter(pk=found.claim(0).pk).update(paid_fen=100)
    actor = found.desk.reviewer.actor()
    for place in (0, 1):
        strike_claim(actor=actor, claim_id=found.claim(place).pk, reason="人数不实", now=NOW)
    assert [found.claim(place).state for place in (0, 1)] == ["paid", "refused"]
    assert Budget.objects.get(year=2026).reserved_fen == 0
    told = Message.objects.filter(template="claims.refused", party=found.parties[0])
    assert any("其余各期不再拨付：人数不实" in each.body for each in told)
    # Where nothing is struck off, nothing that was paid in part is ended by the same way.
    with arranged():
        Claim.objects.filter(pk=found.claim(0).pk).update(state="payable")
    with no_event(), pytest.raises(claims.NotPossibleNow):
        strike_claim(actor=actor, claim_id=found.claim(0).pk, reason="人数不实", now=NOW)


def test_an_award_the_bank_says_it_paid_is_not_taken_back_before_somebody_has_looked() -> None:
    _, claim, people = sent_batch()
    contradict()
    with arranged():
        ItemTerms.objects.update(publicity_working_days=5)
        Claim.objects.update(state="approved")
    number = publish_awards(actor=people.reviewer.actor(), code="HIRING", now=NOW)
    object_to_first(number)
    objection = PublicityObjection.objects.get()
    with no_event(), pytest.raises(claims.NotPossibleNow) as refusal:
        decide_objection(
            actor=people.reviewer.actor(), objection_id=objection.pk, upheld=True, decision="属实", now=NOW
        )
    assert "银行称" in (refusal.value.message_zh or "") and claim.row.state == "objected"
    difference = claims.differences(actor=people.treasurer.actor()).rows[0]
    claims.explain_difference(
        actor=people.treasurer.actor(),
        difference_id=difference.id,
        explanation="银行确认已付",
        book_as_paid=True,
        now=NOW,
    )
    decide_objection(
        actor=people.reviewer.actor(), objection_id=objection.pk, upheld=True, decision="属实", now=NOW
    )
    assert claim.row.state == "paid" and claim.row.paid_fen and not claims.check_books()


def test_an_award_the_bank_says_it_paid_is_not_raised_before_somebody_has_looked() -> None:
    claim, people = submitted_claim(staff=14, publicity_working_days=0)
    done(claim, people, "accept", "accepted")
    done(claim, people, "review", "supported")
    staff_becomes(claim.party, 11)
    done(claim, people, "approve", "approved", now=NOW + DAY)
    clear_published(actor=SYSTEM, now=NOW + DAY)
    number = claims.prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW + DAY)
    with arranged():
        PaymentOrder.objects.filter(batch=number).update(state="sent")
    contradict()
    asking = asked(claim)
    staff_becomes(claim.party, 13)
    later = NOW + 3 * DAY
    with no_event(), pytest.raises(claims.NotPossibleNow) as refusal:
        claims.change_decision(
            actor=official("approver", "230100").actor(later),
            reconsideration_id=asking,
            decision="数据已更正，补足差额",
            now=later,
        )
    assert "银行称" in (refusal.value.message_zh or "") and claim.row.state == "payable"


def test_a_demand_that_ends_does_not_let_go_on_what_a_supervisor_found_to_be_so() -> None:
    claim, people = partly_paid()
    row = demand(claim, people.reviewer.actor(), principal_fen=FIRST)
    with arranged():
        Claim.objects.update(state="paying")
    trip = Trip.objects.get()
    confirm_trip(actor=people.supervisor.actor(), trip_id=trip.pk, reason="人数不实", now=NOW)
    cancel_recovery(
        actor=official("department_official", HARBIN).actor(),
        recovery_id=row.pk,
        decision="认定有误",
        now=NOW,
    )
    trip.refresh_from_db()
    assert (trip.state, trip.reason, trip.decided_by) == ("open", "人数不实", f"user:{people.supervisor.id}")


def test_money_that_comes_back_while_it_is_asked_back_is_not_paid_again() -> None:
    claim, people, who = paid_claim()
    row = demand(claim, who)
    assert not Trip.objects.exists()
    bank_says(order(), "returned", reason="退汇")
    other = account_of(claim.party, claim.who, "6225888888888888")
    claims.correct_account(actor=claim.who.actor(), claim_id=claim.id, account_id=other, now=NOW)
    assert claim.row.state == "payable"
    pay = {"actor": people.treasurer.actor(), "fund_id": claim.fund_id, "now": NOW}
    with no_event(), pytest.raises(claims.NothingToPay):
        claims.prepare_batch(**pay)  # type: ignore[arg-type]
    # The demand was wrong: it is paid again.
    second = official("department_official", HARBIN).actor()
    cancel_recovery(actor=second, recovery_id=row.pk, decision="款项已由银行退回", now=NOW)
    assert claims.prepare_batch(**pay)  # type: ignore[arg-type]


@pytest.mark.parametrize("objection", [False, True])
def test_cleared_with_an_account_that_cannot_be_paid_to_the_enterprise_is_told(objection: bool) -> None:
    found, number = published()
    if objection:
        object_to_first(number)
    with arranged():
        PayeeAccount.objects.filter(pk=found.claim(0).account_id or 0).update(
            state="refused", problem="账号错误"
        )
    clear_published(actor=SYSTEM, now=AFTER)
    if objection:
        decide_objection(
            actor=found.desk.reviewer.actor(),
            objection_id=PublicityObjection.objects.get().pk,
            upheld=False,
            decision="不属实",
            now=AFTER,
        )
    assert found.claim(0).state == found.claim(1).state == "payable"
    [told] = {each.body for each in Message.objects.filter(template="claims.account_wrong")}
    assert "账号错误" in told and found.claim(0).number in told


def test_cleared_without_publicity_it_is_told_too_and_otherwise_nobody_is() -> None:
    found = confirmed()
    with arranged():
        ItemTerms.objects.update(publicity_working_days=0)
        PayeeAccount.objects.filter(pk=found.claim(0).account_id or 0).update(state="removed")
    clear_published(actor=SYSTEM, now=NOW)
    parties = set(Message.objects.filter(template="claims.account_wrong").values_list("party", flat=True))
    assert parties == {found.parties[0].pk}


def test_what_waits_for_its_payment_as_it_should_is_told_nothing_of_an_account() -> None:
    payable_claim()
    assert not Message.objects.filter(template="claims.account_wrong").exists()
