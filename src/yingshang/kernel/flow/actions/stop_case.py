"""The process behind a case ends it, because of something that was decided outside the flow."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import engine, lifecycle
from ..case_reads import case_not_found
from ..case_views import CaseView
from ..decisions import cleaned_text
from ..models import Case
from ._case_steps import end_case, fresh, lock_case, note, tell


@transaction.atomic
def stop_case(*, actor: Actor, case_id: int, reason: str, now: datetime) -> CaseView:
    """End the case as rejected, wherever it stands, with the reason; what is open in it is cancelled.

    For the process alone, which has judged whether the actor may: no step of the flow belongs to who decides outside
    it. Raises CaseNotFound, NotPossibleNow, InvalidRequest.
    """
    if not Case.objects.filter(pk=case_id).exists():
        raise case_not_found(case_id)
    case = lock_case(case_id)
    lifecycle.require("case", case.state, "stop", "platform")
    reason = cleaned_text(
        reason, field="reason", what="the reason", what_zh="终止理由", longest=400, required=True
    )
    before = case.state
    case.position = engine.cancel(case.version.spec, case.position).state
    end_case(case, state="rejected", outcome="stopped", reason=reason, actor=actor, now=now)
    note(
        case,
        "case_stopped",
        actor=actor,
        now=now,
        before={"case": before},
        after={"case": case.state},
        reason=reason,
    )
    tell("stopped", fresh(case.pk, now), actor=actor, now=now, outcome="stopped", text=reason)
    return fresh(case.pk, now)
