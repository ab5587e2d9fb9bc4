"""What a demonstration needs and nobody else may do: answers of a bank that is not there, for its own funds."""

from __future__ import annotations

from collections.abc import Mapping
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
from .models import Claim, PaymentOrder
from .settling import Answer, settle


@transaction.atomic
def answer_as_bank(
    *, actor: Actor, batch_id: int, answers: Mapping[int, tuple[str, str]], now: datetime
) -> None:
    """A checked batch is sent nowhere and answered by hand: claim → (status, reason). Claims that are not named wait.

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
    rows = list(PaymentOrder.objects.select_for_update().filter(batch=batch, state="prepared"))
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
    settle(
        [
            Answer(
                row.end_to_end_id,
                answers[row.claim_id][0],
                day=timezone.localdate(now),
                reason=answers[row.claim_id][1],
                reference=f"DEMO{row.pk:08d}",
            )
            for row in rows
            if row.claim_id in answers
        ],
        channel=batch.channel,
        event_id=event,
        now=now,
    )


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
