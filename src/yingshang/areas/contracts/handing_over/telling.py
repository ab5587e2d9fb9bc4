"""Messages about a hand-over list: to both heads, and to who supervises the unit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import agencies_that_may, officials_who_may, system_actor
from yingshang.kernel.notices.api import Recipient, send_where_possible

from ..models import HandOver
from ..reach import SUPERVISE

PLATFORM = system_actor("contracts")


def page_of(row: HandOver) -> str:
    """Its page on the desk."""
    return f"/desk/contracts/hand-overs/{row.pk}/"


def heads_of(row: HandOver) -> tuple[int, ...]:
    """The accounts of both heads."""
    return tuple(each.user_id for each in (row.before, row.after) if each is not None)


def supervisors_of(row: HandOver, *, now: datetime) -> tuple[int, ...]:
    """Who supervises contracts in the nearest other agency, from the region of the unit upwards."""
    today = timezone.localdate(now)
    found = agencies_that_may(SUPERVISE, region_path=row.region_path, today=today)
    nearest = next((each for each in found if each.agency_id != row.agency_id), None)
    if nearest is None:
        return ()
    return officials_who_may(SUPERVISE, agency_id=nearest.agency_id, today=today)


def tell(
    row: HandOver, template: str, users: Iterable[int], *, now: datetime, once: str = "", **context: Any
) -> None:
    """A message to some officials; that one cannot be reached stops nothing."""
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=each) for each in dict.fromkeys(users)],
        template=f"contracts.{template}",
        context={
            "agency": row.agency.name,
            "count": row.contract_count,
            "late": row.late_count,
            "due": row.due_on or "",
            **context,
        },
        link=page_of(row),
        once=once,
        now=now,
    )
