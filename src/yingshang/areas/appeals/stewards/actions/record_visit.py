"""A steward visits an enterprise: what was said, how content it is, and the appeals that come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import correct_fact

from ...actions._steps import bounded, needed
from ...actions.submit_appeal import submit_appeal
from ...desks import PLATFORM
from ...errors import InvalidStep
from ...models import Appeal, Visit
from ..calls import answer_calls
from ..reach import load_own
from ..rules import steward_rules
from ..telling import tell_party
from .keep_stewards import note_stewardship

SOURCE = "服务管家走访"
"""Whose word a fact learned at a visit is, in the history of the fact."""


@dataclass(frozen=True, slots=True)
class AskedFor:
    """Something the enterprise said at a visit that somebody has to answer."""

    title: str
    body: str
    urgency: str = "normal"


@dataclass(frozen=True, slots=True)
class Learned:
    """A fact of the enterprise that was seen or told at a visit: its column, and the value as people write it."""

    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A visit, and the numbers of the appeals that came of it."""

    id: int
    appeals: tuple[str, ...]


@transaction.atomic
def record_visit(
    *,
    actor: Actor,
    stewardship_id: int,
    way: str,
    at: datetime,
    said: str,
    met: str = "",
    level: int | None = None,
    asked_for: Sequence[AskedFor] = (),
    learned: Sequence[Learned] = (),
    instead: bool = False,
    now: datetime,
) -> Recorded:
    """Record a visit to one's own enterprise, once it has been. In this very transaction what the enterprise asked for
    becomes an appeal of its own each, over the channel `visit`; what was learned of it becomes a fact with its source,
    where the actor may correct facts; and what it had asked its steward to get in touch about is answered. The next
    visit is due after the days of the tier; what was arranged is over once it has been, on its day or later and in the
    way that was announced, or if this visit was made `instead`, which the enterprise is told if the day is still to
    come. The enterprise is told of the visit, and may say how content it is.

    Raises NotAllowed, StepNotFound, InvalidStep, InvalidFact, and what `submit_appeal` raises.
    """
    row = load_own(actor, stewardship_id)
    rules = steward_rules()
    if way not in rules.ways:
        raise InvalidStep(f"{way!r} is no way", message_zh="请选择走访方式", field="way", value=way)
    if at > now or at < row.since:
        raise InvalidStep(
            "a visit lies between the beginning of the stewardship and now",
            message_zh="走访时间应在结对之后、现在之前",
            field="at",
            value=at.isoformat(),
        )
    if level is not None and level not in range(1, 6):
        raise InvalidStep(f"{level} is no level", message_zh="请选择满意度", field="level", value=level)
    needed(said, "said")
    visit = Visit.objects.create(
        stewardship=row,
        way=way,
        at=at,
        met=met.strip()[:200],
        said=bounded(said, "said"),
        due_on=row.visit_due_on,
        level=level,
        by_name=actor.name,
        recorded_at=now,
    )
    numbers = []
    for number, each in enumerate(asked_for, 1):
        made = submit_appeal(
            # The steward may visit; that what was said is taken in is the platform's part.
            actor=PLATFORM,
            channel="visit",
            party_id=row.party.merged_into_id or row.party_id,
            title=each.title,
            body=each.body,
            urgency=each.urgency,
            reference=f"visit-{visit.pk}-{number}",
            now=now,
        )
        visit.appeals.add(Appeal.objects.get(pk=made.id))
        numbers.append(made.number)
    for fact in learned:
        correct_fact(
            actor=actor,
            party_id=row.party.merged_into_id or row.party_id,
            column=fact.column,
            text=fact.value,
            source=SOURCE,
            as_of=timezone.localdate(at),
            reason=f"{rules.ways[way].name} {timezone.localdate(at)}",
            now=now,
        )
    answer_calls(row, visit, now=now)
    if row.last_visit_at is None or at > row.last_visit_at:
        row.last_visit_at = at
        days = rules.tiers[row.tier].visit_every_days
        row.visit_due_on = timezone.localdate(row.last_visit_at) + timedelta(days=days)
        row.reminded_on = row.was_due_on = None
    planned, announced = row.planned_on, row.planned_way
    over = planned is not None and (instead or (planned <= timezone.localdate(at) and announced == way))
    if over:
        row.planned_on, row.planned_way, row.planned_for = None, "", ""
    row.save()
    note_stewardship(
        row,
        "visited",
        actor=actor,
        now=now,
        after={"way": way, "at": at.isoformat(), "appeals": numbers, "next": str(row.visit_due_on)}
        | ({"facts": [each.column for each in learned]} if learned else {})
        | ({"instead_of": str(planned)} if over and instead else {}),
    )
    if over and instead and planned is not None and planned >= timezone.localdate(now):
        tell_party(
            row,
            "visit_not_needed",
            now=now,
            steward=row.steward_name,
            day=planned,
            way=rules.ways[announced].name if announced in rules.ways else announced,
            way_en=rules.ways[announced].name_en if announced in rules.ways else announced,
        )
    tell_party(
        row,
        "visit_recorded",
        now=now,
        steward=row.steward_name,
        day=timezone.localdate(at),
        way=rules.ways[way].name,
        days=rules.rating_days,
    )
    return Recorded(int(visit.pk), tuple(numbers))
