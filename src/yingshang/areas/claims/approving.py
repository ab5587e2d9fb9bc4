"""Awarding: what is decided is reserved in the same transaction, for one claim or for many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from yingshang.areas.policies.api import Decided, decide_one
from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import lock_party

from .actions._steps import move, tell_enterprise
from .awards import Award, award_of, cut
from .errors import InvalidClaim, NotEntitled
from .limits import limited
from .models import Claim, ItemTerms
from .oversight.screening import screen
from .ranking.places import first_come, hold_places
from .reserving import release, reserve
from .settling import ensure_not_contradicted


def decide_again(claim: Claim, *, actor: Actor, now: datetime) -> Decided:
    """The claim decided with the facts as they are now. Raises what `decide_one` raises."""
    return decide_one(
        actor=actor,
        party_id=claim.enterprise.pk,
        code=claim.item_code,
        day=timezone.localdate(now),
        applied_on=claim.applied_on,
    )


def award(
    claim: Claim,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    terms: ItemTerms,
    decided: Decided | None = None,
    amount_fen: int | None = None,
    reason: str = "",
    more: Mapping[str, Any] | None = None,
    ranked: bool = False,
) -> Award:
    """Award a claim by an event of its lifecycle, reserve its budget, and go on to the public or to payment.

    `amount_fen` is less than what was worked out where the review, a quota or a pool grants less; never more.
    The enterprise is locked meanwhile, so that limits over several of its claims are seen by both of two at once.
    `ranked`: the place in a quota, and the share of a pool, are settled already; otherwise the places are held too, and
    whoever comes when they are gone is refused.
    Raises NotEntitled, NotPossibleNow, NeedsRanking, QuotaFull, BudgetNotFound, OverBudget; then nothing has happened.
    """
    if not ranked:
        hold_places(terms)
    lock_party(claim.enterprise.pk)
    decided = decided or decide_again(claim, actor=actor, now=now)
    worked_out = worth(claim, decided, now=now)
    wanted = worked_out.amount_fen if amount_fen is None else amount_fen
    if not ranked:
        wanted = first_come(
            claim, version_id=decided.item.version_id, day=timezone.localdate(now), wanted_fen=wanted
        )
    granted = worked_out if wanted == worked_out.amount_fen else _cut(worked_out, wanted)
    claim.award_fen = granted.amount_fen
    claim.decided_at = now
    claim.decided_event = move(
        claim,
        event,
        actor=actor,
        now=now,
        reason=reason,
        more={"award_fen": granted.amount_fen, "version": decided.version, **(more or {})},
    )
    claim.save(update_fields=["decided_event"])
    reserve(
        [(claim, granted)],
        fund=terms.fund,
        reference=f"claim:{claim.pk}",
        event_id=claim.decided_event,
        now=now,
    )
    tell_enterprise(claim, "approved", now=now)
    screen([claim.pk], "approved", now=now)
    return granted


def worth(claim: Claim, decided: Decided, *, now: datetime) -> Award:
    """What a claim is worth by a decision, after what limits several claims together. Raises NotEntitled."""
    if decided.outcome != "entitled" or decided.decision is None:
        raise NotEntitled(
            f"{claim.number} is not entitled by the facts of today",
            message_zh="按现有数据该企业不符合条件，或尚不能确定，不能核准",
            value=claim.number,
            outcome=decided.outcome,
        )
    return limited(award_of(decided.decision), claim=claim, decided=decided, now=now)


def take_back(claim: Claim, event: str, *, actor: Actor, now: datetime, reason: str = "") -> int:
    """End a claim that may have been awarded, and give its budget back; the number of the audit event.

    Raises NotPossibleNow, also while the bank says that it paid what our books take for unpaid.
    """
    ensure_not_contradicted(claim)
    event_id = move(claim, event, actor=actor, now=now, reason=reason)
    release([claim], reference=f"claim:{claim.pk}", event_id=event_id, now=now)
    return event_id


def _cut(whole: Award, amount_fen: int) -> Award:
    if not 0 < amount_fen <= whole.amount_fen:
        raise InvalidClaim(
            f"{amount_fen / 100:.2f} yuan are not between nothing and the {whole.amount_fen / 100:.2f} worked out",
            message_zh=f"核准金额应大于 0，且不超过测算的 {whole.amount_fen / 100:.2f} 元",
            field="amount",
            value=amount_fen,
        )
    return cut(whole, amount_fen)
