"""The source writes down what the fact should be, while it checks the objection."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import value_from_text
from yingshang.kernel.reference.api import get_fact

from ..errors import NotPossibleNow
from ..models import Objection
from ..selectors import not_found, on_desk
from ._steps import note


@transaction.atomic
def propose_correction(*, actor: Actor, objection_id: int, value: str, now: datetime) -> None:
    """What will be recorded if the objection is upheld; empty for what the enterprise claims.

    By an official of the source who works on the case. Raises ObjectionNotFound, NotPossibleNow, InvalidFact.
    """
    scope = actor.require("flow.work")
    visible = on_desk(actor).filter(pk=objection_id).values("pk")
    rows = scope.filter(Objection.objects.all(), region="source_agency__region__path", agency="source_agency")
    row = rows.select_for_update(of=("self",)).filter(pk__in=visible).first()
    if row is None:
        raise not_found(objection_id)
    if row.state not in ("verifying", "returned"):
        raise NotPossibleNow(
            "the value can be written while the source checks the objection",
            message_zh="只有在来源部门核实期间可以填写更正值",
            state=row.state,
        )
    text = value.strip()
    if text:
        value_from_text(get_fact(row.column), text)
    before, row.corrected_value = row.corrected_value, text
    row.save(update_fields=["corrected_value"])
    hidden = "＊＊＊" if row.personal else None
    note(
        row,
        "correction_proposed",
        actor=actor,
        now=now,
        before={"value": hidden or before},
        after_={"value": hidden or text},
    )
