"""Start a clock, or many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.db import IntegrityError, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import NewEvent, record_many
from yingshang.kernel.reference.api import get_region

from ..calendars import ACCEPTED, Calendar, Language, regional_calendar_among
from ..errors import CaseClockRuns, LadderNotFound
from ..models import Deadline, LadderVersion
from ..owners import owner_kind
from ..revisions import fresh_calendars
from ..terms import Term, TermDerivation, due_at
from ..views import DeadlineView, Owner, deadline_view, told
from ._steps import not_before, set_next, steps_of, target_of

AT_ONCE = 1000
"""How many clocks a statement writes."""


@dataclass(frozen=True, slots=True)
class NewDeadline:
    """A clock to be started together with others; the fields are those of `start_deadline`."""

    owner: Owner
    kind: Literal["case", "step"]
    name: str
    name_en: str
    term: Term
    started_at: datetime
    region_code: str
    agency_id: int | None
    party_id: int | None
    ladder: str | None
    start_event: Mapping[Language, str] = field(default_factory=lambda: ACCEPTED)


def start_deadline(
    *,
    actor: Actor,
    owner: Owner,
    kind: Literal["case", "step"],
    name: str,
    name_en: str,
    term: Term,
    started_at: datetime,
    region_code: str,
    agency_id: int | None,
    party_id: int | None,
    ladder: str | None,
    now: datetime,
    start_event: Mapping[Language, str] = ACCEPTED,
) -> DeadlineView:
    """Start a clock for an owner, with the ladder as it is published now.

    Rungs whose moment lies before the start never fire: a term of two days has no reminder five days before.
    Raises UnknownOwner, LadderNotFound, CaseClockRuns, OutsideCalendar, UnknownRegion.
    """
    new = NewDeadline(
        owner, kind, name, name_en, term, started_at, region_code, agency_id, party_id, ladder, start_event
    )
    [view] = start_deadlines(actor=actor, deadlines=[new], now=now)
    return view


def start_deadlines(
    *, actor: Actor, deadlines: Sequence[NewDeadline], now: datetime
) -> tuple[DeadlineView, ...]:
    """`start_deadline` for many, in their order: all are started or none. One statement writes a thousand of them, and
    one their events. Raises as `start_deadline` does, for the first that cannot be started.
    """
    for kind in {each.owner.kind for each in deadlines}:
        owner_kind(kind)
    regions = {code: get_region(code) for code in dict.fromkeys(each.region_code for each in deadlines)}
    for each in deadlines:
        not_before(now, each.started_at)
    with transaction.atomic():
        ladders = {
            code: _published(code) for code in dict.fromkeys(each.ladder for each in deadlines) if code
        }
        known = fresh_calendars() if deadlines else {}
        calendars = {code: regional_calendar_among(known, code) for code in regions}
        counted: dict[tuple[datetime, Term, str], TermDerivation] = {}
        rows = []
        for each in deadlines:
            calendar, region = calendars[each.region_code], regions[each.region_code]
            same = (each.started_at, each.term, calendar.code)
            if same not in counted:
                # What the event is called changes nothing of the day.
                counted[same] = due_at(each.started_at, each.term, calendar)
            version = ladders[each.ladder] if each.ladder else None
            rows.append(_row(each, counted[same], calendar, region.code, region.path, version))
        _insert(rows)
        record_many(
            actor=actor,
            events=[
                NewEvent(
                    "clock.started",
                    target_of(row),
                    after={
                        **told(row),
                        "owner": f"{row.owner_kind} {row.owner_id}",
                        "kind": row.kind,
                        "term": row.term,
                        "ladder": each.ladder,
                        "ladder_version": None if row.ladder is None else row.ladder.number,
                    },
                )
                for each, row in zip(deadlines, rows, strict=True)
            ],
            now=now,
        )
        return tuple(deadline_view(row, now=now, new=True) for row in rows)


def _row(
    new: NewDeadline,
    reached: TermDerivation,
    calendar: Calendar,
    region_code: str,
    region_path: str,
    version: LadderVersion | None,
) -> Deadline:
    row = Deadline(
        owner_kind=new.owner.kind,
        owner_id=new.owner.identifier,
        kind=new.kind,
        name=new.name[:200],
        name_en=(new.name_en or new.name)[:200],
        region_code=region_code,
        region_path=region_path,
        agency_id=new.agency_id,
        party_id=new.party_id,
        calendar=calendar.code,
        calendar_version=reached.version,
        start_event=dict(new.start_event),
        term=new.term.as_dict(),
        started_at=new.started_at,
        due_at=reached.due_at,
        due_on=reached.due_on,
        provisional=reached.provisional,
        ladder=version,
    )
    row.done = [step.rung.code for step in steps_of(row, calendar) if step.at <= new.started_at]
    set_next(row, calendar)
    return row


def _insert(rows: Sequence[Deadline]) -> None:
    try:
        with transaction.atomic():
            Deadline.objects.bulk_create(rows, batch_size=AT_ONCE)
    except IntegrityError as error:
        if "clock_one_case_clock" not in str(error):
            raise
        taken = _first_taken(rows)
        raise CaseClockRuns(
            f"{taken.owner_kind} {taken.owner_id} has its case clock already; nothing resets it",
            message_zh=f"“{taken.name}”的总时限已经开始计算，不能重新起算",
            value=taken.owner_id,
        ) from error


def _first_taken(rows: Sequence[Deadline]) -> Deadline:
    """The first whose owner has a case clock already, or is among them a second time."""
    cases = [row for row in rows if row.kind == "case"]
    seen = set(
        Deadline.objects.filter(
            owner_kind__in={row.owner_kind for row in cases},
            kind="case",
            owner_id__in={r.owner_id for r in cases},
        )
        .exclude(state=Deadline.CANCELLED)
        .values_list("owner_kind", "owner_id")
    )
    for row in cases:
        if (row.owner_kind, row.owner_id) in seen:
            return row
        seen.add((row.owner_kind, row.owner_id))
    # Whoever has taken it has not committed, or has given it back since.
    return cases[0]


def _published(code: str) -> LadderVersion:
    version = (
        LadderVersion.objects.select_related("ladder")
        .filter(ladder__code=code, state=LadderVersion.PUBLISHED)
        .order_by("-number")
        .first()
    )
    if version is None:
        raise LadderNotFound(
            f"no ladder {code!r} is published",
            message_zh=f"没有已发布的提醒阶梯“{code}”",
            value=code,
        )
    return version
