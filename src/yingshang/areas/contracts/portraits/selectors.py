"""Reading portraits: as published, figure by figure down to the obligations, and what was asked about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import DocumentView

from ..models import Obligation, PortraitObjection, PublishedPortrait, Repair
from ..reach import HIDDEN_FROM_OWN, SUPERVISE, VIEW, VIEW_OWN, readable
from .evidence import files_of
from .reach import decides, name_of, nearest_decider, portrait_not_found, reached, speaks_for
from .reading import ENTERPRISE, UNIT
from .replay import ALL, Fact, Figures, figures_of, read_fact, read_figures
from .rules import Level, portrait_rules

OBJECTION, REPAIR = "objection", "repair"


@dataclass(frozen=True, slots=True)
class PortraitRow:
    """A published portrait. `newer_id` is the one that has taken its place."""

    id: int
    subject_kind: str
    subject_id: int
    name: str
    region_path: str
    since: date
    until: date
    level: Level
    figures: Figures
    published_at: datetime
    published_by_name: str
    newer_id: int | None

    @property
    def place(self) -> str:
        """The place among others of its level and kind, as "3/12"; empty where there are too few."""
        peers = self.figures.peers
        return f"{peers.place}/{peers.count}" if peers else ""


@dataclass(frozen=True, slots=True)
class PortraitPage:
    """One page of portraits, and how many there are."""

    rows: tuple[PortraitRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PortraitRequest:
    """An objection, or a repair asked for."""

    kind: str
    id: int
    portrait_id: int
    name: str
    until: date
    obligation_id: int
    obligation: str
    text: str
    state: str
    due_on: date | None
    by_name: str
    at: datetime
    decided_by_name: str
    decided_at: datetime | None
    reason: str
    may_decide: bool
    nobody_decides: bool = False
    """It waits, and nobody in office may decide on it: who can appoint somebody was told."""
    files: tuple[DocumentView, ...] = ()
    """What shows it, for whose portrait it is and for who supervises; others are told nothing of it."""


@dataclass(frozen=True, slots=True)
class PortraitRequestPage:
    """One page of objections and repairs, and how many there are."""

    rows: tuple[PortraitRequest, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PortraitDetail:
    """A portrait with what was asked about it, and those of the same subject of other times, the newest first."""

    row: PortraitRow
    rules_version: str
    left_out: int
    requests: tuple[PortraitRequest, ...]
    others: tuple[PortraitRow, ...]
    own: bool


@dataclass(frozen=True, slots=True)
class BehindRow:
    """One obligation behind a figure, as the portrait counted it. Of a contract the reader may not read it says no
    more than that.
    """

    obligation_id: int
    fact: Fact
    late_days: int
    left_out: bool
    contract_id: int | None = None
    contract_number: str = ""
    title: str = ""
    other_side: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class BehindPage:
    """One page of the obligations behind a figure, and how many there are."""

    rows: tuple[BehindRow, ...]
    total: int


def portraits(
    *,
    actor: Actor,
    kind: str = "",
    text: str = "",
    levels: Collection[str] = (),
    region_path: str = "",
    party_id: int | None = None,
    offset: int = 0,
    limit: int = 20,
) -> PortraitPage:
    """The newest portrait of each subject of one's reach, the lowest rate first. Two queries."""
    rows = _newest(reached(actor))
    if kind:
        rows = rows.filter(subject_kind=kind)
    if party_id is not None:
        rows = rows.filter(party=party_id)
    return _page(rows, text=text, levels=levels, region_path=region_path, offset=offset, limit=limit)


def published_units(
    *, text: str = "", levels: Collection[str] = (), region_path: str = "", offset: int = 0, limit: int = 20
) -> PortraitPage:
    """The newest portraits of units, for everybody: figures and levels, no obligations. Two queries."""
    rows = _newest(PublishedPortrait.objects.filter(subject_kind=UNIT))
    return _page(rows, text=text, levels=levels, region_path=region_path, offset=offset, limit=limit)


def published_unit(*, agency_id: int) -> tuple[PortraitRow, ...]:
    """The portraits of a unit, for everybody, the newest first; at most twelve. Raises StepNotFound."""
    found = _of_subject(PublishedPortrait.objects.filter(agency=agency_id))
    if not found:
        raise portrait_not_found(agency_id)
    return found


def portrait(*, actor: Actor, portrait_id: int, today: date) -> PortraitDetail:
    """One portrait of one's reach; of what waits it says whether anybody may decide on it. Raises StepNotFound."""
    rows = reached(actor).select_related("agency", "party").defer("facts")
    row = rows.filter(pk=portrait_id).first()
    if row is None:
        raise portrait_not_found(portrait_id)
    same = PublishedPortrait.objects.filter(
        subject_kind=row.subject_kind, agency=row.agency_id, party=row.party_id
    )
    requests = (
        *_objections(PortraitObjection.objects.filter(portrait__in=same, portrait__until=row.until), actor),
        *_repairs(Repair.objects.filter(portrait__in=same, portrait__until=row.until), actor),
    )
    return PortraitDetail(
        row=_row(row),
        rules_version=row.rules_version,
        left_out=len(row.left_out),
        requests=tuple(
            _with_decider(each, actor, today)
            for each in sorted(requests, key=lambda each: each.at, reverse=True)
        ),
        others=tuple(each for each in _of_subject(same) if each.until != row.until),
        own=speaks_for(actor, row),
    )


def behind(
    *,
    actor: Actor,
    portrait_id: int,
    figure: str = ALL,
    obligation_id: int | None = None,
    offset: int = 0,
    limit: int = 20,
) -> BehindPage:
    """The obligations a figure of a portrait was counted from, the latest first; or the one. Two queries. Raises
    StepNotFound.
    """
    row = reached(actor).filter(pk=portrait_id).first()
    if row is None:
        raise portrait_not_found(portrait_id)
    rules = portrait_rules()
    facts = [
        fact
        for fact in map(read_fact, row.facts)
        if figure in figures_of(fact, rules, since=row.since, until=row.until)
        # What was left out counts in no figure; with all of them it is shown, and that it does not.
        and (figure == ALL or fact.obligation_id not in row.left_out)
        and obligation_id in (None, fact.obligation_id)
    ]
    facts.sort(key=lambda fact: (-fact.late_days(row.until), fact.due_on, fact.obligation_id))
    some = facts[offset : offset + limit]
    known = {each.pk: each for each in _readable(actor, [fact.obligation_id for fact in some])}
    return BehindPage(tuple(_behind(fact, known.get(fact.obligation_id), row) for fact in some), len(facts))


def portrait_requests(
    *, actor: Actor, open_only: bool = True, offset: int = 0, limit: int = 20
) -> PortraitRequestPage:
    """Objections and repairs of the regions one supervises, the next due first. Raises NotAllowed."""
    scope = actor.require(SUPERVISE)
    objections = scope.filter(PortraitObjection.objects.all(), region="region_path")
    repairs = scope.filter(Repair.objects.all(), region="region_path")
    if open_only:
        objections, repairs = objections.filter(state="open"), repairs.filter(state="asked")
    most = offset + limit
    found = [
        *_objections(objections.order_by("due_on", "pk")[:most], actor),
        *_repairs(repairs.order_by("due_on", "pk")[:most], actor),
    ]
    found.sort(key=lambda each: (each.due_on or date.max, each.at))
    return PortraitRequestPage(tuple(found[offset:most]), objections.count() + repairs.count())


def portrait_request(*, actor: Actor, kind: str, number: int, today: date) -> PortraitRequest:
    """One objection, or repair, of the regions one supervises. Raises NotAllowed, StepNotFound."""
    scope = actor.require(SUPERVISE)
    if kind == OBJECTION:
        found = _objections(
            scope.filter(PortraitObjection.objects.filter(pk=number), region="region_path"), actor
        )
    else:
        found = _repairs(scope.filter(Repair.objects.filter(pk=number), region="region_path"), actor)
    if not found:
        raise portrait_not_found(number)
    return _with_decider(found[0], actor, today)


def _with_decider(request: PortraitRequest, actor: Actor, today: date) -> PortraitRequest:
    """With whether there is anybody to decide, where that is open and it is not the reader; two queries then."""
    if request.decided_at is not None or request.may_decide:
        return request
    row = PublishedPortrait.objects.only("agency_id", "region_path").get(pk=request.portrait_id)
    about = Obligation.objects.only("agency_id").get(pk=request.obligation_id)
    return replace(request, nobody_decides=nearest_decider(row, about, today=today) is None)


def _newest(rows: QuerySet[PublishedPortrait]) -> QuerySet[PublishedPortrait]:
    same = PublishedPortrait.objects.filter(
        Q(agency=OuterRef("agency")) | Q(agency__isnull=True, party=OuterRef("party")),
        subject_kind=OuterRef("subject_kind"),
        replaced_by__isnull=True,
    ).order_by("-until", "-pk")
    return rows.filter(replaced_by__isnull=True, pk=Subquery(same.values("pk")[:1]))


def _page(
    rows: QuerySet[PublishedPortrait],
    *,
    text: str,
    levels: Collection[str],
    region_path: str,
    offset: int,
    limit: int,
) -> PortraitPage:
    if text.strip():
        word = text.strip()
        rows = rows.filter(Q(agency__name__icontains=word) | Q(party__name__icontains=word))
    if levels:
        rows = rows.filter(level__in=levels)
    if region_path:
        rows = rows.filter(region_path__startswith=region_path)
    page = rows.select_related("agency", "party").defer("facts")
    page = page.order_by("region_path", "level", "pk")[offset : offset + limit]
    return PortraitPage(tuple(map(_row, page)), rows.count())


def _of_subject(rows: QuerySet[PublishedPortrait]) -> tuple[PortraitRow, ...]:
    found = rows.filter(replaced_by__isnull=True).select_related("agency", "party").defer("facts")
    return tuple(map(_row, found.order_by("-until", "-pk")[:12]))


def _row(row: PublishedPortrait) -> PortraitRow:
    return PortraitRow(
        id=row.pk,
        subject_kind=row.subject_kind,
        subject_id=row.agency_id or row.party_id or 0,
        name=name_of(row),
        region_path=row.region_path,
        since=row.since,
        until=row.until,
        level=portrait_rules().level(row.level),
        figures=read_figures(row.figures),
        published_at=row.published_at,
        published_by_name=row.published_by_name,
        newer_id=row.replaced_by_id,
    )


def _readable(actor: Actor, numbers: Collection[int]) -> QuerySet[Obligation]:
    """Those of contracts the reader may read: officials in their reach by their secrecy, an enterprise its own."""
    condition = Q(pk__in=())
    if actor.may(VIEW):
        within = actor.scope(VIEW).condition(region="region_path", agency="agency_id")
        condition |= within & readable(actor, "contract__")
    if actor.kind != "system" and actor.may(VIEW_OWN):
        condition |= Q(contract__party__in=actor.scope(VIEW_OWN).parties) & ~Q(
            contract__state__in=HIDDEN_FROM_OWN
        )
    return Obligation.objects.filter(condition, pk__in=numbers).select_related("contract__agency")


def _behind(fact: Fact, found: Obligation | None, row: PublishedPortrait) -> BehindRow:
    out = fact.obligation_id in row.left_out
    late = fact.late_days(row.until)
    if found is None:
        return BehindRow(fact.obligation_id, fact, late, out)
    contract = found.contract
    other = contract.agency.name if row.subject_kind == ENTERPRISE else contract.counterparty_name
    return BehindRow(
        fact.obligation_id,
        fact,
        late,
        out,
        contract_id=contract.pk,
        contract_number=contract.number,
        title=found.title,
        other_side=other,
        state=found.state,
    )


def _objections(rows: QuerySet[PortraitObjection], actor: Actor) -> list[PortraitRequest]:
    rows = rows.select_related("portrait__agency", "portrait__party", "obligation__contract").defer(
        "portrait__facts"
    )
    files = files_of(rows)
    return [
        _request(OBJECTION, each, each.grounds, each.raised_by_name, each.raised_at, "open", actor, files)
        for each in rows
    ]


def _repairs(rows: QuerySet[Repair], actor: Actor) -> list[PortraitRequest]:
    rows = rows.select_related("portrait__agency", "portrait__party", "obligation__contract").defer(
        "portrait__facts"
    )
    files = files_of(rows)
    return [
        _request(REPAIR, each, each.statement, each.asked_by_name, each.asked_at, "asked", actor, files)
        for each in rows
    ]


def _request(
    kind: str,
    row: PortraitObjection | Repair,
    text: str,
    by_name: str,
    at: datetime,
    waiting: str,
    actor: Actor,
    files: Mapping[tuple[int, int], tuple[DocumentView, ...]],
) -> PortraitRequest:
    contract = row.obligation.contract
    may_decide = decides(actor, row.portrait, row.obligation)
    opens = speaks_for(actor, row.portrait) or (
        actor.may(SUPERVISE)
        and actor.scope(SUPERVISE).covers("region", agency_id=0, region_path=row.region_path)
    )
    shown = files.get((row.portrait_id, row.obligation_id), ()) if opens else ()
    title = row.obligation.title if contract.secrecy == "open" else str(row.obligation.ordinal)
    return PortraitRequest(
        kind=kind,
        id=row.pk,
        portrait_id=row.portrait_id,
        name=name_of(row.portrait),
        until=row.portrait.until,
        obligation_id=row.obligation_id,
        obligation=f"{contract.number} {title}",
        text=text,
        state=row.state,
        due_on=row.due_on,
        by_name=by_name,
        at=at,
        decided_by_name=row.decided_by_name,
        decided_at=row.decided_at,
        reason=row.reason,
        may_decide=row.state == waiting and may_decide,
        files=tuple(each for each in shown if each.id in row.document_ids),
    )
