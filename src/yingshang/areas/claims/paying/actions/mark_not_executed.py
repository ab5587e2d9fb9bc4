"""An order the bank never answered, and never paid by its own statements: its claim waits for payment again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, ensure_separate
from yingshang.kernel.clock.api import national
from yingshang.kernel.ledger.api import record

from ...actions.prepare_batch import load_batch, target_of
from ...errors import InvalidExplanation, NoEvidence, NotPossibleNow, OrderNotFound
from ...journal import Line, moved, write_entry
from ...lifecycle import ORDER
from ...models import (
    BankStatement,
    Claim,
    Instalment,
    PaymentBatch,
    PaymentFile,
    PaymentOrder,
    ReconciliationDifference,
    Reservation,
    StatementLine,
)
from ...parameters import payment
from ...settling import OPEN, end_batches, follow_parts

PERMISSION = "claims.confirm_unpaid"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What statements show of a batch: the days that must have one, those that have none yet, and since when it is
    enough. `sound`: every day is there, and the last one is over.
    """

    first: date
    last: date
    missing: tuple[date, ...]
    sound: bool


@transaction.atomic
def mark_not_executed(
    *, actor: Actor, batch_id: int, orders: Collection[int], reason: str, now: datetime
) -> int:
    """A supervisor finds that the bank has not executed some orders of a batch; how many.

    Neither the maker nor the checker of the batch. The statements of every working day since it was checked, up to
    some working days after the bank was last called, must be there and name none of the orders. From then on the file
    of the batch is never sent again. Raises BatchNotFound, OrderNotFound, NotPossibleNow, NoEvidence,
    ConflictingDuties, InvalidExplanation.
    """
    batch = load_batch(actor, batch_id, PERMISSION)
    ensure_separate(actor, [batch.made_by, batch.checked_by])
    if len(reason.strip()) < 4:
        raise InvalidExplanation(
            "say in words what the bank confirmed, and how you know",
            message_zh="请说明银行的确认情况和核实依据（至少 4 个字）",
            field="reason",
        )
    rows = list(batch.orders.select_for_update(of=("self",)).filter(pk__in=list(orders)).order_by("pk"))
    if not rows or len(rows) != len(set(orders)):
        raise OrderNotFound("no such order in this batch", message_zh="批次中没有这笔支付指令")
    for row in rows:
        ORDER.after(row.state, "not_executed")
    if batch.state not in {"sending", "sent"}:
        raise NotPossibleNow(
            f"{batch.message_id} has not been sent", message_zh="该批次尚未发送", value=batch.message_id
        )
    _ensure_evidence(batch, rows, now)
    event_id = record(
        actor=actor,
        action="claims.not_executed",
        target=target_of(batch),
        now=now,
        after={"orders": [row.end_to_end_id for row in rows]},
        reason=reason.strip()[:400],
    )
    PaymentOrder.objects.filter(pk__in=[row.pk for row in rows]).update(
        state="not_executed", reason=reason.strip()[:200], changed_at=now
    )
    lines: list[Line] = []
    for budget_id, fen in Reservation.objects.filter(
        instalment__in=[row.instalment_id for row in rows], state="held"
    ).values_list("budget_id", "amount_fen"):
        lines += moved(budget_id, fen, source="in_transit", to="reserved")
    write_entry(
        lines,
        kind="not_executed",
        reference=f"batch:{batch.pk}",
        told=f"{batch.message_id} 未执行 {len(rows)} 笔",
        event_id=event_id,
        now=now,
    )
    _claims_wait({row.claim_id for row in rows}, now)
    ReconciliationDifference.objects.filter(
        order__in=[row.pk for row in rows], kind="unanswered", explained_at__isnull=True
    ).update(explained_at=now, explained_by_name=actor.name, explanation=reason.strip()[:400])
    end_batches({batch.pk}, now=now)
    return len(rows)


def evidence_of(batch: PaymentBatch, now: datetime) -> Evidence | None:
    """What statements show of a batch that was sent; None of one that never was."""
    file = PaymentFile.objects.filter(batch=batch).first()
    if file is None or file.attempted_at is None or batch.checked_at is None:
        return None
    calendar = national()
    first = timezone.localdate(batch.checked_at)
    # A bank may carry an order out on the day it is asked for, however early it had it.
    called = max(timezone.localdate(file.attempted_at), batch.execute_on)
    last = calendar.add_working_days(called, int(payment()["not_executed_working_days"]))
    days = {first + timedelta(days=each) for each in range((last - first).days + 1)}
    needed = sorted(day for day in days if calendar.is_working_day(day))
    there = set(
        BankStatement.objects.filter(
            channel=batch.channel,
            account=batch.fund.payer_account,
            day__in=needed,
            complete=True,
        ).values_list("day", flat=True)
    )
    missing = tuple(day for day in needed if day not in there)
    return Evidence(first, last, missing, not missing and timezone.localdate(now) > last)


def _ensure_evidence(batch: PaymentBatch, rows: list[PaymentOrder], now: datetime) -> None:
    evidence = evidence_of(batch, now)
    if evidence is None or not evidence.sound:
        missing = [] if evidence is None else [day.isoformat() for day in evidence.missing]
        until = evidence.last.isoformat() if evidence else ""
        raise NoEvidence(
            f"the bank's statements up to {until} are not all there yet; missing: {', '.join(missing) or 'none'}",
            message_zh=f"需要截至 {until} 的银行对账单作为依据"
            + (f"，缺少：{'、'.join(missing[:10])}" if missing else "，请待该日日终后再确认"),
            value=batch.message_id,
            missing=missing,
        )
    told = StatementLine.objects.filter(end_to_end_id__in=[row.end_to_end_id for row in rows]).first()
    if told is not None:
        raise NoEvidence(
            f"the bank's statement names {told.end_to_end_id}",
            message_zh=f"银行对账单列有指令 {told.end_to_end_id}，不能确认为未执行",
            value=told.end_to_end_id,
        )


def _claims_wait(claims: set[int], now: datetime) -> None:
    rows = list(
        Claim.objects.select_for_update(of=("self",))
        .filter(pk__in=claims)
        .select_related("account")
        .order_by("pk")
    )
    parts: dict[int, list[str]] = {}
    for claim_id, state in Instalment.objects.filter(claim__in=claims).values_list("claim_id", "state"):
        parts.setdefault(claim_id, []).append(state)
    flying = set(
        PaymentOrder.objects.filter(claim__in=claims, state__in=OPEN).values_list("claim_id", flat=True)
    )
    for claim in rows:
        follow_parts(
            claim,
            parts.get(claim.pk, []),
            in_flight=claim.pk in flying,
            usable=claim.account is not None and claim.account.state == "usable",
            now=now,
        )
    Claim.objects.bulk_update(rows, ["state", "state_before", "ended_at"], batch_size=500)
