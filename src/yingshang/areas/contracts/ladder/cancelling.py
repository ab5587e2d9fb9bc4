"""Cancellation 销号: the unit says with evidence that a late obligation is done; the other side says whether that is
true, or, where it is silent, cannot be asked or has denied it before, who supervises decides. Nobody confirms their own
word, and nothing is struck off while the other side's appeal says the contrary.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ..errors import InvalidStep, NotApart
from ..lifecycle import CANCELLATION
from ..models import Cancellation, Obligation, Performance
from ..own.block import ensure_unblocked
from ..performing.applying import apply, confirm_by_supervisor
from ..performing.evidence import ensure_evidence
from ..reach import (
    REGISTER,
    STATE_OWN,
    SUPERVISE,
    ensure_of_unit,
    load_obligation,
    load_own_obligation,
    obligations_on_desk,
    own_obligations,
)
from ._steps import (
    PLATFORM,
    StartEvent,
    ensure_outside,
    name_of,
    note,
    step_not_found,
    supervisors_of,
    tell_officials,
    tell_party,
    tell_unsupervised,
    written,
)
from .cases import close_all
from .clocks import KEPT
from .confirming import cannot_be_asked, start_asking
from .notices import end_clock, lift_all, set_level
from .rules import rules
from .transfers import end_all

CANCELLATIONS = "contract_cancellation"
"""What clocks call a cancellation."""
COUNTERPARTY, SUPERVISOR = "counterparty", "supervisor"
_ASKED: StartEvent = {"zh": "申请销号", "en": "asked"}


@transaction.atomic
def ask_cancellation(
    *, actor: Actor, obligation_id: int, statement: str, document_ids: Sequence[int] = (), now: datetime
) -> int:
    """The unit asks to strike off what was late, with evidence. Where the other side has confirmed it already, that is
    its word, and it is struck off at once. The number of the cancellation.

    Raises NotAllowed, ObligationNotFound, NotYours, Blocked, InvalidStep.
    """
    obligation = load_obligation(actor, obligation_id, REGISTER)
    ensure_of_unit(actor, obligation.contract, REGISTER)
    statement = written(statement, "statement", most=1000)
    _ensure_to_strike_off(obligation, now=now)
    documents = ensure_evidence(obligation, document_ids)
    if not documents:
        raise InvalidStep(
            "nothing is struck off without evidence; upload it with the obligation",
            message_zh="销号必须有凭证，请先上传付款或者履行凭证",
            field="documents",
        )
    ensure_unblocked(obligation)
    row = Cancellation.objects.create(
        obligation=obligation,
        agency_id=obligation.agency_id,
        party_id=obligation.party_id,
        region_path=obligation.region_path,
        statement=statement,
        document_ids=documents,
        asked_by_id=int(actor.identifier) if actor.kind == "user" else None,
        asked_by_name=actor.name,
        asked_at=now,
    )
    if obligation.confirmed_by == COUNTERPARTY and not obligation.disagreed:
        row.decided_as, row.decided_by_name = COUNTERPARTY, obligation.contract.counterparty_name[:120]
        row.decided_at = obligation.confirmed_at or now
        _strike_off(row, obligation, actor=actor, reason=statement, now=now)
        return int(row.pk)
    _start_clock(row, obligation, now=now)
    note(
        obligation,
        "cancellation_asked",
        actor=actor,
        now=now,
        after={"state": row.state, "documents": documents, "answer_by": str(row.due_on)},
        reason=statement,
    )
    agency = obligation.agency.name
    if may_be_decided(row, now=now):
        _tell_supervisor(row, obligation, now=now)
    else:
        tell_party(obligation, "cancellation_asked", now=now, agency=agency, answer_by=row.due_on)
    return int(row.pk)


@transaction.atomic
def confirm_cancellation(*, actor: Actor, cancellation_id: int, remark: str = "", now: datetime) -> None:
    """The other side says that it is true: it is struck off. Raises NotAllowed, StepNotFound, NotApart, NotPossibleNow,
    Blocked.
    """
    row, obligation = _load_own(actor, cancellation_id)
    CANCELLATION.after(row.state, "confirmed")
    _ensure_apart(row, actor)
    ensure_unblocked(obligation)
    remark = written(remark, "remark", most=1000, needed=False)
    _say(obligation, "done", remark or "确认销号", actor=actor, now=now)
    _decided(row, COUNTERPARTY, actor=actor, reason=remark, now=now)
    _strike_off(row, obligation, actor=actor, reason=remark, now=now)


@transaction.atomic
def refuse_cancellation(*, actor: Actor, cancellation_id: int, reason: str, now: datetime) -> None:
    """The other side says that it is not true; that is its word on the obligation, too. Raises as
    `confirm_cancellation` does, and InvalidStep.
    """
    row, obligation = _load_own(actor, cancellation_id)
    CANCELLATION.after(row.state, "refused")
    reason = written(reason, "reason", most=1000)
    _say(obligation, "not_received", reason, actor=actor, now=now)
    apply(obligation, now=now)
    _refuse(row, obligation, COUNTERPARTY, actor=actor, reason=reason, now=now)
    _tell_supervisor(row, obligation, now=now)


@transaction.atomic
def decide_cancellation(
    *, actor: Actor, cancellation_id: int, confirmed: bool, reason: str, now: datetime
) -> None:
    """Who supervises decides by the evidence: where the other side is silent past its day, cannot be asked, or has
    denied it before. Raises NotAllowed, StepNotFound, NotYours, NotApart, NotPossibleNow, Blocked, InvalidStep.
    """
    row, obligation = _load(actor, cancellation_id, SUPERVISE)
    ensure_outside(actor, row.agency_id)
    CANCELLATION.after(row.state, "confirmed" if confirmed else "refused")
    reason = written(reason, "reason", most=1000)
    _ensure_apart(row, actor)
    if not may_be_decided(row, now=now):
        raise InvalidStep(
            f"the other side may say so until {row.due_on}",
            message_zh=f"相对方可以在{row.due_on}前确认，期满没有回应的再由督查人员核实",
            field="reason",
        )
    if not confirmed:
        _refuse(row, obligation, SUPERVISOR, actor=actor, reason=reason, now=now)
        return
    ensure_unblocked(obligation)
    confirm_by_supervisor(obligation, on=obligation.performed_on or timezone.localdate(now), now=now)
    _decided(row, SUPERVISOR, actor=actor, reason=reason, now=now)
    _strike_off(row, obligation, actor=actor, reason=reason, now=now)


@transaction.atomic
def withdraw_cancellation(*, actor: Actor, cancellation_id: int, now: datetime) -> None:
    """The unit takes it back. Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow."""
    row, obligation = _load(actor, cancellation_id, REGISTER)
    ensure_of_unit(actor, obligation.contract, REGISTER)
    before, row.state = row.state, CANCELLATION.after(row.state, "withdrawn")
    row.decided_by_name, row.decided_at = actor.name, now
    row.save()
    end_clock(row.deadline_id, now=now)
    note(
        obligation,
        "cancellation_withdrawn",
        actor=actor,
        now=now,
        before={"state": before},
        after={"state": row.state},
    )


def may_be_decided(row: Cancellation, *, now: datetime) -> bool:
    """Whether a supervisor may decide without the other side: it is none of the register, its time is up, or it has
    denied before that this was done.
    """
    if cannot_be_asked(party_id=row.party_id, due_on=row.due_on, now=now):
        return True
    denied = Cancellation.objects.filter(
        obligation=row.obligation_id, state="refused", decided_as=COUNTERPARTY
    )
    return denied.exists()


def _ensure_apart(row: Cancellation, actor: Actor) -> None:
    if actor.kind == "user" and row.asked_by_id == int(actor.identifier):
        raise NotApart("who asked does not decide", message_zh="申请人不能核实自己的销号申请", field="reason")


def _ensure_to_strike_off(obligation: Obligation, *, now: datetime) -> None:
    if obligation.side != "unit":
        raise InvalidStep(
            "what the other side owes is not struck off",
            message_zh="相对方的义务不需要销号",
            field="statement",
        )
    if obligation.cancellations.filter(state="asked").exists():
        raise InvalidStep(
            "it was asked for already", message_zh="该义务的销号申请正在确认中", field="statement"
        )
    if obligation.cancellations.filter(state="confirmed").exists() and obligation.escalation not in KEPT:
        raise InvalidStep("it was struck off already", message_zh="该义务已经销号", field="statement")
    said = obligation.performances.filter(side="unit", what="done", state="valid").exists()
    if obligation.state not in ("performed", "running", "partial") or not (
        said or obligation.state == "performed"
    ):
        raise InvalidStep(
            "record first that it was done",
            message_zh="请先登记履行情况（已履行），再申请销号",
            field="statement",
        )
    day = obligation.performed_on or timezone.localdate(now)
    late = obligation.due_on is not None and day > obligation.due_on
    if not late and obligation.escalation not in KEPT:
        raise InvalidStep(
            "it was done in time and nobody supervises it",
            message_zh="该义务按期履行，也没有被督办，不需要销号",
            field="statement",
        )


def _say(obligation: Obligation, what: str, remark: str, *, actor: Actor, now: datetime) -> None:
    """The other side's word on the obligation, beside the unit's; to be applied."""
    Performance.objects.create(
        obligation=obligation,
        side=COUNTERPARTY,
        what=what,
        happened_on=timezone.localdate(now),
        note=remark[:1000],
        recorded_by_id=int(actor.identifier) if actor.kind == "user" else None,
        recorded_by_name=actor.name,
        recorded_at=now,
    )


def _decided(row: Cancellation, decided_as: str, *, actor: Actor, reason: str, now: datetime) -> None:
    row.decided_as, row.decided_by_name, row.decided_at, row.reason = decided_as, actor.name, now, reason
    row.decided_by_id = int(actor.identifier) if actor.kind == "user" else None


def _strike_off(
    row: Cancellation, obligation: Obligation, *, actor: Actor, reason: str, now: datetime
) -> None:
    """Sums, clocks, notices and cases follow; one event says all of it."""
    before, row.state = row.state, CANCELLATION.after(row.state, "confirmed")
    row.save()
    end_clock(row.deadline_id, now=now)
    apply(obligation, now=now)
    if obligation.state != "performed":
        raise InvalidStep(
            "by what both sides have said it is not done",
            message_zh="按双方的记录，该义务尚未全部履行，不能销号",
            field="statement",
        )
    words = "相对方确认，予以销号" if row.decided_as == COUNTERPARTY else "经督办机关核实，予以销号"
    lifted = lift_all(obligation, actor=PLATFORM, remark=words, now=now)
    ended = end_all(obligation, words=f"义务已销号，移送随之终结：{words}", now=now)
    closed = close_all(obligation, actor=PLATFORM, reason=words, now=now)
    set_level(obligation, "")
    note(
        obligation,
        "cancellation_confirmed",
        actor=actor,
        now=now,
        before={"state": before},
        after={
            "state": row.state,
            "as": row.decided_as,
            "notices": lifted,
            "cases": closed,
            "transfers": ended,
        },
        reason=reason,
    )
    _tell_unit(obligation, "已销号", reason, now=now)


def _refuse(
    row: Cancellation, obligation: Obligation, decided_as: str, *, actor: Actor, reason: str, now: datetime
) -> None:
    before, row.state = row.state, CANCELLATION.after(row.state, "refused")
    _decided(row, decided_as, actor=actor, reason=reason, now=now)
    row.save()
    end_clock(row.deadline_id, now=now)
    note(
        obligation,
        "cancellation_refused",
        actor=actor,
        now=now,
        before={"state": before},
        after={"state": row.state, "as": decided_as},
        reason=reason,
    )
    _tell_unit(obligation, "未同意销号", reason, now=now)


def _tell_unit(obligation: Obligation, state: str, reason: str, *, now: datetime) -> None:
    told = {"state": state, "reason": reason}
    tell_officials("cancellation_decided", [(obligation, obligation.agency_id, REGISTER, "", told)], now=now)


def _tell_supervisor(row: Cancellation, obligation: Obligation, *, now: datetime) -> None:
    places = supervisors_of([obligation], today=timezone.localdate(now)).values()
    if not places:
        tell_unsupervised([obligation], now=now)
    told = {"agency": obligation.agency.name}
    tell_officials(
        "cancellation_to_decide", [(obligation, each, SUPERVISE, "", told) for each in places], now=now
    )


def _start_clock(row: Cancellation, obligation: Obligation, *, now: datetime) -> None:
    start_asking(
        row,
        owner=CANCELLATIONS,
        names=(
            f"销号确认：{name_of(obligation.contract, obligation)}",
            f"Cancellation: {obligation.contract.number}",
        ),
        timed=rules().confirmation,
        agency_id=row.agency_id,
        region_path=row.region_path,
        started=_ASKED,
        now=now,
    )


def _load(actor: Actor, cancellation_id: int, permission: str) -> tuple[Cancellation, Obligation]:
    reached = obligations_on_desk(actor, permission)
    found = Cancellation.objects.filter(pk=cancellation_id, obligation__in=reached)
    number = found.values_list("obligation", flat=True).first()
    if number is None:
        raise step_not_found(cancellation_id)
    obligation = load_obligation(actor, number, permission)
    return _locked(cancellation_id, obligation), obligation


def _load_own(actor: Actor, cancellation_id: int) -> tuple[Cancellation, Obligation]:
    reached = own_obligations(actor, STATE_OWN)
    found = Cancellation.objects.filter(pk=cancellation_id, obligation__in=reached)
    number = found.values_list("obligation", flat=True).first()
    if number is None:
        raise step_not_found(cancellation_id)
    obligation = load_own_obligation(actor, number, STATE_OWN)
    return _locked(cancellation_id, obligation), obligation


def _locked(cancellation_id: int, obligation: Obligation) -> Cancellation:
    rows = Cancellation.objects.select_for_update(of=("self",)).select_related("agency")
    row = rows.get(pk=cancellation_id)
    row.obligation = obligation
    return row
