"""Writing an event, in the transaction of the write it tells of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from .models import AuditEvent


class Acting(Protocol):
    """What an event says of its actor; `access.api.Actor` has it."""

    @property
    def kind(self) -> str: ...
    @property
    def identifier(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Target:
    """What an action was done to. `kind` is the name of a table row's kind in English, e.g. "party"."""

    kind: str
    identifier: str
    name: str = ""
    region_path: str = ""
    agency_id: int | None = None
    party_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be recorded together with others; the fields are those of `record`."""

    action: str
    target: Target
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    reason: str = ""


def record(
    *,
    actor: Acting,
    action: str,
    target: Target,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> int:
    """Record one event and return its number.

    `action` is `<room>.<past participle>`, e.g. "parties.merged". `before` and `after` hold what changed, and never
    personal data in the clear. Raises RuntimeError outside a transaction: an event that commits without its write, or
    a write without its event, is what the ledger exists to prevent.
    """
    [number] = record_many(actor=actor, events=[NewEvent(action, target, before, after, reason)], now=now)
    return number


def record_many(*, actor: Acting, events: Sequence[NewEvent], now: datetime) -> list[int]:
    """Record several events of one actor in one statement and return their numbers. Raises as `record` does."""
    if not connection.in_atomic_block:
        actions = ", ".join(sorted({event.action for event in events}))
        raise RuntimeError(f"{actions}: an event is recorded in the transaction of its write; none is open")
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    rows = AuditEvent.objects.bulk_create(
        AuditEvent(
            occurred_at=now,
            actor_kind=actor.kind,
            actor_id=actor.identifier,
            actor_name=actor.name,
            action=event.action,
            target_kind=event.target.kind,
            target_id=event.target.identifier,
            target_name=event.target.name[:200],
            region_path=event.target.region_path,
            agency_id=event.target.agency_id,
            party_id=event.target.party_id,
            before=_plain(event.before),
            after=_plain(event.after),
            reason=event.reason,
            request_id=request_id,
        )
        for event in events
    )
    return [int(row.pk) for row in rows]


def _plain(values: dict[str, Any] | None) -> Any:
    """Dates, decimals and the like as text, the way the JSON column keeps them."""
    return None if values is None else json.loads(json.dumps(values, cls=DjangoJSONEncoder))
