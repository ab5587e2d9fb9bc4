"""Free times of windows, and one place of them taken: by one claim, whoever comes at the same moment."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from yingshang.kernel.clock.api import Calendar, calendar_of_region
from yingshang.kernel.reference.api import code_of_path, find_region

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
                window=window, state__in=TAKEN, starts_at__range=(first, last), beside__isnull=True
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
        Appointment.objects.filter(
            window=window, starts_at=starts_at, state__in=TAKEN, beside__isnull=True
        ).values_list("place", flat=True)
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


def share_place(claim: Claim, *, with_claim: int, who: str, now: datetime) -> Appointment:
    """The place another claim has taken, for one that was handed in together with it at the same agency: whoever comes
    brings both. Raises InvalidClaim.
    """
    held = (
        Appointment.objects.select_related("window")
        .filter(claim=with_claim, claim__bundle=claim.bundle, claim__agency=claim.agency_id, state="booked")
        .exclude(claim__bundle="")
        .first()
    )
    if held is None:
        raise InvalidClaim(
            "only claims of one agency that are handed in together come with one visit",
            message_zh="只有一并提交、由同一部门办理的申请才能同一次到窗口办理",
            field="appointment",
        )
    return Appointment.objects.create(
        claim=claim,
        window=held.window,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        place=held.place,
        beside_id=held.beside_id or held.pk,
        made_at=now,
        made_by_name=who,
    )


def companions(claim: Claim) -> tuple[int, ...]:
    """The claims that come with the same visit, itself among them, by number: handed in together at one agency, and
    booked for the same place, or for none.
    """
    if not claim.bundle:
        return (int(claim.pk),)
    rows = Claim.objects.filter(
        bundle=claim.bundle, agency=claim.agency_id, mode="once", state="appointed"
    ).order_by("pk")
    booked = claim.appointments.filter(state="booked").first()
    if booked is None:
        waiting = Appointment.objects.filter(claim=OuterRef("pk"), state="booked")
        rows = rows.filter(~Exists(waiting))
    else:
        rows = rows.filter(
            appointments__state="booked",
            appointments__window=booked.window_id,
            appointments__starts_at=booked.starts_at,
            appointments__place=booked.place,
        )
    return tuple(rows.values_list("pk", flat=True))


def free(claim: Claim, *, who: str, now: datetime, state: str = "cancelled") -> Appointment | None:
    """Give the place of a claim back, if it has one. Who shares it keeps it."""
    row = claim.appointments.select_for_update(of=("self",)).filter(state="booked").first()
    if row is not None:
        row.state, row.ended_at, row.ended_by_name = state, now, who
        row.save(update_fields=["state", "ended_at", "ended_by_name"])
        heir = row.sharing.select_for_update(of=("self",)).filter(state__in=TAKEN).order_by("pk").first()
        if heir is not None:
            heir.beside = None
            heir.save(update_fields=["beside"])
            row.sharing.filter(state__in=TAKEN).update(beside=heir)
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
    code = code_of_path(region_path[:6])
    region = find_region(code)
    return calendar_of_region(region.code if region else code)
