"""Reading events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .models import AuditEvent


@dataclass(frozen=True, slots=True)
class Event:
    """One event as others see it; the attributes are those of `models.AuditEvent`."""

    id: int
    occurred_at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    target_kind: str
    target_id: str
    target_name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


_FIELDS = tuple(Event.__dataclass_fields__)


def events_of(target_kind: str, target_id: str, *, limit: int = 100) -> list[Event]:
    """What happened to one thing, newest first, at most `limit`."""
    rows = AuditEvent.objects.filter(target_kind=target_kind, target_id=target_id).order_by("-id")
    return [Event(**row) for row in rows.values(*_FIELDS)[:limit]]


def events_about_party(party_id: int, *, limit: int = 100) -> list[Event]:
    """What was done about one party, whatever the target, newest first, at most `limit`."""
    rows = AuditEvent.objects.filter(party_id=party_id).order_by("-id")
    return [Event(**row) for row in rows.values(*_FIELDS)[:limit]]
