"""Records as officials read them: a list by month and agency, and each figure with its appeals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, reference_of

from ...errors import StepNotFound
from ...models import Appeal, Holding, PerformanceRecord, RecordLine, RecordMonth, RecordObjection, Reply
from ..periods import period_of
from ..rules import learning_rules
from .reach import answers_for, corrects, line_not_found, records_reached


@dataclass(frozen=True, slots=True)
class RecordView:
    """An agency in a month. `figures` count now, `counted` are those of the day it was frozen."""

    id: int
    month: date
    agency_id: int
    agency_name: str
    region_path: str
    received: int
    answered: int
    figures: Mapping[str, int]
    counted: Mapping[str, int]
    in_time: float | None
    contacted_in_time: float | None
    open_objections: int
    frozen_at: datetime

    @property
    def corrected(self) -> bool:
        """Whether something was taken out or put back since."""
        return any(self.figures[each] != self.counted.get(each, 0) for each in self.figures)


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records, and how many there are."""

    rows: tuple[RecordView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class RecordAppeal:
    """An appeal behind a figure; `line_id` is None for figures that speak against nobody."""

    appeal_id: int
    number: str
    title: str
    topic: str
    at: datetime
    figure: str
    line_id: int | None = None
    counts: bool = True
    objection: str = ""


@dataclass(frozen=True, slots=True)
class RecordAppealPage:
    """Some of them, and how many there are."""

    rows: tuple[RecordAppeal, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection and what was decided on it."""

    id: int
    state: str
    reason: str
    made_at: datetime
    made_by_name: str
    decision: str
    decided_at: datetime | None
    decided_by_name: str


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A line was taken out, or put back."""

    counts: bool
    reason: str
    at: datetime
    by_name: str


@dataclass(frozen=True, slots=True)
class RecordLineView:
    """One line with its history. `may`: objected, upheld and refused, taken_out or put_back."""

    line: RecordAppeal
    record: RecordView
    objection: ObjectionView | None
    corrections: tuple[CorrectionView, ...]
    until: datetime
    may: frozenset[str]


def record_months() -> tuple[date, ...]:
    """The months that were frozen, the newest first. One query."""
    return tuple(RecordMonth.objects.values_list("month", flat=True)[:36])


def performance_records(
    *,
    actor: Actor,
    month: date | None = None,
    region_path: str = "",
    objected: bool = False,
    offset: int = 0,
    limit: int = 20,
) -> RecordPage:
    """Records of one's reach, newest month first. Four queries at most. Raises NotAllowed."""
    rows = records_reached(actor)
    if month is not None:
        rows = rows.filter(month__month=month)
    if region_path:
        rows = rows.filter(region_path__startswith=region_path)
    if objected:
        rows = rows.filter(
            pk__in=RecordObjection.objects.filter(state="open").order_by().values("line__record")
        )
    found = list(rows.select_related("month", "agency")[offset : offset + limit])
    return RecordPage(_views(found), rows.order_by().count())


def performance_record(*, actor: Actor, record_id: int) -> RecordView:
    """One record. Three queries. Raises NotAllowed, StepNotFound."""
    rows = records_reached(actor).filter(pk=record_id).select_related("month", "agency")
    found = _views(list(rows))
    if not found:
        raise StepNotFound(
            f"no record {record_id}", message_zh="没有这份考核台账，或者您不能查看", value=record_id
        )
    return found[0]


def record_appeals(
    *, actor: Actor, record_id: int, figure: str, offset: int = 0, limit: int = 20
) -> RecordAppealPage:
    """The appeals behind a figure of a record. Raises NotAllowed, StepNotFound."""
    record = records_reached(actor).filter(pk=record_id).select_related("month").first()
    if record is None or figure not in learning_rules().figures:
        raise line_not_found(record_id)
    if learning_rules().figures[figure].against:
        lines = RecordLine.objects.filter(record=record, figure=figure).select_related("appeal")
        shown = lines.prefetch_related("objections").order_by("at", "pk")[offset : offset + limit]
        return RecordAppealPage(tuple(_line(each) for each in shown), lines.count())
    period = period_of(record.month.month)
    rows: QuerySet[Holding] | QuerySet[Reply]
    if figure == "received":
        rows = Holding.objects.filter(
            agency=record.agency_id, since__gte=period.starts, since__lt=period.ends
        ).exclude(began_by="reopened")
        moment = "since"
    else:
        rows = Reply.objects.filter(
            ~_said_before(),
            agency=record.agency_id,
            state="sent",
            sent_at__gte=period.starts,
            sent_at__lt=period.ends,
        )
        moment = "sent_at"
    # Once each, as it is counted, by the first time.
    once = rows.order_by("appeal", moment).distinct("appeal").values_list("appeal", moment)
    total = rows.order_by().values("appeal").distinct().count()
    pairs = list(once[offset : offset + limit])
    said = Appeal.objects.only("number", "title", "topic").in_bulk([appeal for appeal, _at in pairs])
    return RecordAppealPage(
        tuple(
            RecordAppeal(appeal, said[appeal].number, said[appeal].title, said[appeal].topic, at, figure)
            for appeal, at in pairs
        ),
        total,
    )


def record_line(*, actor: Actor, line_id: int, now: datetime) -> RecordLineView:
    """One line with its objection and every correction. Raises NotAllowed, StepNotFound."""
    rows = RecordLine.objects.filter(pk=line_id, record__in=records_reached(actor).order_by())
    line = rows.select_related("record__month", "record__agency", "appeal").first()
    if line is None:
        raise line_not_found(line_id)
    objection = line.objections.order_by("-pk").first()
    until = line.record.month.frozen_at + timedelta(days=learning_rules().objection_days)
    may: set[str] = set()
    # All of the last day, as it is told.
    in_time = timezone.localdate(now) <= timezone.localdate(until)
    if objection is None and line.counts and in_time and answers_for(actor, line.record.agency_id):
        may.add("objected")
    if corrects(actor, line.record):
        if objection is not None and objection.state == "open":
            if objection.made_by != reference_of(actor):
                may |= {"upheld", "refused"}
        else:
            may.add("taken_out" if line.counts else "put_back")
    return RecordLineView(
        _line(line, objection.state if objection else ""),
        _views([line.record])[0],
        ObjectionView(
            objection.pk,
            objection.state,
            objection.reason,
            objection.made_at,
            objection.made_by_name,
            objection.decision,
            objection.decided_at,
            objection.decided_by_name,
        )
        if objection
        else None,
        tuple(
            CorrectionView(each.counts, each.reason, each.at, each.by_name) for each in line.corrections.all()
        ),
        until,
        frozenset(may),
    )


def _said_before() -> Exists:
    """A reply after another one, with no opening again between the two: it answers nothing anew."""
    opened = Holding.objects.filter(
        appeal=OuterRef("appeal"),
        began_by="reopened",
        since__gt=OuterRef("sent_at"),
        since__lte=OuterRef(OuterRef("sent_at")),
    )
    earlier = Reply.objects.filter(
        ~Exists(opened), appeal=OuterRef("appeal"), state="sent", sent_at__lt=OuterRef("sent_at")
    )
    return Exists(earlier)


def _line(row: RecordLine, objection: str | None = None) -> RecordAppeal:
    if objection is None:
        objection = next((each.state for each in reversed(row.objections.all())), "")
    return RecordAppeal(
        row.appeal_id,
        row.appeal.number,
        row.appeal.title,
        row.appeal.topic,
        row.at,
        row.figure,
        row.pk,
        row.counts,
        objection,
    )


def _views(rows: list[PerformanceRecord]) -> tuple[RecordView, ...]:
    lines = RecordLine.objects.filter(record__in=rows, counts=True).order_by()
    standing: dict[int, Counter[str]] = defaultdict(Counter)
    for each in lines.values("record", "figure").annotate(count=Count("pk")):
        standing[each["record"]][each["figure"]] = each["count"]
    objections = RecordObjection.objects.filter(state="open", line__record__in=rows).order_by()
    waiting = Counter(objections.values_list("line__record", flat=True))
    return tuple(_view(row, standing[row.pk], waiting[row.pk]) for row in rows)


def _view(row: PerformanceRecord, standing: Mapping[str, int], waiting: int) -> RecordView:
    figures = {code: standing.get(code, 0) for code in learning_rules().against}
    return RecordView(
        row.pk,
        row.month.month,
        row.agency_id,
        row.agency.name,
        row.region_path,
        row.received,
        row.answered,
        figures,
        dict(row.counted),
        1 - figures["late"] / row.due if row.due else None,
        1 - figures["contact_late"] / row.contacts_due if row.contacts_due else None,
        waiting,
        row.month.frozen_at,
    )
