"""Situations of appeals about something."""

from __future__ import annotations

from tests.areas.appeals.factories import Said, city
from tests.areas.claims.factories import Claimed, submitted_claim
from tests.kept import kept
from tests.kernel.access.factories import DAOLI, NOW
from yingshang.areas.appeals import api

BODY = "申请交了两个月，没有人告诉我们办到哪一步。"


@kept
def claimed_appeal() -> tuple[Claimed, Said]:
    """A claim, and an appeal of its enterprise about it that an agency has."""
    people = city()
    claim, _desk = submitted_claim()
    done = api.submit_appeal(
        actor=claim.who.actor(NOW),
        title="兑现申请没有结果",
        body=BODY,
        region_code=DAOLI,
        party_id=claim.party.pk,
        links=[api.Link("claim", str(claim.id), "我随便写的名字")],
        now=NOW,
    )
    api.dispatch_appeal(
        actor=people.dispatcher.actor(NOW), appeal_id=done.id, agency_id=people.market, now=NOW
    )
    return claim, Said(done.id, claim.party, claim.who, people)
