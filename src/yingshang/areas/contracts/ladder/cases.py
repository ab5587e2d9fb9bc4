"""Offline cases 立案督办: opened by a supervisor where a notice did not help, with steps, a finding and an end."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import DeadlineView, Owner, start_deadline
from yingshang.kernel.documents.api import number_words, take_document_number

from ..errors import InvalidStep
from ..lifecycle import CASE, TRANSFER
from ..models import Obligation, SupervisionCase
from ..reach import HEAD, SUPERVISE, load_obligation, obligations_on_desk
from ._steps import (
    PLATFORM,
    StartEvent,
    ensure_outside,
    name_of,
    note,
    region_code_of,
    step_not_found,
    supervising_agency_of,
    tell_officials,
    written,
)
from .clocks import RUNNING
from .notices import end_clock, ensure_late, raise_level, set_level
from .rules import rules

CASES = "contract_case"
"""What clocks call a case."""
_OPENED: StartEvent = {"zh": "立案", "en": "opened"}


@transaction.atomic
def open_case(*, actor: Actor, obligation_id: int, grounds: str, now: datetime) -> int:
    """Open a case about what is late and has a notice that is not lifted; one at a time. Its number in the register.

    Raises NotAllowed, ObligationNotFound, NotYours, InvalidStep.
    """
    obligation = load_obligation(actor, obligation_id, SUPERVISE)
    ensure_outside(actor, obligation.agency_id)
    today = timezone.localdate(now)
    grounds = written(grounds, "grounds", most=1000)
    ensure_late(obligation, today=today)
    notice = obligation.notices.exclude(state="lifted").first()
    if notice is None:
        raise InvalidStep(
            "send a supervision notice first",
            message_zh="该义务还没有发过督办通知书，请先督办",
            field="grounds",
        )
    if obligation.cases.exclude(state="closed").exists():
        raise InvalidStep(
            "there is an open case already", message_zh="该义务已有立案督办未结案", field="grounds"
        )
    agency = supervising_agency_of(actor, obligation, now=now)
    taken = take_document_number(rules().cases, agency, today.year)
    row = SupervisionCase.objects.create(
        number=taken.kept,
        obligation=obligation,
        notice=notice,
        agency_id=obligation.agency_id,
        opened_by_agency_id=agency,
        region_path=obligation.region_path,
        grounds=grounds,
        opened_at=now,
        opened_by_name=actor.name,
    )
    clock = _start_clock(row, obligation, now=now)
    row.deadline_id, row.due_on = clock.id, clock.due_on
    row.save(update_fields=["deadline_id", "due_on"])
    raise_level(obligation, "case")
    told = {"case": number_words(row.number), "answer_by": row.due_on}
    note(
        obligation,
        "case_opened",
        actor=actor,
        now=now,
        after={"state": row.state, "number": number_words(row.number), "due": str(row.due_on)},
        reason=grounds,
    )
    tell_officials("case_opened", [(obligation, row.agency_id, HEAD, "", told)], now=now)
    return int(row.pk)


@transaction.atomic
def add_case_step(*, actor: Actor, case_id: int, what: str, text: str, now: datetime) -> None:
    """A talk, a visit, an order, as it happened. Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow,
    InvalidStep.
    """
    row = load_case(actor, case_id, SUPERVISE)
    row.state = CASE.after(row.state, "stepped")
    if what not in rules().steps:
        raise InvalidStep("choose what it was", message_zh="请选择督办方式", field="what")
    text = written(text, "text")
    row.steps = [*row.steps, {"at": now.isoformat(), "by": actor.name, "what": what, "text": text}]
    row.save(update_fields=["steps", "state"])
    note(
        row.obligation,
        "case_stepped",
        actor=actor,
        now=now,
        after={"number": number_words(row.number), "what": what},
        reason=text,
    )


@transaction.atomic
def record_finding(*, actor: Actor, case_id: int, finding: str, now: datetime) -> None:
    """What was found out; a later one takes the place of an earlier. Raises as `add_case_step` does."""
    row = load_case(actor, case_id, SUPERVISE)
    row.state = CASE.after(row.state, "found")
    before, row.finding = row.finding, written(finding, "finding")
    row.save(update_fields=["finding", "state"])
    note(
        row.obligation,
        "case_found",
        actor=actor,
        now=now,
        before={"finding": before},
        after={"number": number_words(row.number), "finding": row.finding},
    )


@transaction.atomic
def close_case(*, actor: Actor, case_id: int, reason: str, now: datetime) -> None:
    """End a case: nothing is owed any more, or a body it was transferred to has told its outcome. Another body goes on
    with what it was sent: its transfer stays open, is told of in the event, and ends by that body's word. Raises as
    `add_case_step` does, and Blocked.
    """
    from ..own.block import ensure_unblocked

    row = load_case(actor, case_id, SUPERVISE)
    obligation, before = row.obligation, row.state
    state = CASE.after(row.state, "closed")
    reason = written(reason, "reason", most=1000)
    owed = obligation.state in RUNNING or obligation.disagreed
    if owed and not row.transfers.filter(state="ended").exists():
        raise InvalidStep(
            "it is still owed, and no outcome of a transfer was told",
            message_zh="该义务尚未履行，也没有移送处理结果，不能结案；已履行的请由单位申请销号",
            field="reason",
        )
    if not owed:
        ensure_unblocked(obligation)
    row.state, row.reason = state, reason
    _end(row, actor=actor, now=now)
    if not owed and not obligation.notices.exclude(state="lifted").exists():
        set_level(obligation, "")
    going_on = row.transfers.filter(state__in=TRANSFER.open_states).order_by("pk")
    note(
        obligation,
        "case_closed",
        actor=actor,
        now=now,
        before={"state": before},
        after={
            "state": row.state,
            "number": number_words(row.number),
            "transfers_going_on": [number_words(each) for each in going_on.values_list("number", flat=True)],
        },
        reason=reason,
    )


def close_all(obligation: Obligation, *, actor: Actor, reason: str, now: datetime) -> list[str]:
    """End what is open about an obligation, because it was struck off; the numbers. The event is the caller's."""
    rows = list(obligation.cases.select_for_update().exclude(state="closed").order_by("pk"))
    for row in rows:
        row.state, row.reason = CASE.after(row.state, "closed"), reason[:1000]
        _end(row, actor=actor, now=now)
    return [number_words(row.number) for row in rows]


def _end(row: SupervisionCase, *, actor: Actor, now: datetime) -> None:
    row.ended_at, row.ended_by_name = now, actor.name
    row.save(update_fields=["state", "reason", "ended_at", "ended_by_name"])
    end_clock(row.deadline_id, now=now)


def _start_clock(row: SupervisionCase, obligation: Obligation, *, now: datetime) -> DeadlineView:
    return start_deadline(
        actor=PLATFORM,
        owner=Owner(CASES, str(row.pk)),
        kind="step",
        name=f"立案督办：{name_of(obligation.contract, obligation)}"[:120],
        name_en=f"Case: {obligation.contract.number}",
        term=rules().case.term,
        started_at=now,
        region_code=region_code_of(row.region_path),
        agency_id=row.opened_by_agency_id,
        party_id=None,
        ladder=rules().case.ladder,
        now=now,
        start_event=_OPENED,
    )


def load_case(actor: Actor, case_id: int, permission: str) -> SupervisionCase:
    """One case of the reach, of another agency's unit, locked behind its contract and obligation. Raises NotAllowed,
    StepNotFound, NotYours.
    """
    reached = obligations_on_desk(actor, permission)
    found = SupervisionCase.objects.filter(pk=case_id, obligation__in=reached)
    number = found.values_list("obligation", flat=True).first()
    if number is None:
        raise step_not_found(case_id)
    obligation = load_obligation(actor, number, permission)
    ensure_outside(actor, obligation.agency_id, permission)
    rows = SupervisionCase.objects.select_for_update(of=("self",)).select_related(
        "agency", "opened_by_agency"
    )
    row = rows.get(pk=case_id)
    row.obligation = obligation
    return row
