"""Claims of the demonstration stand in every state, and are made once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from yingshang.areas.claims import api as claims
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.operations.sample_city import Demonstration, clerks_enterprises, load_city, load_people
from yingshang.operations.sample_claims import ACTOR, load_claims
from yingshang.operations.sample_policies import load_policies
from yingshang.operations.setup import set_up


@pytest.mark.django_db(transaction=True)
def test_claims_stand_in_every_state(tmp_path: Path) -> None:
    demonstration = Demonstration.of(tmp_path, city="tiny", today=date(2026, 11, 21))
    now = timezone.now()
    set_up(region="230000", now=now)
    load_city(
        demonstration, tmp_path, zone=ZoneInfo("Asia/Shanghai"), progress=lambda title, done, total: None
    )
    load_people(demonstration, now=now)
    load_policies(clerks_enterprises(now), now=now)
    assert load_claims(clerks_enterprises(now), now=now)
    states = {row.state for row in claims.claims(actor=ACTOR, limit=1000).rows}
    assert states == set(claims.claim_states())
    assert {row.state for row in claims.lists(actor=ACTOR, limit=10).rows} == {"approved", "frozen"}
    assert claims.ratings(actor=ACTOR, state="corrected").total == 1
    asked = claims.reconsiderations(actor=ACTOR, now=now).rows
    assert {row.state for row in asked} == {"open", "kept"}
    assert {row.state for row in claims.promises(actor=ACTOR, now=now).rows} == {"open", "kept"}
    assert claims.waiting_instalments(actor=ACTOR, found="later").total
    assert claims.public_ratings()
    assert claims.trips(actor=ACTOR).total
    assert claims.recoveries(actor=ACTOR, now=now, state="demanded").total == 1
    assert [each.kind for each in claims.differences(actor=ACTOR).rows] == ["repayment_unlisted"]
    assert sum(each.amount_fen for each in claims.balances(actor=ACTOR)) == 0
    events = AuditEvent.objects.count()
    assert not load_claims(clerks_enterprises(now), now=timezone.now())
    assert AuditEvent.objects.count() == events, "loading them again writes nothing"
