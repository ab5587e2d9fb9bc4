"""Start a clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from django.db import IntegrityError, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record
from yingshang.kernel.reference.api import get_region

from ..calendars import ACCEPTED, Language
from ..errors import CaseClockRuns, LadderNotFound
from ..models import Deadline, LadderVersion
from ..owners import owner_kind
from ..revisions import fresh_calendar_of_region
from ..terms import Term, due_at
from ..views import DeadlineView, Owner, deadline_view, told
from ._steps import not_before, set_next, steps_of, target_of


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
    owner_kind(owner.kind)
    region = get_region(region_code)
    not_before(now, started_at)
    with transaction.atomic():
        version = None if ladder is None else _published(ladder)
        calendar = fresh_calendar_of_region(region_code)
        reached = due_at(started_at, term, calendar, start_event=start_event)
        row = Deadline(
            owner_kind=owner.kind,
            owner_id=owner.identifier,
            kind=kind,
            name=name[:200],
            name_en=(name_en or name)[:200],
            region_code=region.code,
            region_path=region.path,
            agency_id=agency_id,
            party_id=party_id,
            calendar=calendar.code,
            calendar_version=reached.version,
            start_event=dict(start_event),
            term=term.as_dict(),
            started_at=started_at,
            due_at=reached.due_at,
            due_on=reached.due_on,
            provisional=reached.provisional,
            ladder=version,
        )
        row.done = [step.rung.code for step in steps_of(row, calendar) if step.at <= started_at]
        set_next(row, calendar)
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            if "clock_one_case_clock" not in str(error):
                raise
            raise CaseClockRuns(
                f"{owner.kind} {owner.identifier} has its case clock already; nothing resets it",
                message_zh=f"“{name}”的总时限已经开始计算，不能重新起算",
                value=owner.identifier,
            ) from error
        record(
            actor=actor,
            action="clock.started",
            target=target_of(row),
            now=now,
            after={
                **told(row),
                "owner": f"{owner.kind} {owner.identifier}",
                "kind": kind,
                "term": row.term,
                "ladder": ladder,
                "ladder_version": None if version is None else version.number,
            },
        )
        return deadline_view(row, now=now, new=True)


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
