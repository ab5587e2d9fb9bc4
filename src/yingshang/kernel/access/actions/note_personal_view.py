"""Note who saw which personal data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog

from ..actors import Actor
from ..models import PersonalDataView


def note_personal_view(
    *, actor: Actor, party_id: int, fields: Iterable[str], purpose: str, now: datetime
) -> None:
    """Note that the actor sees these fields of a party in the clear. The row is the record; nothing changes it.

    Whether they may is for the room that shows them to decide, before it calls this.
    """
    PersonalDataView.objects.create(
        seen_at=now,
        actor_kind=actor.kind,
        actor_id=actor.identifier,
        actor_name=actor.name,
        party_id=party_id,
        fields=sorted(set(fields)),
        purpose=purpose[:200],
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )
