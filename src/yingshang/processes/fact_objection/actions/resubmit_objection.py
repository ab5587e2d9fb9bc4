"""An enterprise answers what it was asked for 补正."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import resubmit_case

from ._load import form_about, load_own


@transaction.atomic
def resubmit_objection(*, actor: Actor, objection_id: int, submission_id: int, now: datetime) -> None:
    """Hand the form in again; what the objection says is what the form says now.

    Raises ObjectionNotFound, NotPossibleNow, WrongForm.
    """
    row, case_id = load_own(actor, objection_id, "resubmitted")
    submission = form_about(actor, submission_id, party_id=row.party_id, column=row.column)
    row.kind = str(submission.values["kind"])
    row.claimed_value = str(submission.values.get("claimed_value") or "")
    row.reason = str(submission.values["reason"])
    row.earlier_submissions = [*row.earlier_submissions, row.submission_id]
    row.submission_id = submission.id
    row.save(update_fields=["kind", "claimed_value", "reason", "submission_id", "earlier_submissions"])
    resubmit_case(actor=actor, case_id=case_id, data={}, now=now)
