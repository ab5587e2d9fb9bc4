"""An agency moves to another region: what is open before it goes along."""

from __future__ import annotations

from yingshang.kernel.parties.api import AgencyMove

from .. import clocks
from ..case_reads import TASK_OPEN
from ..models import Commitment, Task


def follow_agency(move: AgencyMove) -> None:
    """The open tasks of the agency, and its checks of promises, are of the new region, and so are their clocks, which
    run on. What was done stays where it was done. Called in the transaction of the move, whose event this is part of.
    """
    tasks = Task.objects.select_for_update(of=("self",)).filter(agency=move.agency_id, state__in=TASK_OPEN)
    open_tasks = list(tasks.order_by("case_id", "pk").values_list("pk", "deadline_id"))
    Task.objects.filter(pk__in=[pk for pk, _ in open_tasks]).update(region_path=move.region_path)
    checks = Commitment.objects.filter(
        task__agency=move.agency_id, state=Commitment.MADE, deadline__agency_id=move.agency_id
    ).values_list("deadline_id", flat=True)
    for deadline in (*(deadline for _, deadline in open_tasks), *checks):
        clocks.hand_over(
            deadline,
            agency_id=move.agency_id,
            region_code=move.region_code,
            actor=move.actor,
            now=move.now,
        )
