"""Free times of windows, and one place of them taken: by one claim, whoever comes at the same moment."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from yingshang.kernel.clock.api import Calendar, calendar_of_region
from yingshang.kernel.reference.api import find_region

from ..errors import InvalidClaim, SlotTaken, WindowNotFound
from ..models import Appointment, Claim, ServiceWindow
from .parameters import appointment_rules
from .slots import Hours, Slot, open_days, stretches

TAKEN = ("booked", "came", "incomplete")
"""States in which a place is not free."""


def windows_for(claim: Claim) -> QuerySet[ServiceWindow]:
    """The windows a claim can be brought to: those of the agency that deals with it."""
    return ServiceWindow.objects.filter(agency_id=claim.agency_id, active=True)


def slots_of(window: ServiceWindow, *, now: datetime) -> tuple[Slot, ...]:
    """Every stretch that can be booked now, by time, full ones too. Three queries."""
    rules = appointment_rules()
    calendar = _calendar(window.region_path)
    zone = timezone.get_current_timezone()
    days = open_days(
        today=timezone.localdate(now),
        count=rules.ahead_working_days,
        working=calendar.is_working_day,
        closed_on=window.closed_on,
    )
    hours = hours_of(window)
    earliest = now + timedelta(minutes=rules.notice_minutes)
    taken: Counter[datetime] = Counter()
    if days:
        first = datetime.combine(days[0], time.min, zone)
        last = datetime.combine(days[-1], time.max, zone)
        taken.update(
            Appointment.objects.filter(
                window=window, state__in=TAKEN, starts_at__range=(first, last)
            ).values_list("starts_at", flat=True)
        )
    return tuple(
        Slot(start, end, max(0, window.places - taken[start]))
        for day in days
        for start, end in stretches(hours, minutes=window.minutes, day=day, zone=zone)
        if start >= earliest
    )


def hours_of(window: ServiceWindow) -> tuple[Hours, ...]:
    """When a window is open."""
    return tuple(Hours(row.weekday, row.opens_at, row.closes_at) for row in window.hours.all())


def take_place(
    claim: Claim, *, window_id: int | None, starts_at: datetime | None, who: str, now: datetime
) -> Appointment:
    """One free place for a claim. The window is locked, and the database gives no place twice.

    Raises InvalidClaim where nothing was chosen, WindowNotFound, SlotTaken.
    """
    if window_id is None or starts_at is None:
        raise InvalidClaim(
            "choose a window and a time at which somebody comes",
            message_zh="请选择窗口和时间；这个事项须带材料原件到窗口办理一次",
            field="appointment",
        )
    window = windows_for(claim).select_for_update(of=("self",)).filter(pk=window_id).first()
    if window is None:
        raise WindowNotFound(
            f"no window {window_id} takes this claim",
            message_zh="这个窗口不办理该事项，请另选",
            value=window_id,
        )
    slot = next((each for each in slots_of(window, now=now) if each.starts_at == starts_at), None)
    if slot is None or not slot.left:
        moment = timezone.localtime(starts_at)
        raise SlotTaken(
            f"{moment:%Y-%m-%d %H:%M} at {window.name} is not free any more; choose another time",
            message_zh=f"“{window.name}”{moment:%Y-%m-%d %H:%M}已约满或不在可预约的时间内，请另选时间",
            field="appointment",
            value=starts_at.isoformat(),
        )
    used = set(
        Appointment.objects.filter(window=window, starts_at=starts_at, state__in=TAKEN).values_list(
            "place", flat=True
        )
    )
    return Appointment.objects.create(
        claim=claim,
        window=window,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        place=next(number for number in range(1, window.places + 1) if number not in used),
        made_at=now,
        made_by_name=who,
    )


def free(claim: Claim, *, who: str, now: datetime, state: str = "cancelled") -> Appointment | None:
    """Give the place of a claim back, if it has one."""
    row = claim.appointments.select_for_update(of=("self",)).filter(state="booked").first()
    if row is not None:
        row.state, row.ended_at, row.ended_by_name = state, now, who
        row.save(update_fields=["state", "ended_at", "ended_by_name"])
    return row


def working_days_before(day: date, count: int, region_path: str) -> date:
    """The working day so many before a day."""
    return _calendar(region_path).add_working_days(day, -count)


def words_of(row: Appointment) -> dict[str, str]:
    """An appointment in the words of messages and the audit log."""
    start = timezone.localtime(row.starts_at)
    return {
        "window": row.window.name,
        "address": row.window.address,
        "time": f"{start:%Y-%m-%d %H:%M}",
    }


def _calendar(region_path: str) -> Calendar:
    # Whatever is below a county has the calendar of its county.
    code = region_path.ljust(6, "0")[:6] if region_path else "000000"
    region = find_region(code)
    return calendar_of_region(region.code if region else code)
