"""Reading deadlines, ladders and revisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from .errors import DeadlineNotFound, LadderNotFound
from .models import OPEN, CalendarRevision, Deadline, Ladder, LadderVersion
from .views import (
    DeadlineView,
    LadderVersionView,
    LadderView,
    Owner,
    RevisionView,
    deadline_view,
    revision_view,
    version_view,
)

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class DeadlinePage:
    """Some deadlines, and how many there are in all."""

    rows: tuple[DeadlineView, ...]
    total: int


def deadlines_of(owner: Owner, *, now: datetime | None = None) -> tuple[DeadlineView, ...]:
    """All deadlines of an owner, the oldest first. Who may see the owner may see these: that is for its room to say."""
    rows = _whole().filter(owner_kind=owner.kind, owner_id=owner.identifier).order_by("id")
    at = now or timezone.now()
    return tuple(deadline_view(row, now=at) for row in rows)


def deadlines_of_many(
    kind: str, identifiers: Sequence[str], *, now: datetime | None = None
) -> dict[str, tuple[DeadlineView, ...]]:
    """The deadlines of several owners of one kind, by owner, in a fixed number of queries."""
    found: dict[str, list[DeadlineView]] = {identifier: [] for identifier in identifiers}
    at = now or timezone.now()
    for row in _whole().filter(owner_kind=kind, owner_id__in=list(identifiers)).order_by("id"):
        found[row.owner_id].append(deadline_view(row, now=at))
    return {identifier: tuple(rows) for identifier, rows in found.items()}


def get_deadline(
    deadline_id: int, *, actor: Actor | None = None, now: datetime | None = None
) -> DeadlineView:
    """One deadline; with an actor only if they may see it, which a page must ask for. Raises DeadlineNotFound."""
    rows = _whole() if actor is None else _seen_by(actor)
    row = rows.filter(pk=deadline_id).first()
    if row is None:
        raise DeadlineNotFound(
            f"no deadline {deadline_id}", message_zh=f"没有编号为{deadline_id}的时限", value=deadline_id
        )
    return deadline_view(row, now=now or timezone.now())


def get_deadlines(deadline_ids: Iterable[int], *, now: datetime) -> dict[int, DeadlineView]:
    """Deadlines by their number, of whatever owners, in a fixed number of queries.

    Who may see what they belong to may see these: that is for its room to say.
    """
    rows = _whole().filter(pk__in=set(deadline_ids))
    return {row.pk: deadline_view(row, now=now) for row in rows}


def due_deadlines(
    *,
    actor: Actor,
    now: datetime,
    until: datetime | None = None,
    late: bool | None = None,
    kind: Literal["case", "step"] | None = None,
    agency_id: int | None = None,
    page: int = 1,
    page_size: int = 50,
) -> DeadlinePage:
    """Open deadlines the actor may see, those due first; `until` a due moment, `late` or not."""
    rows = _seen_by(actor).filter(state__in=OPEN)
    if until is not None:
        rows = rows.filter(due_at__lte=until)
    if late is not None:
        over = Q(state=Deadline.RUNNING, due_at__lt=now)
        rows = rows.filter(over) if late else rows.exclude(over)
    if kind is not None:
        rows = rows.filter(kind=kind)
    if agency_id is not None:
        rows = rows.filter(agency_id=agency_id)
    size = max(1, min(page_size, MOST_ROWS))
    first = (max(1, page) - 1) * size
    return DeadlinePage(
        tuple(deadline_view(row, now=now) for row in rows.order_by("due_at", "id")[first : first + size]),
        rows.count(),
    )


def failing_deadlines(*, actor: Actor, now: datetime, limit: int = 50) -> DeadlinePage:
    """Deadlines with a rung whose handler fails, the most often failing first. Needs clock.manage."""
    rows = (
        actor.require("clock.manage")
        .filter(_whole(), region="region_path", agency="agency_id")
        .filter(failures__gt=0)
    )
    found = rows.order_by("-failures", "id")[:limit]
    return DeadlinePage(tuple(deadline_view(row, now=now) for row in found), rows.count())


def count_failing() -> int:
    """How many deadlines have a rung whose handler fails, for the check of the platform's health."""
    return Deadline.objects.filter(failures__gt=0).count()


def sweep_lag_seconds(now: datetime) -> float:
    """For how long the earliest rung that is due has waited for the sweeper; 0 when none waits."""
    first = (
        Deadline.objects.filter(state="running", failures=0, next_rung_at__lte=now)
        .order_by("next_rung_at")
        .values_list("next_rung_at", flat=True)
        .first()
    )
    return 0.0 if first is None else (now - first).total_seconds()


def _whole() -> QuerySet[Deadline]:
    return Deadline.objects.select_related("ladder__ladder").prefetch_related(
        "pauses", "extensions", "firings"
    )


def _seen_by(actor: Actor) -> QuerySet[Deadline]:
    scope = actor.require("clock.view")
    return scope.filter(_whole(), region="region_path", agency="agency_id", party="party_id")


def ladders(*, actor: Actor) -> tuple[LadderView, ...]:
    """The ladders the actor manages, by code."""
    rows = actor.require("clock.manage").filter(Ladder.objects.all(), region="region_path")
    return tuple(_ladder(row) for row in rows.order_by("code").prefetch_related("versions"))


def published_ladders() -> tuple[LadderView, ...]:
    """Every ladder a deadline can start with, for forms that choose one."""
    rows = Ladder.objects.filter(versions__state=LadderVersion.PUBLISHED).distinct().order_by("code")
    return tuple(_ladder(row) for row in rows.prefetch_related("versions"))


def get_ladder(*, actor: Actor, code: str) -> LadderView:
    """One ladder with all its versions, each with its open deadlines. Raises LadderNotFound."""
    rows = actor.require("clock.manage").filter(Ladder.objects.all(), region="region_path")
    row = rows.filter(code=code).prefetch_related("versions").first()
    if row is None:
        raise LadderNotFound(
            f"no ladder {code!r} that you manage", message_zh=f"没有由您管理的提醒阶梯“{code}”", value=code
        )
    counted = dict(
        Deadline.objects.filter(ladder__ladder=row, state__in=OPEN)
        .values_list("ladder_id")
        .annotate(number=Count("id"))
    )
    return _ladder(row, counted)


def _ladder(row: Ladder, counted: dict[int, int] | None = None) -> LadderView:
    versions: tuple[LadderVersionView, ...] = tuple(
        version_view(each, (counted or {}).get(each.pk, 0)) for each in row.versions.all()
    )
    return LadderView(
        code=row.code,
        region_path=row.region_path,
        published=next((each for each in versions if each.state == "published"), None),
        draft=next((each for each in versions if each.state == "draft"), None),
        versions=versions,
    )


def calendar_revisions(*, code: str | None = None) -> tuple[RevisionView, ...]:
    """What was published of calendars here, the newest first. Calendars are public: nobody's permission is asked."""
    rows = CalendarRevision.objects.order_by("-id")
    if code is not None:
        rows = rows.filter(calendar=code)
    return tuple(revision_view(row) for row in rows)
