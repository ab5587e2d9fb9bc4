"""Contracts as they stand on their way: written down, submitted, in force, suspended, completed, ended, void."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from tests.areas.contracts.factories import YUAN, Supplier, Unit, contract_row, supplier, unit
from tests.areas.contracts.ladder.situations import LATER, fresh, late_obligation
from tests.kept import kept
from tests.kernel.access.factories import NOW, arranged
from yingshang.areas.contracts import api
from yingshang.areas.contracts.models import Contract, Obligation, Supplement
from yingshang.areas.contracts.registering.values import ContractFields, ProposedChange
from yingshang.kernel.parties.models import Party

SIGNED = date(2026, 3, 2)
DELIVERY = {
    "side": "counterparty",
    "kind": "deliver",
    "title": "交付设备",
    "terms": {"on": "2026-12-10"},
}
PAYMENT = {
    "side": "unit",
    "kind": "pay",
    "title": "支付货款",
    "share": "1",
    "terms": {"after": "delivered", "term": {"days": 30}},
}
RULES = (DELIVERY, PAYMENT)


@dataclass(frozen=True)
class Written:
    """A contract, and the unit that signed it."""

    id: int
    unit: Unit

    @property
    def row(self) -> Contract:
        return Contract.objects.get(pk=self.id)


def fields(**more: Any) -> ContractFields:
    """A contract with the supplier over 100,000 yuan, signed in March, until the end of the year."""
    party = Party.objects.filter(demonstration=True).order_by("pk").first() or supplier().party
    base = ContractFields(
        title="会议设备采购合同",
        kind="procurement",
        signed_on=SIGNED,
        counterparty_name=party.name,
        counterparty_code=party.credit_code or "",
        counterparty_size="small",
        amount_fen=100_000 * YUAN,
        reference="住建采〔2026〕12号",
        starts_on=SIGNED,
        ends_on=date(2026, 12, 31),
    )
    return replace(base, **more)


@kept
def draft() -> Written:
    people = unit()
    number = api.write_contract(
        actor=people.administrator.actor(),
        agency_id=people.agency.pk,
        fields=fields(),
        rules=RULES,
        now=NOW,
    )
    return Written(number, people)


@kept
def submitted() -> Written:
    it = draft()
    api.submit_contract(actor=it.unit.administrator.actor(), contract_id=it.id, now=NOW)
    return it


@kept
def in_force() -> Written:
    it = submitted()
    api.register_contract(actor=it.unit.reviewer.actor(), contract_id=it.id, now=NOW)
    return it


@kept
def suspended() -> Written:
    it = in_force()
    api.suspend_contract(actor=it.unit.reviewer.actor(), contract_id=it.id, reason="疫情停工", now=NOW)
    return it


@kept
def completed() -> Written:
    it = bare()
    api.complete_contract(actor=it.unit.reviewer.actor(), contract_id=it.id, now=NOW)
    return it


@kept
def terminated() -> Written:
    it = in_force()
    api.terminate_contract(
        actor=it.unit.reviewer.actor(),
        contract_id=it.id,
        reason="协商一致解除",
        terminated_on=NOW.date(),
        now=NOW,
    )
    return it


@kept
def void() -> Written:
    it = in_force()
    api.void_contract(actor=it.unit.reviewer.actor(), contract_id=it.id, reason="重复登记", now=NOW)
    return it


@kept
def bare() -> Written:
    """In force without obligations, with a reason."""
    people = unit()
    number = api.write_contract(
        actor=people.administrator.actor(),
        agency_id=people.agency.pk,
        fields=fields(kind="framework", amount_fen=None, direction="none", reference=""),
        now=NOW,
    )
    api.submit_contract(actor=people.administrator.actor(), contract_id=number, now=NOW)
    api.register_contract(
        actor=people.reviewer.actor(), contract_id=number, reason="框架协议，无具体义务", now=NOW
    )
    return Written(number, people)


@kept
def with_supplement(**more: Any) -> tuple[Written, int]:
    """In force, with a supplement proposed by the administrator: until next year, paid half at once."""
    it = in_force()
    return it, propose(it, **more)


def propose(it: Written, **more: Any) -> int:
    """What the administrator proposes, unless said otherwise: until next June."""
    values: dict[str, Any] = {
        "title": "补充协议一",
        "signed_on": SIGNED + timedelta(days=30),
        "reason": "设计变更，延长工期",
        "changes": {"ends_on": date(2027, 6, 30)},
        **more,
    }
    return api.propose_supplement(actor=it.unit.administrator.actor(), contract_id=it.id, now=NOW, **values)


PUT_OFF: dict[str, Any] = {"terms": {"on": "2027-01-15"}}


def proposed(
    row: Obligation,
    new: dict[str, Any] | None = None,
    *,
    what: str = "change",
    also: Sequence[Obligation] = (),
    **more: Any,
) -> Supplement:
    """The administrator proposes that obligations become others, or none: 2027-01-15 unless said otherwise."""
    with arranged():
        number = api.propose_supplement(
            actor=unit().administrator.actor(),
            contract_id=row.contract_id,
            title="付款延期补充协议",
            signed_on=date(2026, 11, 23),
            reason="双方商定分期支付",
            obligations=[ProposedChange(what, each.pk, changes=new or PUT_OFF) for each in (row, *also)],
            now=NOW,
            **more,
        )
    return Supplement.objects.get(pk=number)


def signed_with(firm: Supplier) -> Contract:
    """A contract with an enterprise by its code."""
    return contract_row(of=firm.party, counterparty_code=firm.party.credit_code)


def approve(row: Supplement) -> None:
    api.decide_supplement(
        actor=unit().reviewer.actor(), supplement_id=row.pk, approved=True, remark="", now=LATER
    )


def to_agree(firm: Supplier | None = None, **more: Any) -> Supplement:
    """Approved, about a payment that is late since three days: waiting for the enterprise."""
    row = proposed(late_obligation(contract=signed_with(firm or supplier())), **more)
    with arranged():
        approve(row)
    return fresh(row)


__all__ = ["ProposedChange"]
