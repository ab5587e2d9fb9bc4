"""A second person has looked at a list: its enterprises are asked."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, ensure_separate, reference_of
from yingshang.kernel.clock.api import Term, calendar_of_region, due_at
from yingshang.kernel.jobs.api import enqueue

from ...actions.begin_claim import terms_for
from ...errors import InvalidList, NotPossibleNow
from ...lifecycle import LIST
from ...models import EntitlementList
from ..jobs import offer_list_job
from ..lists import load_list, note_list


@transaction.atomic
def approve_list(*, actor: Actor, list_id: int, digest: str, now: datetime) -> None:
    """Approve a frozen list as it was looked at (`digest`). The worker keeps the budget and asks the enterprises.

    Needs `claims.approve`, and somebody else than who had it drawn up. Raises ListNotFound, NotPossibleNow,
    ConflictingDuties, InvalidList where it is not the list that was looked at, or is empty.
    """
    row = load_list(actor, list_id, "claims.approve")
    state = LIST.after(row.state, "approved")
    ensure_separate(actor, [row.made_by])
    if digest != row.digest:
        raise InvalidList(
            "this is not the list that was looked at; open it once more",
            message_zh="名单与您看到的不一致，请刷新后重新审核",
            field="digest",
        )
    if not row.total:
        raise InvalidList("nobody is on it", message_zh="名单为空，请作废", field="total")
    terms = terms_for(row.item_code)
    row.state = state
    row.approved_at, row.approved_by, row.approved_by_name = now, reference_of(actor), actor.name
    row.confirm_by = (
        due_at(
            now,
            Term(terms.consent_working_days, "working_days"),
            calendar_of_region(terms.agency.region_id),
        ).due_on
        if terms.consent_working_days
        else timezone.localdate(now)
    )
    row.job_id = _ask(row, actor, now)
    row.save(
        update_fields=["state", "approved_at", "approved_by", "approved_by_name", "confirm_by", "job_id"]
    )
    note_list(
        row,
        "list_approved",
        actor=actor,
        now=now,
        before={"state": "frozen"},
        after={
            "digest": row.digest,
            "total": row.total,
            "amount_fen": row.amount_fen,
            "confirm_by": row.confirm_by,
        },
    )


@transaction.atomic
def offer_waiting(*, actor: Actor, list_id: int, now: datetime) -> None:
    """Ask those of an approved list who waited for the budget. Needs `claims.approve`; raises NotPossibleNow."""
    row = load_list(actor, list_id, "claims.approve")
    if row.state != "approved" or not row.waiting:
        raise NotPossibleNow(
            "nobody of this list waits for the budget",
            message_zh="该名单没有等待预算的企业",
            value=row.number,
        )
    row.job_id = _ask(row, actor, now)
    row.save(update_fields=["job_id"])
    note_list(row, "list_resumed", actor=actor, now=now, after={"waiting": row.waiting})


def _ask(row: EntitlementList, actor: Actor, now: datetime) -> int:
    title = f"请企业确认免申即享 {row.item_name}"[:200]
    return enqueue(offer_list_job, actor=actor, title=title, now=now, list_id=row.pk)
