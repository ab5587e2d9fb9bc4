"""A supervision notice 督办单: issued by the clock or by a supervisor, answered by the agency, lifted by a
supervisor.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from yingshang.kernel.access.api import Actor, officials_of_many
from yingshang.kernel.clock.api import (
    DeadlineView,
    Owner,
    get_deadline,
    get_deadlines,
    meet_deadline,
    start_deadline,
)
from yingshang.kernel.documents.api import Owner as DocumentOwner
from yingshang.kernel.documents.api import generate, number_words, take_document_number
from yingshang.kernel.ledger.api import get_event, receipt_code

from ...actions._steps import bounded, needed, note, tell_agency, tell_many
from ...clocks import region_code_of
from ...desks import PLATFORM
from ...errors import InvalidStep, NotYours, StepNotFound
from ...lifecycle import NOTICE
from ...models import Appeal, SupervisionNotice
from ...numbering import series_of
from ...reach import ANSWER, SUPERVISE, agencies_of, load
from ...rules import rules_of

NOTICES = "appeal_notice"
TEMPLATE = "appeal_supervision_notice"
DEMAND = "请立即办理，并书面说明逾期原因、整改措施和办结日期。"


@transaction.atomic
def issue_notice(*, actor: Actor, appeal_id: int, demand: str, now: datetime) -> int:
    """Send the agency that has an appeal a supervision notice; one at a time. Its number in the register. Its document
    is set as soon as that is committed: setting takes longer than all the rest, and whoever takes a number of the desk
    waits for the commit.

    Raises NotAllowed, AppealNotFound, InvalidStep.
    """
    from ..documents import set_waiting

    appeal = load(actor, appeal_id, SUPERVISE)
    needed(demand, "demand")
    if appeal.agency_id is None or appeal.ended_at is not None:
        raise InvalidStep(
            "no agency deals with it now", message_zh="该诉求现在没有承办单位，不能发督办单", field="appeal"
        )
    if appeal.supervision_notices.filter(agency=appeal.agency_id).exclude(state="lifted").exists():
        raise InvalidStep(
            "there is one already that is not lifted",
            message_zh="该单位对本诉求已有一份督办单没有销号，不再重复发",
            field="appeal",
        )
    [row] = _issue([appeal], bounded(demand, "demand")[:1000], actor=actor, now=now)
    _tell([row], now=now)
    transaction.on_commit(lambda: set_waiting(actor=actor, now=now, only=[row.pk]), robust=True)
    return int(row.pk)


def issue_by_clock(appeals: Sequence[Appeal], *, now: datetime) -> None:
    """The notices that follow from the clock, of appeals that are locked and whose agency has none that is not lifted.
    Setting a document takes longer than all the rest: jobs do it, after the commit, some at a time.
    """
    from ..documents import AT_ONCE
    from ..jobs import set_notices_job

    rows = _issue(appeals, DEMAND, actor=PLATFORM, now=now)
    if rows:
        _tell(rows, now=now)
        for first in range(0, len(rows), AT_ONCE):
            set_notices_job.defer(notice_ids=[row.pk for row in rows[first : first + AT_ONCE]])


def _tell(rows: Sequence[SupervisionNotice], *, now: datetime) -> None:
    """To everybody of the agencies who answers there."""
    officials = officials_of_many(
        {ANSWER}, agency_ids={row.agency_id for row in rows}, today=timezone.localdate(now)
    )
    tell_many(
        "notice_issued",
        [
            (
                row.appeal,
                officials.get((row.agency_id, ANSWER), ()),
                "",
                {"notice": number_words(row.number), "demand": row.demand, "due": row.due_on},
            )
            for row in rows
        ],
        now=now,
    )


def _issue(appeals: Sequence[Appeal], demand: str, *, actor: Actor, now: datetime) -> list[SupervisionNotice]:
    clocks = get_deadlines([appeal.deadline_id for appeal in appeals if appeal.deadline_id], now=now)
    return [
        _issue_one(appeal, demand, clocks.get(appeal.deadline_id or 0), actor=actor, now=now)
        for appeal in appeals
    ]


def _issue_one(
    appeal: Appeal, demand: str, clock: DeadlineView | None, *, actor: Actor, now: datetime
) -> SupervisionNotice:
    assert appeal.agency_id is not None
    year = timezone.localdate(now).year
    number = take_document_number(series_of("notices"), appeal.desk_id, year)
    row = SupervisionNotice.objects.create(
        number=number.kept,
        appeal=appeal,
        agency_id=appeal.agency_id,
        issued_by_agency_id=appeal.desk_id,
        region_path=appeal.region_path,
        demand=demand,
        issued_at=now,
        issued_by_name=actor.name,
    )
    deadline = _start_clock(row, appeal, now=now)
    event = note(
        appeal,
        "notice_issued",
        actor=actor,
        now=now,
        reason=demand,
        after={
            "number": number.words,
            "due": str(deadline.due_on),
            "derivation": clock.derivation() if clock else "",
        },
    )
    row.deadline_id, row.due_on, row.receipt_event = deadline.id, deadline.due_on, event
    row.save(update_fields=["deadline_id", "due_on", "receipt_event"])
    return row


def set_document(row: SupervisionNotice, *, actor: Actor, now: datetime) -> None:
    """Set the notice as a document, by what it said when it was issued: that may be a while ago, the term of the appeal
    been extended and the notice sent back since. Its event has kept it.
    """
    assert row.receipt_event is not None
    appeal, number = row.appeal, number_words(row.number)
    issued = get_event(row.receipt_event, within=Q())
    assert issued is not None and issued.event.after is not None
    due = date.fromisoformat(issued.event.after["due"])
    document = generate(
        actor=actor,
        template=TEMPLATE,
        context={
            "issuer": row.issued_by_agency.name,
            "number": number,
            "agency": row.agency.name,
            "appeal": appeal.number,
            "title": appeal.title,
            "derivation": issued.event.after["derivation"],
            "demand": row.demand,
            "due": f"{due.year}年{due.month}月{due.day}日",
            "date": _words(row.issued_at),
        },
        owner=DocumentOwner(NOTICES, str(appeal.pk)),
        party_id=None,
        region_path=row.region_path,
        agency_id=row.agency_id,
        receipt_code=receipt_code(row.receipt_event),
        name=f"{number}.pdf",
        now=now,
    )
    row.document_id = document.id
    row.save(update_fields=["document_id"])


def _start_clock(row: SupervisionNotice, appeal: Appeal, *, now: datetime) -> DeadlineView:
    """Until when the agency answers; anew each time it is sent back to it."""
    rules = rules_of(appeal.region_path)
    return start_deadline(
        actor=PLATFORM,
        owner=Owner(NOTICES, str(row.pk)),
        kind="step",
        name=f"督办反馈：{appeal.title}"[:120],
        name_en=f"Answer to a supervision notice: {appeal.number}",
        term=rules.notice,
        started_at=now,
        region_code=region_code_of(appeal.region_path),
        agency_id=row.agency_id,
        party_id=None,
        ladder=rules.notice_ladder,
        now=now,
        start_event={"zh": "督办", "en": "issued"},
    )


@transaction.atomic
def answer_notice(*, actor: Actor, notice_id: int, answer: str, now: datetime) -> None:
    """The agency answers in writing. Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep."""
    row, appeal = _notice(actor, notice_id, ANSWER)
    if actor.kind != "system" and row.agency_id not in agencies_of(actor, ANSWER):
        raise NotYours(
            f"{row.agency.name} was sent it", message_zh=f"该督办单由“{row.agency.name}”反馈", value=notice_id
        )
    row.state = NOTICE.after(row.state, "answered")
    needed(answer, "answer")
    row.answer, row.answered_at, row.answered_by_name = bounded(answer, "answer")[:2000], now, actor.name
    row.save()
    if row.deadline_id is not None and get_deadline(row.deadline_id).state == "running":
        meet_deadline(actor=PLATFORM, deadline_id=row.deadline_id, now=now)
    note(appeal, "notice_answered", actor=actor, now=now, after={"number": row.number})
    tell_agency(
        row.issued_by_agency_id, SUPERVISE, "notice_answered", appeal=appeal, now=now, notice=row.number
    )


@transaction.atomic
def lift_notice(*, actor: Actor, notice_id: int, remark: str, now: datetime) -> None:
    """A supervisor lifts it 销号: once the appeal is closed, or with a reason while it is not. Raises as
    `answer_notice` does.
    """
    row, appeal = _notice(actor, notice_id, SUPERVISE)
    _ensure_another(actor, row)
    row.state = NOTICE.after(row.state, "lifted")
    needed(remark, "remark")
    row.remark, row.lifted_at, row.lifted_by_name = remark.strip()[:400], now, actor.name
    row.save()
    if row.deadline_id is not None and get_deadline(row.deadline_id).state == "running":
        meet_deadline(actor=PLATFORM, deadline_id=row.deadline_id, now=now)
    note(appeal, "notice_lifted", actor=actor, now=now, reason=row.remark, after={"number": row.number})


@transaction.atomic
def return_notice(*, actor: Actor, notice_id: int, remark: str, now: datetime) -> None:
    """The answer does not do: the agency answers again. Raises as `answer_notice` does."""
    row, appeal = _notice(actor, notice_id, SUPERVISE)
    _ensure_another(actor, row)
    row.state = NOTICE.after(row.state, "returned")
    needed(remark, "remark")
    row.remark = remark.strip()[:400]
    deadline = _start_clock(row, appeal, now=now)
    row.deadline_id, row.due_on = deadline.id, deadline.due_on
    row.save()
    note(appeal, "notice_returned", actor=actor, now=now, reason=row.remark, after={"number": row.number})
    tell_agency(
        row.agency_id,
        ANSWER,
        "notice_issued",
        appeal=appeal,
        now=now,
        notice=row.number,
        demand=row.remark,
        due=row.due_on,
    )


def _ensure_another(actor: Actor, row: SupervisionNotice) -> None:
    if row.agency_id in agencies_of(actor, SUPERVISE):
        raise NotYours(
            "an agency does not lift a notice it was sent itself",
            message_zh="被督办单位自己的人员不能核销或退回对本单位的督办单",
            value=row.number,
        )


def _notice(actor: Actor, notice_id: int, permission: str) -> tuple[SupervisionNotice, Appeal]:
    actor.require(permission)
    found = SupervisionNotice.objects.filter(pk=notice_id).values_list("appeal", flat=True).first()
    if found is None:
        raise StepNotFound(
            f"no notice {notice_id}", message_zh="没有这份督办单，或者您不能查看", value=notice_id
        )
    appeal = load(actor, found, permission)
    rows = SupervisionNotice.objects.select_for_update(of=("self",)).select_related("agency")
    return rows.get(pk=notice_id), appeal


def _words(now: datetime) -> str:
    day = timezone.localdate(now)
    return f"{day.year}年{day.month}月{day.day}日"
