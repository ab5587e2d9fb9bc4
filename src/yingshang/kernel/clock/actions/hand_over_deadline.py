"""Give a deadline to another agency. The clock does not notice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import get_region

from ..views import DeadlineView, told
from ._steps import finish, load, must_be_open


def hand_over_deadline(
    *, actor: Actor, deadline_id: int, agency_id: int | None, region_code: str, now: datetime
) -> DeadlineView:
    """Another agency has it from now on; term, pauses and calendar stay as they are: nothing resets a clock.

    Raises DeadlineNotFound, DeadlineNotOpen, UnknownRegion.
    """
    region = get_region(region_code)
    with transaction.atomic():
        row = load(actor, deadline_id, permission=None)
        must_be_open(row)
        before = {**told(row), "agency_id": row.agency_id, "region": row.region_code}
        row.agency_id, row.region_code, row.region_path = agency_id, region.code, region.path
        return finish(
            row,
            actor=actor,
            action="clock.handed_over",
            now=now,
            before=before,
            after={"agency_id": agency_id, "region": region.code},
        )
