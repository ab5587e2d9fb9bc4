"""An agency keeps its windows: where they are, when they are open, how many they serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import get_agency

from ...actions._steps import PLATFORM
from ...errors import InvalidWindow, WindowNotFound
from ...models import ServiceWindow, WindowHours
from ...reach import ensure_region
from ..slots import Hours


@dataclass(frozen=True, slots=True)
class Window:
    """What an agency says of a window; the fields are those of `ServiceWindow` and its hours."""

    agency_id: int
    name: str
    address: str
    hours: Sequence[Hours]
    phone: str = ""
    minutes: int = 30
    places: int = 2
    closed_on: Sequence[str] = ()
    active: bool = True


@transaction.atomic
def save_window(*, actor: Actor, window_id: int | None = None, window: Window, now: datetime) -> int:
    """A new window, or other words about one; its number. Appointments that were made stay as they are.

    Needs `claims.set_terms` for the agency's region. Raises WindowNotFound, InvalidWindow, AgencyNotFound.
    """
    scope = actor.require("claims.set_terms")
    agency = get_agency(actor=PLATFORM, agency_id=window.agency_id)
    ensure_region(scope, agency.region_path)
    _check(window)
    row = ServiceWindow()
    before = None
    if window_id is not None:
        found = (
            scope.filter(ServiceWindow.objects.select_for_update(), region="region_path")
            .filter(pk=window_id)
            .first()
        )
        if found is None:
            raise WindowNotFound(f"no window {window_id}", message_zh="没有这个窗口，或者不归您管理")
        row, before = found, _plain(found)
    row.agency_id, row.region_path = agency.id, agency.region_path
    row.name, row.address, row.phone = window.name.strip(), window.address.strip(), window.phone.strip()
    row.minutes, row.places, row.active = window.minutes, window.places, window.active
    row.closed_on = sorted(set(window.closed_on))
    row.changed_at, row.changed_by_name = now, actor.name
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise InvalidWindow(
            f"the agency has a window {row.name} already; choose another name",
            message_zh=f"该机构已有“{row.name}”，请换一个名称",
            field="name",
        ) from None
    row.hours.all().delete()
    WindowHours.objects.bulk_create(
        WindowHours(window=row, weekday=each.weekday, opens_at=each.opens_at, closes_at=each.closes_at)
        for each in window.hours
    )
    record(
        actor=actor,
        action="claims.window_set",
        target=Target(
            "service_window", str(row.pk), row.name, region_path=row.region_path, agency_id=row.agency_id
        ),
        now=now,
        before=before,
        after=_plain(row),
    )
    return int(row.pk)


def _check(window: Window) -> None:
    if not window.name.strip() or not window.address.strip():
        field = "address" if window.name.strip() else "name"
        raise InvalidWindow(
            "a window needs a name and an address", message_zh="窗口须有名称和地址", field=field
        )
    if not 10 <= window.minutes <= 240 or not 1 <= window.places <= 50:
        raise InvalidWindow(
            "a stretch lasts 10 to 240 minutes and takes 1 to 50 people",
            message_zh="每个时段应为 10 到 240 分钟，每个时段可预约 1 到 50 人",
            field="places" if 10 <= window.minutes <= 240 else "minutes",
        )
    ordered = sorted(window.hours, key=lambda each: (each.weekday, each.opens_at))
    if not ordered or any(not 1 <= each.weekday <= 7 or each.closes_at <= each.opens_at for each in ordered):
        raise InvalidWindow(
            "give at least one stretch of opening hours, each ending after it begins",
            message_zh="至少填写一段开放时间，结束须晚于开始",
            field="hours",
        )
    for first, second in pairwise(ordered):
        if first.weekday == second.weekday and second.opens_at < first.closes_at:
            raise InvalidWindow(
                f"two stretches of day {first.weekday} overlap",
                message_zh="同一天的两段开放时间不能重叠",
                field="hours",
            )
    for day in window.closed_on:
        try:
            date.fromisoformat(day)
        except ValueError:
            raise InvalidWindow(
                f"{day!r} is no day; write 2026-12-31",
                message_zh=f"“{day}”不是日期，请写成 2026-12-31",
                field="closed_on",
                value=day,
            ) from None


def _plain(row: ServiceWindow) -> dict[str, Any]:
    return {
        "name": row.name,
        "address": row.address,
        "minutes": row.minutes,
        "places": row.places,
        "closed_on": row.closed_on,
        "active": row.active,
        "hours": [str(each) for each in row.hours.all()],
    }
