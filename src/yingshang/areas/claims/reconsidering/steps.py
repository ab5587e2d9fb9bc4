"""What actions over reconsiderations share: which decision is meant, who may decide, who is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import Actor, ensure_separate, officials_who_may
from yingshang.kernel.clock.api import FiredRung
from yingshang.kernel.ledger.api import events_of, record

from ..actions._steps import target_of, tell_users
from ..errors import NotYourReconsideration, ReconsiderationNotFound
from ..models import Claim, Reconsideration
from ..reviewing.evidence import grounds_of
from .rules import ask_by

OWNER = "claim_reconsideration"
DECIDE = "claims.reconsider"
REFUSED = ("refused", "unranked")
AWARDED = ("approved", "publicity", "payable", "paying", "account_wrong", "partly_paid", "paid")
_DECISIONS = {
    "refusal": (
        "claims.refused",
        "claims.unranked",
        "claims.struck",
        "claims.objection_upheld",
        "claims.trip_confirmed",
    ),
    "amount": ("claims.approved", "claims.granted"),
}


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision that is meant: by whom, and when the enterprise was told."""

    about: str
    event: int
    by: str
    told_at: datetime
    ask_by: date


def about_of(claim: Claim) -> str:
    """`refusal`, or `amount` of an award lower than was worked out; empty: nothing that can be reconsidered."""
    if claim.state in REFUSED:
        return "refusal"
    low = (
        claim.award_fen is not None
        and claim.expected_fen is not None
        and claim.award_fen < claim.expected_fen
    )
    return "amount" if low and claim.state in AWARDED else ""


def decision_of(claim: Claim) -> Decided | None:
    """The newest decision of a claim that can be reconsidered; None where there is none."""
    about = about_of(claim)
    if not about:
        return None
    for event in events_of("claim", str(claim.pk), limit=200):
        if event.action in _DECISIONS[about]:
            by, at, number = f"{event.actor_kind}:{event.actor_id}", event.occurred_at, event.id
            return Decided(about, number, by, at, ask_by(at, claim.region_path))
    told = claim.decided_at or claim.ended_at
    if told is None:
        return None
    return Decided(about, claim.decided_event or 0, claim.approved_by, told, ask_by(told, claim.region_path))


def load_reconsideration(actor: Actor, number: int) -> tuple[Reconsideration, Claim]:
    """One that waits for this official, locked with its claim. Raises NotAllowed, ReconsiderationNotFound,
    NotYourReconsideration, ConflictingDuties.
    """
    scope = actor.require(DECIDE)
    rows = scope.filter(Reconsideration.objects.all(), region="region_path")
    claim_id = rows.filter(pk=number).values_list("claim_id", flat=True).first()
    if claim_id is None:
        raise not_found(number)
    claim = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("party__merged_into", "account")
        .get(pk=claim_id)
    )
    row = Reconsideration.objects.select_for_update(of=("self",)).select_related("agency").get(pk=number)
    if row.elsewhere and not of_agency(actor, row.agency_id):
        raise NotYourReconsideration(
            f"{row.agency.name} decides on it", message_zh=f"该复核由{row.agency.name}办理", value=row.number
        )
    ensure_separate(actor, hands_in(row, claim))
    return row, claim


def hands_in(row: Reconsideration, claim: Claim) -> list[str]:
    """Who had a hand in the decision: none of them decides on it once more."""
    return [
        each
        for each in (row.first_decided_by, claim.accepted_by, claim.reviewed_by, claim.approved_by)
        if each
    ]


def of_agency(actor: Actor, agency_id: int) -> bool:
    """Whether somebody works there; the platform works everywhere."""
    return actor.kind == "system" or any(grant.agency_id == agency_id for grant in actor.grants)


def questions_of(row: Reconsideration, claim: Claim, *, now: datetime) -> list[dict[str, Any]]:
    """The conditions a decision to keep a refusal has to answer, by the facts of the day: each with what it reads now.

    Where the facts fail none any more, those the refusal named; `key` tells them apart.
    """
    if row.about != "refusal":
        return []
    found = grounds_of(claim, now=now) or list(claim.grounds)
    return [
        {
            "key": str(each.get("condition") or f"g{number}"),
            "text": str(each.get("text") or ""),
            "value": str(each.get("value") or ""),
            "source": str(each.get("source") or ""),
            "as_of": each.get("as_of"),
        }
        for number, each in enumerate(found, 1)
    ]


def note(
    row: Reconsideration,
    claim: Claim,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event `claims.reconsideration_<what>`, on the claim: its way shows it; the number of the event."""
    return record(
        actor=actor,
        action=f"claims.reconsideration_{what}",
        target=target_of(claim),
        now=now,
        after={"reconsideration": row.number, "about": row.about, **(after or {})},
        reason=reason[:400],
    )


def tell_deciders(row: Reconsideration, claim: Claim, *, now: datetime) -> None:
    """Everybody of the agency who may decide on it, and had no hand in it."""
    apart = {each.removeprefix("user:") for each in hands_in(row, claim)}
    may = officials_who_may(DECIDE, agency_id=row.agency_id, today=timezone.localdate(now))
    tell_users(
        [user_id for user_id in may if str(user_id) not in apart],
        "reconsideration_waits",
        context={
            "number": row.number,
            "item": claim.item_name,
            "enterprise": claim.enterprise.name,
            "due": row.due_on.isoformat(),
        },
        link=f"/desk/claims/reconsiderations/{row.pk}/",
        now=now,
    )


def on_rung(rung: FiredRung) -> None:
    """The clock of a reconsideration says something: whoever decides is told again."""
    row = Reconsideration.objects.select_related("claim__party__merged_into").get(
        pk=int(rung.deadline.owner.identifier)
    )
    tell_deciders(row, row.claim, now=rung.fired_at)


def not_found(number: int) -> ReconsiderationNotFound:
    """The refusal for one that is not there, or not for this actor."""
    return ReconsiderationNotFound(
        f"no reconsideration {number}", message_zh="没有这项复核，或者您不能查看", value=number
    )
