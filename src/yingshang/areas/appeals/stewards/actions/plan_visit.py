"""A steward arranges the next visit, and notes what was done of the services that were agreed on."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...actions._steps import needed
from ...errors import InvalidStep
from ...models import ServiceDone
from ..reach import load_own
from ..rules import steward_rules
from ..telling import tell_party
from .keep_stewards import note_stewardship

_FURTHEST = timedelta(days=366)


@transaction.atomic
def plan_visit(
    *, actor: Actor, stewardship_id: int, on: date, way: str = "visit", purpose: str = "", now: datetime
) -> None:
    """Arrange a visit for a day from today on; the enterprise is told. It is over once a visit is recorded in that
    way, on that day or later, or one in its stead; nobody is shown it once its day is past.

    Until when it is due stays as it is. Raises NotAllowed, StepNotFound, InvalidStep.
    """
    row = load_own(actor, stewardship_id)
    today = timezone.localdate(now)
    ways = steward_rules().ways
    if way not in ways:
        raise InvalidStep(f"{way!r} is no way", message_zh="请选择走访方式", field="way", value=way)
    if not today <= on <= today + _FURTHEST:
        raise InvalidStep(
            f"{on}: name a day from today on, within a year",
            message_zh="计划日期应在今天之后的一年内",
            field="on",
            value=on.isoformat(),
        )
    before = row.planned_on
    row.planned_on, row.planned_way, row.planned_for = on, way, purpose.strip()[:200]
    row.save(update_fields=["planned_on", "planned_way", "planned_for"])
    note_stewardship(
        row,
        "visit_planned",
        actor=actor,
        now=now,
        before={"on": str(before)} if before else None,
        after={"on": str(on), "way": way},
    )
    tell_party(
        row,
        "visit_planned",
        now=now,
        steward=row.steward_name,
        day=on,
        way=ways[way].name,
        way_en=ways[way].name_en,
        purpose=row.planned_for,
    )


@transaction.atomic
def note_service(
    *, actor: Actor, stewardship_id: int, service: str, on: date, what: str, now: datetime
) -> int:
    """Something of what was agreed on was done for the enterprise; the number of the note.

    Raises NotAllowed, StepNotFound, InvalidStep.
    """
    row = load_own(actor, stewardship_id)
    if service not in row.services:
        raise InvalidStep(
            f"{service!r} was not agreed on",
            message_zh="该服务不在这家企业的服务包中，请先调整服务包",
            field="service",
            value=service,
        )
    if not timezone.localdate(row.since) <= on <= timezone.localdate(now):
        raise InvalidStep(
            f"{on}: a day from the beginning of the stewardship until today",
            message_zh="服务日期应在结对之后、今天之前",
            field="on",
            value=on.isoformat(),
        )
    needed(what, "what")
    done = ServiceDone.objects.create(
        stewardship=row,
        service=service,
        on=on,
        what=what.strip()[:400],
        by_name=actor.name,
        noted_at=now,
    )
    note_stewardship(row, "service_done", actor=actor, now=now, after={"service": service, "on": str(on)})
    return int(done.pk)
