"""Messages about stewards: to them, to the enterprise, to who manages them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import agencies_that_may, officials_who_may
from yingshang.kernel.notices.api import Recipient, send_where_possible

from ..desks import PLATFORM
from ..models import Stewardship
from .reach import MANAGE

PAGE, OWN_PAGE = "/desk/appeals/stewards/", "/appeals/steward/"


def tell_stewards(row: Stewardship, template: str, *, now: datetime, once: str = "", **context: Any) -> None:
    """To the steward."""
    _send([Recipient(user_id=row.steward_id)], template, f"{PAGE}{row.pk}/", once, now, context)


def tell_party(row: Stewardship, template: str, *, now: datetime, once: str = "", **context: Any) -> None:
    """To whoever acts for the enterprise."""
    party = row.party.merged_into_id or row.party_id
    _send([Recipient(party_id=party)], template, OWN_PAGE, once, now, context)


def tell_managers(row: Stewardship, template: str, *, now: datetime, once: str = "", **context: Any) -> None:
    """To those who manage the stewards of its region: of the nearest agency where somebody does."""
    today = timezone.localdate(now)
    near = agencies_that_may(MANAGE, region_path=row.region_path, today=today)
    users = officials_who_may(MANAGE, agency_id=near[0].agency_id, today=today) if near else ()
    to = [Recipient(user_id=each) for each in users]
    _send(to, template, f"{PAGE}{row.pk}/", once, now, context)


def _send(
    to: list[Recipient], template: str, link: str, once: str, now: datetime, context: dict[str, Any]
) -> None:
    send_where_possible(
        actor=PLATFORM,
        to=to,
        template=f"appeals.{template}",
        context=context,
        link=link,
        once=once,
        now=now,
    )
