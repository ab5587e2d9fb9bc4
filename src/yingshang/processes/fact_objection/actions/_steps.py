"""Steps that several actions share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import Recipient, send_where_possible

from ..desks import PLATFORM
from ..lifecycle import OBJECTION
from ..models import Objection


def move(
    row: Objection,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    more: Mapping[str, Any] | None = None,
) -> int:
    """Save the objection in the state the event leads to, with the event; the number of the event.

    Raises NotPossibleNow.
    """
    before = row.state
    row.state = OBJECTION.after(before, event, before=row.state_before)
    row.state_before = before
    if not OBJECTION.states[row.state].open:
        row.ended_at = now
    row.save()
    return note(
        row,
        event,
        actor=actor,
        now=now,
        before={"state": before},
        after_={"state": row.state, **(more or {})},
        reason=reason,
    )


def note(
    row: Objection,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after_: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event of something that happened to an objection."""
    return record(
        actor=actor,
        action=f"fact_objection.{event}",
        target=Target(
            "objection",
            str(row.pk),
            f"{row.number} {row.fact_name}",
            region_path=row.region_path,
            agency_id=row.source_agency_id,
            party_id=row.party_id,
        ),
        now=now,
        before=dict(before) if before else None,
        after=dict(after_) if after_ else None,
        reason=reason[:400],
    )


def tell_enterprise(row: Objection, template: str, *, now: datetime, **context: Any) -> None:
    """A message to everybody who acts for the enterprise. That nobody can be reached does not stop the action."""
    _tell([Recipient(party_id=row.party_id)], row, template, f"/objections/{row.pk}/", now, context)


def tell_officials(
    row: Objection, users: Iterable[int], template: str, link: str, *, now: datetime, **context: Any
) -> None:
    """A message to each of these officials."""
    _tell([Recipient(user_id=each) for each in sorted(set(users))], row, template, link, now, context)


def _tell(
    to: list[Recipient], row: Objection, template: str, link: str, now: datetime, context: Mapping[str, Any]
) -> None:
    send_where_possible(
        actor=PLATFORM,
        to=to,
        template=f"fact_objection.{template}",
        context={
            "number": row.number,
            "enterprise": row.enterprise.name,
            "fact": row.fact_name,
            **context,
        },
        link=link,
        now=now,
    )
