"""A contract is written down by who manages the contracts of a unit, changed while it is a draft, and submitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...errors import NotPossibleNow, NotYours
from ...lifecycle import CONTRACT
from ...models import Contract, Obligation
from ...numbering import contract_number, take_contract_ids
from ...obligations.planning import plan, replan
from ...reach import REGISTER, REVIEW, agencies_of, ensure_of_unit, load
from ..duplicates import ensure_new
from ..values import ContractFields, OtherParty
from ._steps import checked, move, note, of_unit, save, settle, tell, usable_unit, user_of

_SIGN = "＊"


@transaction.atomic
def write_contract(
    *,
    actor: Actor,
    agency_id: int,
    fields: ContractFields,
    rules: Sequence[Mapping[str, Any]] = (),
    not_same_as: Sequence[str] = (),
    source: str = "form",
    source_reference: str = "",
    demonstration: bool = False,
    now: datetime,
) -> int:
    """Write a contract down as a draft, with its obligations (rules of `obligations.planning`); its number in the
    register. `not_same_as` are numbers of contracts somebody has looked at and found to be others.

    Raises NotAllowed, NotYours, InvalidContract, InvalidTerms, DuplicateContract.
    """
    scope = actor.require(REGISTER)
    unit = usable_unit(agency_id)
    by_role = agency_id in agencies_of(actor, REGISTER)
    by_reach = actor.kind != "user" and scope.covers(
        "agency", agency_id=agency_id, region_path=unit.region_path
    )
    if not (by_role or by_reach):
        raise NotYours(
            f"contracts of {unit.name} are written down by {unit.name}",
            message_zh=f"“{unit.name}”的合同由该单位登记",
            field="agency",
            value=unit.name,
        )
    fields, party = checked(fields, today=timezone.localdate(now))
    fingerprint = ensure_new(agency_id=agency_id, fields=fields, not_same_as=not_same_as)
    assert fields.signed_on is not None
    [number] = take_contract_ids(1)
    contract = Contract(
        pk=number,
        number=contract_number(number, fields.signed_on.year),
        agency_id=agency_id,
        region_path=unit.region_path,
        source=source,
        source_reference=source_reference.strip(),
        registered_by_id=user_of(actor),
        registered_by_name=actor.name[:120],
        registered_at=now,
        demonstration=demonstration,
        not_same_as=list(not_same_as),
    )
    put_fields(contract, fields, party_id=party.id if party else None, fingerprint=fingerprint)
    save(contract, new=True)
    if rules:
        plan(contract, rules, actor=actor, now=now)
    settle(contract, now=now)
    note(contract, "written", actor=actor, now=now, after=_told(contract))
    return number


@transaction.atomic
def change_contract(
    *,
    actor: Actor,
    contract_id: int,
    fields: ContractFields,
    rules: Sequence[Mapping[str, Any]] | None = None,
    not_same_as: Sequence[str] = (),
    revision: int | None = None,
    now: datetime,
) -> None:
    """Write a draft anew. Without `rules` its obligations stay, counted anew from what changed. `revision` is the one
    that was read: written over by somebody else meanwhile, it is refused.

    Raises NotAllowed, ContractNotFound, NotYours, NotPossibleNow, InvalidContract, InvalidTerms, DuplicateContract.
    """
    contract = load(actor, contract_id, REGISTER)
    ensure_of_unit(actor, contract, REGISTER)
    CONTRACT.after(contract.state, "changed")
    ensure_revision(contract, revision)
    if fields.counterparty_kind == "person" and fields.counterparty_name == contract.counterparty_name:
        # The form shows the masked name; written back, it is who it was.
        fields = replace(fields, counterparty_name=contract.counterparty_person or fields.counterparty_name)
    fields, party = checked(fields, today=timezone.localdate(now))
    looked_at = list(dict.fromkeys([*contract.not_same_as, *not_same_as]))
    fingerprint = ensure_new(
        agency_id=contract.agency_id, fields=fields, not_same_as=looked_at, but=contract.pk
    )
    before = _told(contract)
    planned = rules_of(contract) if rules is None else rules
    put_fields(contract, fields, party_id=party.id if party else None, fingerprint=fingerprint)
    contract.not_same_as = looked_at
    contract.revision += 1
    save(contract)
    replan(contract, planned, actor=actor, now=now)
    move(contract, "changed", actor=actor, now=now, more={"from": before, "to": _told(contract)})


@transaction.atomic
def plan_contract(
    *, actor: Actor, contract_id: int, rules: Sequence[Mapping[str, Any]], now: datetime
) -> list[int]:
    """Add obligations to a contract that is not ended: those that were forgotten, or of one that came without. What was
    agreed later is a supplement. The numbers of the new ones. Raises as `change_contract` does.
    """
    contract = load(actor, contract_id, REGISTER)
    ensure_of_unit(actor, contract, REGISTER)
    CONTRACT.after(contract.state, "planned")
    made = plan(contract, rules, actor=actor, now=now)
    move(contract, "planned", actor=actor, now=now, more={"obligations": len(made)}, touched=made)
    return [each.pk for each in made]


@transaction.atomic
def submit_contract(*, actor: Actor, contract_id: int, now: datetime) -> None:
    """It is complete: another of the unit is to review it.

    Raises NotAllowed, ContractNotFound, NotYours, NotPossibleNow, DuplicateContract.
    """
    contract = load(actor, contract_id, REGISTER)
    ensure_of_unit(actor, contract, REGISTER)
    CONTRACT.after(contract.state, "submitted")
    contract.submitted_at = now
    move(contract, "submitted", actor=actor, now=now)
    reviewers = of_unit(contract, REVIEW, now=now, but=contract.registered_by_id)
    tell(contract, reviewers, "to_review", now=now, by=actor.name)


def put_fields(contract: Contract, fields: ContractFields, *, party_id: int | None, fingerprint: str) -> None:
    """What was written down, onto a row. The name of a natural person is masked, and kept whole encrypted."""
    person = fields.counterparty_kind == "person"
    assert fields.signed_on is not None
    contract.title = fields.title
    contract.kind = fields.kind
    contract.secrecy = fields.secrecy
    contract.reference = fields.reference
    contract.party_id = party_id
    contract.counterparty_kind = fields.counterparty_kind
    contract.counterparty_name = masked_name(fields.counterparty_name) if person else fields.counterparty_name
    contract.counterparty_person = fields.counterparty_name if person else ""
    contract.counterparty_code = fields.counterparty_code
    contract.counterparty_size = fields.counterparty_size
    contract.others = [each.as_dict() for each in fields.others]
    contract.amount_fen = fields.amount_fen
    contract.direction = fields.direction
    contract.signed_on = fields.signed_on
    contract.starts_on = fields.starts_on
    contract.ends_on = fields.ends_on
    contract.open_ended = fields.open_ended
    contract.note = fields.note
    contract.fingerprint = fingerprint


def fields_of(contract: Contract) -> ContractFields:
    """A contract as it would be written down; the name of a natural person is whole."""
    return ContractFields(
        title=contract.title,
        kind=contract.kind,
        signed_on=contract.signed_on,
        counterparty_name=contract.counterparty_person or contract.counterparty_name,
        counterparty_code=contract.counterparty_code,
        counterparty_kind=contract.counterparty_kind,
        counterparty_size=contract.counterparty_size,
        others=tuple(
            OtherParty(each["name"], each.get("code", ""), each.get("role", "")) for each in contract.others
        ),
        amount_fen=contract.amount_fen,
        direction=contract.direction,
        reference=contract.reference,
        secrecy=contract.secrecy,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        open_ended=contract.open_ended,
        note=contract.note,
    )


def masked_name(name: str) -> str:
    """A natural person's name as lists show it: the first sign."""
    name = name.strip()
    return name[:1] + _SIGN * min(2, max(1, len(name) - 1))


def rules_of(contract: Contract, rows: Iterable[Obligation] | None = None) -> list[dict[str, Any]]:
    """The obligations of a contract (`rows`, where they were read) as rules, in their order; a share stays one, and is
    worked out anew.
    """
    found = contract.obligations.order_by("ordinal") if rows is None else rows
    return [_rule_of(each) for each in found if each.state != "dropped"]


def _rule_of(row: Obligation) -> dict[str, Any]:
    written: dict[str, Any] = {
        "side": row.side,
        "kind": row.kind,
        "title": row.title,
        "terms": dict(row.terms),
        "budget_reserved": row.budget_reserved,
    }
    if "share" not in row.terms and row.amount_fen is not None:
        written["amount_fen"] = row.amount_fen
    # The day of an event that follows from the contract or another obligation is found again.
    if row.event_on is not None and row.event and row.event != "signed" and row.after_id is None:
        written["event_on"] = row.event_on.isoformat()
    return written


def ensure_revision(contract: Contract, revision: int | None) -> None:
    """That nobody wrote it anew since it was read. Raises NotPossibleNow."""
    if revision is not None and revision != contract.revision:
        raise NotPossibleNow(
            f"{contract.number} was changed meanwhile; read it again",
            message_zh="这份合同刚刚被他人修改，请刷新后重新填写",
            field="revision",
            value=contract.revision,
        )


def _told(contract: Contract) -> dict[str, Any]:
    """What events say of a contract: nothing personal, and of one that is not open no words."""
    told: dict[str, Any] = {
        "state": contract.state,
        "kind": contract.kind,
        "signed_on": contract.signed_on,
        "fingerprint": contract.fingerprint,
        "secrecy": contract.secrecy,
    }
    if contract.secrecy == "open":
        told |= {"amount_fen": contract.amount_fen, "ends_on": contract.ends_on}
    return told
