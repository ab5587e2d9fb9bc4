"""Loading an objection for a change."""

from __future__ import annotations

from yingshang.kernel.access.api import Actor
from yingshang.kernel.forms.api import SubmissionView, get_submission

from ..errors import WrongForm
from ..lifecycle import OBJECTION
from ..models import Objection
from ..selectors import SUBJECT_PREFIX, not_found

FORM = "fact_objection"
"""The form of kernel/forms an objection is made with."""


def load_own(actor: Actor, objection_id: int, event: str) -> tuple[Objection, int]:
    """An objection of an enterprise the actor acts for, locked, with its case; the event must be possible now.

    Raises ObjectionNotFound, NotPossibleNow.
    """
    scope = actor.require("objections.file_own")
    rows = scope.filter(Objection.objects.all(), party="party").select_for_update()
    row = rows.filter(pk=objection_id).first()
    if row is None or row.case_id is None:
        raise not_found(objection_id)
    OBJECTION.after(row.state, event, before=row.state_before)
    return row, row.case_id


def form_about(actor: Actor, submission_id: int, *, party_id: int, column: str) -> SubmissionView:
    """The form that was filled in about this fact of this enterprise. Raises SubmissionNotFound, WrongForm."""
    found = get_submission(actor=actor, submission_id=submission_id)
    if (found.form_code, found.party_id, found.subject) != (FORM, party_id, f"{SUBJECT_PREFIX}{column}"):
        raise WrongForm(
            "this form was filled in about something else; fill in the one of this fact",
            message_zh="这份表单填的不是这一项数据，请在该项数据的页面重新填写",
            value=submission_id,
        )
    return found
