"""Differences between bank and books are explained: by a person in words, or by what the bank says later."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor, ensure_separate
from yingshang.kernel.ledger.api import Target, record

from ...errors import DifferenceNotFound, InvalidExplanation, NotPossibleNow
from ...lifecycle import ORDER
from ...models import PaymentOrder, ReconciliationDifference, Repayment
from ...settling import Answer, settle
from ..repaid_lines import UNLISTED, follow_lines

BY_ITSELF = {
    "unanswered": "银行已答复，系统自动核销",
    "not_in_statement": "对账单已列明，系统自动核销",
}
"""Kinds of differences that end when the bank has spoken, and what is written then."""

BOOKABLE = ("paid_after_rejected", "paid_after_not_executed")


@transaction.atomic
def explain_difference(
    *,
    actor: Actor,
    difference_id: int,
    explanation: str,
    book_as_paid: bool = False,
    now: datetime,
) -> None:
    """Somebody says what a difference is. `book_as_paid`: the bank paid what our books take for unpaid, and it is its
    word that counts; only while the claim has not been paid otherwise.

    Raises DifferenceNotFound, InvalidExplanation, NotPossibleNow; ConflictingDuties for who noted a repayment that no
    statement has.
    """
    scope = actor.require("claims.reconcile")
    rows = ReconciliationDifference.objects.select_for_update(of=("self",)).select_related("order__batch")
    row = scope.filter(rows, region="region_path").filter(pk=difference_id).first()
    if row is None:
        raise DifferenceNotFound(
            f"no difference {difference_id}",
            message_zh="没有这条差异，或者不在您的管辖范围",
            value=difference_id,
        )
    if row.explained_at is not None:
        raise NotPossibleNow("it is explained already", message_zh="该差异已经核销")
    if row.kind == UNLISTED:
        # Who noted money that no statement has is not who finds that it is there.
        noted = Repayment.objects.filter(bank_reference=row.key).exclude(recorded_by="")
        ensure_separate(actor, noted.values_list("recorded_by", flat=True))
    explanation = explanation.strip()
    if len(explanation) < 4:
        raise InvalidExplanation(
            "say in words what it is and how you know",
            message_zh="请说明差异原因和核实依据（至少 4 个字）",
            field="explanation",
        )
    row.explained_at, row.explained_by_name = now, actor.name
    row.explanation = explanation[:400]
    row.save(update_fields=["explained_at", "explained_by_name", "explanation"])
    event_id = record(
        actor=actor,
        action="claims.difference_explained",
        target=Target("difference", str(row.pk), f"{row.kind} {row.key}", region_path=row.region_path),
        now=now,
        after={"kind": row.kind, "key": row.key, "book_as_paid": book_as_paid},
        reason=row.explanation,
    )
    if book_as_paid:
        _book(row, event_id, now)


def _book(row: ReconciliationDifference, event_id: int, now: datetime) -> None:
    order = row.order
    live = (
        PaymentOrder.objects.filter(instalment=order.instalment_id)
        .filter(state__in=["prepared", "sent", "accepted", "paid"])
        .exists()
        if order
        else True
    )
    if row.kind not in BOOKABLE or order is None or live or not ORDER.may(order.state, "paid_after_all"):
        raise NotPossibleNow(
            "it cannot be booked as paid: the claim has been ordered again, or the difference is another one",
            message_zh="不能按已支付入账：该申请已另行拨付，或者差异不是“银行已付而账面未付”",
        )
    settle(
        [Answer(order.end_to_end_id, "paid", day=row.day, after_all=True)],
        channel=row.channel,
        event_id=event_id,
        now=now,
    )


def explain_by_themselves(*, channel: str, orders: Collection[str], now: datetime) -> int:
    """Differences of some orders, and of repayments, that what the bank said since has explained. Called within an
    action."""
    rows = ReconciliationDifference.objects.filter(
        channel=channel, explained_at__isnull=True, order__end_to_end_id__in=list(orders)
    )
    ended = rows.filter(kind="unanswered").exclude(order__state__in=["prepared", "sent", "accepted"])
    told = rows.filter(kind="not_in_statement", order__statement_lines__kind="payment")
    count = follow_lines(channel, now=now)
    for kind, found in (("unanswered", ended), ("not_in_statement", told)):
        count += ReconciliationDifference.objects.filter(
            pk__in=list(found.values_list("pk", flat=True))
        ).update(explained_at=now, explained_by_name="系统", explanation=BY_ITSELF[kind])
    return count
