"""Loading an objection for a change."""

from __future__ import annotations

from yingshang.kernel.access.api import Actor

from ..lifecycle import after
from ..models import Objection
from ..selectors import not_found


def load_own(actor: Actor, objection_id: int, event: str) -> Objection:
    """An objection of an enterprise the actor acts for, locked, for which the event is possible now.

    Raises ObjectionNotFound, NotPossibleNow.
    """
    scope = actor.require("objections.file_own")
    rows = scope.filter(Objection.objects.all(), party="party").select_for_update()
    row = rows.filter(pk=objection_id).first()
    if row is None or row.case_id is None:
        raise not_found(objection_id)
    after(row.state, event, before=row.state_before)
    return row
