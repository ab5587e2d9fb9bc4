"""The legal representative's answer to somebody who wants to be a clerk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor, grant_mandate

from .. import lifecycle
from ..errors import ReasonMissing
from ..selectors import approvable
from ._steps import load, move, tell


def decide_clerk(
    *,
    actor: Actor,
    request_id: int,
    approve: bool,
    now: datetime,
    powers: Iterable[str] | None = None,
    valid_until: date | None = None,
    reason: str = "",
) -> None:
    """Agree, with the powers and the end the actor chooses, or refuse with a reason.

    What the actor may pass on is for access to say. Raises BindingNotFound, NotPossibleNow, ReasonMissing.
    """
    to = "approved" if approve else "refused"
    action = "approve" if approve else "refuse"
    with transaction.atomic():
        row = load(approvable(actor), request_id)
        lifecycle.require(row.state, action, "representative")
        if not approve and not reason.strip():
            raise ReasonMissing("a refusal says why", message_zh="请填写不同意的理由", field="reason")
        if approve:
            assert row.enterprise is not None
            row.mandate_id = grant_mandate(
                actor=actor,
                user_id=row.user_id,
                party_id=row.enterprise.pk,
                powers=powers,
                valid_until=valid_until,
                now=now,
                reason=f"binding {row.pk}",
            )
        row.decided_by_id = int(actor.identifier) if actor.kind == "user" else None
        row.decided_at, row.reason = now, reason.strip()[:400]
        move(
            row,
            action=action,
            by="representative",
            to=to,
            actor=actor,
            now=now,
            reason=row.reason,
            after={"mandate": row.mandate_id} if approve else None,
        )
        tell(row, row.user_id, to, now=now, reason=row.reason)
