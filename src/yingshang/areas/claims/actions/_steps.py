"""Steps that several actions share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from yingshang.kernel.access.api import Actor, system_actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import Recipient, send_where_possible

from ..lifecycle import CLAIM
from ..models import Claim

PLATFORM = system_actor("claims")
"""Who messages come from, and who does what follows by itself."""

ENRICH: dict[str, Callable[[Claim, datetime], Mapping[str, Any]]] = {}
"""Template → fields that a package of this area adds to its message, whoever sends it."""


def target_of(claim: Claim) -> Target:
    """The claim as audit events name it."""
    return Target(
        "claim",
        str(claim.pk),
        f"{claim.number} {claim.item_name}",
        region_path=claim.region_path,
        agency_id=claim.agency_id,
        party_id=claim.party_id,
    )


def move(
    claim: Claim,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    more: Mapping[str, Any] | None = None,
) -> int:
    """Save the claim in the state the event leads to, with the audit event; the number of the event.

    Raises NotPossibleNow.
    """
    before = step(claim, event, now=now)
    claim.save()
    return record(
        actor=actor,
        action=f"claims.{event}",
        target=target_of(claim),
        now=now,
        before={"state": before},
        after={"state": claim.state, **(more or {})},
        reason=reason[:400],
    )


def step(claim: Claim, event: str, *, now: datetime) -> str:
    """Put the claim into the state the event leads to, without saving it; the state before. Raises NotPossibleNow."""
    before = claim.state
    claim.state = CLAIM.after(before, event, before=claim.state_before)
    if claim.state != before:
        claim.state_before = before
    claim.ended_at = None if CLAIM.states[claim.state].open else now
    return before


def tell_enterprise(claim: Claim, template: str, *, now: datetime, once: str = "", **context: Any) -> None:
    """A message to everybody who acts for the enterprise. That nobody can be reached does not stop the action."""
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(party_id=claim.party_id)],
        template=f"claims.{template}",
        context={
            "number": claim.number,
            "item": claim.item_name,
            "enterprise": claim.enterprise.name,
            "amount": yuan(claim.award_fen if claim.award_fen is not None else claim.expected_fen),
            **(ENRICH[template](claim, now) if template in ENRICH else {}),
            **context,
        },
        link=f"/claims/{claim.pk}/",
        once=once,
        now=now,
    )


def tell_users(
    users: Iterable[int],
    template: str,
    *,
    now: datetime,
    link: str,
    context: Mapping[str, Any],
    once: str = "",
) -> None:
    """A message to each of some officials. That one cannot be reached does not stop the action."""
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=each) for each in users],
        template=f"claims.{template}",
        context=context,
        link=link,
        once=once,
        now=now,
    )


def yuan(amount_fen: int | None) -> str:
    """Fen as yuan with two places; a dash for what is not known."""
    return "—" if amount_fen is None else f"{amount_fen // 100:,}.{amount_fen % 100:02d}"
