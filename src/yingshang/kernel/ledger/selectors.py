"""Reading events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

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


@dataclass(frozen=True, slots=True)
class EventDetail:
    """An event with everything the record holds of it."""

    event: Event
    recorded_at: datetime
    region_path: str
    agency_id: int | None
    party_id: int | None
    request_id: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, and how many there are in all."""

    rows: tuple[Event, ...]
    total: int


_ORDERS = {"occurred_at": "id", "actor_name": "actor_name", "action": "action", "target_name": "target_name"}


def find_events(
    *,
    within: Q,
    who: str = "",
    action: str = "",
    target: str = "",
    target_kind: str = "",
    since: date | None = None,
    until: date | None = None,
    before_id: int | None = None,
    order: str = "-occurred_at",
    page: int = 1,
    per_page: int = 20,
) -> EventPage:
    """Events within a scope, as a page. Texts are looked for inside the names; both days count.

    `before_id` leaves out that event and all later ones: a list read on from it does not shift when events are added.
    """
    rows = AuditEvent.objects.filter(within)
    if who:
        rows = rows.filter(Q(actor_name__icontains=who) | Q(actor_id=who))
    if action:
        rows = rows.filter(action__startswith=action)
    if target:
        rows = rows.filter(Q(target_name__icontains=target) | Q(target_id=target))
    if target_kind:
        rows = rows.filter(target_kind=target_kind)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    if since:
        rows = rows.filter(occurred_at__gte=_midnight(since))
    # Nothing comes after the last day there is.
    if until and until < date.max:
        rows = rows.filter(occurred_at__lt=_midnight(until + timedelta(days=1)))
    down = "-" if order.startswith("-") else ""
    column = _ORDERS.get(order.lstrip("-"), "id")
    ordered = rows.order_by(f"{down}{column}", f"{down}id") if column != "id" else rows.order_by(f"{down}id")
    first = (page - 1) * per_page
    found = tuple(Event(**row) for row in ordered.values(*_FIELDS)[first : first + per_page])
    return EventPage(found, rows.count())


def get_event(event_id: int, *, within: Q) -> EventDetail | None:
    """One event, if it lies within the scope."""
    row = AuditEvent.objects.filter(within, pk=event_id).first()
    if row is None:
        return None
    return EventDetail(
        event=Event(**{name: getattr(row, name) for name in _FIELDS}),
        recorded_at=row.recorded_at,
        region_path=row.region_path,
        agency_id=row.agency_id,
        party_id=row.party_id,
        request_id=row.request_id,
    )


def recorded_actions(*, within: Q) -> tuple[str, ...]:
    """Every action that occurs within a scope, for a list to choose from."""
    return tuple(
        AuditEvent.objects.filter(within).order_by("action").values_list("action", flat=True).distinct()
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
