"""Events of a contract that start days running: it was delivered, accepted, invoiced."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record

from ...errors import InvalidStep
from ...ladder._steps import ensure_outside
from ...lifecycle import OBLIGATION
from ...models import Contract, Obligation
from ...obligations.rules import obligation_rules
from ...reach import REGISTER, SUPERVISE, ensure_of_unit, load, on_desk
from ...registering.actions._steps import target_of
from ...registering.rules import contract_rules
from ..applying import apply, begin
from ..coming_to import ENDED
from ..easing import ensure_not_eased, late_debts


@transaction.atomic
def record_event(
    *, actor: Actor, contract_id: int, event: str, happened_on: date, note: str = "", now: datetime
) -> int:
    """An event of the contract happened on a day: the obligations that wait for it begin, or move where it had been
    told with another day; how many. What waited for another obligation goes by the event from now on. What the unit is
    late with is not put off by another day: see `performing/easing.py`.

    Raises NotAllowed, ContractNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    contract = load(actor, contract_id, REGISTER)
    ensure_of_unit(actor, contract, REGISTER)
    today = timezone.localdate(now)
    years = obligation_rules().years_before_signing
    if not contract.signed_on.year - years <= happened_on.year or happened_on > today:
        raise InvalidStep(
            f"write a day until today, {today}",
            message_zh=f"日期不能晚于今天（{today}）",
            field="happened_on",
        )
    rows = _waiting_for(contract, event)
    debts = late_debts(contract, today=today)
    count = _tell(contract, event, rows, happened_on, "told", actor=actor, note=note, now=now)
    ensure_not_eased(debts, field="happened_on")
    return count


@transaction.atomic
def withdraw_event(*, actor: Actor, contract_id: int, event: str, reason: str, now: datetime) -> int:
    """An event told by mistake has not happened: what had begun by it waits again; how many. Where the unit is late
    with any of that, a supervisor of another agency says so, and the unit does not. Raises as `record_event` does.
    """
    # Who registers for one unit may supervise others.
    mine = actor.may(REGISTER) and on_desk(actor, REGISTER).filter(pk=contract_id).exists()
    by_unit = mine or not actor.may(SUPERVISE)
    contract = load(actor, contract_id, REGISTER if by_unit else SUPERVISE)
    if by_unit:
        ensure_of_unit(actor, contract, REGISTER)
    else:
        ensure_outside(actor, contract.agency_id)
    if not reason.strip():
        raise InvalidStep("say why it is taken back", message_zh="请写明撤回的原因", field="reason")
    rows = [each for each in _waiting_for(contract, event) if each.event_on is not None]
    debts = late_debts(contract, today=timezone.localdate(now)) if by_unit else {}
    count = _tell(contract, event, rows, None, "untold", actor=actor, note=reason, now=now)
    ensure_not_eased(debts, field="reason")
    return count


def _tell(
    contract: Contract,
    event: str,
    rows: list[Obligation],
    on: date | None,
    deed: str,
    *,
    actor: Actor,
    note: str,
    now: datetime,
) -> int:
    if not rows:
        raise InvalidStep(
            f"no open obligation of {contract.number} depends on this event",
            message_zh="没有以这一事件起算的未履行义务",
            field="event",
        )
    before = {str(each.ordinal): each.due_on for each in rows}
    for each in rows:
        OBLIGATION.after(each.state, deed)
        each.after = None
        begin(each, on)
    apply(rows, now=now)
    record(
        actor=actor,
        action="contracts.event_recorded" if on else "contracts.event_withdrawn",
        target=target_of(contract),
        now=now,
        before=before,
        after={"event": event, "on": on, "due": {str(each.ordinal): each.due_on for each in rows}},
        reason=note.strip()[:400],
    )
    return len(rows)


def _waiting_for(contract: Contract, event: str) -> list[Obligation]:
    if event not in contract_rules().events or event == "signed":
        raise InvalidStep("choose an event", message_zh="请选择事件", field="event")
    rows = contract.obligations.select_for_update(of=("self",)).filter(event=event).exclude(state__in=ENDED)
    found = []
    for row in rows.exclude(state="performed").order_by("ordinal"):
        row.contract = contract
        found.append(row)
    return found
