"""What officials read of stewards: enterprises and when they were visited, one of them, figures."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Office, Scope, offices
from yingshang.kernel.documents.api import DocumentView, documents_of_each

from ..models import ServiceDone, StewardCall, Stewardship, Visit
from .actions.visit_files import FILES
from .reach import MANAGE, STEWARD, not_found, own, reached
from .rules import steward_rules

ORDERS = {"visit_due_on": "visit_due_on", "party_name": "party__name", "last_visit_at": "last_visit_at"}
_MOST = 200


@dataclass(frozen=True, slots=True)
class StewardshipRow:
    """An enterprise and its steward. `gone`: the steward holds no office any more in which they could be."""

    id: int
    party_id: int
    party_name: str
    credit_code: str
    steward_id: int
    steward_name: str
    agency_name: str
    region_path: str
    tier: str
    services: tuple[str, ...]
    since: datetime
    until: datetime | None
    last_visit_at: datetime | None
    visit_due_on: date
    planned_on: date | None
    call_due_on: date | None
    gone: bool
    demonstration: bool


@dataclass(frozen=True, slots=True)
class StewardshipPage:
    """Some of them, and how many there are."""

    rows: tuple[StewardshipRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit: what the steward wrote, and what the enterprise says of it. `in_time`: made before it was due, and
    written down within the days of the rules.
    """

    id: int
    way: str
    at: datetime
    recorded_at: datetime
    met: str
    said: str
    level: int | None
    in_time: bool
    by_name: str
    appeals: tuple[tuple[int, str, str], ...]
    files: tuple[DocumentView, ...]
    own_level: int | None
    own_words: str
    rated_at: datetime | None


@dataclass(frozen=True, slots=True)
class DoneView:
    """Something of the services that was done."""

    service: str
    on: date
    what: str
    by_name: str


@dataclass(frozen=True, slots=True)
class CallView:
    """What the enterprise asked its steward to get in touch about."""

    words: str
    state: str
    asked_by_name: str
    asked_at: datetime
    due_on: date | None
    ended_at: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class FormerSteward:
    """Who looked after the enterprise before, until when."""

    name: str
    since: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class StewardshipDetail:
    """One of them with its visits, services and requests. `own`: the reader is the steward; `manages`: they assign."""

    summary: StewardshipRow
    phone: str
    planned_way: str
    planned_for: str
    ended_reason: str
    visits: tuple[VisitView, ...]
    done: tuple[DoneView, ...]
    calls: tuple[CallView, ...]
    former: tuple[FormerSteward, ...]
    own: bool
    manages: bool


def stewardships(
    *,
    actor: Actor,
    mine: bool = False,
    text: str = "",
    tier: str = "",
    due: str = "",
    steward_id: int | None = None,
    region_path: str = "",
    order: str = "visit_due_on",
    after_id: int | None = None,
    offset: int = 0,
    limit: int = 20,
    now: datetime,
) -> StewardshipPage:
    """The enterprises one is steward of, or whose stewards one manages; those to be visited first.

    `due`: `late`, `soon` (within the days of the reminder), `called` (waits to be got in touch with), `planned` (from
    today on), `to_do` (late, soon or called). With
    `after_id` by number from there on, for reading all of them through. Three queries. Raises NotAllowed.
    """
    today = timezone.localdate(now)
    rows = reached(actor).filter(until__isnull=True)
    if mine:
        rows = rows.filter(own(actor))
    if tier:
        rows = rows.filter(tier=tier)
    if steward_id is not None:
        rows = rows.filter(steward=steward_id)
    if region_path:
        rows = rows.filter(region_path__startswith=region_path)
    if text := text.strip():
        rows = rows.filter(
            Q(party__name__icontains=text)
            | Q(party__credit_code__istartswith=text)
            | Q(steward_name__icontains=text)
        )
    rows = _due(rows, due, today)
    column = ORDERS.get(order.lstrip("-"), "visit_due_on")
    by = F(column).desc(nulls_last=True) if order.startswith("-") else F(column).asc(nulls_first=True)
    found = rows.filter(pk__gt=after_id).order_by("pk") if after_id is not None else rows.order_by(by, "pk")
    return StewardshipPage(_rows(found[offset : offset + limit], today), rows.count())


def stewardship(*, actor: Actor, stewardship_id: int, now: datetime) -> StewardshipDetail:
    """One of them, even when it is over. Raises NotAllowed, StepNotFound."""
    today = timezone.localdate(now)
    found = reached(actor).filter(pk=stewardship_id).first()
    if found is None:
        raise not_found(stewardship_id)
    [summary] = _rows(Stewardship.objects.filter(pk=found.pk), today)
    mine = found.until is None and actor.kind == "user" and found.steward_id == int(actor.identifier)
    former = Stewardship.objects.filter(
        party=found.party_id, until__isnull=False, since__lte=found.since
    ).exclude(pk=found.pk)
    last = timezone.localdate(found.until or now)
    return StewardshipDetail(
        summary=summary,
        phone=found.phone,
        planned_way=found.planned_way,
        planned_for=found.planned_for,
        ended_reason=found.ended_reason,
        # What was said to those before is for those after them, too.
        visits=_visits(Visit.objects.filter(stewardship__party=found.party_id, at__lte=found.until or now)),
        done=done_of(ServiceDone.objects.filter(stewardship__party=found.party_id, on__lte=last)),
        calls=tuple(
            CallView(
                each.words,
                each.state,
                each.asked_by_name,
                each.asked_at,
                each.due_on,
                each.ended_at,
                each.late,
            )
            for each in StewardCall.objects.filter(stewardship=found)[:_MOST]
        ),
        former=tuple(
            FormerSteward(each.steward_name, each.since, each.until or each.since, each.ended_reason)
            for each in former.order_by("-since")[:_MOST]
        ),
        own=mine and actor.may(STEWARD),
        manages=found.until is None
        and actor.scope(MANAGE).covers("subtree", agency_id=0, region_path=found.region_path),
    )


def possible_stewards(*, actor: Actor, now: datetime) -> tuple[Office, ...]:
    """Whom one may make stewards: who holds the permission in agencies of one's reach. One query. Raises NotAllowed."""
    return offices(STEWARD, scope=actor.require(MANAGE), today=timezone.localdate(now))


def stewards_with_enterprises(*, actor: Actor) -> tuple[tuple[int, str, int], ...]:
    """Who is steward within one's reach, with the number of enterprises; those who have left, too. One query.

    Raises NotAllowed.
    """
    rows = actor.require(MANAGE).filter(Stewardship.objects.filter(until__isnull=True), region="region_path")
    found = rows.values("steward_id", "steward_name").annotate(count=Count("pk")).order_by("steward_name")
    return tuple((each["steward_id"], each["steward_name"], each["count"]) for each in found)


@dataclass(frozen=True, slots=True)
class StewardFigures:
    """What one official did as steward within a period. None: nothing to count it of."""

    steward_id: int
    steward_name: str
    agency_name: str
    enterprises: int
    late: int
    visits: int
    in_time: int
    satisfaction: float | None
    rated: int
    calls: int
    calls_in_time: int
    services: int

    @property
    def share_in_time(self) -> float | None:
        """Of the visits of the period, how many were made before they were due."""
        return self.in_time / self.visits if self.visits else None


def steward_figures(*, actor: Actor, since: date, until: date, now: datetime) -> tuple[StewardFigures, ...]:
    """By official: enterprises now, and visits, satisfaction, requests and services from one day to another, for who
    manages them; one's own for a steward. What enterprises say themselves counts, not what was written for them. Four
    queries. Raises NotAllowed.
    """
    today = timezone.localdate(now)
    rows = reached(actor)
    held: dict[tuple[int, int], Any] = {
        (each["steward_id"], each["agency_id"]): each
        for each in rows.filter(until__isnull=True)
        .values("steward_id", "agency_id", "agency__name")
        .annotate(count=Count("pk"), late=Count("pk", filter=Q(visit_due_on__lt=today)))
        .order_by()
    }
    keys = ("stewardship__steward_id", "stewardship__agency_id", "stewardship__agency__name")
    # The rows of former stewards, too: what they did in the period is theirs.
    within = {"stewardship__in": rows}
    visited = _by_steward(
        Visit.objects.filter(**within)
        .annotate(
            day=TruncDate("at"),
            taken=ExpressionWrapper(F("recorded_at") - F("at"), output_field=DurationField()),
        )
        .filter(day__gte=since, day__lte=until),
        keys,
        visits=Count("pk"),
        # A day that is named long afterwards proves nothing.
        in_time=Count(
            "pk",
            filter=Q(day__lte=F("due_on"), taken__lte=timedelta(days=steward_rules().record_days)),
        ),
        rated=Count("own_level"),
        satisfaction=Avg("own_level"),
    )
    called = _by_steward(
        # Of whose it was on the day it was due: what is handed on late stays late there.
        StewardCall.objects.filter(answerable__in=rows)
        .annotate(day=TruncDate("asked_at"))
        .filter(day__gte=since, day__lte=until),
        ("answerable__steward_id", "answerable__agency_id", "answerable__agency__name"),
        calls=Count("pk"),
        in_time=Count("pk", filter=Q(state="answered", late=False)),
    )
    served = _by_steward(
        ServiceDone.objects.filter(**within, on__gte=since, on__lte=until), keys, services=Count("pk")
    )
    names = dict(rows.order_by("pk").values_list("steward_id", "steward_name"))
    found = []
    for key in held | visited | called | served:
        here, seen, calls = held.get(key, {}), visited.get(key, {}), called.get(key, {})
        done = served.get(key, {})
        agency = next(
            each
            for each in (here.get("agency__name"), *(x.get("agency") for x in (seen, calls, done)))
            if each is not None
        )
        found.append(
            StewardFigures(
                steward_id=key[0],
                steward_name=names.get(key[0], ""),
                agency_name=agency,
                enterprises=here.get("count", 0),
                late=here.get("late", 0),
                visits=seen.get("visits", 0),
                in_time=seen.get("in_time", 0),
                satisfaction=seen.get("satisfaction"),
                rated=seen.get("rated", 0),
                calls=calls.get("calls", 0),
                calls_in_time=calls.get("in_time", 0),
                services=done.get("services", 0),
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.late, each.agency_name, each.steward_name)))


def _by_steward(rows: Any, keys: tuple[str, str, str], **counted: Any) -> dict[tuple[int, int], Any]:
    found = rows.values(*keys).annotate(**counted).order_by()
    return {(each[keys[0]], each[keys[1]]): {**each, "agency": each[keys[2]]} for each in found}


def _due(rows: QuerySet[Stewardship], due: str, today: date) -> QuerySet[Stewardship]:
    if due == "late":
        return rows.filter(visit_due_on__lt=today)
    if due == "soon":
        last = today + timedelta(days=steward_rules().remind_before_days)
        return rows.filter(visit_due_on__range=(today, last))
    if due == "to_do":
        last = today + timedelta(days=steward_rules().remind_before_days)
        return rows.filter(Q(visit_due_on__lte=last) | _called())
    if due == "planned":
        return rows.filter(planned_on__gte=today)
    if due == "called":
        return rows.filter(_called())
    return rows


def _called() -> Exists:
    return Exists(StewardCall.objects.filter(stewardship=OuterRef("pk"), state="open"))


def _rows(found: QuerySet[Stewardship], today: date) -> tuple[StewardshipRow, ...]:
    rows = list(found.select_related("party", "agency").prefetch_related(None))
    open_calls = dict(
        StewardCall.objects.filter(stewardship__in=[each.pk for each in rows], state="open").values_list(
            "stewardship_id", "due_on"
        )
    )
    in_office = still_stewards({each.steward_id for each in rows}, today)
    return tuple(
        StewardshipRow(
            id=each.pk,
            party_id=each.party_id,
            party_name=each.party.name,
            credit_code=each.party.credit_code or "",
            steward_id=each.steward_id,
            steward_name=each.steward_name,
            agency_name=each.agency.name,
            region_path=each.region_path,
            tier=each.tier,
            services=tuple(each.services),
            since=each.since,
            until=each.until,
            last_visit_at=each.last_visit_at,
            visit_due_on=each.visit_due_on,
            planned_on=each.planned_on if each.planned_on and each.planned_on >= today else None,
            call_due_on=open_calls.get(each.pk),
            gone=(each.steward_id, each.agency_id) not in in_office,
            demonstration=each.party.demonstration,
        )
        for each in rows
    )


def still_stewards(users: Collection[int], today: date) -> frozenset[tuple[int, int]]:
    """Which of these officials may still be stewards, and in which agencies. One query, none for nobody."""
    if not users:
        return frozenset()
    held = offices(STEWARD, scope=Scope(everywhere=True), today=today, user_ids=users)
    return frozenset((each.user_id, each.agency_id) for each in held)


def _visits(found: QuerySet[Visit]) -> tuple[VisitView, ...]:
    rows = list(found.prefetch_related("appeals")[:_MOST])
    files = documents_of_each(FILES, [str(each.pk) for each in rows])
    latest = timedelta(days=steward_rules().record_days)
    return tuple(
        VisitView(
            id=each.pk,
            way=each.way,
            at=each.at,
            recorded_at=each.recorded_at,
            met=each.met,
            said=each.said,
            level=each.level,
            in_time=timezone.localdate(each.at) <= each.due_on and each.recorded_at - each.at <= latest,
            by_name=each.by_name,
            appeals=tuple((one.pk, one.number, one.title) for one in each.appeals.all()),
            files=files.get(str(each.pk), ()),
            own_level=each.own_level,
            own_words=each.own_words,
            rated_at=each.rated_at,
        )
        for each in rows
    )


def done_of(found: QuerySet[ServiceDone]) -> tuple[DoneView, ...]:
    """Notes of services, newest first."""
    return tuple(DoneView(each.service, each.on, each.what, each.by_name) for each in found[:_MOST])
