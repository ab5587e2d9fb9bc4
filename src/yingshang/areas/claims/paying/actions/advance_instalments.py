"""Instalments that wait for a later condition: due once it has come true; where nobody knows, a person decides; lost
when somebody finds that it will not come true.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record

from ...actions._steps import step, target_of, tell_enterprise, yuan
from ...errors import InvalidExplanation, NotPossibleNow
from ...journal import Line, moved, write_entry
from ...lifecycle import CLAIM
from ...models import Claim, Instalment, PaymentOrder, Reservation
from ...models.claims import ENDED_WITHOUT
from ...reach import load
from ...settling import OPEN, follow_parts
from ..instalments import DUE, LATER, LOST, Finding, finding_of, look


def advance_instalments(*, actor: Actor, now: datetime) -> int:
    """Decide every claim with a waiting instalment again; how many instalments came due. A claim is a transaction of
    its own, and one that cannot be decided now waits for a person.
    """
    actor.require("claims.pay")
    found = (
        Claim.objects.filter(instalments__state="waiting")
        .exclude(state__in=ENDED_WITHOUT)
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
    findings = look(claim, now=now)
    rows = [
        (row, finding_of(row, findings))
        for row in claim.instalments.filter(state="waiting").order_by("number")
    ]
    come = [row for row, finding in rows if finding.found == DUE]
    changed = [row for row, finding in rows if finding.found != DUE and _keep(row, finding, now)]
    if not come and not changed:
        # Found as it was before: nothing is written.
        return 0
    before = claim.state
    if come:
        Instalment.objects.filter(pk__in=[row.pk for row in come]).update(
            state="due", found=DUE, found_at=now
        )
        _follow(claim, now)
    record(
        actor=actor,
        action="claims.instalment_due" if come else "claims.instalment_looked_at",
        target=target_of(claim),
        now=now,
        before={"state": before},
        after={
            "state": claim.state,
            "instalments": [row.number for row in come],
            "waiting": {str(row.number): row.found for row in changed},
        },
    )
    for row in come:
        _tell(claim, row, "instalment_due", now)
    return len(come)


@transaction.atomic
def release_instalment(*, actor: Actor, claim_id: int, number: int, reason: str, now: datetime) -> None:
    """Somebody finds that the condition of an instalment is met, where the facts of today leave it open: it can be
    paid. Needs `claims.approve`. Raises ClaimNotFound, NotPossibleNow, InvalidExplanation.
    """
    claim, part, finding = _waiting(actor, claim_id, number, now)
    if finding.found in {LATER, LOST}:
        raise NotPossibleNow(
            f"by the facts of today the condition of instalment {number} is not met",
            message_zh="按今天的数据，后续条件不成立，不能拨付；数据有误的，请先更正数据",
            value=claim.number,
        )
    reason = _reason(
        reason, "say how you know that the condition is met", "请说明后续条件已经成立的依据（至少 4 个字）"
    )
    part.state, part.decided_by_name, part.reason = "due", actor.name, reason
    _keep(part, finding, now, save=False)
    part.save()
    before = claim.state
    _follow(claim, now)
    record(
        actor=actor,
        action="claims.instalment_due",
        target=target_of(claim),
        now=now,
        before={"state": before},
        after={"state": claim.state, "instalments": [number], "found": finding.found},
        reason=reason,
    )
    _tell(claim, part, "instalment_due", now)


@transaction.atomic
def drop_instalment(*, actor: Actor, claim_id: int, number: int, reason: str, now: datetime) -> None:
    """Somebody finds that the condition of an instalment will not come true: its budget is given back. Not while the
    facts of today say that it is met. Needs `claims.approve`.

    Raises ClaimNotFound, NotPossibleNow, InvalidExplanation.
    """
    claim, part, finding = _waiting(actor, claim_id, number, now)
    if finding.found == DUE:
        raise NotPossibleNow(
            f"by the facts of today the condition of instalment {number} is met",
            message_zh="按今天的数据，后续条件已经成立，将自动转入拨付，不能取消",
            value=claim.number,
        )
    reason = _reason(
        reason, "say why the condition will not come true", "请说明后续条件为何不成立（至少 4 个字）"
    )
    part.state, part.decided_by_name, part.reason = "lost", actor.name, reason
    _keep(part, finding, now, save=False)
    part.save()
    before = claim.state
    if claim.state == "partly_paid":
        _follow(claim, now)
    elif CLAIM.may(claim.state, "refused") and not claim.instalments.exclude(state="lost").exists():
        # Nothing is left to be paid of it: it does not wait for ever, and can be claimed anew.
        claim.reason, claim.decided_at = reason, now
        step(claim, "refused", now=now)
        claim.save()
    event_id = record(
        actor=actor,
        action="claims.instalment_lost",
        target=target_of(claim),
        now=now,
        before={"state": before},
        after={"state": claim.state, "instalment": number, "found": finding.found},
        reason=reason,
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
    _tell(claim, part, "instalment_lost", now)


def _waiting(actor: Actor, claim_id: int, number: int, now: datetime) -> tuple[Claim, Instalment, Finding]:
    claim = load(actor, claim_id, "claims.approve")
    part = claim.instalments.select_for_update().filter(number=number, state="waiting").first()
    if part is None:
        raise NotPossibleNow(
            f"instalment {number} of {claim.number} does not wait", message_zh="该期资金不在等待中"
        )
    return claim, part, finding_of(part, look(claim, now=now))


def _keep(row: Instalment, finding: Finding, now: datetime, *, save: bool = True) -> bool:
    """Note what was found, if it is another than before; whether it was."""
    told = (finding.found, list(finding.evidence), list(finding.lacking))
    if told == (row.found, row.evidence, row.lacking):
        return False
    row.found, row.evidence, row.lacking = told
    row.found_at = now
    if save:
        row.save(update_fields=["found", "evidence", "lacking", "found_at"])
    return True


def _reason(text: str, message: str, message_zh: str) -> str:
    text = text.strip()
    if not 4 <= len(text) <= 400:
        raise InvalidExplanation(message, message_zh=message_zh, field="reason")
    return text


def _tell(claim: Claim, part: Instalment, template: str, now: datetime) -> None:
    tell_enterprise(
        claim,
        template,
        now=now,
        instalment=part.number,
        instalment_amount=yuan(part.amount_fen),
        condition=part.condition,
        reason=part.reason,
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
