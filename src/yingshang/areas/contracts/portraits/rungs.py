"""The clock of an objection, or of a repair, says something: who decides is reminded."""

from __future__ import annotations

from yingshang.kernel.clock.api import FiredRung

from ..models import PortraitObjection, Repair
from .actions._steps import title_of
from .telling import tell_deciders


def on_objection_rung(rung: FiredRung) -> None:
    """An objection is soon to be decided, or late."""
    rows = PortraitObjection.objects.select_related(
        "portrait__agency", "portrait__party", "obligation__contract"
    )
    row = rows.filter(pk=int(rung.deadline.owner.identifier), state="open").first()
    if row is not None and row.deadline_id == rung.deadline.id:
        _remind(rung, row)


def on_repair_rung(rung: FiredRung) -> None:
    """A repair is soon to be decided, or late."""
    rows = Repair.objects.select_related("portrait__agency", "portrait__party", "obligation__contract")
    row = rows.filter(pk=int(rung.deadline.owner.identifier), state="asked").first()
    if row is not None and row.deadline_id == rung.deadline.id:
        _remind(rung, row)


def _remind(rung: FiredRung, row: PortraitObjection | Repair) -> None:
    tell_deciders(
        row.portrait,
        row.obligation,
        "portrait_waits",
        now=rung.fired_at,
        once=f"contracts.portrait_waits:{rung.deadline.id}:{rung.rung.code}",
        obligation=title_of(row.obligation),
        due=str(rung.deadline.due_on),
        rung=rung.rung.name,
        rung_en=rung.rung.name_en,
    )
