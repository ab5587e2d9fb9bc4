"""The applicant brings what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import clocks, engine, lifecycle
from ..case_reads import flow_of, snapshot
from ..case_views import CaseView
from ..decisions import back_in_hand
from ..models import Task
from ._case_steps import (
    follow,
    fresh,
    go_on,
    load_case_of_applicant,
    note,
    opening_data,
    tell,
    tell_ready,
)


@transaction.atomic
def resubmit_case(
    *, actor: Actor, case_id: int, data: Mapping[str, Any] | None = None, now: datetime
) -> CaseView:
    """Answer every correction that was asked for. The clocks go on where they stood; the tasks are back with those who
    returned them. Also after the applicant's own deadline, as long as nobody has gone on without them.

    Raises CaseNotFound, NotPossibleNow, UndeclaredData.
    """
    case, _ = load_case_of_applicant(actor, case_id)
    lifecycle.require("case", case.state, "resubmit", "applicant")
    facts = opening_data(flow_of(case), data)
    answered = list(case.corrections.filter(answered_at__isnull=True, ended_at__isnull=True).order_by("pk"))
    for row in answered:
        row.answered_at = now
        row.save(update_fields=["answered_at"])
        clocks.meet(row.deadline_id, actor=actor, now=now)
    back = []
    for task in case.tasks.filter(kind=Task.STEP, state="paused").order_by("pk"):
        task.state = back_in_hand(task.assignee_id)
        task.save(update_fields=["state"])
        clocks.resume(task.deadline_id, actor=actor, now=now)
        back.append(task)
    go_on(case, actor=actor, now=now)
    opened = []
    if facts:
        case.data = {**case.data, **facts}
        position = engine.update(case.version.spec, case.position, facts)
        opened = follow(case, position, actor=actor, now=now, reason="")
    case.save()
    note(
        case,
        "case_resubmitted",
        actor=actor,
        now=now,
        task=back[0] if back else None,
        before={"state": "returned"},
        after={"corrections": [row.pk for row in answered], "case": case.state},
    )
    view, views = snapshot(case.pk, [each.pk for each in (*back, *opened)], now)
    for task in back:
        tell("resubmitted", view, actor=actor, now=now, task=views[task.pk])
    tell_ready(view, opened, views, actor=actor, now=now)
    return fresh(case.pk, now)
