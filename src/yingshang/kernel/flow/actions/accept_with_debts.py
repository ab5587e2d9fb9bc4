"""容缺: accept a case without some of its materials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import clocks
from ..case_errors import InvalidRequest
from ..case_reads import debt_view
from ..case_views import DebtView
from ..clocks import DEBT, Term
from ..decisions import back_in_hand, cleaned_list, cleaned_text
from ..models import Debt
from ._case_steps import fresh, load_task, note, seen, take, tell


@dataclass(frozen=True, slots=True)
class NewDebt:
    """A material that is missing, and until when it is to be brought."""

    name: str
    term: Term


@transaction.atomic
def accept_with_debts(
    *, actor: Actor, task_id: int, debts: Iterable[NewDebt], reason: str = "", now: datetime
) -> tuple[DebtView, ...]:
    """Note what the applicant still owes, each material with its day. The case goes on meanwhile; the step is completed
    as ever.

    Raises TaskNotFound, NotYours, NotAllowedByDefinition, NotPossibleNow, InvalidRequest.
    """
    task = load_task(actor, task_id)
    take(task, action="deficiency", actor=actor, now=now)
    case = task.case
    wanted = list(debts)
    names = cleaned_list(
        (each.name for each in wanted), field="debts", what="what is missing", what_zh="容缺的材料"
    )
    if len(names) != len(wanted) or case.debts.filter(name__in=names, state=Debt.OWED).exists():
        raise InvalidRequest(
            "each material is owed once",
            message_zh="同一材料只需列出一次，已在容缺清单中的不再列出",
            field="debts",
        )
    reason = cleaned_text(reason, field="reason", what="a reason", what_zh="说明", longest=400)
    rows = []
    for name, each in zip(names, wanted, strict=True):
        row = Debt.objects.create(
            case=case, task=task, name=name, noted_at=now, noted_by_name=actor.name, note=reason
        )
        row.deadline_id = clocks.start_applicant_clock(
            case,
            DEBT,
            row.pk,
            name=f"容缺补齐：{name}"[:200],
            name_en=f"Owed: {name}"[:200],
            term=each.term,
            actor=actor,
            now=now,
        )
        row.save(update_fields=["deadline"])
        rows.append(row)
    task.state = back_in_hand(task.assignee_id)
    task.save(update_fields=["state", "assignee", "claimed_at"])
    note(
        case,
        "debts_accepted",
        actor=actor,
        now=now,
        task=task,
        after={"debts": [row.pk for row in rows], "what": names},
        reason=reason,
    )
    tell(
        "debts_accepted",
        fresh(case.pk, now),
        actor=actor,
        now=now,
        task=seen(task.pk, None, now),
        text=reason,
        what=names,
    )
    return tuple(debt_view(row, now) for row in rows)
