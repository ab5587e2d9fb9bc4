"""Reading objections: those of one's own enterprise, and the one an official has on the desk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import QuerySet

from yingshang.kernel.access.api import Actor, Scope, entries_of, note_personal_view, scope_of
from yingshang.kernel.clock.api import DeadlineView
from yingshang.kernel.flow.api import case_progress
from yingshang.kernel.forms.api import SubmissionView

from .errors import ObjectionNotFound
from .lifecycle import OBJECTION
from .models import OPEN, Objection

SUBJECT = "fact_objection"
"""The kind under which flow, clock and documents know an objection."""

SUBJECT_PREFIX = "objection:"
"""A form that is filled in about a fact has this and the column for its subject."""


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection as a page shows it. `corrected_value` is what the source would put in the place of `held_value`.

    `party_id` is the enterprise; `entry_id` the entry of the register it was filed for, another one where that was
    merged since. `personal` says that the fact is about a person: what is claimed of it is `HIDDEN` to whom it is not
    for.
    """

    id: int
    number: str
    party_id: int
    entry_id: int
    enterprise: str
    credit_code: str
    column: str
    fact_name: str
    held_value: str
    source: str
    as_of: date | None
    kind: str
    claimed_value: str
    reason: str
    submission_id: int
    earlier_submissions: tuple[int, ...]
    submitted_by: str
    submitted_at: datetime
    state: str
    state_name: str
    state_name_en: str
    tone: str
    is_open: bool
    asked_for: str
    corrected_value: str
    upheld: bool | None
    findings: str
    service_center: str
    source_agency: str
    ended_at: datetime | None
    case_id: int | None
    reply_id: int | None
    submitted_event: int | None
    ended_event: int | None
    personal: bool = False


HIDDEN = "******"


def without_personal(found: ObjectionView) -> ObjectionView:
    """The objection without what is claimed and found of a person, when its fact is about one."""
    if not found.personal:
        return found
    return replace(
        found,
        claimed_value=HIDDEN if found.claimed_value else "",
        corrected_value=HIDDEN if found.corrected_value else "",
    )


def objections(*, actor: Actor, party_id: int) -> tuple[ObjectionView, ...]:
    """The objections of an enterprise one acts for, with those of entries merged into it, newest first."""
    rows = own(actor).filter(party__in=entries_of(party_id))
    return tuple(view_of(row) for row in rows.order_by("-id"))


def get_objection(*, actor: Actor, objection_id: int) -> ObjectionView:
    """One objection of an enterprise one acts for. Raises ObjectionNotFound."""
    row = own(actor).filter(pk=objection_id).first()
    if row is None:
        raise not_found(objection_id)
    return view_of(row)


def objection_on_desk(*, actor: Actor, objection_id: int) -> ObjectionView:
    """One objection an official may look into: that of their region or agency; what it claims of a person only for who
    may see such data. Raises ObjectionNotFound."""
    row = on_desk(actor).filter(pk=objection_id).first()
    if row is None:
        raise not_found(objection_id)
    found = view_of(row)
    return found if actor.may("parties.view_personal") else without_personal(found)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the case as the enterprise sees it: who had it, until when, and what came of it; not who by name."""

    name: str
    name_en: str
    agency: str
    began_at: datetime
    ended_at: datetime | None
    outcome: str
    outcome_en: str
    opinion: str
    due_on: date | None
    late: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an objection is: its case clock with how that was reckoned, and its steps, oldest first."""

    number: str
    deadline: DeadlineView | None
    stages: tuple[Stage, ...]


def progress(*, actor: Actor, objection_id: int, now: datetime) -> Progress | None:
    """How far one's own objection is; None before its case has begun. Raises ObjectionNotFound."""
    row = own(actor).filter(pk=objection_id).first()
    if row is None:
        raise not_found(objection_id)
    detail = case_progress(kind=SUBJECT, identifier=str(row.pk), now=now)
    if detail is None:
        return None
    return Progress(
        number=detail.case.number,
        deadline=detail.case.deadline,
        stages=tuple(
            Stage(
                name=task.name,
                name_en=task.name_en,
                agency=task.agency_name,
                began_at=task.ready_at,
                ended_at=task.ended_at,
                outcome=task.outcome_name,
                outcome_en=task.outcome_name_en,
                opinion=task.opinion,
                due_on=task.deadline.due_on if task.deadline else None,
                late=task.deadline.late if task.deadline else False,
            )
            # Opinions that officials ask each other for are theirs.
            for task in detail.tasks
            if task.kind == "step"
        ),
    )


def open_objections(*, party_id: int) -> dict[str, int]:
    """Column → number of the open objection to it: for marking facts as disputed (征信业管理条例第二十五条)."""
    rows = Objection.objects.filter(party__in=entries_of(party_id), state__in=OPEN).order_by("-id")
    return dict(rows.values_list("column", "id"))


def may_read_documents(actor: Actor, identifier: str) -> bool:
    """Who may open the documents of an objection: its enterprise, and the officials who see its case."""
    if not identifier.isdigit():
        return False
    number = int(identifier)
    if _files_for(actor, number):
        return True
    if not (actor.may("flow.work") or actor.may("flow.view")):
        return False
    row = on_desk(actor).filter(pk=number).first()
    return row is not None and (not row.personal or _sees_person(actor, row))


def may_read_evidence(actor: Actor, view: SubmissionView) -> bool:
    """Which officials may open what was handed in with an objection: where its fact is about a person, who works on it
    and may see such data."""
    rows = _belonging_to(actor, view)
    return bool(rows) and all(
        not row.personal or (row.state in OPEN and _sees_person(actor, row)) for row in rows
    )


def note_reply_opened(actor: Actor, identifier: str, name: str, now: datetime) -> None:
    """Note that an official opens a document of an objection that is about a person."""
    number = int(identifier)
    if not _files_for(actor, number):
        _note_opened(actor, Objection.objects.filter(pk=number), name, now)


def note_evidence_opened(actor: Actor, view: SubmissionView, name: str, now: datetime) -> None:
    """Note that an official opens evidence of an objection that is about a person."""
    _note_opened(
        actor, Objection.objects.filter(pk__in=[row.pk for row in _belonging_to(actor, view)]), name, now
    )


def _note_opened(actor: Actor, rows: QuerySet[Objection], name: str, now: datetime) -> None:
    for row in rows.filter(personal=True):
        note_personal_view(
            actor=actor,
            party_id=row.party_id,
            fields=[row.column],
            purpose=f"办理异议 {row.number}：打开“{name}”",
            now=now,
        )


def _files_for(actor: Actor, number: int) -> bool:
    return actor.may("objections.file_own") and own(actor).filter(pk=number).exists()


def _sees_person(actor: Actor, row: Objection) -> bool:
    """Whether an official works on an objection, and may see what is known of persons where it is."""
    if not actor.may("flow.work"):
        return False
    return _reached(actor.scope("parties.view_personal")).filter(pk=row.pk).exists()


def _belonging_to(actor: Actor, view: SubmissionView) -> list[Objection]:
    column = view.subject.removeprefix(SUBJECT_PREFIX)
    rows = on_desk(actor).filter(party_id=view.party_id, column=column)
    return [row for row in rows if view.id in (row.submission_id, *row.earlier_submissions)]


def may_read_submission(actor: Actor, view: SubmissionView) -> bool:
    """Which officials may read a form an enterprise filled in: those who see the objection it belongs to."""
    if not (actor.may("flow.work") or actor.may("flow.view")):
        return False
    column = view.subject.removeprefix(SUBJECT_PREFIX)
    return on_desk(actor).filter(party_id=view.party_id, column=column).exists()


def own(actor: Actor) -> QuerySet[Objection]:
    """The objections of the enterprises somebody acts for."""
    scope = actor.require("objections.file_own")
    return _joined(scope.filter(Objection.objects.all(), party="party"))


def on_desk(actor: Actor) -> QuerySet[Objection]:
    """The objections within an official's reach."""
    return _joined(_reached(scope_of(actor, "flow.work", "flow.view")))


def _reached(scope: Scope) -> QuerySet[Objection]:
    rows = scope.filter(Objection.objects.all(), region="region_path", agency="source_agency") | scope.filter(
        Objection.objects.all(), agency="service_center"
    )
    return rows.distinct()


def not_found(objection_id: object) -> ObjectionNotFound:
    """The answer for what does not exist and for what may not be seen."""
    return ObjectionNotFound(
        f"no objection {objection_id}", message_zh="没有这项异议，或者您无权查看", value=str(objection_id)
    )


def view_of(row: Objection) -> ObjectionView:
    state = OBJECTION.states[row.state]
    return ObjectionView(
        id=row.pk,
        number=row.number,
        party_id=row.enterprise.pk,
        entry_id=row.party_id,
        enterprise=row.enterprise.name,
        credit_code=row.enterprise.credit_code or "",
        column=row.column,
        fact_name=row.fact_name,
        held_value=row.held_value,
        source=row.source,
        as_of=row.as_of,
        kind=row.kind,
        claimed_value=row.claimed_value,
        reason=row.reason,
        submission_id=row.submission_id,
        earlier_submissions=tuple(row.earlier_submissions),
        submitted_by=str(row.submitted_by),
        submitted_at=row.submitted_at,
        state=row.state,
        state_name=state.name,
        state_name_en=state.name_en,
        tone=state.tone,
        is_open=state.open,
        asked_for=row.asked_for if row.state == "returned" else "",
        corrected_value=row.corrected_value,
        upheld=row.upheld,
        findings=row.findings,
        service_center=row.service_center.name,
        source_agency=row.source_agency.name,
        ended_at=row.ended_at,
        case_id=row.case_id,
        reply_id=row.reply_id,
        submitted_event=row.submitted_event,
        ended_event=row.ended_event,
        personal=row.personal,
    )


def _joined(rows: QuerySet[Objection]) -> QuerySet[Objection]:
    return rows.select_related("party__merged_into", "submitted_by", "service_center", "source_agency")
