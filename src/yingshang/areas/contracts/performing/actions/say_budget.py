"""Whether money has been set aside for what a unit is to pay."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record

from ...errors import InvalidStep
from ...lifecycle import OBLIGATION
from ...reach import REGISTER, ensure_of_unit, load_obligation
from ..applying import apply
from .record_performance import target_of


@transaction.atomic
def say_budget(
    *, actor: Actor, obligation_id: int, reserved: bool | None, note: str = "", now: datetime
) -> None:
    """Money has been set aside in the budget, or not, or nobody knows any more (None).

    Raises NotAllowed, ObligationNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row = load_obligation(actor, obligation_id, REGISTER)
    ensure_of_unit(actor, row.contract, REGISTER)
    OBLIGATION.after(row.state, "told")
    if row.side != "unit" or row.amount_fen is None:
        raise InvalidStep(
            "only what the unit pays needs a budget",
            message_zh="只有本单位的付款义务需要预算",
            field="reserved",
        )
    before, row.budget_reserved = row.budget_reserved, reserved
    apply(row, now=now)
    record(
        actor=actor,
        action="contracts.budget_said",
        target=target_of(row),
        now=now,
        before={"reserved": before},
        after={"reserved": reserved},
        reason=note.strip()[:400],
    )
