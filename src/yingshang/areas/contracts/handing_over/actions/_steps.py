"""What the actions of handing over share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import cancel_deadline, get_deadline, meet_deadline
from yingshang.kernel.ledger.api import Target, record

from ...errors import InvalidStep
from ...models import HandOver
from ..telling import PLATFORM

LONGEST = 1000
"""Characters of what a head writes at once, as the tables hold it."""


def bounded(text: str, field: str) -> str:
    """What somebody wrote, of a bearable length. Raises InvalidStep."""
    text = text.strip()
    if len(text) > LONGEST:
        raise InvalidStep(
            f"{len(text)} characters; write at most {LONGEST}",
            message_zh=f"共 {len(text)} 字，最多 {LONGEST} 字",
            field=field,
        )
    return text


def note(
    row: HandOver, what: str, *, actor: Actor, now: datetime, reason: str = "", after: Mapping[str, Any]
) -> int:
    """The audit event `contracts.<what>` of a list; its number."""
    return record(
        actor=actor,
        action=f"contracts.{what}",
        target=Target(
            "contract_hand_over",
            str(row.pk),
            f"{row.agency.name} {row.as_of}"[:200],
            region_path=row.region_path,
            agency_id=row.agency_id,
        ),
        now=now,
        after=dict(after),
        reason=reason[:400],
    )


def end_clock(row: HandOver, *, now: datetime, lapsed: str = "") -> None:
    """The list is signed for, or (with the reason) nobody signs for it any more."""
    if row.deadline_id is None or get_deadline(row.deadline_id).state != "running":
        return
    if lapsed:
        cancel_deadline(actor=PLATFORM, deadline_id=row.deadline_id, reason=lapsed, now=now)
    else:
        meet_deadline(actor=PLATFORM, deadline_id=row.deadline_id, now=now)
