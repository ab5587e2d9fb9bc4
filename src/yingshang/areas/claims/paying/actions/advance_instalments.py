"""Instalments that wait for a later condition: due once it has come true, lost when somebody finds that it will not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.areas.policies.api import decide_one
from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record
from yingshang.rules.errors import DomainError
from yingshang.rules.policy.decide import Outcome

from ...actions._steps import target_of
from ...errors import InvalidExplanation, NotPossibleNow
from ...journal import Line, moved, write_entry
from ...models import Claim, Instalment, PaymentOrder, Reservation
from ...reach import load
from ...settling import OPEN, follow_parts


def advance_instalments(*, actor: Actor, now: datetime) -> int:
    """Decide every claim with a waiting instalment again; how many instalments came due. A claim is a transaction of
    its own, and one that cannot be decided now waits on.
    """
    actor.require("claims.pay")
    found = (
        Claim.objects.filter(instalments__state="waiting")
        .exclude(state__in=["refused", "withdrawn", "declined", "lapsed", "unranked"])
        .order_by("pk")
        .values_list("pk", flat=True)
        .distinct()
    )
    return sum(_advance(pk, actor, now) for pk in list(found))


@transaction.atomic
def _advance(claim_id: int, actor: Actor, now: datetime) -> int:
    claim = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("party__merged_into", "account")
        .get(pk=claim_id)
    )
    try:
        decided = decide_one(
            actor=actor, party_id=claim.enterprise.pk, code=claim.item_code, day=timezone.localdate(now)
        )
    except DomainError:
        return 0
    if decided.decision is None:
        return 0
    come = {
        each.id
        for each in decided.decision.payments
        if each.due is Outcome.TRUE and each.payable is Outcome.TRUE
    }
    rows = [row for row in claim.instalments.filter(state="waiting") if row.code in come]
    if not rows:
        return 0
    Instalment.objects.filter(pk__in=[row.pk for row in rows]).update(state="due")
    before = claim.state
    _follow(claim, now)
    record(
        actor=actor,
        action="claims.instalment_due",
        target=target_of(claim),
        now=now,
        before={"state": before},
        after={"state": claim.state, "instalments": [row.number for row in rows]},
    )
    return len(rows)


@transaction.atomic
def drop_instalment(*, actor: Actor, claim_id: int, number: int, reason: str, now: datetime) -> None:
    """Somebody finds that the condition of an instalment will not come true: its budget is given back.

    Raises ClaimNotFound, NotPossibleNow, InvalidExplanation.
    """
    claim = load(actor, claim_id, "claims.approve")
    part = claim.instalments.select_for_update().filter(number=number, state="waiting").first()
    if part is None:
        raise NotPossibleNow(
            f"instalment {number} of {claim.number} does not wait", message_zh="该期资金不在等待中"
        )
    if len(reason.strip()) < 4:
        raise InvalidExplanation(
            "say why the condition will not come true",
            message_zh="请说明后续条件为何不成立（至少 4 个字）",
            field="reason",
        )
    part.state = "lost"
    part.save(update_fields=["state"])
    before = claim.state
    if claim.state == "partly_paid":
        _follow(claim, now)
    event_id = record(
        actor=actor,
        action="claims.instalment_lost",
        target=target_of(claim),
        now=now,
        before={"state": before},
        after={"state": claim.state, "instalment": number},
        reason=reason.strip()[:400],
    )
    lines: list[Line] = []
    for row in Reservation.objects.select_for_update().filter(instalment=part, state="held").order_by("pk"):
        row.state = "released"
        row.save(update_fields=["state"])
        lines += moved(row.budget_id, row.amount_fen, source="reserved", to="free")
    write_entry(
        lines,
        kind="released",
        reference=f"claim:{claim.pk}",
        told=f"第 {number} 期条件不成立",
        event_id=event_id,
        now=now,
    )


def _follow(claim: Claim, now: datetime) -> None:
    if claim.state not in {"partly_paid", "paid"}:
        # It waits for payment already, or for something else that comes first.
        return
    follow_parts(
        claim,
        list(claim.instalments.values_list("state", flat=True)),
        in_flight=PaymentOrder.objects.filter(claim=claim, state__in=OPEN).exists(),
        usable=claim.account is not None and claim.account.state == "usable",
        now=now,
    )
    claim.save(update_fields=["state", "state_before", "ended_at"])
