"""A material that was owed has been brought."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import clocks
from ..case_errors import CaseNotFound, NotPossibleNow
from ..case_reads import debt_view, visible_cases
from ..case_views import DebtView
from ..decisions import WORK, cleaned_text
from ..models import Debt
from ._case_steps import fresh, load_case_at_work, note, tell


@transaction.atomic
def settle_debt(*, actor: Actor, debt_id: int, remark: str = "", now: datetime) -> DebtView:
    """By an official at work in the case, also after it has ended. Raises CaseNotFound, NotYours, NotPossibleNow."""
    actor.require(WORK)
    case_id = (
        Debt.objects.filter(pk=debt_id, case__in=visible_cases(actor))
        .values_list("case_id", flat=True)
        .first()
    )
    if case_id is None:
        raise CaseNotFound(f"no debt {debt_id}", message_zh=f"没有编号为 {debt_id} 的容缺材料", value=debt_id)
    case = load_case_at_work(actor, case_id)
    row = Debt.objects.get(pk=debt_id)
    if row.state != Debt.OWED:
        raise NotPossibleNow(
            "it is not owed any more",
            message_zh="该材料已补齐或不再需要",
            state=row.state,
            action="settle_debt",
        )
    row.state, row.ended_at, row.ended_by_name = Debt.SETTLED, now, actor.name
    row.note = cleaned_text(remark, field="remark", what="a remark", what_zh="说明", longest=400) or row.note
    row.save()
    clocks.meet(row.deadline_id, actor=actor, now=now)
    note(
        case,
        "debt_settled",
        actor=actor,
        now=now,
        before={"state": Debt.OWED},
        after={"debt": row.pk, "what": [row.name]},
        reason=remark.strip(),
    )
    tell("debt_settled", fresh(case.pk, now), actor=actor, now=now, text=remark.strip(), what=[row.name])
    return debt_view(row, now)
