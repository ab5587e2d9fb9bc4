"""What officials see of appeals: lists by what is to be done, and one with everything that was done about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, mask
from yingshang.kernel.clock.api import DeadlineView, extension_reasons, get_deadlines, pause_reasons
from yingshang.kernel.documents.api import DocumentView, Owner, documents_of
from yingshang.kernel.parties.api import AgencyRow, agencies_at
from yingshang.kernel.reference.api import agency_kinds, ancestors_of, code_of_path, find_region

from ..actions.add_file import FILES
from ..alike.finding import AlikeAppeal, mains_alike
from ..alike.fingerprints import fingerprint
from ..consulting.selectors import WAITING, ConsultationRow, consultations_of
from ..dispatching.proposing import propose_for
from ..linking.views import LinkView, links_for
from ..links import can_be, is_private
from ..models import Appeal, Invitation, LeadersListEntry, Part, Reply, Request
from ..models.appeals import OPEN
from ..reach import (
    ANSWER,
    APPROVE,
    DISPATCH,
    VIEW,
    agencies_of,
    deals_with,
    not_found,
    on_desk,
    opens_files,
    sees_reporter,
)
from ..rules import rules_of
from ..searching import query_of
from ..text.masking import mask as mask_text
from .notices import NoticeView, notice_view
from .own import AdditionView
from .steps import part_steps, reply_steps, request_steps, steps_of
from .way import Milestone, way_of

Tab = Literal["dispatch", "mine", "parts", "approve", "late", "all"]
TABS: tuple[Tab, ...] = ("dispatch", "mine", "parts", "approve", "late", "all")
COUNTED = 10_000
"""Rows are counted up to here; more are "more than". Counting all of a city's would take longer than reading a page."""
SOON_DAYS = 1
"""Due today, or within so many days, is about to break."""
_HELD = ("dispatched", "handling", "paused", "answered")
_RUNNING = ("received", "dispatched", "handling")
_MOST_PARTS = 1_000
_ORDERS = {"due_on": ("due_on", "id"), "submitted_at": ("id",), "": ("due_on", "id")}
_MOST_VOICES = 50
_NUMBER = re.compile(r"[Ss][Qq]\d{0,22}")
_CREDIT_CODE = re.compile(r"[0-9A-Za-z]{18}")


@dataclass(frozen=True, slots=True)
class DeskAppeal:
    """An appeal as lists of the desk show it. Who said it anonymously is not named."""

    id: int
    number: str
    title: str
    state: str
    topic: str
    difficulty: str
    urgency: str
    channel: str
    region_path: str
    party_name: str
    credit_code: str
    anonymous: bool
    agency_name: str
    desk_name: str
    due_on: date | None
    contact_due_at: datetime | None
    late: bool
    escalation: str
    voice_count: int
    bounce_count: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class DeskAppealPage:
    """Some of them. `total` is exact unless `at_least`: then there are more."""

    rows: tuple[DeskAppeal, ...]
    total: int
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class HoldingView:
    """An agency had it."""

    agency_name: str
    since: datetime
    until: datetime | None
    began_by: str
    ended_by: str
    reason: str
    given_by_name: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """Who spoke with who said it. `said` is None for those who do not deal with it."""

    agency_name: str
    way: str
    reached: bool
    said: str | None
    at: datetime
    by_name: str


@dataclass(frozen=True, slots=True)
class NoteView:
    """What officials tell each other."""

    text: str
    at: datetime
    by_name: str
    agency_name: str


@dataclass(frozen=True, slots=True)
class PartView:
    """What another agency was asked, and said. `may`: given, over."""

    id: int
    agency_name: str
    state: str
    question: str
    answer: str
    asked_at: datetime
    asked_by_name: str
    answered_at: datetime | None
    answered_by_name: str
    due_on: date | None
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class RequestView:
    """More time, or a pause. `may`: granted, refused."""

    id: int
    kind: str
    state: str
    working_days: int | None
    reason_name: str
    reason_name_en: str
    note: str
    asked_at: datetime
    asked_by_name: str
    decided_at: datetime | None
    decided_by_name: str
    decision: str
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReplyView:
    """A reply, as far as it is. `may`: proposed, returned, sent."""

    id: int
    state: str
    text: str
    outcome: str
    number: str
    agency_name: str
    document_id: int | None
    receipt_event: int | None
    written_at: datetime
    written_by_name: str
    sent_at: datetime | None
    approved_by_name: str
    remark: str
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class LeaderView:
    """The leader on whose list it is."""

    name: str
    due_on: date
    instruction: str
    listed_at: datetime


@dataclass(frozen=True, slots=True)
class DeskAppealDetail:
    """One appeal. `body` is as written for those who deal with it (`clear`), masked for others and, where it was said
    anonymously, for the agency too. The reporter is masked until somebody asks (`see_reporter`), and not there at
    all of an anonymous one. `files` are those the reader may open. `may` are the steps the reader may take now.
    """

    summary: DeskAppeal
    party_id: int | None
    body: str
    clear: bool
    reporter: str
    reporter_known: bool
    desk_id: int
    agency_id: int | None
    assignee_known: bool
    contacted_at: datetime | None
    dispatched_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    reason: str
    ruled: bool
    raised_count: int
    reopened_count: int
    proposal: Mapping[str, Any]
    leader: LeaderView | None
    main: DeskAppeal | None
    voices: tuple[DeskAppeal, ...]
    links: tuple[LinkView, ...]
    consultations: tuple[ConsultationRow, ...]
    additions: tuple[AdditionView, ...]
    files: tuple[DocumentView, ...]
    holdings: tuple[HoldingView, ...]
    contacts: tuple[ContactView, ...]
    notes: tuple[NoteView, ...]
    parts: tuple[PartView, ...]
    requests: tuple[RequestView, ...]
    replies: tuple[ReplyView, ...]
    notices: tuple[NoticeView, ...]
    case: DeadlineView | None
    contact: DeadlineView | None
    step: DeadlineView | None
    way: tuple[Milestone, ...]
    may: frozenset[str]


def tabs_of(actor: Actor) -> tuple[Tab, ...]:
    """The lists that somebody has something in, what they have to do first. Raises NotAllowed."""
    actor.require(VIEW)
    answers, approves = actor.may(ANSWER), actor.may(APPROVE)
    wanted: dict[Tab, bool] = {
        "dispatch": actor.may(DISPATCH),
        "mine": answers or approves,
        "parts": answers,
        "approve": approves,
        "late": True,
        "all": True,
    }
    return tuple(each for each in TABS if wanted[each])


def desk_appeals(
    *,
    actor: Actor,
    tab: Tab = "all",
    text: str = "",
    states: Sequence[str] = (),
    topic: str = "",
    agency_id: int | None = None,
    region_path: str = "",
    channel: str = "",
    difficulty: str = "",
    overdue: bool = False,
    linked_to: tuple[str, str] | None = None,
    order: str = "",
    offset: int = 0,
    limit: int = 20,
    now: datetime,
) -> DeskAppealPage:
    """The appeals of one's reach, by what is to be done about them; `linked_to` (a kind and a number) those about
    something. Three queries at most. Raises NotAllowed."""
    rows = _of_tab(actor, tab, now)
    for name, value in (
        ("topic", topic),
        ("agency", agency_id),
        ("channel", channel),
        ("difficulty", difficulty),
    ):
        if value:
            rows = rows.filter(**{name: value})
    if states:
        rows = rows.filter(state__in=states)
    if region_path:
        rows = rows.filter(region_path__startswith=region_path)
    if overdue:
        rows = rows.filter(state__in=_RUNNING, due_on__lt=timezone.localdate(now))
    if linked_to is not None:
        rows = about(rows, *linked_to)
    if text := text.strip():
        rows = rows.filter(_said(text))
    down = order.startswith("-")
    columns = _ORDERS.get(order.lstrip("-"), ("due_on", "id"))
    if not order and tab == "all":
        columns, down = ("id",), True
    found = rows.order_by(*(f"-{each}" if down else each for each in columns))
    page = found.select_related("party", "agency", "desk").defer("body", "text", "words")
    total = rows.order_by()[: COUNTED + 1].count()
    return DeskAppealPage(
        tuple(summary_of(row) for row in page[offset : offset + limit]),
        min(total, COUNTED),
        total > COUNTED,
    )


def rows_in_reach(actor: Actor, now: datetime) -> QuerySet[Appeal]:
    """Every appeal of one's reach, by an index. Raises NotAllowed."""
    return _of_tab(actor, "all", now)


def about(rows: QuerySet[Appeal], kind: str, identifier: str) -> QuerySet[Appeal]:
    """Those about something. Where that leads to whose it is, nothing that was said anonymously."""
    if not can_be(identifier) or not kind.isprintable():
        return rows.none()
    rows = rows.filter(links__contains=[{"kind": kind, "id": identifier}])
    return rows.filter(anonymous=False) if is_private(kind) else rows


def _of_tab(actor: Actor, tab: Tab, now: datetime) -> QuerySet[Appeal]:
    """Each by an index of its own: the agency's, the desk's, the due day's, the region's."""
    scope = actor.require(VIEW)
    if tab == "dispatch":
        # Those of one's own desks, and those a desk below has not dispatched in its time.
        waited = now - timedelta(hours=rules_of("").dispatch.amount)
        below = Q(pk__in=())
        for path in actor.scope(DISPATCH).subtrees:
            below |= Q(region_path__startswith=path) & ~Q(region_path=path)
        own = Q(desk__in=agencies_of(actor, DISPATCH))
        return Appeal.objects.filter(own | (below & Q(submitted_at__lte=waited)), state="received")
    if tab == "mine":
        return Appeal.objects.filter(
            agency__in=agencies_of(actor, ANSWER) | agencies_of(actor, APPROVE), state__in=_HELD
        )
    if tab == "parts":
        mine = agencies_of(actor, ANSWER)
        asked = Part.objects.filter(agency__in=mine, state="open").values_list("appeal")
        invited = Invitation.objects.filter(agency__in=mine, state__in=WAITING)
        return Appeal.objects.filter(pk__in=asked.union(invited.values_list("consultation__appeal")))
    if tab == "approve":
        waits = Q(Exists(Request.objects.filter(appeal=OuterRef("pk"), state="open"))) | Q(
            Exists(Reply.objects.filter(appeal=OuterRef("pk"), state="proposed"))
        )
        held = Appeal.objects.filter(
            agency__in=agencies_of(actor, APPROVE), state__in=("dispatched", "handling")
        )
        return held.filter(waits)
    places = agencies_of(actor, VIEW)
    within = scope.condition(region="region_path")
    if places and not scope.everywhere:
        # By numbers, since a subquery among the alternatives would keep the database from using any index.
        parts = Part.objects.filter(agency__in=places).exclude(scope.condition(region="appeal__region_path"))
        invited = Invitation.objects.filter(agency__in=places).exclude(
            scope.condition(region="consultation__appeal__region_path")
        )
        asked_elsewhere = list(
            parts.order_by("-pk")
            .values_list("appeal", flat=True)[:_MOST_PARTS]
            .union(invited.order_by("-pk").values_list("consultation__appeal", flat=True)[:_MOST_PARTS])
        )
        within |= Q(agency__in=places) | Q(desk__in=places)
        if asked_elsewhere:
            within |= Q(pk__in=asked_elsewhere)
    rows = Appeal.objects.filter(within)
    if tab == "late":
        soon = timezone.localdate(now) + timedelta(days=SOON_DAYS)
        waiting = Q(contacted_at__isnull=True, contact_due_at__lte=now, state__in=("received", "dispatched"))
        rows = rows.filter(state__in=_RUNNING).filter(Q(due_on__lte=soon) | waiting)
    return rows


def _said(text: str) -> Q:
    """A number, or how it begins; a credit code; or words: one of them, since no index serves all three at once."""
    if _NUMBER.fullmatch(text):
        return Q(number__startswith=text.upper())
    if _CREDIT_CODE.fullmatch(text):
        return Q(party__credit_code=text.upper(), anonymous=False)
    words = query_of(text)
    return Q(words=words) if words is not None else Q(pk__in=())


def desk_appeal(*, actor: Actor, appeal_id: int, now: datetime) -> DeskAppealDetail:
    """One appeal of one's reach with what was done about it. Raises NotAllowed, AppealNotFound."""
    appeal = (
        on_desk(actor)
        .filter(pk=appeal_id)
        .select_related("party", "agency", "desk", "main__party", "main__agency", "main__desk")
        .first()
    )
    if appeal is None:
        raise not_found(appeal_id)
    deals = deals_with(actor, appeal)
    # In what was written anonymously stands who wrote it: that is for the desk.
    clear = deals and (not appeal.anonymous or sees_reporter(actor, appeal))
    listed = LeadersListEntry.objects.filter(appeal=appeal, lifted_at__isnull=True).first()
    requests = list(appeal.requests.all())
    replies = list(appeal.replies.exclude(state="dropped").select_related("agency"))
    notices = list(appeal.supervision_notices.select_related("agency", "issued_by_agency", "appeal"))
    numbers = (appeal.deadline_id, appeal.contact_deadline_id, appeal.step_deadline_id)
    clocks = get_deadlines([each for each in numbers if each], now=now)
    named = appeal.party is not None and not appeal.anonymous
    may = steps_of(actor, appeal, requests=requests, replies=replies, notices=notices, listed=listed, now=now)
    proposal = appeal.proposal
    if not proposal and "dispatched" in may:
        proposal = propose_for(appeal, today=timezone.localdate(now)).as_dict()
    voices = appeal.voices.select_related("party", "agency", "desk").defer("body", "words")
    return DeskAppealDetail(
        summary=summary_of(appeal),
        party_id=appeal.party_id if named else None,
        body=appeal.body if clear else appeal.text,
        clear=clear,
        reporter="" if appeal.anonymous else _masked(appeal),
        reporter_known=bool(
            appeal.party_id or appeal.reporter_name or appeal.reporter_phone or appeal.reporter_mail
        ),
        desk_id=appeal.desk_id,
        agency_id=appeal.agency_id,
        assignee_known=appeal.assignee_id is not None,
        contacted_at=appeal.contacted_at,
        dispatched_at=appeal.dispatched_at,
        answered_at=appeal.answered_at,
        closed_at=appeal.closed_at,
        closed_by=appeal.closed_by,
        reason=appeal.reason,
        ruled=appeal.ruled,
        raised_count=appeal.raised_count,
        reopened_count=appeal.reopened_count,
        proposal=proposal if "dispatched" in may else {},
        leader=LeaderView(listed.leader_name, listed.due_on, listed.instruction, listed.listed_at)
        if listed
        else None,
        main=summary_of(appeal.main) if appeal.main else None,
        voices=tuple(summary_of(each) for each in voices.order_by("id")[:_MOST_VOICES])
        if appeal.voice_count
        else (),
        links=links_for(
            # A claim or a contract leads to whose it is; a policy does not.
            [each for each in appeal.links if clear or not appeal.anonymous or not is_private(each["kind"])],
            actor=actor,
            desk=True,
        ),
        consultations=consultations_of(appeal),
        additions=tuple(
            AdditionView(
                each.body if clear else _unnamed(appeal, each.text),
                each.added_at,
                each.added_by_name if clear else "",
            )
            for each in appeal.additions.all()
        ),
        files=documents_of(Owner(FILES, str(appeal.pk))) if opens_files(actor, appeal) else (),
        holdings=tuple(
            HoldingView(
                each.agency.name,
                each.since,
                each.until,
                each.began_by,
                each.ended_by,
                each.reason,
                each.given_by_name,
            )
            for each in appeal.holdings.select_related("agency")
        ),
        contacts=tuple(
            ContactView(
                each.agency.name, each.way, each.reached, each.said if deals else None, each.at, each.by_name
            )
            for each in appeal.contacts.select_related("agency")
        ),
        notes=tuple(
            NoteView(each.text, each.at, each.by_name, each.agency.name if each.agency else "")
            for each in appeal.notes.select_related("agency")
        ),
        parts=tuple(_part(actor, appeal, each) for each in appeal.parts.select_related("agency")),
        requests=tuple(_request(actor, appeal, each) for each in requests),
        replies=tuple(_reply(actor, appeal, each) for each in replies),
        notices=tuple(notice_view(actor, each) for each in notices),
        case=clocks.get(appeal.deadline_id or 0),
        contact=clocks.get(appeal.contact_deadline_id or 0),
        step=clocks.get(appeal.step_deadline_id or 0),
        way=way_of(appeal),
        may=may,
    )


def alike_open(
    *, actor: Actor, body: str = "", party_id: int | None = None, appeal_id: int | None = None, most: int = 5
) -> tuple[DeskAppeal, ...]:
    """Open appeals of one's reach of the same enterprise, or in much the same words; the likest first. What it said
    anonymously is not found by its name. One query.
    """
    bands = list(fingerprint(mask_text(body).text).bands) if body.strip() else []
    same = Q(pk__in=())
    if party_id is not None:
        same |= Q(party_id=party_id, anonymous=False)
    if bands:
        same |= Q(likeness__overlap=bands)
    rows = on_desk(actor).filter(same, state__in=OPEN).exclude(pk=appeal_id or 0)
    found = list(rows.select_related("party", "agency", "desk").defer("body", "words").order_by("-id")[:50])
    found.sort(key=lambda row: -len(set(row.likeness) & set(bands)))
    return tuple(summary_of(row) for row in found[:most])


def likes_of(*, actor: Actor, appeal_id: int) -> tuple[AlikeAppeal, ...]:
    """Open appeals like this one, that it could be joined to. Three queries. Raises NotAllowed, AppealNotFound."""
    row = on_desk(actor, DISPATCH).filter(pk=appeal_id).defer("body").first()
    if row is None:
        raise not_found(appeal_id)
    return mains_alike(row, actor=actor)


def agencies_for(region_path: str) -> tuple[AgencyRow, ...]:
    """The agencies that could deal with what is said in a region: its own, then those above it. One query."""
    region = find_region(code_of_path(region_path[:6]))
    if region is None:
        return ()
    places = [each.code for each in ancestors_of(region.code) if each.path]
    rows = agencies_at(kinds=list(agency_kinds()), region_codes=places)
    order = {code: number for number, code in enumerate(places)}
    return tuple(sorted(rows, key=lambda row: (order[row.region_code], row.code)))


def agencies_of_region(region_path: str) -> tuple[AgencyRow, ...]:
    """The agencies that sit in a region itself. One query."""
    region = find_region(code_of_path(region_path))
    return agencies_at(kinds=list(agency_kinds()), region_codes=[region.code]) if region else ()


def summary_of(row: Appeal) -> DeskAppeal:
    """An appeal as lists show it."""
    named = row.party is not None and not row.anonymous
    return DeskAppeal(
        row.pk,
        row.number,
        row.title,
        row.state,
        row.topic,
        row.difficulty,
        row.urgency,
        row.channel,
        row.region_path,
        row.party.name if named and row.party else "",
        (row.party.credit_code or "") if named and row.party else "",
        row.anonymous,
        row.agency.name if row.agency else "",
        row.desk.name,
        row.due_on,
        row.contact_due_at if row.contacted_at is None and row.ended_at is None else None,
        row.late,
        row.escalation,
        row.voice_count,
        row.bounce_count,
        row.submitted_at,
    )


def _masked(appeal: Appeal) -> str:
    name = appeal.reporter_name[:1] + "＊" * min(2, max(0, len(appeal.reporter_name) - 1))
    phone = mask(appeal.reporter_phone, head=3, tail=2) if appeal.reporter_phone else ""
    mail = mask(appeal.reporter_mail, head=1, tail=4) if appeal.reporter_mail else ""
    return " ".join(each for each in (name, phone, mail) if each)


def _unnamed(appeal: Appeal, text: str) -> str:
    """What was added, without the name of an enterprise that said it anonymously."""
    return mask_text(text, known=[appeal.party.name]).text if appeal.anonymous and appeal.party else text


def _part(actor: Actor, appeal: Appeal, row: Part) -> PartView:
    return PartView(
        row.pk,
        row.agency.name,
        row.state,
        row.question,
        row.answer,
        row.asked_at,
        row.asked_by_name,
        row.answered_at,
        row.answered_by_name,
        row.due_on,
        part_steps(actor, appeal, row),
    )


def _request(actor: Actor, appeal: Appeal, row: Request) -> RequestView:
    reasons = {each.code: each for each in (*extension_reasons(), *pause_reasons())}
    reason = reasons.get(row.reason_code)
    return RequestView(
        row.pk,
        row.kind,
        row.state,
        row.working_days,
        reason.name if reason else row.reason_code,
        reason.name_en if reason else row.reason_code,
        row.note,
        row.asked_at,
        row.asked_by_name,
        row.decided_at,
        row.decided_by_name,
        row.decision,
        request_steps(actor, appeal, row),
    )


def _reply(actor: Actor, appeal: Appeal, row: Reply) -> ReplyView:
    return ReplyView(
        row.pk,
        row.state,
        row.text,
        row.outcome,
        row.number,
        row.agency.name,
        row.document_id,
        row.receipt_event,
        row.written_at,
        row.written_by_name,
        row.sent_at,
        row.approved_by_name,
        row.remark,
        reply_steps(actor, appeal, row),
    )
