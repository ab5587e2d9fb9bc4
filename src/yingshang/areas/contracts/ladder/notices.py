"""Supervision notices 督办通知书: issued by the clock or by a supervisor, answered and signed by the head of the unit,
sent back where the answer does not do, lifted once nothing is owed any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import NewDeadline, Owner, get_deadline, meet_deadline, start_deadlines
from yingshang.kernel.documents.api import number_words, take_document_numbers
from yingshang.kernel.ledger.api import record_many

from ..errors import InvalidStep, NotYours
from ..lifecycle import NOTICE
from ..models import Obligation, SupervisionNotice
from ..obligations.interest import interest_of
from ..reach import HEAD, REVIEW, SUPERVISE, agencies_of, load_obligation, obligations_on_desk
from ._steps import (
    PLATFORM,
    Occurrence,
    StartEvent,
    ensure_outside,
    event_of,
    name_of,
    note,
    region_code_of,
    step_not_found,
    supervising_agency_of,
    supervisors_of,
    tell_officials,
    tell_together,
    written,
)
from .clocks import LEVELS, RUNNING, set_contract_levels
from .rules import rules

NOTICES = "contract_notice"
"""What clocks and documents call a notice."""
UNANSWERED = "/desk/contracts/notices?state=sent"
"""The list of notices that wait for their answers."""
_RECEIVED: StartEvent = {"zh": "督办", "en": "issued"}
_COLUMNS_OF_START = ["deadline_id", "due_on", "receipt_event"]


@transaction.atomic
def issue_notice(*, actor: Actor, obligation_id: int, demand: str, now: datetime) -> int:
    """Send a unit a supervision notice about what is late; one at a time. Its number in the register. Its document is
    set as soon as that is committed.

    Raises NotAllowed, ObligationNotFound, NotYours, InvalidStep.
    """
    from .documents import set_waiting

    obligation = load_obligation(actor, obligation_id, SUPERVISE)
    ensure_outside(actor, obligation.agency_id)
    demand = written(demand, "demand", most=1000)
    ensure_late(obligation, today=timezone.localdate(now))
    if obligation.notices.exclude(state="lifted").exists():
        raise InvalidStep(
            "there is one already that is not lifted",
            message_zh="该义务已有一份督办通知书没有销号，不再重复发",
            field="obligation",
        )
    agency = supervising_agency_of(actor, obligation, now=now)
    [row] = _issue([(obligation, agency)], demand, actor=actor, now=now)
    raise_level(obligation, "notice")
    transaction.on_commit(lambda: set_waiting(actor=actor, now=now, only=[row.pk]), robust=True)
    return int(row.pk)


def issue_many(obligations: Sequence[Obligation], *, actor: Actor, now: datetime) -> list[SupervisionNotice]:
    """The notices that follow from the clock, of obligations that are locked and have none that is not lifted; where
    nobody supervises, none. Setting a document takes longer than all the rest: jobs do it after the commit.
    """
    from .documents import AT_ONCE
    from .jobs import set_notices_job

    agencies = supervisors_of(obligations, today=timezone.localdate(now))
    found = [(each, agencies[each.pk]) for each in obligations if each.pk in agencies]
    rows = _issue(found, rules().demand, actor=actor, now=now)
    for first in range(0, len(rows), AT_ONCE):
        set_notices_job.defer(notice_ids=[row.pk for row in rows[first : first + AT_ONCE]])
    return rows


def _issue(
    found: Sequence[tuple[Obligation, int]], demand: str, *, actor: Actor, now: datetime
) -> list[SupervisionNotice]:
    """As many statements as there are agencies that issue, and some; numbers in the order of their series, so that two
    sweepers wait for each other and never in a circle.
    """
    if not found:
        return []
    today = timezone.localdate(now)
    found = sorted(found, key=lambda pair: (pair[1], pair[0].due_on or today, pair[0].pk))
    numbers = take_document_numbers(rules().notices, [agency for _, agency in found], today.year)
    rows = []
    for (obligation, agency), number in zip(found, numbers, strict=True):
        interest = interest_of(obligation, today)
        rows.append(
            SupervisionNotice(
                number=number.kept,
                obligation=obligation,
                agency_id=obligation.agency_id,
                issued_by_agency_id=agency,
                region_path=obligation.region_path,
                demand=demand,
                owed_fen=None if obligation.amount_fen is None else obligation.open_fen,
                interest_fen=interest.fen,
                issued_at=now,
                issued_by_name=actor.name,
            )
        )
    SupervisionNotice.objects.bulk_create(rows)
    _start_clocks(rows, now=now)
    events = record_many(
        actor=actor,
        events=[
            event_of(
                row.obligation,
                "notice_issued",
                after={
                    "number": number_words(row.number),
                    "answer_by": str(row.due_on),
                    "due": str(row.obligation.due_on),
                    "owed_fen": row.owed_fen,
                    "interest_fen": row.interest_fen,
                },
                reason=demand,
            )
            for row in rows
        ],
        now=now,
    )
    for row, event in zip(rows, events, strict=True):
        row.receipt_event = event
    SupervisionNotice.objects.bulk_update(rows, _COLUMNS_OF_START)
    tell_together(
        "notice_issued",
        "notices_issued",
        [
            Occurrence(
                row.obligation,
                row.agency_id,
                permission,
                "",
                {"notice": number_words(row.number), "demand": demand, "answer_by": row.due_on},
            )
            for row in rows
            for permission in (REVIEW, HEAD)
        ],
        shared=("demand", "answer_by"),
        link=UNANSWERED,
        now=now,
    )
    return rows


def _start_clocks(rows: Sequence[SupervisionNotice], *, now: datetime) -> None:
    """Until when the unit answers; anew each time it is sent back. Not saved."""
    views = start_deadlines(
        actor=PLATFORM,
        deadlines=[
            NewDeadline(
                owner=Owner(NOTICES, str(row.pk)),
                kind="step",
                name=f"督办反馈：{name_of(row.obligation.contract, row.obligation)}"[:120],
                name_en=f"Answer to a supervision notice: {row.obligation.contract.number}",
                term=rules().notice.term,
                started_at=now,
                region_code=region_code_of(row.region_path),
                agency_id=row.agency_id,
                party_id=None,
                ladder=rules().notice.ladder,
                start_event=_RECEIVED,
            )
            for row in rows
        ],
        now=now,
    )
    for row, view in zip(rows, views, strict=True):
        row.deadline_id, row.due_on = view.id, view.due_on


@transaction.atomic
def answer_notice(
    *, actor: Actor, notice_id: int, answer: str, promised_on: date | None = None, now: datetime
) -> None:
    """The head of the unit answers in writing, and may promise a day. Raises NotAllowed, StepNotFound, NotYours,
    NotPossibleNow, InvalidStep.
    """
    row = load_notice(actor, notice_id, HEAD)
    if actor.kind != "system" and row.agency_id not in agencies_of(actor, HEAD):
        raise NotYours(
            f"{row.agency.name} was sent it",
            message_zh=f"该督办通知书由“{row.agency.name}”负责人反馈",
            value=notice_id,
        )
    before = row.state
    row.state = NOTICE.after(row.state, "answered")
    row.answer = written(answer, "answer")
    if promised_on is not None and promised_on < timezone.localdate(now):
        raise InvalidStep(
            f"{promised_on} is past; promise a day from today on",
            message_zh=f"承诺履行日{promised_on}已经过去，请填写今天或者以后的日期",
            field="promised_on",
        )
    row.promised_on, row.answered_at, row.answered_by_name = promised_on, now, actor.name
    row.save()
    end_clock(row.deadline_id, now=now)
    note(
        row.obligation,
        "notice_answered",
        actor=actor,
        now=now,
        before={"state": before},
        after={
            "state": row.state,
            "number": number_words(row.number),
            "promised_on": None if promised_on is None else str(promised_on),
        },
        reason=row.answer,
    )
    told = {"notice": number_words(row.number)}
    tell_officials(
        "notice_answered", [(row.obligation, row.issued_by_agency_id, SUPERVISE, "", told)], now=now
    )


@transaction.atomic
def return_notice(*, actor: Actor, notice_id: int, remark: str, now: datetime) -> None:
    """The answer does not do: the unit answers again. Raises as `answer_notice` does."""
    row = load_notice(actor, notice_id, SUPERVISE)
    ensure_outside(actor, row.agency_id)
    before = row.state
    row.state = NOTICE.after(row.state, "returned")
    row.remark = written(remark, "remark", most=400)
    _start_clocks([row], now=now)
    row.save()
    number = number_words(row.number)
    note(
        row.obligation,
        "notice_returned",
        actor=actor,
        now=now,
        before={"state": before},
        after={"state": row.state, "number": number, "answer_by": str(row.due_on)},
        reason=row.remark,
    )
    told = {"notice": number, "demand": row.remark, "answer_by": row.due_on}
    tell_officials("notice_issued", [(row.obligation, row.agency_id, HEAD, "", told)], now=now)


@transaction.atomic
def lift_notice(*, actor: Actor, notice_id: int, remark: str, now: datetime) -> None:
    """A supervisor lifts one that has nothing to demand any more: it was performed and nobody contradicts, or is owed
    no longer. While it is owed, a cancellation 销号 with evidence is the way. Raises as `answer_notice` does,
    and Blocked.
    """
    from ..own.block import ensure_unblocked

    row = load_notice(actor, notice_id, SUPERVISE)
    ensure_outside(actor, row.agency_id)
    obligation = row.obligation
    state = NOTICE.after(row.state, "lifted")
    remark = written(remark, "remark", most=400)
    if obligation.state in RUNNING or obligation.disagreed:
        raise InvalidStep(
            "it is still owed, or the two sides differ; it ends with a cancellation",
            message_zh="该义务尚未履行或者双方说法不一，请由单位申请销号，凭证据确认后自动解除督办",
            field="remark",
        )
    ensure_unblocked(obligation)
    before, row.state, row.remark = row.state, state, remark
    row.lifted_at, row.lifted_by_name = now, actor.name
    row.save()
    end_clock(row.deadline_id, now=now)
    if not obligation.cases.exclude(state="closed").exists():
        set_level(obligation, "")
    note(
        obligation,
        "notice_lifted",
        actor=actor,
        now=now,
        before={"state": before},
        after={"state": row.state, "number": number_words(row.number)},
        reason=remark,
    )


def lift_all(obligation: Obligation, *, actor: Actor, remark: str, now: datetime) -> list[str]:
    """Lift what is open about an obligation, because it was struck off; the numbers. The event is the caller's."""
    rows = list(obligation.notices.select_for_update().exclude(state="lifted").order_by("pk"))
    for row in rows:
        row.state = NOTICE.after(row.state, "lifted")
        row.remark = remark[:400]
        row.lifted_at, row.lifted_by_name = now, actor.name
        row.save()
        end_clock(row.deadline_id, now=now)
    return [number_words(row.number) for row in rows]


def ensure_late(obligation: Obligation, *, today: date) -> None:
    """That the unit owes it and the day is past. Raises InvalidStep."""
    if (
        obligation.side == "unit"
        and obligation.state in RUNNING
        and obligation.due_on
        and obligation.due_on < today
    ):
        return
    raise InvalidStep(
        "only what a unit owes and has not done by its day is supervised",
        message_zh="只有单位一方逾期未履行的义务才能督办",
        field="obligation",
    )


def raise_level(obligation: Obligation, level: str) -> None:
    """Note how far the ladder has come; never less far than it had."""
    if LEVELS.index(level) > LEVELS.index(obligation.escalation):
        set_level(obligation, level)


def set_level(obligation: Obligation, level: str) -> None:
    """Note how far the ladder has come, on the obligation and its contract."""
    obligation.escalation = level
    Obligation.objects.filter(pk=obligation.pk).update(escalation=level)
    set_contract_levels([obligation.contract_id])
    obligation.contract.refresh_from_db(fields=["escalation"])


def end_clock(deadline_id: int | None, *, now: datetime) -> None:
    """What a clock of a step was for has been done."""
    if deadline_id is not None and get_deadline(deadline_id, now=now).open:
        meet_deadline(actor=PLATFORM, deadline_id=deadline_id, now=now)


def load_notice(actor: Actor, notice_id: int, permission: str) -> SupervisionNotice:
    """One notice of the reach, locked behind its contract and obligation. Raises NotAllowed, StepNotFound."""
    reached = obligations_on_desk(actor, permission)
    found = SupervisionNotice.objects.filter(pk=notice_id, obligation__in=reached)
    number = found.values_list("obligation", flat=True).first()
    if number is None:
        raise step_not_found(notice_id)
    obligation = load_obligation(actor, number, permission)
    rows = SupervisionNotice.objects.select_for_update(of=("self",)).select_related(
        "agency", "issued_by_agency"
    )
    row = rows.get(pk=notice_id)
    row.obligation = obligation
    return row
