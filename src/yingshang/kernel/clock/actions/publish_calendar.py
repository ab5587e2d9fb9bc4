"""Publish the days of a year, once the State Council, or a region, has arranged them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.jobs.api import enqueue
from yingshang.kernel.ledger.api import Target, record

from ..calendars import NATIONAL, Calendar, Notice, RevisedYear, build_calendars, calendar_among
from ..errors import CalendarUnchanged, InvalidRevision, Mistake
from ..models import OPEN, CalendarRevision, Deadline, Ladder
from ..revisions import (
    DayChange,
    RevisedDays,
    changes_between,
    published_revisions,
    read_days,
    refresh_calendars,
)
from ..views import RevisionView, revision_view

PERMISSION = "clock.manage"


@dataclass(frozen=True, slots=True)
class CalendarPreview:
    """What publishing would change: the days, and how many open deadlines have to be counted anew."""

    calendar: Calendar
    year: int
    days: RevisedDays
    changes: tuple[DayChange, ...]
    deadlines: int

    @property
    def becoming_off(self) -> tuple[DayChange, ...]:
        """Working days that become free."""
        return tuple(change for change in self.changes if change.was_working)

    @property
    def becoming_working(self) -> tuple[DayChange, ...]:
        """Free days that become working days."""
        return tuple(change for change in self.changes if not change.was_working)


def preview_calendar(*, actor: Actor, code: str, year: int, document: str) -> CalendarPreview:
    """What publishing this document would change. Writes nothing.

    Raises InvalidRevision with everything that is wrong, UnknownCalendar, NotAllowed.
    """
    _may(actor)
    known = published_revisions()
    before = calendar_among(build_calendars(known), code)
    days = read_days(document, calendar=before, year=year, own_law=code == NATIONAL)
    after = _with(known, code, year, days, Notice(year, "", None, None, None, "published"))
    changes = changes_between(before, after, year)
    return CalendarPreview(after, year, days, changes, _touched(code, after, changes))


def publish_calendar(
    *, actor: Actor, code: str, year: int, document: str, notice: Notice, now: datetime
) -> RevisionView:
    """Have the days of this document hold, and queue the job that moves the deadlines they move.

    Dates computed from the commit on use them; open deadlines are moved by the job, each once and with an event.
    Raises as `preview_calendar` does, CalendarUnchanged when it says nothing new.
    """
    from ..tasks import move_deadlines_job

    title = notice.title.strip()
    if not title or len(title) > 200:
        raise InvalidRevision(
            "this calendar cannot be published",
            "日历不能发布",
            [
                Mistake(
                    "notice",
                    "name the notice that arranges the year, in at most 200 characters",
                    "请写明所依据的通知名称，最多200个字符",
                )
            ],
        )
    with transaction.atomic():
        # One at a time: the second is held against what the first has published.
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE clock_calendarrevision IN SHARE ROW EXCLUSIVE MODE")
        preview = preview_calendar(actor=actor, code=code, year=year, document=document)
        if not preview.changes and not _is_provisional(code, year):
            raise CalendarUnchanged(
                f"{year} is published with these very days",
                message_zh=f"{year}年已按这些日期发布，没有变化",
                year=year,
            )
        # A year that is settled without any day changing settles dates: from its first day that could have changed.
        first = min((change.day for change in preview.changes), default=date(year, 1, 1))
        row = CalendarRevision.objects.create(
            calendar=code,
            year=year,
            title=title,
            number=(notice.number or "")[:80],
            issued=notice.issued,
            source=(notice.source or "")[:400],
            holidays=_written(preview.days.holidays),
            makeup_days=_written(preview.days.makeup_days),
            document=document,
            published_at=now,
            published_by=actor.name[:120],
            first_change=first,
        )
        record(
            actor=actor,
            action="clock.calendar_published",
            target=Target("calendar", code, f"{preview.calendar.name} {year}"),
            now=now,
            after={
                "year": year,
                "revision": row.pk,
                "notice": title,
                "number": row.number,
                "becoming_off": [change.day for change in preview.becoming_off],
                "becoming_working": [change.day for change in preview.becoming_working],
            },
            reason=title,
        )
        enqueue(
            move_deadlines_job,
            actor=actor,
            title=f"按{year}年节假日安排调整时限",
            now=now,
            revision_id=row.pk,
        )
        transaction.on_commit(refresh_calendars)
        return revision_view(row)


def _is_provisional(code: str, year: int) -> bool:
    """Whether the year of this calendar is still open, by what is published."""
    return calendar_among(build_calendars(published_revisions()), code).years[year].provisional


def affected_codes(code: str) -> tuple[str, ...]:
    """The calendars that change with one: regions' lie over the national one."""
    return tuple(build_calendars(())) if code == NATIONAL else (code,)


def _may(actor: Actor) -> None:
    """Calendars are the whole platform's: who manages its ladders from the top may publish them."""
    scope = actor.require(PERMISSION)
    top = min(Ladder.objects.values_list("region_path", flat=True), key=len, default=None)
    if scope.everywhere or (top is not None and scope.covers("subtree", agency_id=0, region_path=top)):
        return
    raise NotAllowed(
        "calendars hold for the whole platform: only administrators of its topmost region publish them",
        message_zh="工作日历对整个平台生效，只有平台最上级地区的管理员可以发布",
        permission=PERMISSION,
    )


def _with(
    known: tuple[RevisedYear, ...], code: str, year: int, days: RevisedDays, notice: Notice
) -> Calendar:
    newest = max((each.number for each in known), default=0) + 1
    revised = RevisedYear(
        newest, code, year, tuple(days.holidays.items()), tuple(days.makeup_days.items()), notice
    )
    others = tuple(each for each in known if (each.calendar, each.year) != (code, year))
    return calendar_among(build_calendars((*others, revised)), code)


def _touched(code: str, after: Calendar, changes: tuple[DayChange, ...]) -> int:
    if not changes:
        return 0
    first = min(change.day for change in changes)
    return Deadline.objects.filter(
        calendar__in=affected_codes(code), state__in=OPEN, due_on__gte=first
    ).count()


def _written(days: Mapping[date, str]) -> dict[str, str]:
    return {day.isoformat(): name for day, name in days.items()}
