"""Another of the unit reviews what was written down: sent back with a reason, or registered."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import events_of

from ...errors import InvalidStep, NotPossibleNow
from ...lifecycle import CONTRACT
from ...models import Contract
from ...reach import REGISTER, REVIEW, ensure_of_unit, load
from ..duplicates import ensure_new
from ..quarters import clear_quarters
from ._steps import ensure_apart, move, of_unit, reason_given, tell, tell_other, user_of
from .write_contract import fields_of


@transaction.atomic
def return_contract(*, actor: Actor, contract_id: int, reason: str, now: datetime) -> None:
    """Something is wrong or missing: it is a draft again.

    Raises NotAllowed, ContractNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    contract = load(actor, contract_id, REVIEW)
    ensure_of_unit(actor, contract, REVIEW)
    CONTRACT.after(contract.state, "returned")
    reason = reason_given(reason)
    contract.reason = reason
    move(contract, "returned", actor=actor, now=now, reason=reason)
    told = [contract.registered_by_id] if contract.registered_by_id else of_unit(contract, REGISTER, now=now)
    tell(contract, told, "returned", now=now, by=actor.name, reason=reason)


@transaction.atomic
def register_contract(*, actor: Actor, contract_id: int, reason: str = "", now: datetime) -> None:
    """It is right: from now on it is in force here, its obligations are watched, and the other side sees it. One
    without obligations needs a reason. Whoever wrote it down, or any of it anew, does not review it.

    Raises NotAllowed, ContractNotFound, NotYours, NotPossibleNow, NotApart, InvalidStep, DuplicateContract.
    """
    contract = register_one(actor=actor, contract_id=contract_id, reason=reason, now=now)
    if contract.registered_by_id:
        tell(contract, [contract.registered_by_id], "registered", now=now, by=actor.name)


def register_one(*, actor: Actor, contract_id: int, reason: str = "", now: datetime) -> Contract:
    """`register_contract` but for the message to who wrote it down, who of many is told of all together. Inside a
    transaction.
    """
    contract = load(actor, contract_id, REVIEW)
    ensure_of_unit(actor, contract, REVIEW)
    CONTRACT.after(contract.state, "registered")
    if contract.state == "draft" and actor.kind != "system":
        raise NotPossibleNow(
            f"{contract.number} was not submitted yet",
            message_zh="这份合同还没有提交审核",
            state=contract.state,
            event="registered",
        )
    ensure_apart(actor, [contract.registered_by_id, *_writers(contract)])
    reason = reason_given(reason, needed=False)
    if not reason and not contract.obligations.exclude(state="dropped").exists():
        raise InvalidStep(
            "no obligation is written down, so nothing can be watched; add them, or say why there is none",
            message_zh="这份合同没有登记任何履约义务，平台无法提醒；请退回补充，或者写明没有义务的原因",
            field="reason",
        )
    ensure_new(
        agency_id=contract.agency_id,
        fields=fields_of(contract),
        not_same_as=contract.not_same_as,
        but=contract.pk,
    )
    contract.reviewed_by_id, contract.reviewed_by_name, contract.reviewed_at = (
        user_of(actor),
        actor.name[:120],
        now,
    )
    contract.reason = reason
    cleared = bool(clear_quarters([contract], now=now))
    move(
        contract,
        "registered",
        actor=actor,
        now=now,
        reason=reason,
        more={"obligations": contract.obligation_count, "quarter_cleared": cleared},
        touched=list(contract.obligations.all()),
    )
    tell_other(contract, "已登记、履行中", "registered and in force", now=now)
    return contract


_WRITING = ("contracts.written", "contracts.changed", "contracts.planned")
_EVENTS = 500


def _writers(contract: Contract) -> list[int]:
    """Who has written any of it, by the events: a draft of one may have become the work of another."""
    return [
        int(each.actor_id)
        for each in events_of("contract", str(contract.pk), limit=_EVENTS)
        if each.actor_kind == "user" and each.action in _WRITING
    ]
