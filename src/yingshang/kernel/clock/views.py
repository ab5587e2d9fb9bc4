"""What others are given: deadlines and ladders as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from .calendars import Calendar, Language, Notice
from .errors import OutsideCalendar
from .ladders import Rung, read_rungs
from .models import CalendarRevision, Deadline, LadderVersion
from .revisions import calendar_in_version
from .rules_of_law import Reason, extension_reason, pause_reason
from .terms import ZONE, Stop, Term, TermDerivation, derive_due

Colour = Literal["overdue", "today", "soon", "later", "paused", "met", "met_late", "cancelled"]

SOON_WORKING_DAYS = 3
"""Due within so many working days is soon."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What a deadline belongs to: a kind that a room has registered, and which one."""

    kind: str
    identifier: str


@dataclass(frozen=True, slots=True)
class PauseView:
    """A stretch in which the clock stood still, or still stands, with its reason in law."""

    reason: Reason
    note: str
    since: datetime
    until: datetime | None
    paused_by: str
    resumed_by: str


@dataclass(frozen=True, slots=True)
class ExtensionView:
    """A lengthening, with its reason in law."""

    term: Term
    reason: Reason
    note: str
    extended_at: datetime
    extended_by: str


@dataclass(frozen=True, slots=True)
class FiringView:
    """A rung that has fired. `round` tells for which of the dates the deadline has had."""

    rung: str
    name: str
    name_en: str
    action: str
    round: int
    scheduled_for: datetime
    fired_at: datetime


@dataclass(frozen=True, slots=True)
class DeadlineView:
    """A deadline. While it is paused, `due_at` is the date it had when it was stopped."""

    id: int
    owner: Owner
    kind: Literal["case", "step"]
    name: str
    name_en: str
    term: Term
    started_at: datetime
    due_at: datetime
    due_on: date
    ended_at: datetime | None
    state: Literal["running", "paused", "met", "cancelled"]
    late: bool
    provisional: bool
    pauses: tuple[PauseView, ...]
    extensions: tuple[ExtensionView, ...]
    firings: tuple[FiringView, ...]
    region_code: str
    region_path: str
    agency_id: int | None
    party_id: int | None
    ladder: str
    ladder_version: int | None
    round: int
    next_rung_at: datetime | None
    failures: int
    failure: str
    calendar: str
    calendar_version: str
    start_event: Mapping[Language, str] = field(repr=False)

    @property
    def open(self) -> bool:
        """Whether it is neither met nor cancelled."""
        return self.state in ("running", "paused")

    def named(self, language: Language = "zh") -> str:
        """The name in a language."""
        return self.name if language == "zh" else self.name_en

    @property
    def counted(self) -> TermDerivation:
        """How the due date was reached, in parts."""
        return derive_due(
            self.started_at,
            (self.term, *(each.term for each in self.extensions)),
            self._calendar,
            stops=tuple(
                Stop(each.since, each.until, each.reason.names, each.reason.bases) for each in self.pauses
            ),
            start_event=self.start_event,
        )

    def derivation(self, language: Language = "zh") -> str:
        """How the due date was reached, in one line, by the calendar it was reached with."""
        return self.counted.text(language)

    def working_days_left(self, today: date) -> int | None:
        """Working days from today until the due day, negative once it is past; None where the calendar ends."""
        try:
            return self._calendar.working_days_between(today, self.due_on)
        except OutsideCalendar:
            return None

    def colour(self, now: datetime) -> Colour:
        """How urgent it is at a moment, in a word."""
        if self.state == "cancelled":
            return "cancelled"
        if self.state == "met":
            return "met_late" if self.late else "met"
        if self.late or (self.state == "running" and now > self.due_at):
            return "overdue"
        if self.state == "paused":
            return "paused"
        today = now.astimezone(ZONE).date()
        if today == self.due_on:
            return "today"
        left = self.working_days_left(today)
        return "soon" if left is not None and left <= SOON_WORKING_DAYS else "later"

    @property
    def _calendar(self) -> Calendar:
        return calendar_in_version(self.calendar, self.calendar_version)


def deadline_view(row: Deadline, *, now: datetime, new: bool = False) -> DeadlineView:
    """A row as a value; reads its pauses, extensions, firings and ladder unless they were prefetched.

    A new one has none of them: that need not be asked.
    """
    pauses = tuple(
        PauseView(
            pause_reason(each.reason), each.note, each.since, each.until, each.paused_by, each.resumed_by
        )
        for each in (() if new else row.pauses.all())
    )
    version = row.ladder
    rungs = {} if version is None else {rung.code: rung for rung in rungs_of(version)}
    return DeadlineView(
        id=row.pk,
        owner=Owner(row.owner_kind, row.owner_id),
        kind=row.kind,  # type: ignore[arg-type]  # held by a constraint
        name=row.name,
        name_en=row.name_en,
        term=Term.from_dict(row.term),
        started_at=row.started_at,
        due_at=row.due_at,
        due_on=row.due_on,
        ended_at=row.ended_at,
        state=row.state,  # type: ignore[arg-type]  # held by a constraint
        late=is_late(row, pauses[-1].since if pauses else None, now),
        provisional=row.provisional,
        pauses=pauses,
        extensions=tuple(
            ExtensionView(
                Term.from_dict(each.term),
                extension_reason(each.reason),
                each.note,
                each.extended_at,
                each.extended_by,
            )
            for each in (() if new else row.extensions.all())
        ),
        firings=tuple(
            _firing(each.rung, rungs.get(each.rung), each.round, each.scheduled_for, each.fired_at)
            for each in (() if new else row.firings.all())
        ),
        region_code=row.region_code,
        region_path=row.region_path,
        agency_id=row.agency_id,
        party_id=row.party_id,
        ladder="" if version is None else version.ladder.code,
        ladder_version=None if version is None else version.number,
        round=row.round,
        next_rung_at=row.next_rung_at,
        failures=row.failures,
        failure=row.failure,
        calendar=row.calendar,
        calendar_version=row.calendar_version,
        start_event=row.start_event,
    )


def is_late(row: Deadline, last_stop: datetime | None, now: datetime) -> bool:
    """Whether the due moment passed before the deadline was met, or stopped, or now."""
    if row.state == Deadline.PAUSED:
        assert last_stop is not None
        return last_stop > row.due_at
    return (row.ended_at or now) > row.due_at


def _firing(
    code: str, rung: Rung | None, number: int, scheduled_for: datetime, fired_at: datetime
) -> FiringView:
    return FiringView(
        rung=code,
        name=rung.name if rung else code,
        name_en=rung.name_en if rung else code,
        action=rung.action if rung else "",
        round=number,
        scheduled_for=scheduled_for,
        fired_at=fired_at,
    )


_rungs: dict[tuple[int, datetime], tuple[Rung, ...]] = {}


def rungs_of(version: LadderVersion) -> tuple[Rung, ...]:
    """The rungs of a version; those of a published one are read once."""
    if version.published_at is None:
        return read_rungs(version.rungs)
    key = (version.pk, version.published_at)
    if key not in _rungs:
        if len(_rungs) > 500:
            _rungs.clear()
        _rungs[key] = read_rungs(version.rungs)
    return _rungs[key]


@dataclass(frozen=True, slots=True)
class LadderVersionView:
    """What a ladder says, or would say: a draft has no `published_at`."""

    number: int
    state: Literal["draft", "published"]
    name: str
    name_en: str
    source: str
    rungs: tuple[Rung, ...]
    changed_at: datetime
    changed_by: str
    published_at: datetime | None
    open_deadlines: int = 0

    def named(self, language: Language) -> str:
        """The name in a language."""
        return self.name if language == "zh" else self.name_en


@dataclass(frozen=True, slots=True)
class LadderView:
    """A ladder. `published` is what deadlines begin with now, `draft` what is being worked on."""

    code: str
    region_path: str
    published: LadderVersionView | None
    draft: LadderVersionView | None
    versions: tuple[LadderVersionView, ...] = ()

    @property
    def shown(self) -> LadderVersionView:
        """What it is called by: the published version, else the draft."""
        version = self.published or self.draft
        assert version is not None
        return version


def version_view(row: LadderVersion, open_deadlines: int = 0) -> LadderVersionView:
    """A row as a value."""
    return LadderVersionView(
        number=row.number,
        state=row.state,  # type: ignore[arg-type]  # held by a constraint
        name=row.name,
        name_en=row.name_en,
        source=row.source,
        rungs=rungs_of(row),
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        published_at=row.published_at,
        open_deadlines=open_deadlines,
    )


@dataclass(frozen=True, slots=True)
class RevisionView:
    """A published revision of a year, and how many deadlines it has moved; without `settled_at` it still does."""

    id: int
    calendar: str
    year: int
    notice: Notice
    document: str
    published_at: datetime
    published_by: str
    moved: int
    settled_at: datetime | None


def revision_view(row: CalendarRevision) -> RevisionView:
    """A row as a value."""
    return RevisionView(
        id=row.pk,
        calendar=row.calendar,
        year=row.year,
        notice=Notice(
            row.year, row.title, row.number or None, row.issued, row.source or None, checked="published"
        ),
        document=row.document,
        published_at=row.published_at,
        published_by=row.published_by,
        moved=row.moved,
        settled_at=row.settled_at,
    )


def told(row: Deadline) -> dict[str, Any]:
    """What an event says of a deadline's date."""
    return {"due_on": row.due_on, "due_at": row.due_at, "provisional": row.provisional, "state": row.state}
