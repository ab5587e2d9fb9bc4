"""A contract rests, goes on, is done, is ended before its time, or turns out never to have been one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...errors import Blocked, InvalidStep
from ...ladder.clocks import follow
from ...lifecycle import CONTRACT, OBLIGATION
from ...models import Block, Contract, Obligation, Performance, SupervisionCase, SupervisionNotice, Supplement
from ...performing.easing import late_debts, not_carried_by
from ...reach import HIDDEN_FROM_OWN, REVIEW, ensure_of_unit, load
from ..agreement import end_with_contract, tell_taken_back
from ._steps import move, reason_given, tell_other
from .supplements import tell_unit


@transaction.atomic
def suspend_contract(*, actor: Actor, contract_id: int, reason: str, now: datetime) -> None:
    """Both sides have stopped for a time. What was due before stays owed, and late; of the unit it stays watched, since
    the other side has not said that it may wait. What is not due yet rests.

    Raises NotAllowed, ContractNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    contract = _loaded(actor, contract_id, "suspended")
    contract.reason = reason_given(reason)
    # What came in since the last night has no clock yet.
    due = {"side": "unit", "due_on__lte": timezone.localdate(now), "deadline_id__isnull": True}
    follow(list(contract.obligations.filter(state__in=OBLIGATION.open_states, **due)), now=now)
    _moved(contract, "suspended", actor, now)


@transaction.atomic
def resume_contract(*, actor: Actor, contract_id: int, reason: str, now: datetime) -> None:
    """It goes on. Raises as `suspend_contract` does."""
    contract = _loaded(actor, contract_id, "resumed")
    contract.reason = reason_given(reason)
    _moved(contract, "resumed", actor, now)


@transaction.atomic
def complete_contract(*, actor: Actor, contract_id: int, reason: str = "", now: datetime) -> None:
    """Everything was done by both sides. Raises as `suspend_contract` does; InvalidStep names what is open."""
    contract = _loaded(actor, contract_id, "completed")
    open_ones = list(
        contract.obligations.filter(state__in=OBLIGATION.open_states).values_list("title", flat=True)
    )
    if open_ones:
        names = open_ones[:5]
        raise InvalidStep(
            f"{len(open_ones)} obligations are open: {', '.join(names)}",
            message_zh=f"还有 {len(open_ones)} 项义务没有履行（{'、'.join(names)}），履行后才能办结",
            field="obligations",
            open=len(open_ones),
        )
    contract.reason = reason_given(reason, needed=False)
    _moved(contract, "completed", actor, now)


@transaction.atomic
def reopen_contract(*, actor: Actor, contract_id: int, reason: str, now: datetime) -> None:
    """It was not done after all. Raises as `suspend_contract` does."""
    contract = _loaded(actor, contract_id, "reopened")
    contract.reason = reason_given(reason)
    _moved(contract, "reopened", actor, now)


@transaction.atomic
def terminate_contract(
    *,
    actor: Actor,
    contract_id: int,
    reason: str,
    terminated_on: date,
    keep: Collection[int] = (),
    now: datetime,
) -> None:
    """It was ended before its time. Nothing that was due by that day, was done in part, or whose event has happened, is
    forgiven by it: it stays owed, watched and late; nor is what is late today, whatever day is given, as a day in the
    past would strike it off without the other side. The rest falls away but for `keep` (a settlement, a deposit).

    Raises as `suspend_contract` does.
    """
    contract = _loaded(actor, contract_id, "terminated")
    contract.reason = reason_given(reason)
    today = timezone.localdate(now)
    if not contract.signed_on <= terminated_on <= today:
        raise InvalidStep(
            f"{terminated_on} is no day between its signing, {contract.signed_on}, and today",
            message_zh=f"解除日期 {terminated_on} 应在签订日期（{contract.signed_on}）与今天之间",
            field="terminated_on",
            value=str(terminated_on),
        )
    ended = end_with_contract(contract, actor=actor, reason=contract.reason, now=now)
    rows = contract.obligations.filter(state__in=OBLIGATION.open_states).select_for_update(of=("self",))
    blocked = set(_blocks(contract).values_list("obligation", flat=True))
    stays = blocked | set(keep)
    dropped = [each for each in rows if each.pk not in stays and not _is_owed(each, terminated_on, today)]
    drop(dropped, now=now)
    move(
        contract,
        "terminated",
        actor=actor,
        now=now,
        reason=contract.reason,
        more={
            "terminated_on": terminated_on,
            "dropped": [each.ordinal for each in dropped],
            **_ended(ended),
        },
        touched=dropped,
    )
    _tell(contract, now, ended)


@transaction.atomic
def void_contract(
    *, actor: Actor, contract_id: int, reason: str, duplicate_of: str = "", now: datetime
) -> None:
    """It was written down by mistake. Not where somebody performed something, or is supervised for it; what is late
    is not wiped out this way either, unless `duplicate_of` names the contract of the same price it is registered as,
    which has all that the unit is late with as large and as early.

    Raises as `suspend_contract` does.
    """
    contract = _loaded(actor, contract_id, "voided")
    contract.reason = reason_given(reason)
    _ensure_voidable(contract, duplicate_of.strip(), today=timezone.localdate(now))
    seen = contract.state not in HIDDEN_FROM_OWN
    ended = end_with_contract(contract, actor=actor, reason=contract.reason, now=now)
    rows = list(contract.obligations.filter(state__in=OBLIGATION.open_states).select_for_update(of=("self",)))
    drop(rows, now=now)
    move(
        contract,
        "voided",
        actor=actor,
        now=now,
        reason=contract.reason,
        more={"dropped": len(rows), "duplicate_of": duplicate_of.strip(), **_ended(ended)},
        touched=rows,
    )
    if seen:
        _tell(contract, now, ended)


def drop(rows: Iterable[Obligation], *, now: datetime) -> None:
    """Obligations that fall away, saved. Figures and clocks are the caller's."""
    for row in rows:
        row.state_before, row.state = row.state, OBLIGATION.after(row.state, "dropped")
        row.ended_at = now
        row.save(update_fields=["state_before", "state", "ended_at"])


def _is_owed(row: Obligation, day: date, today: date) -> bool:
    """Whether it was owed by a day already, or is late. That the contract was signed is no event anybody has brought
    about.
    """
    happened = row.event_on is not None and row.event != "signed"
    due = row.due_on is not None and (row.due_on <= day or row.due_on < today)
    return bool(row.done_fen or row.disputed or happened or due)


def _blocks(contract: Contract) -> QuerySet[Block]:
    return Block.objects.filter(obligation__contract=contract, until__isnull=True)


def _ensure_voidable(contract: Contract, duplicate_of: str, *, today: date) -> None:
    mine = {"obligation__contract": contract}
    if Performance.objects.filter(state="valid", **mine).exists():
        raise InvalidStep(
            f"something was performed by {contract.number}; terminate it instead",
            message_zh="该合同已有履约记录，不能作废；不再履行的，请办理解除",
            field="contract",
        )
    if SupervisionNotice.objects.filter(**mine).exists() or SupervisionCase.objects.filter(**mine).exists():
        raise InvalidStep(
            f"{contract.number} is supervised; it cannot be void",
            message_zh="该合同的义务已被督办，不能作废",
            field="contract",
        )
    if labels := [each.label for each in _blocks(contract)]:
        raise Blocked(
            f"the other side says the contrary: {', '.join(labels)}",
            message_zh=f"对方另有主张（{'、'.join(labels)}），办结前不能作废",
            blocks=labels,
        )
    late = contract.obligations.filter(state__in=OBLIGATION.open_states, due_on__lt=today).exists()
    if contract.state != "in_force" or not late:
        return
    other = Contract.objects.filter(number=duplicate_of, agency=contract.agency_id).exclude(pk=contract.pk)
    same = other.filter(
        state__in=("in_force", "suspended", "completed"),
        counterparty_name=contract.counterparty_name,
        amount_fen=contract.amount_fen,
    )
    debts = tuple(late_debts(contract, today=today).values())
    if not duplicate_of or not same.exists():
        raise InvalidStep(
            "something of it is late; void it only as a duplicate, naming the number of the contract it is "
            "registered as",
            message_zh="该合同有逾期未履行的义务，不能直接作废；属于重复登记的，请填写已登记的合同编号"
            "（同一相对方、同一金额）",
            field="duplicate_of",
            value=duplicate_of,
        )
    lost = [not_carried_by(debts, each) for each in same.order_by("pk") if debts]
    if lost and all(lost):
        first = lost[0][0]
        raise InvalidStep(
            f"{duplicate_of} has no obligation of the same kind that is as large and due as early as "
            f"{first.ordinal}. {first.title} ({first.due_on}): what is late would be lost; agree a supplement with "
            "the other side, or perform it",
            message_zh=f"合同 {duplicate_of} 中没有与第{first.ordinal}项“{first.title}”（{first.due_on} 到期）"
            "同样的义务（同类、金额不低、到期不晚），作废会抹去已经到期的义务；请与相对方签订补充协议，或者履行后再办理",
            field="duplicate_of",
            value=duplicate_of,
            obligations=[each.ordinal for each in lost[0]],
        )


def _loaded(actor: Actor, contract_id: int, event: str) -> Contract:
    contract = load(actor, contract_id, REVIEW)
    ensure_of_unit(actor, contract, REVIEW)
    CONTRACT.after(contract.state, event)
    return contract


def _moved(contract: Contract, event: str, actor: Actor, now: datetime) -> None:
    over = not CONTRACT.states[CONTRACT.after(contract.state, event)].open
    ended = end_with_contract(contract, actor=actor, reason=contract.reason, now=now) if over else ()
    rows = list(contract.obligations.filter(state__in=OBLIGATION.open_states))
    move(contract, event, actor=actor, now=now, reason=contract.reason, more=_ended(ended), touched=rows)
    _tell(contract, now, ended)


def _ended(supplements: Sequence[Supplement]) -> dict[str, list[int]]:
    """The supplements that end with the contract, for its event."""
    return {"supplements_dropped": [each.ordinal for each in supplements]} if supplements else {}


def _tell(contract: Contract, now: datetime, ended: Sequence[Supplement] = ()) -> None:
    state = CONTRACT.states[contract.state]
    tell_other(contract, state.name, state.name_en, now=now, reason=contract.reason)
    for each in ended:
        tell_unit(contract, each, now=now)
        if each.needs_agreement:
            tell_taken_back(each, reason=contract.reason, now=now)
