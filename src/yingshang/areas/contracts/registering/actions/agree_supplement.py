"""The other side agrees to a supplement that eases what the unit is late with, or does not; or, where it is none of the
register or silent past its day, who supervises decides. Until then nothing of it has changed, and the ladder goes on.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...errors import InvalidStep
from ...ladder._steps import ensure_outside, step_not_found
from ...ladder.notices import end_clock
from ...lifecycle import SUPPLEMENT
from ...models import Contract, Supplement
from ...own.block import ensure_unblocked
from ...performing.easing import eased_since, late_debts
from ...reach import STATE_OWN, SUPERVISE, load, load_own, on_desk, own_contracts
from ..agreement import may_be_decided
from ._steps import ensure_apart, note, reason_given, user_of
from .supplements import take_effect, tell_unit

COUNTERPARTY, SUPERVISOR = "counterparty", "supervisor"


@transaction.atomic
def agree_supplement(*, actor: Actor, supplement_id: int, remark: str = "", now: datetime) -> None:
    """The other side agrees: it takes effect. Not by who proposed or approved it for the unit. Raises NotAllowed,
    StepNotFound, NotApart, NotPossibleNow, Blocked, InvalidStep, InvalidContract, InvalidTerms.
    """
    row, contract = _load_own(actor, supplement_id)
    SUPPLEMENT.after(row.state, "agreed")
    ensure_apart(actor, [row.proposed_by_id, row.decided_by_id])
    reason = reason_given(remark, field="remark", needed=False)
    _agree(contract, row, COUNTERPARTY, actor=actor, reason=reason, now=now)


@transaction.atomic
def decline_supplement(*, actor: Actor, supplement_id: int, reason: str, now: datetime) -> None:
    """The other side does not agree, and says why: nothing changes. Raises NotAllowed, StepNotFound, NotApart,
    NotPossibleNow, InvalidStep.
    """
    row, contract = _load_own(actor, supplement_id)
    SUPPLEMENT.after(row.state, "declined")
    ensure_apart(actor, [row.proposed_by_id, row.decided_by_id])
    _decline(contract, row, COUNTERPARTY, actor=actor, reason=reason_given(reason), now=now)


@transaction.atomic
def decide_agreement(*, actor: Actor, supplement_id: int, agreed: bool, reason: str, now: datetime) -> None:
    """Who supervises, in another agency, decides by what was signed: where the other side is silent past its day or
    cannot be asked; not while its appeal says the contrary. Raises NotAllowed, StepNotFound, NotYours, NotApart,
    NotPossibleNow, Blocked, InvalidStep, InvalidContract, InvalidTerms.
    """
    of = _contract_of(supplement_id, on_desk(actor, SUPERVISE))
    contract = load(actor, of, SUPERVISE)
    ensure_outside(actor, contract.agency_id)
    row = _locked(supplement_id, contract)
    SUPPLEMENT.after(row.state, "agreed" if agreed else "declined")
    ensure_apart(actor, [row.proposed_by_id, row.decided_by_id])
    reason = reason_given(reason)
    if not may_be_decided(row, now=now):
        raise InvalidStep(
            f"the other side may say so until {row.due_on}",
            message_zh=f"相对方可以在{row.due_on}前答复，期满没有回应的再由督查人员决定",
            field="reason",
        )
    if not agreed:
        _decline(contract, row, SUPERVISOR, actor=actor, reason=reason, now=now)
        return
    debts = late_debts(contract, today=timezone.localdate(now))
    _agree(contract, row, SUPERVISOR, actor=actor, reason=reason, now=now)
    # Of all that is late by now, not of what was late when it was approved.
    eased = [one.before.obligation_id for one in eased_since(debts)]
    for each in contract.obligations.filter(pk__in=eased):
        ensure_unblocked(each)


def _agree(
    contract: Contract, row: Supplement, agreed_as: str, *, actor: Actor, reason: str, now: datetime
) -> None:
    row.state = SUPPLEMENT.after(row.state, "agreed")
    _answered(row, agreed_as, actor=actor, reason=reason, now=now)
    take_effect(contract, row, actor=actor, now=now)


def _decline(
    contract: Contract, row: Supplement, agreed_as: str, *, actor: Actor, reason: str, now: datetime
) -> None:
    row.state = SUPPLEMENT.after(row.state, "declined")
    _answered(row, agreed_as, actor=actor, reason=reason, now=now)
    row.save()
    note(
        contract,
        "supplement_declined",
        actor=actor,
        now=now,
        after={"ordinal": row.ordinal, "as": agreed_as},
        reason=reason,
    )
    tell_unit(contract, row, now=now)


def _answered(row: Supplement, agreed_as: str, *, actor: Actor, reason: str, now: datetime) -> None:
    row.agreed_as, row.agreed_by_id, row.agreed_by_name = agreed_as, user_of(actor), actor.name[:120]
    row.agreed_at, row.agreement_reason = now, reason
    end_clock(row.deadline_id, now=now)


def _load_own(actor: Actor, supplement_id: int) -> tuple[Supplement, Contract]:
    of = _contract_of(supplement_id, own_contracts(actor, STATE_OWN))
    contract = load_own(actor, of)
    return _locked(supplement_id, contract), contract


def _contract_of(supplement_id: int, reached: QuerySet[Contract]) -> int:
    """Of one that was ever put before somebody else than the unit: the others do not exist outside it."""
    rows = Supplement.objects.filter(pk=supplement_id, contract__in=reached, needs_agreement=True)
    found = rows.values_list("contract", flat=True).first()
    if found is None:
        raise step_not_found(supplement_id)
    return int(found)


def _locked(supplement_id: int, contract: Contract) -> Supplement:
    row = Supplement.objects.select_for_update(of=("self",)).get(pk=supplement_id)
    row.contract = contract
    return row
