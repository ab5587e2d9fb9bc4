"""Where what is late has nobody to look after it: told at once where it is found, and again while it stays so."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import officials_of_many

from ..models import DueCell, Obligation
from ..reach import OPEN_TO_ALL, SUPERVISE
from ._steps import supervisors_of, tell_nobody_supervises, tell_unopened
from .clocks import RESTING, RUNNING, WATCHED


@transaction.atomic
def tell_gaps(*, now: datetime) -> None:
    """Tell whoever can appoint somebody of the regions in which units are late and nobody supervises them, or nobody
    who does may open what is not open; each region at once and then every few days (`data/ladder.yaml`).
    """
    today = timezone.localdate(now)
    late = DueCell.objects.filter(side="unit", due_on__lt=today, open_count__gt=0)
    units = list(late.order_by("agency_id", "pk").distinct("agency_id"))
    above = supervisors_of(units, today=today)
    staffed = officials_of_many({SUPERVISE}, agency_ids=set(above.values()), today=today)
    tell_nobody_supervises(
        {
            (each.region_path, frozenset({each.agency_id}))
            for each in units
            if (above.get(each.pk, 0), SUPERVISE) not in staffed
        },
        now=now,
    )
    closed = Obligation.objects.filter(
        side="unit", state__in=RUNNING, due_on__lt=today, contract__state__in=(*WATCHED, RESTING)
    ).exclude(contract__secrecy=OPEN_TO_ALL)
    one_of_each = closed.order_by("agency_id", "pk").distinct("agency_id").select_related("contract")
    tell_unopened(list(one_of_each), now=now)
