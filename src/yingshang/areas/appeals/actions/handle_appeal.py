"""An agency deals with an appeal: speaks with who said it, asks others for their part, asks for time, writes notes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.clock.api import (
    Owner,
    cancel_deadline,
    extension_reasons,
    meet_deadline,
    pause_reasons,
    start_deadline,
)

from .. import clocks
from ..desks import PLATFORM
from ..errors import InvalidStep, NotApart, NotYours, StepNotFound
from ..lifecycle import APPEAL, PART, REQUEST
from ..models import Appeal, Contact, Note, Part, Request
from ..reach import ANSWER, APPROVE, VIEW, agencies_of, ensure_held_by, load
from ..rules import rules_of
from ._steps import bounded, move, needed, note, tell_agency, tell_reporter, usable_agency

WAYS = ("telephone", "visit", "online", "message")
PARTS = "appeal_part"


@transaction.atomic
def record_contact(
    *, actor: Actor, appeal_id: int, way: str, said: str = "", reached: bool = True, now: datetime
) -> None:
    """Somebody of the agency that has it spoke with who said it, or tried to. Once somebody was reached the clock
    of the first contact is met, and the appeal is being dealt with. What was said is encrypted.

    Raises NotAllowed, AppealNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    appeal = load(actor, appeal_id, ANSWER)
    ensure_held_by(actor, appeal, ANSWER)
    APPEAL.after(appeal.state, "contacted")
    if way not in WAYS:
        raise InvalidStep(f"{way!r} is no way", message_zh="请选择联系方式", field="way", value=way)
    assert appeal.agency_id is not None
    Contact.objects.create(
        appeal=appeal,
        agency_id=appeal.agency_id,
        way=way,
        reached=reached,
        said=bounded(said, "said"),
        at=now,
        by_id=int(actor.identifier) if actor.kind == "user" else None,
        by_name=actor.name,
    )
    if not reached:
        note(appeal, "contact_tried", actor=actor, now=now, after={"way": way})
        return
    appeal.assignee_id = appeal.assignee_id or (int(actor.identifier) if actor.kind == "user" else None)
    if appeal.contacted_at is None:
        appeal.contacted_at = now
        clocks.contacted(appeal, now=now)
    move(appeal, "contacted", actor=actor, now=now, more={"way": way})


@transaction.atomic
def write_note(*, actor: Actor, appeal_id: int, text: str, now: datetime) -> None:
    """What officials tell each other; who said it never sees it. Raises NotAllowed, AppealNotFound, InvalidStep."""
    appeal = load(actor, appeal_id, VIEW)
    needed(text, "text")
    mine = agencies_of(actor, VIEW)
    Note.objects.create(
        appeal=appeal,
        text=bounded(text, "text"),
        at=now,
        by_name=actor.name,
        agency_id=min(mine) if mine else None,
    )
    note(appeal, "noted", actor=actor, now=now)


@transaction.atomic
def ask_for_part(*, actor: Actor, appeal_id: int, agency_id: int, question: str, now: datetime) -> int:
    """Ask another agency for its part of the one reply 协办; it has a clock of its own. The number of the part.

    Raises NotAllowed, AppealNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    appeal = load(actor, appeal_id, ANSWER)
    ensure_held_by(actor, appeal, ANSWER)
    APPEAL.after(appeal.state, "assisted")
    needed(question, "question")
    name = usable_agency(agency_id)
    if agency_id == appeal.agency_id or appeal.parts.filter(agency_id=agency_id, state="open").exists():
        raise InvalidStep(
            f"{name} is asked already",
            message_zh=f"“{name}”已经是主办或已在协办",
            field="agency",
            value=agency_id,
        )
    part = Part.objects.create(
        appeal=appeal,
        agency_id=agency_id,
        question=question.strip()[:1000],
        asked_at=now,
        asked_by_name=actor.name,
    )
    rules = rules_of(appeal.region_path)
    deadline = start_deadline(
        actor=PLATFORM,
        owner=Owner(PARTS, str(part.pk)),
        kind="step",
        name=f"协办：{appeal.title}"[:120],
        name_en=f"Part of {appeal.number}",
        term=rules.part,
        started_at=now,
        region_code=clocks.region_code_of(appeal.region_path),
        agency_id=agency_id,
        # The list of deadlines of an enterprise would tell who said it.
        party_id=None if appeal.anonymous else appeal.party_id,
        ladder=rules.notice_ladder,
        now=now,
        start_event={"zh": "请协办", "en": "asked"},
    )
    part.deadline_id, part.due_on = deadline.id, deadline.due_on
    part.save(update_fields=["deadline_id", "due_on"])
    move(appeal, "assisted", actor=actor, now=now, more={"agency": name, "due": str(part.due_on)})
    tell_agency(
        agency_id, ANSWER, "part_asked", appeal=appeal, now=now, question=part.question, due=part.due_on
    )
    return int(part.pk)


@transaction.atomic
def give_part(*, actor: Actor, part_id: int, answer: str, now: datetime) -> None:
    """An agency that was asked gives its part. Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow,
    InvalidStep.
    """
    part, appeal = _part(actor, part_id)
    if actor.kind != "system" and part.agency_id not in agencies_of(actor, ANSWER):
        raise NotYours(
            f"{part.agency.name} was asked", message_zh=f"该协办事项由“{part.agency.name}”答复", value=part_id
        )
    part.state = PART.after(part.state, "given")
    needed(answer, "answer")
    part.answer, part.answered_at, part.answered_by_name = bounded(answer, "answer"), now, actor.name
    part.save()
    if part.deadline_id is not None:
        meet_deadline(actor=PLATFORM, deadline_id=part.deadline_id, now=now)
    note(appeal, "part_given", actor=actor, now=now, after={"agency": part.agency.name})
    if appeal.agency_id is not None:
        tell_agency(
            appeal.agency_id,
            ANSWER,
            "part_given",
            appeal=appeal,
            now=now,
            agency=part.agency.name,
            due=appeal.due_on,
        )


@transaction.atomic
def end_part(*, actor: Actor, part_id: int, reason: str, now: datetime) -> None:
    """The agency that has it needs a part no longer. Raises as `give_part` does."""
    part, appeal = _part(actor, part_id)
    ensure_held_by(actor, appeal, ANSWER)
    part.state = PART.after(part.state, "over")
    needed(reason)
    part.save()
    if part.deadline_id is not None:
        cancel_deadline(actor=PLATFORM, deadline_id=part.deadline_id, reason=reason.strip()[:200], now=now)
    note(
        appeal, "part_ended", actor=actor, now=now, reason=reason.strip(), after={"agency": part.agency.name}
    )


@transaction.atomic
def ask_for_time(
    *,
    actor: Actor,
    appeal_id: int,
    kind: str,
    reason_code: str,
    working_days: int | None = None,
    note_text: str = "",
    now: datetime,
) -> int:
    """Ask for more time (`extend`, as often and as long as the rules allow) or for a pause (`pause`), for a reason
    in law. Somebody else of the agency decides. The number of the request.

    Raises NotAllowed, AppealNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    appeal = load(actor, appeal_id, ANSWER)
    ensure_held_by(actor, appeal, ANSWER)
    APPEAL.after(appeal.state, "extended" if kind == "extend" else "paused")
    rules = rules_of(appeal.region_path)
    known = {each.code for each in (extension_reasons() if kind == "extend" else pause_reasons())}
    if kind not in {"extend", "pause"} or reason_code not in known:
        raise InvalidStep(
            f"{reason_code!r} is no reason for this",
            message_zh="请选择法定事由",
            field="reason",
            value=reason_code,
        )
    if appeal.requests.filter(state="open").exists():
        raise InvalidStep("one waits already", message_zh="已有一项申请等待批准", field="kind")
    if kind == "extend":
        if appeal.requests.filter(kind="extend", state="granted").count() >= rules.extensions:
            raise InvalidStep(
                f"it was extended {rules.extensions} times, which is all there is",
                message_zh=f"办理期限最多延长 {rules.extensions} 次，已经用完",
                field="kind",
            )
        if not working_days or not 0 < working_days <= rules.extension_most:
            raise InvalidStep(
                f"write 1 to {rules.extension_most} working days",
                message_zh=f"请填写 1 至 {rules.extension_most} 个工作日",
                field="working_days",
                value=working_days,
            )
    row = Request.objects.create(
        appeal=appeal,
        kind=kind,
        working_days=working_days if kind == "extend" else None,
        reason_code=reason_code,
        note=note_text.strip()[:400],
        asked_at=now,
        asked_by=reference_of(actor),
        asked_by_name=actor.name,
    )
    note(
        appeal,
        "time_asked",
        actor=actor,
        now=now,
        reason=note_text.strip(),
        after={"kind": kind, "working_days": working_days},
    )
    assert appeal.agency_id is not None
    tell_agency(
        appeal.agency_id, APPROVE, "time_asked", appeal=appeal, now=now, reason=row.note, due=appeal.due_on
    )
    return int(row.pk)


@transaction.atomic
def decide_on_time(
    *, actor: Actor, request_id: int, granted: bool, decision: str = "", now: datetime
) -> None:
    """Grant or refuse more time, or a pause; by an approver of the agency that did not ask. Who said it is told.

    Raises NotAllowed, StepNotFound, NotYours, NotApart, NotPossibleNow, AlreadyLate of the clock.
    """
    row, appeal = _request(actor, request_id)
    ensure_held_by(actor, appeal, APPROVE)
    row.state = REQUEST.after(row.state, "granted" if granted else "refused")
    if row.asked_by == reference_of(actor):
        raise NotApart(
            "who asked does not decide",
            message_zh="申请人不能批准自己的申请，请由其他审批人员办理",
            value=request_id,
        )
    row.decided_at, row.decided_by, row.decided_by_name = now, reference_of(actor), actor.name
    row.decision = decision.strip()[:400]
    row.save()
    if not granted:
        note(appeal, "time_refused", actor=actor, now=now, reason=row.decision)
        return
    if row.kind == "extend":
        assert row.working_days is not None
        clocks.extend(
            appeal, row.working_days, actor=actor, reason_code=row.reason_code, note=row.note, now=now
        )
        move(appeal, "extended", actor=actor, now=now, reason=row.note, more={"due": str(appeal.due_on)})
        tell_reporter(appeal, "term_changed", now=now, due=appeal.due_on, reason=row.note)
        return
    clocks.pause(appeal, actor=actor, reason_code=row.reason_code, note=row.note, now=now)
    move(appeal, "paused", actor=actor, now=now, reason=row.note)
    tell_reporter(appeal, "paused", now=now, reason=row.note)


@transaction.atomic
def resume_appeal(*, actor: Actor, appeal_id: int, note_text: str = "", now: datetime) -> None:
    """What stopped the clock is over: it goes on, moved by as long as it stood still. Raises as `record_contact`
    does.
    """
    appeal = load(actor, appeal_id, ANSWER if actor.may(ANSWER) else APPROVE)
    ensure_held_by(actor, appeal, ANSWER if actor.may(ANSWER) else APPROVE)
    APPEAL.after(appeal.state, "resumed", before=appeal.state_before)
    clocks.resume(appeal, actor=actor, now=now)
    move(appeal, "resumed", actor=actor, now=now, reason=note_text.strip(), more={"due": str(appeal.due_on)})
    tell_reporter(appeal, "resumed", now=now, due=appeal.due_on)


def _part(actor: Actor, part_id: int) -> tuple[Part, Appeal]:
    found = Part.objects.filter(pk=part_id).values_list("appeal", flat=True).first()
    if found is None:
        raise StepNotFound(f"no part {part_id}", message_zh="没有这项协办，或者您不能查看", value=part_id)
    appeal = load(actor, found, ANSWER)
    return Part.objects.select_for_update(of=("self",)).select_related("agency").get(pk=part_id), appeal


def _request(actor: Actor, request_id: int) -> tuple[Request, Appeal]:
    actor.require(APPROVE)
    found = Request.objects.filter(pk=request_id).values_list("appeal", flat=True).first()
    if found is None:
        raise StepNotFound(
            f"no request {request_id}", message_zh="没有这项申请，或者您不能查看", value=request_id
        )
    appeal = load(actor, found, APPROVE)
    # Read once the appeal is locked: of two who decide at once the second sees what the first has decided.
    return Request.objects.select_for_update().get(pk=request_id), appeal
