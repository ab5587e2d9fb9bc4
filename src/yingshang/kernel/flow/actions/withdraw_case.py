"""The applicant takes the case back."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import engine, lifecycle
from ..case_views import CaseView
from ..decisions import cleaned_text
from ._case_steps import end_case, fresh, load_case_of_applicant, note, tell


@transaction.atomic
def withdraw_case(*, actor: Actor, case_id: int, reason: str = "", now: datetime) -> CaseView:
    """End the case because its applicant no longer wants it; by who acts for the party, or by an official at work in it
    who was asked to. Raises CaseNotFound, NotPossibleNow, InvalidRequest."""
    case, by = load_case_of_applicant(actor, case_id)
    lifecycle.require("case", case.state, "withdraw", cast(lifecycle.By, by))
    reason = cleaned_text(
        reason, field="reason", what="the reason", what_zh="撤回理由", longest=400, required=by == "official"
    )
    before = case.state
    case.position = engine.cancel(case.version.spec, case.position).state
    end_case(
        case,
        state="withdrawn",
        outcome="withdrawn",
        reason=reason,
        actor=actor,
        now=now,
    )
    note(
        case,
        "case_withdrawn",
        actor=actor,
        now=now,
        before={"case": before},
        after={"case": case.state, "by": by},
        reason=reason,
    )
    tell("withdrawn", fresh(case.pk, now), actor=actor, now=now, outcome="withdrawn", text=reason)
    return fresh(case.pk, now)
