"""What is read of consultations: by officials of the appeal's reach, and by who said it where they were invited."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count
from django.utils import timezone

from yingshang.kernel.access.api import Actor, lookup_hash

from ..lifecycle import CONSULTATION, INVITATION
from ..models import Appeal, Consultation, Invitation, Statement
from ..reach import (
    ANSWER,
    VIEW,
    agencies_of,
    deals_with,
    not_found,
    on_desk,
    own_condition,
    sees_reporter,
    supervises,
)
from .reach import consultation_not_found, leads

WAITING = ("asked", "signing")
"""States of an invitation in which an agency has something to do."""


@dataclass(frozen=True, slots=True)
class ConsultationRow:
    """A consultation as the page of its appeal shows it. `waiting` are the agencies something is still awaited of."""

    id: int
    state: str
    question: str
    caller: str
    called_at: datetime
    due_on: date
    with_reporter: bool
    statements: int
    waiting: tuple[str, ...]
    conclusion: str


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invited agency: until when it is asked, what it decided. `late`: that day is over and nothing came."""

    agency_id: int
    agency_name: str
    state: str
    due_on: date | None
    stated_at: datetime | None
    reason: str
    decided_at: datetime | None
    decided_by_name: str
    late: bool


@dataclass(frozen=True, slots=True)
class StatementView:
    """What was said. `agency_name` is empty for who said the appeal, who is not named here."""

    text: str
    at: datetime
    agency_name: str
    by_name: str
    by_reporter: bool
    internal: bool


@dataclass(frozen=True, slots=True)
class TaskView:
    """What an agency does by when; `part_id` is the part of the reply it became. `may_ask`: it can become one now."""

    number: int
    agency_id: int
    agency_name: str
    what: str
    due_on: date | None
    part_id: int | None
    may_ask: bool = False


@dataclass(frozen=True, slots=True)
class ConsultationDetail:
    """One consultation as officials see it. `clear`: what who said it wrote is shown as written. `may` are the steps
    the reader may take now: stated, invited, meeting_set, minuted, decided, ended, cancelled. What is between agencies
    is here for who takes part, who deals with the appeal and who supervises it; for others `inside` is false.
    """

    id: int
    appeal_id: int
    appeal_number: str
    appeal_title: str
    region_path: str
    state: str
    question: str
    with_reporter: bool
    caller_id: int
    caller: str
    called_by_name: str
    called_at: datetime
    due_on: date
    holder_id: int | None
    holder: str
    meeting_at: datetime | None
    meeting_place: str
    meeting_address: str
    conclusion: str
    internal: str
    tasks: tuple[TaskView, ...]
    minuted_at: datetime | None
    minuted_by_name: str
    sign_due_on: date | None
    ended_at: datetime | None
    ended_by_name: str
    reason: str
    invitations: tuple[InvitationView, ...]
    statements: tuple[StatementView, ...]
    clear: bool
    inside: bool
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class OwnConsultation:
    """One consultation as who said the appeal sees it: no official is named, and nothing that is between agencies is
    here. Conclusion and tasks are there once it has ended. `may_state`: they may say something now.
    """

    id: int
    appeal_id: int
    appeal_number: str
    appeal_title: str
    state: str
    question: str
    caller: str
    called_at: datetime
    due_on: date
    agencies: tuple[str, ...]
    meeting_at: datetime | None
    meeting_place: str
    meeting_address: str
    statements: tuple[StatementView, ...]
    conclusion: str
    tasks: tuple[TaskView, ...]
    ended_at: datetime | None
    reason: str
    may_state: bool


def consultations_of(appeal: Appeal) -> tuple[ConsultationRow, ...]:
    """The consultations about an appeal that its reader may see. Two queries; one where there is none."""
    rows = (
        appeal.consultations.select_related("called_by_agency")
        .annotate(said=Count("statements"))
        .prefetch_related("invitations__agency")
    )
    return tuple(_row(row) for row in rows.order_by("id"))


def own_consultations(appeal: Appeal) -> tuple[ConsultationRow, ...]:
    """Those who said it is invited to, without anything that is between agencies."""
    rows = appeal.consultations.filter(with_reporter=True).select_related("called_by_agency").order_by("id")
    return tuple(
        ConsultationRow(
            row.pk,
            row.state,
            row.question,
            row.called_by_agency.name,
            row.called_at,
            row.due_on,
            True,
            0,
            (),
            row.conclusion if row.state == "ended" else "",
        )
        for row in rows
    )


def consultation(*, actor: Actor, consultation_id: int, now: datetime) -> ConsultationDetail:
    """One of an appeal within the reader's reach, with its thread. Raises NotAllowed, StepNotFound."""
    actor.require(VIEW)
    row = Consultation.objects.select_related("called_by_agency").filter(pk=consultation_id).first()
    appeal = (
        on_desk(actor).filter(pk=row.appeal_id).select_related("agency", "desk", "party").first()
        if row is not None
        else None
    )
    if row is None or appeal is None:
        raise consultation_not_found(consultation_id)
    clear = deals_with(actor, appeal) and (not appeal.anonymous or sees_reporter(actor, appeal))
    invitations = list(row.invitations.select_related("agency"))
    today = timezone.localdate(now)
    parts = asked_for(appeal) if any(each.get("part") for each in row.tasks) else frozenset()
    holds = appeal.agency_id is not None and appeal.agency_id in agencies_of(actor, ANSWER)
    # Of other agencies of the region, nobody reads what these tell each other.
    taking_part = {row.called_by_agency_id, appeal.agency_id, *(each.agency_id for each in invitations)}
    inside = (
        bool(taking_part & agencies_of(actor, VIEW)) or deals_with(actor, appeal) or supervises(actor, appeal)
    )
    may_ask = holds and row.state == "ended" and appeal.state in {"dispatched", "handling"}
    return ConsultationDetail(
        id=row.pk,
        appeal_id=appeal.pk,
        appeal_number=appeal.number,
        appeal_title=appeal.title,
        region_path=appeal.region_path,
        state=row.state,
        question=row.question,
        with_reporter=row.with_reporter,
        caller_id=row.called_by_agency_id,
        caller=row.called_by_agency.name,
        called_by_name=row.called_by_name,
        called_at=row.called_at,
        due_on=row.due_on,
        holder_id=appeal.agency_id,
        holder=appeal.agency.name if appeal.agency else "",
        meeting_at=row.meeting_at,
        meeting_place=row.meeting_place,
        meeting_address=row.meeting_address,
        conclusion=row.conclusion,
        internal=row.internal if inside else "",
        tasks=tuple(
            _task(number, each, may_ask and each["agency"] != appeal.agency_id, parts)
            for number, each in enumerate(row.tasks)
        ),
        minuted_at=row.minuted_at,
        minuted_by_name=row.minuted_by_name,
        sign_due_on=row.sign_due_on,
        ended_at=row.ended_at,
        ended_by_name=row.ended_by_name,
        reason=row.reason,
        invitations=tuple(_invitation(each, today) for each in invitations),
        statements=tuple(
            _statement(each, clear)
            for each in row.statements.select_related("agency").order_by("id")
            if inside or not each.internal
        ),
        clear=clear,
        inside=inside,
        may=_steps(actor, row, invitations, holds=holds, today=today),
    )


def own_consultation(*, actor: Actor, appeal_id: int, consultation_id: int, key: str = "") -> OwnConsultation:
    """One that who said the appeal was invited to. Raises AppealNotFound, StepNotFound."""
    kept = Appeal.objects.filter(key_hash=lookup_hash(key.strip())).exclude(key_hash="")
    rows = kept if key else Appeal.objects.filter(own_condition(actor))
    appeal = rows.filter(pk=appeal_id).first()
    if appeal is None:
        raise not_found(appeal_id)
    found = Consultation.objects.select_related("called_by_agency").filter(
        pk=consultation_id, appeal=appeal, with_reporter=True
    )
    row = found.first()
    if row is None:
        raise consultation_not_found(consultation_id)
    said: Sequence[Statement] = list(
        row.statements.filter(internal=False).select_related("agency").order_by("id")
    )
    names = row.invitations.order_by("pk").values_list("agency__name", flat=True)
    ended = row.state == "ended"
    return OwnConsultation(
        id=row.pk,
        appeal_id=appeal.pk,
        appeal_number=appeal.number,
        appeal_title=appeal.title,
        state=row.state,
        question=row.question,
        caller=row.called_by_agency.name,
        called_at=row.called_at,
        due_on=row.due_on,
        agencies=tuple(names),
        meeting_at=row.meeting_at,
        meeting_place=row.meeting_place,
        meeting_address=row.meeting_address,
        statements=tuple(
            StatementView(
                each.body, each.at, each.agency.name if each.agency else "", "", each.by_reporter, False
            )
            for each in said
        ),
        conclusion=row.conclusion if ended else "",
        tasks=tuple(_task(number, each) for number, each in enumerate(row.tasks)) if ended else (),
        ended_at=row.ended_at,
        reason=row.reason if row.state == "cancelled" else "",
        may_state=CONSULTATION.may(row.state, "stated"),
    )


def asked_for(appeal: Appeal) -> frozenset[int]:
    """The parts of an appeal that were asked for and are not over without an answer. One query."""
    return frozenset(appeal.parts.exclude(state="over").values_list("pk", flat=True))


def _steps(
    actor: Actor, row: Consultation, invitations: Sequence[Invitation], *, holds: bool, today: date
) -> frozenset[str]:
    """What the reader may do now: the very conditions of the actions."""
    possible = set(CONSULTATION.events(row.state))
    mine = agencies_of(actor, ANSWER)
    own = next((each for each in invitations if each.agency_id in mine), None)
    found: set[str] = set()
    if leads(actor, row):
        found |= possible & {"stated", "invited", "meeting_set", "minuted", "cancelled"}
        waited = any(
            each.state == "signing" and each.due_on is not None and today <= each.due_on
            for each in invitations
        )
        if not waited:
            found |= possible & {"ended"}
    if holds:
        found |= possible & {"stated"}
    if own is not None:
        found |= possible & {"stated"}
        if INVITATION.may(own.state, "agreed"):
            found |= possible & {"decided"}
    return frozenset(found)


def _row(row: Consultation) -> ConsultationRow:
    return ConsultationRow(
        row.pk,
        row.state,
        row.question,
        row.called_by_agency.name,
        row.called_at,
        row.due_on,
        row.with_reporter,
        int(getattr(row, "said", 0)),
        tuple(each.agency.name for each in row.invitations.all() if each.state in WAITING),
        row.conclusion,
    )


def _invitation(row: Invitation, today: date) -> InvitationView:
    return InvitationView(
        row.agency_id,
        row.agency.name,
        row.state,
        row.due_on if row.state in WAITING else None,
        row.stated_at,
        row.reason,
        row.decided_at,
        row.decided_by_name,
        row.state in WAITING and row.due_on is not None and row.due_on < today,
    )


def _statement(row: Statement, clear: bool) -> StatementView:
    return StatementView(
        row.text if row.by_reporter and not clear else row.body,
        row.at,
        row.agency.name if row.agency else "",
        row.by_name,
        row.by_reporter,
        row.internal,
    )


def _task(
    number: int, written: dict[str, object], may_ask: bool = False, parts: Collection[object] = ()
) -> TaskView:
    """`parts` are those that were asked for and are not over without an answer."""
    due, part = written.get("due_on"), written.get("part")
    part = part if part in parts else None
    return TaskView(
        number,
        int(str(written["agency"])),
        str(written["agency_name"]),
        str(written["what"]),
        date.fromisoformat(str(due)) if due else None,
        int(str(part)) if part else None,
        may_ask and part is None,
    )
