"""What somebody might try, and what might go wrong at the edges: each a way around a promise that is not there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.areas.claims.factories import (
    YUAN,
    Claimed,
    Desk,
    account_of,
    bank_says,
    desk,
    draft_claim,
    sent_batch,
)
from tests.kernel.access.factories import (
    NOW,
    arranged,
    no_event,
)
from yingshang.areas.claims.actions.begin_claim import begin_claim, discard_claim
from yingshang.areas.claims.actions.submit_claim import submit_claim
from yingshang.areas.claims.actions.withdraw_claim import (
    withdraw_claim,
)
from yingshang.areas.claims.errors import (
    AlreadyClaimed,
    NotPossibleNow,
)
from yingshang.areas.claims.models import (
    Budget,
    Instalment,
    PaymentOrder,
    Reservation,
)

pytestmark = pytest.mark.django_db


def test_drafts_of_earlier_months_are_not_kept_in_stock() -> None:
    desk()
    claim = draft_claim(mode="instant", period="month")
    later = NOW + timedelta(days=20)
    account = account_of(claim.party, claim.who)
    actor = claim.who.actor(later)
    second = begin_claim(actor=actor, party_id=claim.party.pk, code="HIRING", now=later)
    assert second != claim.id
    with no_event(), pytest.raises(AlreadyClaimed):
        submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=later)
    discard_claim(actor=actor, claim_id=second, now=later)
    assert submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=later) == "payable"
    assert claim.row.period == "2026-12"


def half_paid() -> tuple[Claimed, Desk]:
    """Paid in part; the other instalment is due."""
    _, claim, people = sent_batch()
    with arranged():
        second = Instalment.objects.create(claim=claim.row, number=2, amount_fen=1000, state="due")
        Reservation.objects.create(budget=Budget.objects.get(), instalment=second, amount_fen=1000)
    bank_says(PaymentOrder.objects.get(), "paid")
    assert claim.row.state == "payable" and claim.row.paid_fen == 12_000 * YUAN
    return claim, people


def test_what_was_paid_in_part_is_not_withdrawn_and_claimed_anew() -> None:
    claim, _ = half_paid()
    with no_event(), pytest.raises(NotPossibleNow, match="paid already"):
        withdraw_claim(actor=claim.who.actor(), claim_id=claim.id, reason="", now=NOW)


def test_what_the_bank_says_it_paid_is_not_withdrawn_before_somebody_has_looked() -> None:
    _, claim, _ = sent_batch()
    bank_says(PaymentOrder.objects.get(), "rejected", reason_code="AC01", reason="账号错误")
    bank_says(PaymentOrder.objects.get(), "paid")
    assert claim.row.state == "account_wrong"
    with no_event(), pytest.raises(NotPossibleNow, match="bank says"):
        withdraw_claim(actor=claim.who.actor(), claim_id=claim.id, reason="", now=NOW)
