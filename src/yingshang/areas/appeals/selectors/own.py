"""What who said it sees of an appeal: their own words, who has it and until when, the reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from yingshang.kernel.access.api import Actor, lookup_hash
from yingshang.kernel.clock.api import DeadlineView, get_deadlines
from yingshang.kernel.documents.api import DocumentView, Owner, documents_of
from yingshang.kernel.ratings.api import StepRating

from ..actions.add_file import FILES
from ..actions.have_the_word import reopened_until
from ..consulting.selectors import ConsultationRow, own_consultations
from ..lifecycle import APPEAL
from ..linking.views import LinkView, links_for
from ..models import Appeal, Reply
from ..rating.selectors import steps_of_own
from ..reach import not_found, own_appeals, own_condition
from ..searching import query_of
from .way import Milestone, way_of


@dataclass(frozen=True, slots=True)
class OwnAppeal:
    """One of one's own appeals as the list shows it."""

    id: int
    number: str
    title: str
    state: str
    topic: str
    party_id: int | None
    party_name: str
    agency_name: str
    due_on: date | None
    late: bool
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class OwnAppealPage:
    """Some of them, and how many there are."""

    rows: tuple[OwnAppeal, ...]
    total: int


@dataclass(frozen=True, slots=True)
class AdditionView:
    """What was added afterwards, as it may be read here."""

    text: str
    added_at: datetime
    added_by_name: str


@dataclass(frozen=True, slots=True)
class SentReply:
    """A reply as it was sent. `document_id` opens it, `receipt_event` proves it."""

    number: str
    agency_name: str
    text: str
    outcome: str
    sent_at: datetime
    document_id: int | None
    receipt_event: int | None


@dataclass(frozen=True, slots=True)
class OwnAppealDetail:
    """One of them with everything its sender may know. `may` are the events of the lifecycle they may cause now."""

    summary: OwnAppeal
    body: str
    anonymous: bool
    urgency: str
    difficulty: str
    channel: str
    region_path: str
    desk_name: str
    reason: str
    contact_due_at: datetime | None
    contacted_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    main_number: str
    submitted_event: int | None
    additions: tuple[AdditionView, ...]
    files: tuple[DocumentView, ...]
    replies: tuple[SentReply, ...]
    way: tuple[Milestone, ...]
    case: DeadlineView | None
    reopened: DeadlineView | None
    may: frozenset[str]
    reopen_until: datetime | None
    ratings: tuple[StepRating, ...]
    links: tuple[LinkView, ...]
    consultations: tuple[ConsultationRow, ...]


def my_appeals(
    *, actor: Actor, text: str = "", states: Sequence[str] = (), offset: int = 0, limit: int = 20
) -> OwnAppealPage:
    """What somebody said, for their enterprises or themselves, newest first. Two queries."""
    rows = own_appeals(actor)
    if states:
        rows = rows.filter(state__in=states)
    if text := text.strip():
        words = query_of(text)
        condition = Q(number__istartswith=text)
        rows = rows.filter(condition | Q(words=words) if words is not None else condition)
    found = rows.select_related("party", "agency", "desk").defer("body").order_by("-id")
    return OwnAppealPage(tuple(summary_of_own(row) for row in found[offset : offset + limit]), rows.count())


def my_appeal(*, actor: Actor, appeal_id: int, key: str = "", now: datetime) -> OwnAppealDetail:
    """One of one's own, or the one a key opens. Raises AppealNotFound."""
    rows = Appeal.objects.select_related("party", "agency", "desk", "main__agency")
    kept = Q(key_hash=lookup_hash(key.strip())) & ~Q(key_hash="")
    appeal = rows.filter(kept if key else own_condition(actor), pk=appeal_id).first()
    if appeal is None:
        raise not_found(appeal_id)
    # What was joined is answered with the one it was joined to; opened again by who said it, it goes on alone.
    answered = appeal.main if appeal.main is not None and not appeal.reopened_count else appeal
    clocks = get_deadlines(
        [each for each in (answered.deadline_id, answered.reopened_deadline_id) if each], now=now
    )
    until = reopened_until(appeal)
    sent = Reply.objects.filter(
        appeal__in=[each for each in (appeal.pk, appeal.main_id) if each], state="sent"
    )
    replies = list(sent.select_related("agency").order_by("sent_at", "pk"))
    return OwnAppealDetail(
        summary=summary_of_own(appeal),
        body=appeal.body,
        anonymous=appeal.anonymous,
        urgency=appeal.urgency,
        difficulty=answered.difficulty,
        channel=appeal.channel,
        region_path=appeal.region_path,
        desk_name=answered.desk.name,
        reason=appeal.reason,
        contact_due_at=answered.contact_due_at,
        contacted_at=answered.contacted_at,
        closed_at=appeal.closed_at,
        closed_by=appeal.closed_by,
        main_number=appeal.main.number if appeal.main else "",
        submitted_event=appeal.submitted_event,
        additions=tuple(
            AdditionView(each.body, each.added_at, each.added_by_name) for each in appeal.additions.all()
        ),
        files=documents_of(Owner(FILES, str(appeal.pk))),
        replies=tuple(
            SentReply(
                each.number,
                each.agency.name,
                each.text,
                each.outcome,
                each.sent_at or now,
                # The document names whom it is to; who was joined reads the words.
                each.document_id if each.appeal_id == appeal.pk else None,
                each.receipt_event,
            )
            for each in replies
        ),
        way=way_of(appeal),
        case=clocks.get(answered.deadline_id or 0),
        reopened=clocks.get(answered.reopened_deadline_id or 0),
        may=_may(appeal, now),
        reopen_until=until,
        ratings=steps_of_own(appeal, now=now) if replies else (),
        links=links_for(appeal.links, actor=actor, desk=False),
        consultations=own_consultations(appeal),
    )


def _may(appeal: Appeal, now: datetime) -> frozenset[str]:
    found = set(APPEAL.events(appeal.state, by="reporter"))
    until = reopened_until(appeal)
    if until is None or now > until:
        found.discard("reopened")
    if appeal.main is None or appeal.main.answered_at is None:
        found.discard("ended")
    if "withdrawn" in found and appeal.voices.filter(state="joined").exists():
        found.discard("withdrawn")
    return frozenset(found)


def summary_of_own(row: Appeal) -> OwnAppeal:
    """One of one's own as lists show it."""
    return OwnAppeal(
        row.pk,
        row.number,
        row.title,
        row.state,
        row.topic,
        row.party_id,
        row.party.name if row.party else "",
        row.agency.name if row.agency else row.desk.name,
        row.due_on if row.ended_at is None else None,
        row.late,
        row.submitted_at,
    )
