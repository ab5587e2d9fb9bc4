"""An enterprise says how it finds an item it is entitled to."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, entries_of
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import PartyNotFound

from ...errors import InvalidOpinion
from ...matching.live import ENTITLED, OWN, decide_one
from ...models import PolicyOpinion, PolicyTold
from ...outreach.rules import opinion_rules

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def may_give_opinion(*, actor: Actor, party_id: int, code: str, now: datetime) -> bool:
    """Whether an enterprise of one's own is entitled to an item, or was told that it is."""
    scope = actor.require(OWN)
    party_id = actor.kept_entry(party_id, OWN)
    told = scope.filter(PolicyTold.objects.all(), party="party")
    if told.filter(party__in=entries_of(party_id), item__code=code).exists():
        return True
    decided = decide_one(actor=actor, party_id=party_id, code=code, day=timezone.localdate(now))
    return decided.outcome == ENTITLED


@transaction.atomic
def give_opinion(*, actor: Actor, party_id: int, code: str, rating: int, comment: str, now: datetime) -> None:
    """Say how one's enterprise finds an item; said again, it replaces what was said before.

    Needs `policies.match_own` for it. Raises PartyNotFound, ItemNotFound, and InvalidOpinion for who is not entitled,
    for another rating than one to five and for a comment that is too long.
    """
    if party_id not in actor.require(OWN).parties:
        raise PartyNotFound(
            f"no enterprise {party_id} of {actor.name}",
            message_zh="没有这家企业，或者您没有它的授权",
            value=party_id,
        )
    rules = opinion_rules()
    comment = _CONTROL.sub("", comment).strip()
    if rating not in {each.code for each in rules.levels}:
        raise InvalidOpinion(
            "choose one of the five levels", message_zh="请从五个等级中选一个", field="rating"
        )
    if len(comment) > rules.longest:
        raise InvalidOpinion(
            f"at most {rules.longest} characters; these are {len(comment)}",
            message_zh=f"意见最多 {rules.longest} 字，现在有 {len(comment)} 字",
            field="comment",
        )
    decided = decide_one(actor=actor, party_id=party_id, code=code, day=timezone.localdate(now))
    if not may_give_opinion(actor=actor, party_id=party_id, code=code, now=now):
        raise InvalidOpinion(
            "only an enterprise that is entitled to it, or was told that it is, rates an item",
            message_zh="符合该政策条件或者收到过通知的企业才能评价",
        )
    kept = decided.party_id
    # Two at the same moment: the later holds, and none is refused.
    PolicyOpinion.objects.filter(party__in=entries_of(kept), item=decided.item.item_id).exclude(
        party=kept
    ).delete()
    PolicyOpinion.objects.bulk_create(
        [
            PolicyOpinion(
                party_id=kept,
                item_id=decided.item.item_id,
                version_id=decided.item.version_id,
                rating=rating,
                comment=comment,
                given_at=now,
                given_by_name=actor.name,
            )
        ],
        update_conflicts=True,
        unique_fields=["party", "item"],
        update_fields=["version", "rating", "comment", "given_at", "given_by_name"],
    )
    record(
        actor=actor,
        action="policies.opinion_given",
        target=Target(
            "policy_item",
            code,
            f"{code} {decided.name}",
            party_id=kept,
            region_path=decided.item.region_path,
        ),
        now=now,
        after={"rating": rating, "comment": bool(comment)},
    )
