"""Reads of windows and appointments: what an enterprise can choose from, and who comes to a window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ..actions.begin_claim import terms_for
from ..errors import AppointmentNotFound, WindowNotFound
from ..lifecycle import APPOINTMENT
from ..models import Appointment, Claim, ItemTerms, ServiceWindow
from ..reach import OWN, VIEW, not_found, visible
from .places import hours_of, slots_of, windows_for
from .slots import Hours, Slot

SET = "claims.set_terms"
GONE = ("moved", "cancelled")
"""States of a place that was given back."""


@dataclass(frozen=True, slots=True)
class WindowView:
    """A window as pages show it."""

    id: int
    agency_id: int
    agency_name: str
    name: str
    address: str
    phone: str
    minutes: int
    places: int
    closed_on: tuple[str, ...]
    active: bool
    hours: tuple[Hours, ...]
    changed_at: datetime
    changed_by_name: str


@dataclass(frozen=True, slots=True)
class WindowChoice:
    """A window a claim can be brought to, and every time that can be booked there now."""

    id: int
    name: str
    address: str
    phone: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class ToBring:
    """A material whose original is brought; `there` where the enterprise has given it already."""

    code: str
    name: str
    required: bool
    there: bool
    promised: bool
    seen: bool


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """An appointment as pages show it."""

    id: int
    claim_id: int
    claim_number: str
    claim_state: str
    item_name: str
    party_name: str
    credit_code: str
    window_id: int
    window_name: str
    address: str
    phone: str
    starts_at: datetime
    ends_at: datetime
    state: str
    made_by_name: str
    ended_at: datetime | None
    ended_by_name: str
    missing: tuple[str, ...]
    note: str
    # It comes with the visit of another claim, whose place it shares.
    beside: bool = False


@dataclass(frozen=True, slots=True)
class VisitView:
    """An appointment with what has to be looked at when somebody comes; `others` are those of the same visit."""

    appointment: AppointmentView
    others: tuple[AppointmentView, ...]
    materials: tuple[ToBring, ...]
    line_name: str
    line_count: int


def windows_of_claim(*, actor: Actor, claim_id: int, now: datetime) -> tuple[WindowChoice, ...]:
    """The windows one's claim can be brought to, with the times that can be booked. Raises ClaimNotFound."""
    actor.require(OWN)
    claim = visible(actor).filter(pk=claim_id).first()
    if claim is None:
        raise not_found(claim_id)
    return tuple(
        WindowChoice(row.pk, row.name, row.address, row.phone, slots_of(row, now=now))
        for row in windows_for(claim).prefetch_related("hours")
    )


def appointment_of(*, actor: Actor, claim_id: int) -> AppointmentView | None:
    """The last appointment of a claim within the actor's reach, whatever became of it. Raises ClaimNotFound."""
    if not visible(actor).filter(pk=claim_id).exists():
        raise not_found(claim_id)
    row = _rows().filter(claim=claim_id).order_by("-pk").first()
    return _view(row) if row else None


def visit_with(*, actor: Actor, claim_id: int) -> tuple[AppointmentView, ...]:
    """The appointments of other claims that come, or came, with the visit of one within the actor's reach; they are
    moved and given back together. Raises ClaimNotFound.
    """
    if not visible(actor).filter(pk=claim_id).exists():
        raise not_found(claim_id)
    row = _rows().filter(claim=claim_id).order_by("-pk").first()
    if row is None:
        return ()
    return tuple(_view(each) for each in _same_visit(row, _rows().filter(claim__in=visible(actor))))


def service_windows(*, actor: Actor) -> tuple[WindowView, ...]:
    """The windows within the actor's reach. Two queries."""
    rows = actor.require(VIEW).filter(ServiceWindow.objects.all(), region="region_path")
    return tuple(_window(row) for row in rows.select_related("agency").prefetch_related("hours"))


def get_service_window(*, actor: Actor, window_id: int) -> WindowView:
    """One window, for who keeps it. Raises NotAllowed, WindowNotFound."""
    rows = actor.require(SET).filter(ServiceWindow.objects.all(), region="region_path")
    row = rows.select_related("agency").prefetch_related("hours").filter(pk=window_id).first()
    if row is None:
        raise WindowNotFound(
            f"no window {window_id}", message_zh="没有这个窗口，或者不归您管理", value=window_id
        )
    return _window(row)


def appointments_on(*, actor: Actor, day: date, window_id: int | None = None) -> tuple[AppointmentView, ...]:
    """Who comes on a day within the actor's reach, by time; places given back are not shown. One query."""
    zone = timezone.get_current_timezone()
    return tuple(
        _view(row)
        for row in _on_desk(actor, window_id)
        .filter(
            starts_at__range=(datetime.combine(day, time.min, zone), datetime.combine(day, time.max, zone))
        )
        .exclude(state__in=GONE)
    )


def unnoted_appointments(
    *, actor: Actor, day: date, window_id: int | None = None
) -> tuple[AppointmentView, ...]:
    """Appointments before a day of which nobody has said what became of them, the latest fifty. One query."""
    start = datetime.combine(day, time.min, timezone.get_current_timezone())
    rows = _on_desk(actor, window_id).filter(state="booked", starts_at__lt=start)
    return tuple(_view(row) for row in rows.order_by("-starts_at")[:50])


def get_visit(*, actor: Actor, appointment_id: int) -> VisitView:
    """An appointment on the desk. Raises AppointmentNotFound."""
    row = _on_desk(actor, None).filter(pk=appointment_id).first()
    if row is None:
        raise AppointmentNotFound(
            f"no appointment {appointment_id}",
            message_zh="没有这个预约，或者不归您办理",
            value=appointment_id,
        )
    terms = terms_for(row.claim.item_code)
    return VisitView(
        appointment=_view(row),
        others=tuple(_view(each) for each in _same_visit(row, _on_desk(actor, None))),
        materials=_to_bring(row.claim, terms),
        line_name=str(terms.lines.get("name", "")),
        line_count=row.claim.lines.count(),
    )


def to_bring(*, actor: Actor, claim_id: int) -> tuple[ToBring, ...]:
    """What somebody brings to the window for one's claim. Raises ClaimNotFound, NoTerms."""
    claim = visible(actor).filter(pk=claim_id).first()
    if claim is None:
        raise not_found(claim_id)
    return _to_bring(claim, terms_for(claim.item_code))


def window_agencies(*, actor: Actor) -> tuple[tuple[int, str], ...]:
    """The agencies within the actor's reach that deal with claims, for whom windows can be set."""
    rows = actor.require(SET).filter(ItemTerms.objects.all(), region="region_path")
    return tuple(rows.order_by("agency__name").values_list("agency", "agency__name").distinct())


def appointment_states() -> dict[str, tuple[str, str, str, bool]]:
    """State → its Chinese name, its English name, how a page colours it, and whether somebody is still awaited."""
    return {
        code: (each.name, each.name_en, each.tone, each.open) for code, each in APPOINTMENT.states.items()
    }


def _to_bring(claim: Claim, terms: ItemTerms) -> tuple[ToBring, ...]:
    have = {each.code: each for each in claim.materials.order_by("pk")}
    found = []
    for asked in terms.materials:
        row = have.get(str(asked["code"]))
        found.append(
            ToBring(
                code=str(asked["code"]),
                name=str(asked["name"]),
                required=bool(asked.get("required")),
                there=row is not None and row.origin != "promised",
                promised=row is not None and row.origin == "promised",
                seen=row is not None and row.seen_at is not None,
            )
        )
    return tuple(found)


def _same_visit(row: Appointment, rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
    if not row.claim.bundle or row.state in GONE:
        return rows.none()
    return (
        rows.filter(
            claim__bundle=row.claim.bundle, window=row.window_id, starts_at=row.starts_at, place=row.place
        )
        .exclude(claim=row.claim_id)
        .exclude(state__in=GONE)
    )


def _rows() -> QuerySet[Appointment]:
    return Appointment.objects.select_related("claim__party__merged_into", "window")


def _on_desk(actor: Actor, window_id: int | None) -> QuerySet[Appointment]:
    rows = actor.require(VIEW).filter(_rows(), region="claim__region_path")
    return rows if window_id is None else rows.filter(window=window_id)


def _view(row: Appointment) -> AppointmentView:
    party = row.claim.enterprise
    return AppointmentView(
        id=row.pk,
        claim_id=row.claim_id,
        claim_number=row.claim.number,
        claim_state=row.claim.state,
        item_name=row.claim.item_name,
        party_name=party.name,
        credit_code=party.credit_code or "",
        window_id=row.window_id,
        window_name=row.window.name,
        address=row.window.address,
        phone=row.window.phone,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=row.state,
        made_by_name=row.made_by_name,
        ended_at=row.ended_at,
        ended_by_name=row.ended_by_name,
        missing=tuple(row.missing),
        note=row.note,
        beside=row.beside_id is not None,
    )


def _window(row: ServiceWindow) -> WindowView:
    return WindowView(
        id=row.pk,
        agency_id=row.agency_id,
        agency_name=row.agency.name,
        name=row.name,
        address=row.address,
        phone=row.phone,
        minutes=row.minutes,
        places=row.places,
        closed_on=tuple(row.closed_on),
        active=row.active,
        hours=hours_of(row),
        changed_at=row.changed_at,
        changed_by_name=row.changed_by_name,
    )
