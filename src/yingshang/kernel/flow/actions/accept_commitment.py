"""告知承诺: go by what the applicant promises, and check it afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import clocks
from ..case_errors import CaseNotFound, NotPossibleNow
from ..case_reads import commitment_view, visible_cases
from ..case_views import CommitmentView
from ..clocks import Term
from ..decisions import WORK, back_in_hand, cleaned_list, cleaned_text
from ..models import Commitment
from ._case_steps import fresh, load_case_at_work, load_task, note, seen, take, tell


@transaction.atomic
def accept_commitment(
    *,
    actor: Actor,
    task_id: int,
    promised: Iterable[str],
    check_within: Term | None = None,
    reason: str = "",
    now: datetime,
) -> CommitmentView:
    """Note what the applicant, told of the conditions, has promised in writing; it is checked within `check_within`.

    Raises TaskNotFound, NotYours, NotAllowedByDefinition, NotPossibleNow, InvalidRequest.
    """
    task = load_task(actor, task_id)
    take(task, action="commitment", actor=actor, now=now)
    case = task.case
    items = cleaned_list(promised, field="promised", what="what was promised", what_zh="承诺的内容")
    reason = cleaned_text(reason, field="reason", what="a note", what_zh="说明", longest=400)
    row = Commitment.objects.create(
        case=case, task=task, promised=items, made_at=now, accepted_by_name=actor.name, note=reason
    )
    if check_within is not None:
        row.deadline_id = clocks.start_check_clock(
            case, row.pk, agency_id=task.agency_id, term=check_within, actor=actor, now=now
        )
        row.save(update_fields=["deadline"])
    task.state = back_in_hand(task.assignee_id)
    task.save(update_fields=["state", "assignee", "claimed_at"])
    note(
        case,
        "commitment_accepted",
        actor=actor,
        now=now,
        task=task,
        after={"commitment": row.pk, "what": items},
        reason=reason,
    )
    tell(
        "commitment_accepted",
        fresh(case.pk, now),
        actor=actor,
        now=now,
        task=seen(task.pk, None, now),
        text=reason,
        what=items,
    )
    return commitment_view(row, now)


@transaction.atomic
def check_commitment(
    *, actor: Actor, commitment_id: int, kept: bool, finding: str, now: datetime
) -> CommitmentView:
    """What the check found, also after the case has ended. What follows from a broken promise is for the process.

    Raises CaseNotFound, NotYours, NotPossibleNow, InvalidRequest.
    """
    actor.require(WORK)
    rows = Commitment.objects.filter(pk=commitment_id, case__in=visible_cases(actor))
    case_id = rows.values_list("case_id", flat=True).first()
    if case_id is None:
        raise CaseNotFound(
            f"no commitment {commitment_id}",
            message_zh=f"没有编号为 {commitment_id} 的承诺",
            value=commitment_id,
        )
    case = load_case_at_work(actor, case_id)
    row = Commitment.objects.get(pk=commitment_id)
    if row.state != Commitment.MADE:
        raise NotPossibleNow(
            "it was checked already", message_zh="该承诺已核查", state=row.state, action="check_commitment"
        )
    row.state = Commitment.KEPT if kept else Commitment.BROKEN
    row.checked_at, row.checked_by_name = now, actor.name
    row.finding = cleaned_text(
        finding, field="finding", what="what was found", what_zh="核查结果", longest=400, required=not kept
    )
    row.save()
    clocks.meet(row.deadline_id, actor=actor, now=now)
    note(
        case,
        "commitment_checked",
        actor=actor,
        now=now,
        before={"state": Commitment.MADE},
        after={"commitment": row.pk, "state": row.state},
        reason=row.finding,
    )
    tell(
        "commitment_checked",
        fresh(case.pk, now),
        actor=actor,
        now=now,
        outcome=row.state,
        text=row.finding,
        what=row.promised,
    )
    return commitment_view(row, now)
