"""What was promised is to be checked from the moment the claim is handed in. In the transaction of that action."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from django.utils import timezone

from yingshang.kernel.clock.api import Owner, cancel_deadline, start_deadline
from yingshang.kernel.ledger.api import latest_checkpoint, record

from ..actions._steps import PLATFORM, target_of
from ..lifecycle import PROMISE
from ..models import Claim, ItemTerms, PromiseCheck
from ..reconsidering.rules import region_code
from .rules import is_drawn, promise_rules

OWNER = "claim_promise"
MADE: Mapping[Literal["zh", "en"], str] = {"zh": "作出承诺", "en": "promised"}


def begin_checks(claim: Claim, *, now: datetime) -> int:
    """A check for each promise that has none yet, drawn by the percentage of the terms; how many are new. Promises
    that were taken back while the claim was corrected are checked no more.
    """
    for gone in claim.promise_checks.filter(material=None, state__in=["open", "undrawn"]):
        drop(gone, "承诺已由企业收回或者已补交材料", now=now)
    fresh = list(claim.materials.filter(origin="promised", promise_check=None).order_by("pk"))
    if not fresh:
        return 0
    terms = ItemTerms.objects.filter(item_code=claim.item_code).first()
    percent = terms.promise_check_percent if terms else 100
    checkpoint = latest_checkpoint()
    root = checkpoint.root.hex() if checkpoint else ""
    drawn = []
    for material in fresh:
        row = PromiseCheck.objects.create(
            claim=claim,
            material=material,
            code=material.code,
            name=material.name,
            region_path=claim.region_path,
            agency_id=claim.agency_id,
            state="open" if is_drawn(claim.number, material.code, root, percent) else "undrawn",
            made_at=now,
            promised_until=material.promised_until or timezone.localdate(now),
            percent=percent,
            checkpoint_root=root,
        )
        if row.state == "open":
            drawn.append(material.code)
            _start(row, claim, now)
    record(
        actor=PLATFORM,
        action="claims.promised",
        target=target_of(claim),
        now=now,
        after={
            "promises": [each.code for each in fresh],
            "drawn": drawn,
            "percent": percent,
            "checkpoint": root,
        },
    )
    return len(fresh)


def drop(row: PromiseCheck, why: str, *, now: datetime) -> None:
    """There is nothing to check any more; its clock ends. The audit event is the clock's, or the caller's."""
    if row.state == "open" and row.deadline_id is not None:
        cancel_deadline(actor=PLATFORM, deadline_id=row.deadline_id, reason=why, now=now)
    row.state, row.finding = PROMISE.after(row.state, "dropped"), why
    row.save(update_fields=["state", "finding"])


def _start(row: PromiseCheck, claim: Claim, now: datetime) -> None:
    rules = promise_rules()
    deadline = start_deadline(
        actor=PLATFORM,
        owner=Owner(OWNER, str(row.pk)),
        kind="case",
        name=f"承诺核查：{row.name}"[:200],
        name_en=f"Checking a promise: {row.name}"[:200],
        term=rules.check,
        started_at=now,
        region_code=region_code(claim.region_path),
        agency_id=row.agency_id,
        party_id=claim.party_id,
        ladder=rules.ladder,
        now=now,
        start_event=MADE,
    )
    row.due_on, row.deadline_id = deadline.due_on, deadline.id
    row.save(update_fields=["due_on", "deadline_id"])
