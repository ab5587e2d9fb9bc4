"""Messages about portraits: to the head of the unit or to the enterprise, and to who decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import officials_who_may, system_actor
from yingshang.kernel.notices.api import Recipient, send_where_possible

from ..ladder._steps import tell_nobody_supervises
from ..models import Obligation, PublishedPortrait
from ..reach import HEAD, SUPERVISE
from .reach import name_of, nearest_decider

PLATFORM = system_actor("contracts")


def page_of(row: PublishedPortrait) -> str:
    """Its page: on the desk for a unit, in the portal for an enterprise."""
    return f"/desk/contracts/portraits/{row.pk}/" if row.agency_id else f"/contracts/portraits/{row.pk}/"


def tell_subject(
    row: PublishedPortrait, template: str, *, now: datetime, once: str = "", **context: Any
) -> None:
    """To whose portrait it is; that nobody can be reached stops nothing."""
    if row.agency_id is not None:
        heads = officials_who_may(HEAD, agency_id=row.agency_id, today=timezone.localdate(now))
        to = [Recipient(user_id=each) for each in heads]
    else:
        to = [Recipient(party_id=row.party_id)]
    _tell(row, template, to, page_of(row), now=now, once=once, **context)


def tell_deciders(
    row: PublishedPortrait,
    about: Obligation,
    template: str,
    *,
    now: datetime,
    once: str = "",
    **context: Any,
) -> None:
    """To who supervises the region in the nearest agency that is not concerned itself; where nobody does, to those who
    can appoint somebody.
    """
    today = timezone.localdate(now)
    nearest = nearest_decider(row, about, today=today)
    if nearest is None:
        concerned = frozenset({about.agency_id} | ({row.agency_id} if row.agency_id else set()))
        tell_nobody_supervises({(row.region_path, concerned)}, now=now)
        return
    to = [Recipient(user_id=each) for each in officials_who_may(SUPERVISE, agency_id=nearest, today=today)]
    _tell(row, template, to, f"/desk/contracts/portraits/{row.pk}/", now=now, once=once, **context)


def _tell(
    row: PublishedPortrait,
    template: str,
    to: list[Recipient],
    link: str,
    *,
    now: datetime,
    once: str,
    **context: Any,
) -> None:
    send_where_possible(
        actor=PLATFORM,
        to=to,
        template=f"contracts.{template}",
        context={"name": name_of(row), "until": str(row.until), **context},
        link=link,
        once=once,
        now=now,
    )
