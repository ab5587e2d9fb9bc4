"""What a demonstration needs and nobody else may do: answers of a bank that is not there, for its own funds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record

from .actions._steps import move
from .actions.begin_claim import terms_for
from .actions.prepare_batch import load_batch, target_of
from .errors import InvalidBudget
from .lifecycle import BATCH, ORDER
from .models import BankStatement, Claim, PaymentBatch, PaymentOrder, StatementLine
from .settling import Answer, settle


@transaction.atomic
def answer_as_bank(
    *, actor: Actor, batch_id: int, answers: Mapping[int, tuple[str, str]], now: datetime
) -> None:
    """A checked batch is sent nowhere and answered by hand: claim → (status, reason). Claims that are not named wait.
    The account's statement of that day says the same, as a bank's would, so that reconciling finds nothing missing.

    Needs `claims.pay`; raises InvalidBudget for a fund that is not one of a demonstration.
    """
    batch = load_batch(actor, batch_id, "claims.pay")
    if not batch.fund.demonstration:
        raise InvalidBudget(
            "only funds of a demonstration are answered by hand",
            message_zh="只有演示资金可以模拟银行回执",
            field="fund",
        )
    batch.state = BATCH.after(BATCH.after(batch.state, "sending"), "sent")
    batch.sent_at = now
    batch.save(update_fields=["state", "sent_at"])
    rows = list(
        PaymentOrder.objects.select_for_update(of=("self",))
        .select_related("claim__party__merged_into", "account")
        .filter(batch=batch, state="prepared")
    )
    for row in rows:
        row.state, row.changed_at = ORDER.after(row.state, "sent"), now
    PaymentOrder.objects.bulk_update(rows, ["state", "changed_at"])
    event = record(
        actor=actor,
        action="claims.batch_sent",
        target=target_of(batch),
        now=now,
        after={"state": batch.state, "demonstration": True},
    )
    answered = [row for row in rows if row.claim_id in answers]
    settle(
        [
            Answer(
                row.end_to_end_id,
                answers[row.claim_id][0],
                day=timezone.localdate(now),
                reason=answers[row.claim_id][1],
                reference=_reference(row),
            )
            for row in answered
        ],
        channel=batch.channel,
        event_id=event,
        now=now,
    )
    moved = [row for row in answered if answers[row.claim_id][0] in _LINES]
    if moved:
        _tell_in_statement(batch, [(row, answers[row.claim_id][0]) for row in moved], event_id=event, now=now)


_LINES = {"paid": ("payment",), "returned": ("payment", "return")}
"""What an answer leaves in a statement: money that came back had gone before."""


def _reference(row: PaymentOrder) -> str:
    return f"DEMO{row.pk:08d}"


def _tell_in_statement(
    batch: PaymentBatch, told: Sequence[tuple[PaymentOrder, str]], *, event_id: int, now: datetime
) -> None:
    day, account = timezone.localdate(now), batch.fund.payer_account
    row, _new = BankStatement.objects.get_or_create(
        channel=batch.channel,
        account=account,
        day=day,
        defaults={
            "region_path": batch.region_path,
            "statement_id": f"DEMO{day:%Y%m%d}",
            "digest": "",
            "opening_fen": 0,
            "closing_fen": 0,
            "lines_count": 0,
            "complete": True,
            "taken_at": now,
            "event_id": event_id,
        },
    )
    lines = [
        StatementLine(
            statement=row,
            reference=f"{_reference(order)}{'R' if kind == 'return' else ''}",
            kind=kind,
            amount_fen=order.amount_fen if kind == "return" else -order.amount_fen,
            end_to_end_id=order.end_to_end_id,
            order=order,
            name=order.claim.enterprise.name[:140],
            account_tail=order.account.number_tail,
            text="演示",
        )
        for order, status in told
        for kind in _LINES[status]
    ]
    StatementLine.objects.bulk_create(lines)
    row.closing_fen += sum(each.amount_fen for each in lines)
    row.lines_count += len(lines)
    row.save(update_fields=["closing_fen", "lines_count"])


@transaction.atomic
def leave_outside_quota(*, actor: Actor, claim_id: int, reason: str, now: datetime) -> None:
    """One that waits to be ranked is outside the quota, in an item of a demonstration. Needs `claims.approve`."""
    scope = actor.require("claims.approve")
    rows = Claim.objects.select_for_update(of=("self",)).select_related("party__merged_into")
    claim = scope.filter(rows, region="region_path", party="party").get(pk=claim_id)
    if not terms_for(claim.item_code).fund.demonstration:
        raise InvalidBudget(
            "only claims on funds of a demonstration are left out by hand",
            message_zh="只有演示资金的申请可以直接标记未入围",
            field="fund",
        )
    claim.reason = reason
    claim.decided_event = move(claim, "unranked", actor=actor, now=now, reason=reason)
    claim.save(update_fields=["decided_event"])
