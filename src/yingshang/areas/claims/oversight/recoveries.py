"""Reads of money asked back: an official's reach, or an enterprise's own claims, with the scope in the query."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, scope_of

from ..errors import RecoveryNotFound
from ..lifecycle import RECOVERY
from ..models import Recovery
from ..reach import OWN, VIEW
from .plans import plan_left
from .rules import recovery_rules, standing_of, unconfirmed_from
from .values import RecoveryPage, RecoveryView, RepaymentView


def recovery_states() -> dict[str, tuple[str, str, str]]:
    """State of a recovery → its Chinese name, its English name, how a page colours it."""
    return {code: (each.name, each.name_en, each.tone) for code, each in RECOVERY.states.items()}


def recovery_rates() -> tuple[tuple[str, str, str, str], ...]:
    """Rates that can be asked for: code, Chinese name, English name, source of the series with its last entry."""
    return tuple(
        (
            each["code"],
            each["name"],
            each["name_en"],
            "；".join([each["source"], *(f"最近录入：{last['source']}" for last in each["series"][-1:])]),
        )
        for each in recovery_rules()["rates"]
    )


def recoveries(
    *,
    actor: Actor,
    now: datetime,
    text: str = "",
    state: str = "",
    claim_id: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> RecoveryPage:
    """Money asked back within the actor's reach, newest first, as it stands today. Three queries.

    `text` is looked for in the numbers, the enterprise's and the item's name.
    """
    rows = _rows(actor)
    if state:
        rows = rows.filter(state=state)
    if claim_id is not None:
        rows = rows.filter(claim=claim_id)
    for word in text.split():
        rows = rows.filter(
            Q(number__icontains=word)
            | Q(claim__number__icontains=word)
            | Q(claim__party__name__icontains=word)
            | Q(claim__item_name__icontains=word)
        )
    return RecoveryPage(tuple(view_of(row, now) for row in rows[offset : offset + limit]), rows.count())


def get_recovery(*, actor: Actor, recovery_id: int, now: datetime) -> RecoveryView:
    """One of them. Raises RecoveryNotFound."""
    row = _rows(actor).filter(pk=recovery_id).first()
    if row is None:
        raise RecoveryNotFound(f"no recovery {recovery_id}", message_zh="没有这项追回", value=recovery_id)
    return view_of(row, now)


def _rows(actor: Actor) -> QuerySet[Recovery]:
    rows = Recovery.objects.select_related("claim__party__merged_into").prefetch_related("repayments")
    return scope_of(actor, OWN, VIEW).filter(rows, region="region_path", party="claim__party")


def view_of(row: Recovery, now: datetime) -> RecoveryView:
    """A recovery as it stands; whoever calls it has found it within somebody's scope, or is the platform."""
    # When it has ended, interest has stopped.
    as_of = timezone.localdate(row.ended_at or now)
    came = list(row.repayments.all())
    if came:
        as_of = came[-1].paid_on if row.state == "settled" else max(as_of, came[-1].paid_on)
    found = standing_of(row, came, until=as_of)
    plan = [(date.fromisoformat(each["due_on"]), int(each["amount_fen"])) for each in row.plan]
    ended = row.state in {"written_off", "cancelled"}
    return RecoveryView(
        id=row.pk,
        number=row.number,
        claim_id=row.claim_id,
        claim_number=row.claim.number,
        item_name=row.claim.item_name,
        party_name=row.claim.enterprise.name,
        region_path=row.region_path,
        state=row.state,
        principal_fen=row.principal_fen,
        interest_rate="" if row.interest_rate is None else f"{row.interest_rate * 100:.2f}%",
        interest_source=row.interest_source,
        interest_from=row.interest_from,
        unconfirmed_from=unconfirmed_from(row, until=as_of),
        reason=row.reason,
        basis=row.basis,
        plan=plan_left(plan, came_fen=row.principal_fen - found.open_principal_fen, today=as_of),
        steps=found.steps,
        repayments=tuple(
            RepaymentView(each.paid_on, each.amount_fen, each.interest_fen, each.bank_reference)
            for each in came
        ),
        repaid_fen=row.repaid_fen,
        interest_fen=found.interest_fen,
        open_principal_fen=0 if ended else found.open_principal_fen,
        open_interest_fen=0 if ended else found.open_interest_fen,
        as_of=as_of,
        demanded_at=row.demanded_at,
        demanded_by_name=row.demanded_by_name,
        ended_at=row.ended_at,
        decision=row.decision,
        event_id=row.event_id,
    )
