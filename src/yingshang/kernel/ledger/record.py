"""Writing an event, in the transaction of the write it tells of."""

from __future__ import annotations

import json
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
    if not connection.in_atomic_block:
        raise RuntimeError(f"{action}: an event is recorded in the transaction of its write; none is open")
    event = AuditEvent.objects.create(
        occurred_at=now,
        actor_kind=actor.kind,
        actor_id=actor.identifier,
        actor_name=actor.name,
        action=action,
        target_kind=target.kind,
        target_id=target.identifier,
        target_name=target.name[:200],
        region_path=target.region_path,
        agency_id=target.agency_id,
        party_id=target.party_id,
        before=_plain(before),
        after=_plain(after),
        reason=reason,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )
    return int(event.pk)


def _plain(values: dict[str, Any] | None) -> Any:
    """Dates, decimals and the like as text, the way the JSON column keeps them."""
    return None if values is None else json.loads(json.dumps(values, cls=DjangoJSONEncoder))
