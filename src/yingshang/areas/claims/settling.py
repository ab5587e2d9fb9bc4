"""What a bank says of orders, carried out: each answer once, whatever comes twice, late or out of order.

An answer that contradicts what is known already (paid after it was rejected, an order nobody sent) moves nothing. It
becomes a difference that somebody has to explain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from .actions._steps import step, tell_enterprise
from .journal import Line, moved, write_entry
from .lifecycle import ORDER
from .models import Budget, Claim, Instalment, PayeeAccount, PaymentBatch, PaymentOrder, Reservation
from .models.payments import ReconciliationDifference

OPEN = ("prepared", "sent", "accepted")

_LATER = {"accepted": ("paid", "rejected", "returned"), "paid": ("returned",)}
"""Status → states of an order that it comes before: told late, it changes nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bank says of one order: `status` is accepted, paid, rejected or returned (paid before, and come back).

    `account_is_wrong`: the reason is one the enterprise can mend by giving another account.
    """

    end_to_end_id: str
    status: str
    day: date | None = None
    reason_code: str = ""
    reason: str = ""
    reference: str = ""
    account_is_wrong: bool = True


@dataclass(slots=True)
class Settled:
    """What came of some answers, by how many orders."""

    accepted: int = 0
    paid: int = 0
    rejected: int = 0
    returned: int = 0
    known: int = 0
    differences: list[str] = field(default_factory=list)


def settle(answers: Sequence[Answer], *, channel: str, event_id: int, now: datetime) -> Settled:
    """Carry some answers out, in the transaction of the action whose event is named.

    Orders are locked in the order of their numbers, then their budgets: two reports at once wait for each other.
    """
    result = Settled()
    latest = {answer.end_to_end_id: answer for answer in answers}
    orders = {
        row.end_to_end_id: row
        for row in PaymentOrder.objects.select_for_update(of=("self",))
        .filter(end_to_end_id__in=list(latest), batch__channel=channel)
        .select_related("batch", "claim__party__merged_into", "instalment")
        .order_by("pk")
    }
    claims = Claim.objects.select_for_update().filter(pk__in={row.claim_id for row in orders.values()})
    for _ in claims.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=2000):
        pass
    kept: dict[int, list[Reservation]] = {}
    for each in (
        Reservation.objects.select_for_update()
        .filter(instalment__in=[row.instalment_id for row in orders.values()])
        .exclude(state="released")
        .order_by("pk")
    ):
        kept.setdefault(each.instalment_id, []).append(each)
    budgets = {each.budget_id for held in kept.values() for each in held}
    list(Budget.objects.select_for_update().filter(pk__in=budgets).order_by("pk").values_list("pk"))
    lines: list[Line] = []
    for answer in answers:
        order = orders.get(answer.end_to_end_id)
        if order is None:
            _differ("unknown_order", answer, None, channel, result, now)
            continue
        _carry_out(order, answer, kept.get(order.instalment_id, []), lines, channel, result, now)
    write_entry(
        lines,
        kind="answered",
        reference=f"report:{event_id}",
        told=f"{channel} 回执 {len(answers)} 笔",
        event_id=event_id,
        now=now,
    )
    for batch in PaymentBatch.objects.filter(
        pk__in={row.batch_id for row in orders.values()}, state__in=["sending", "sent"]
    ):
        if not batch.orders.filter(state__in=OPEN).exists():
            batch.state, batch.ended_at = "answered", now
            batch.save(update_fields=["state", "ended_at"])
    return result


def _carry_out(
    order: PaymentOrder,
    answer: Answer,
    kept: list[Reservation],
    lines: list[Line],
    channel: str,
    result: Settled,
    now: datetime,
) -> None:
    if answer.status == order.state or order.state in _LATER.get(answer.status, ()):
        # Told twice, or late: it is known already.
        result.known += 1
        return
    if order.state == "prepared" and order.batch.state == "sending":
        # The bank is faster than we were: killed after the file was handed over, before that was written down.
        order.state = "sent"
    if not ORDER.may(order.state, answer.status):
        _differ(f"{answer.status}_after_{order.state}", answer, order, channel, result, now)
        return
    day = answer.day or timezone.localdate(now)
    before, order.state = order.state, ORDER.after(order.state, answer.status)
    order.changed_at = now
    order.bank_reference = answer.reference[:64] or order.bank_reference
    order.reason_code, order.reason = answer.reason_code[:8], answer.reason[:200]
    claim, part = order.claim, order.instalment
    match answer.status:
        case "accepted":
            result.accepted += 1
        case "paid":
            order.paid_on = day
            part.state = "paid"
            claim.paid_fen += order.amount_fen
            _shift(kept, "held", "spent", "in_transit", "paid", lines)
            more = Instalment.objects.filter(claim=claim, state__in=["due", "waiting"]).exclude(pk=part.pk)
            step(claim, "part_settled" if more.exists() else "settled", now=now)
            result.paid += 1
        case "rejected":
            _shift(kept, "", "", "in_transit", "reserved", lines)
            step(claim, "bank_rejected" if answer.account_is_wrong else "not_executed", now=now)
            result.rejected += 1
        case "returned" if before == "paid":
            part.state = "due"
            claim.paid_fen -= order.amount_fen
            _shift(kept, "spent", "held", "paid", "reserved", lines)
            step(claim, "money_returned", now=now)
            result.returned += 1
        case "returned":
            # That it was paid has not reached us, or will later: what is certain is that it is back.
            _shift(kept, "", "", "in_transit", "reserved", lines)
            step(claim, "money_returned", now=now)
            result.returned += 1
    order.save(update_fields=["state", "changed_at", "bank_reference", "reason_code", "reason", "paid_on"])
    if answer.status == "accepted":
        return
    part.save(update_fields=["state"])
    claim.save(update_fields=["state", "state_before", "ended_at", "paid_fen"])
    if claim.state == "account_wrong":
        PayeeAccount.objects.filter(pk=order.account_id).update(
            state="refused", standing=False, problem=answer.reason[:200]
        )
        tell_enterprise(claim, "account_wrong", now=now, reason=answer.reason)
    elif answer.status == "paid":
        tell_enterprise(claim, "paid", now=now, day=day.isoformat(), tail=order.account.number_tail)


def _shift(kept: list[Reservation], before: str, after: str, source: str, to: str, lines: list[Line]) -> None:
    for each in kept:
        if before and each.state == before:
            each.state = after
            each.save(update_fields=["state"])
        lines += moved(each.budget_id, each.amount_fen, source=source, to=to)


def _differ(
    kind: str, answer: Answer, order: PaymentOrder | None, channel: str, result: Settled, now: datetime
) -> None:
    _, new = ReconciliationDifference.objects.get_or_create(
        channel=channel,
        kind=kind[:24],
        key=answer.end_to_end_id[:80],
        defaults={
            "region_path": order.batch.region_path if order else "",
            "day": answer.day or timezone.localdate(now),
            "order": order,
            "ours_fen": order.amount_fen if order else None,
            "told": f"{answer.status} {answer.reason_code} {answer.reason}".strip()[:400],
            "found_at": now,
        },
    )
    if new:
        result.differences.append(f"{kind} {answer.end_to_end_id}")
