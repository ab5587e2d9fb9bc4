"""补正: return the case to its applicant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import clocks, lifecycle
from ..case_views import CaseView
from ..clocks import CORRECTION, Term
from ..decisions import cleaned_list, cleaned_text
from ..models import Correction
from ._case_steps import fresh, load_task, note, seen, take, tell


@transaction.atomic
def return_case(
    *,
    actor: Actor,
    task_id: int,
    what: Iterable[str],
    note_to_applicant: str = "",
    term: Term | None = None,
    now: datetime,
) -> CaseView:
    """Ask the applicant for everything that is to be corrected, at once. The case clock and the step clock stand still
    from here, for the reason the law gives; the applicant has `term` (a figure of the data file unless it is given).

    Raises TaskNotFound, NotYours, NotAllowedByDefinition, NotPossibleNow, InvalidRequest.
    """
    task = load_task(actor, task_id)
    take(task, action="return", actor=actor, now=now)
    case = task.case
    items = cleaned_list(what, field="what", what="what is to be corrected", what_zh="需要补正的内容")
    text = cleaned_text(note_to_applicant, field="note", what="a note", what_zh="说明", longest=1000)
    before = task.state
    row = Correction.objects.create(
        task=task, case=case, what=items, note=text, asked_at=now, asked_by_name=actor.name
    )
    row.deadline_id = clocks.start_applicant_clock(
        case,
        CORRECTION,
        row.pk,
        name=f"补正：{case.name}",
        name_en=f"Correction: {case.name_en or case.name}",
        term=term or Term.from_dict(lifecycle.figure("correction", "term")),
        actor=actor,
        now=now,
    )
    row.save(update_fields=["deadline"])
    task.state = "paused"
    task.save(update_fields=["state", "assignee", "claimed_at"])
    clocks.pause_for_correction(task.deadline_id, note=text, actor=actor, now=now)
    if case.state == "running":
        clocks.pause_for_correction(case.deadline_id, note=text, actor=actor, now=now)
        case.state = "returned"
        case.save(update_fields=["state"])
    note(
        case,
        "case_returned",
        actor=actor,
        now=now,
        task=task,
        before={"state": before},
        after={"what": items, "correction": row.pk},
        reason=text,
    )
    tell(
        "returned",
        fresh(case.pk, now),
        actor=actor,
        now=now,
        task=seen(task.pk, None, now),
        text=text,
        what=items,
    )
    return fresh(case.pk, now)
