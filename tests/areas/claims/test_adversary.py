"""What somebody might try, and what might go wrong at the edges: each a way around a promise that is not there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.areas.claims.factories import (
    account_of,
    desk,
    draft_claim,
)
from tests.kernel.access.factories import (
    NOW,
    no_event,
)
from yingshang.areas.claims.actions.begin_claim import begin_claim, discard_claim
from yingshang.areas.claims.actions.submit_claim import submit_claim
from yingshang.areas.claims.errors import (
    AlreadyClaimed,
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
