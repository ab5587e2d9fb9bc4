"""Events of a contract that start days running: it was delivered, accepted, invoiced."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record

from ...errors import InvalidStep
from ...lifecycle import OBLIGATION
from ...models import Contract, Obligation
from ...obligations.rules import obligation_rules
from ...reach import REGISTER, ensure_of_unit, load
from ...registering.actions._steps import target_of
from ...registering.rules import contract_rules
from ..applying import apply, begin
from ..coming_to import ENDED


@transaction.atomic
def record_event(
    *, actor: Actor, contract_id: int, event: str, happened_on: date, note: str = "", now: datetime
) -> int:
    """An event of the contract happened on a day: the obligations that wait for it begin, or move where it had been
    told with another day; how many. What waited for another obligation goes by the event from now on.

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
    return _tell(contract, event, rows, happened_on, actor=actor, note=note, now=now)


@transaction.atomic
def withdraw_event(*, actor: Actor, contract_id: int, event: str, reason: str, now: datetime) -> int:
    """An event told by mistake has not happened: what had begun by it waits again; how many. Raises as `record_event`
    does.
    """
    contract = load(actor, contract_id, REGISTER)
    ensure_of_unit(actor, contract, REGISTER)
    if not reason.strip():
        raise InvalidStep("say why it is taken back", message_zh="请写明撤回的原因", field="reason")
    rows = [each for each in _waiting_for(contract, event) if each.event_on is not None]
    return _tell(contract, event, rows, None, actor=actor, note=reason, now=now)


def _tell(
    contract: Contract,
    event: str,
    rows: list[Obligation],
    on: date | None,
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
        OBLIGATION.after(each.state, "told")
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
