"""When a rung of one of our clocks is due: say so to the process the case belongs to.

This runs in the sweeper's transaction. The flow itself changes nothing here; who is told what is for the process.
"""

from __future__ import annotations

from collections.abc import Callable

from yingshang.kernel.clock.api import FiredRung

from . import clocks
from .case_reads import case_view, task_views
from .models import Case, Commitment, Correction, Debt, Task
from .subjects import CaseEvent, handler_of


def _say(case_id: int, task_id: int | None, rung: FiredRung, what: tuple[str, ...] = ()) -> None:
    case = Case.objects.select_related("version", "party__merged_into").get(pk=case_id)
    task = None
    if task_id is not None:
        rows = Task.objects.select_related(
            "case__version", "case__party__merged_into", "agency__region", "assignee"
        )
        task = task_views([rows.get(pk=task_id)], None, rung.fired_at)[0]
    handler_of(case.subject_kind)(
        CaseEvent(
            kind="rung_fired",
            case=case_view(case, rung.fired_at),
            actor=rung.actor,
            now=rung.fired_at,
            task=task,
            rung=rung,
            what=what,
        )
    )


def of_case(rung: FiredRung) -> None:
    """The case clock."""
    _say(int(rung.deadline.owner.identifier), None, rung)


def of_task(rung: FiredRung) -> None:
    """The step clock, or that of an opinion."""
    task = Task.objects.only("case_id").get(pk=int(rung.deadline.owner.identifier))
    _say(task.case_id, task.pk, rung)


def of_correction(rung: FiredRung) -> None:
    """The applicant's clock while the case is returned."""
    row = Correction.objects.get(pk=int(rung.deadline.owner.identifier))
    _say(row.case_id, row.task_id, rung, tuple(row.what))


def of_debt(rung: FiredRung) -> None:
    """A material that is owed."""
    row = Debt.objects.get(pk=int(rung.deadline.owner.identifier))
    _say(row.case_id, row.task_id, rung, (row.name,))


def of_commitment(rung: FiredRung) -> None:
    """The check of a promise."""
    row = Commitment.objects.get(pk=int(rung.deadline.owner.identifier))
    _say(row.case_id, row.task_id, rung, tuple(row.promised))


OWNERS: dict[str, Callable[[FiredRung], None]] = {
    clocks.CASE: of_case,
    clocks.TASK: of_task,
    clocks.CORRECTION: of_correction,
    clocks.DEBT: of_debt,
    clocks.COMMITMENT: of_commitment,
}
