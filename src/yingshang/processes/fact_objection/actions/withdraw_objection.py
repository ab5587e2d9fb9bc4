"""An enterprise takes its objection back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import withdraw_case

from ._load import load_own


@transaction.atomic
def withdraw_objection(*, actor: Actor, objection_id: int, reason: str, now: datetime) -> None:
    """Withdraw it; the case ends with it. Raises ObjectionNotFound, NotPossibleNow."""
    _, case_id = load_own(actor, objection_id, "withdrawn")
    # The objection follows its case (see handlers).
    withdraw_case(actor=actor, case_id=case_id, reason=reason.strip(), now=now)
