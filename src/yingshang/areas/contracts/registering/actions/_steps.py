"""Steps that several actions share: the checks, the event, the figures, the clocks, the messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import Actor, officials_who_may, system_actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import Recipient, send_where_possible
from yingshang.kernel.parties.api import AgencyNotFound, AgencyRow, PartySummary, get_agency, parties_by_code

from ...errors import InvalidContract, InvalidStep, NotApart
from ...figures.cells import recount_contracts
from ...lifecycle import CONTRACT
from ...models import Contract, Obligation
from ...searching import vector_of
from ..checking import check_fields, check_register
from ..rules import contract_rules
from ..values import ContractFields, Problem

PLATFORM = system_actor("contracts")


def target_of(contract: Contract) -> Target:
    """The contract as audit events name it. One that is not open is named by its number alone."""
    title = "" if contract.secrecy != "open" else f" {contract.title}"
    return Target(
        "contract",
        str(contract.pk),
        f"{contract.number}{title}"[:200],
        region_path=contract.region_path,
        agency_id=contract.agency_id,
        party_id=contract.party_id,
    )


def note(
    contract: Contract,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event `contracts.<what>`; its number."""
    return record(
        actor=actor,
        action=f"contracts.{what}",
        target=target_of(contract),
        now=now,
        before=dict(before) if before else None,
        after=dict(after or {}),
        reason=reason[:400],
    )


def move(
    contract: Contract,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    more: Mapping[str, Any] | None = None,
    touched: Sequence[Obligation] = (),
) -> int:
    """Save the contract in the state an event leads to, count it and its obligations anew, and let their clocks follow;
    with the audit event, whose number is the answer. `touched` were changed with it and are saved.

    Raises NotPossibleNow.
    """
    before = contract.state
    contract.state = CONTRACT.after(before, event, before=contract.state_before)
    if contract.state != before:
        contract.state_before = before
    contract.ended_at = None if CONTRACT.states[contract.state].open else now
    save(contract)
    settle(contract, now=now, touched=touched)
    return note(
        contract,
        event,
        actor=actor,
        now=now,
        before={"state": before},
        after={"state": contract.state, **(more or {})},
        reason=reason,
    )


def save(contract: Contract, *, new: bool = False) -> None:
    """With the words it is found by."""
    contract.words = vector_of(contract)
    contract.save(force_insert=new)


def settle(contract: Contract, *, now: datetime, touched: Sequence[Obligation] = ()) -> None:
    """Sums and clocks after a change of the contract."""
    recount_contracts([contract])
    numbers = [each.pk for each in touched]
    running = contract.obligations.filter(deadline_id__isnull=False)
    rows = {each.pk: each for each in running.select_related("contract")}
    if numbers:
        rows |= {each.pk: each for each in contract.obligations.filter(pk__in=numbers)}
    if rows:
        from ...ladder.clocks import follow

        follow(list(rows.values()), now=now)


def checked(fields: ContractFields, *, today: date) -> tuple[ContractFields, PartySummary | None]:
    """The fields as they may be kept, tidied, and the party of the register the other side is.

    Raises InvalidContract, whose `problems` name everything that is wrong.
    """
    fields = tidied(fields)
    problems = check_fields(fields, today=today)
    party = None
    if fields.counterparty_code:
        party = parties_by_code(actor=PLATFORM, codes=[fields.counterparty_code]).get(
            fields.counterparty_code
        )
        problems += check_register(fields, party.name if party else None)
    ensure_none(problems)
    return fields, party


def tidied(fields: ContractFields) -> ContractFields:
    """Without spaces around, codes in capitals."""
    return replace(
        fields,
        title=" ".join(fields.title.split()),
        reference=contract_rules().own_number(fields.reference),
        counterparty_name=fields.counterparty_name.strip(),
        counterparty_code=fields.counterparty_code.strip().upper(),
        currency=(fields.currency.strip() or contract_rules().currency).upper(),
        open_ended=fields.open_ended.strip(),
        note=fields.note.strip(),
    )


def ensure_none(problems: Sequence[Problem]) -> None:
    """That nothing is wrong. Raises InvalidContract of the first, with all in `problems`."""
    if not problems:
        return
    first = problems[0]
    raise InvalidContract(
        f"{first.field}: {first.message}",
        message_zh=first.message_zh,
        field=first.field,
        value=first.value,
        problems=[each.as_dict() for each in problems],
    )


def usable_unit(agency_id: int) -> AgencyRow:
    """An agency of the register that is active. Raises InvalidContract."""
    try:
        found = get_agency(actor=PLATFORM, agency_id=agency_id)
    except AgencyNotFound:
        found = None
    if found is None or not found.is_active:
        name = found.name if found else str(agency_id)
        raise InvalidContract(
            f"the unit {name} no longer exists; write the contract down for the one that has taken over its duties",
            message_zh=f"单位“{name}”已撤销或不存在，请由承接其职能的单位登记",
            field="agency",
            value=name,
        )
    return found


def reason_given(reason: str, *, field: str = "reason", needed: bool = True) -> str:
    """A reason, tidied, of a bearable length. Raises InvalidStep."""
    reason, most = reason.strip(), contract_rules().most_reason
    if needed and not reason:
        raise InvalidStep("say why", message_zh="请写明理由", field=field)
    if len(reason) > most:
        raise InvalidStep(
            f"the reason has {len(reason):,} characters; write at most {most:,}, the rest as a file",
            message_zh=f"理由共 {len(reason):,} 字，最多 {most:,} 字，其余内容可作为附件上传",
            field=field,
        )
    return reason


def ensure_apart(actor: Actor, others: Iterable[int | None]) -> None:
    """That the actor is none of the users who took the step before. Raises NotApart."""
    if actor.kind == "user" and int(actor.identifier) in {each for each in others if each is not None}:
        raise NotApart(
            f"{actor.name} wrote this down; somebody else of the unit has to review it",
            message_zh="这份内容由您登记，请由本单位的另一人审核",
            field="actor",
        )


def user_of(actor: Actor) -> int | None:
    """The number of the user who acts; None where it is a system."""
    return int(actor.identifier) if actor.kind == "user" else None


def tell(contract: Contract, users: Iterable[int], template: str, *, now: datetime, **context: Any) -> None:
    """A message to officials about a contract. That one cannot be reached does not stop the action."""
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=each) for each in dict.fromkeys(users)],
        template=f"contracts.{template}",
        context={"number": contract.number, "title": shown_title(contract), **context},
        link=f"/desk/contracts/{contract.pk}/",
        now=now,
    )


def tell_other(contract: Contract, what: str, what_en: str, *, now: datetime, reason: str = "") -> None:
    """A message to the enterprise on the other side, if the register has it: what is said of its contract now."""
    if contract.party_id is None:
        return
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(party_id=contract.party_id)],
        template="contracts.own_changed",
        context={
            "number": contract.number,
            "title": contract.title,
            "unit": contract.agency.name,
            "what": what,
            "what_en": what_en,
            "reason": f"{reason}。" if reason else "",
        },
        link=f"/contracts/{contract.pk}/",
        now=now,
    )


def shown_title(contract: Contract) -> str:
    """Its title where it may be told outside the page; of one that is not open its number."""
    return contract.title if contract.secrecy == "open" else contract.number


def of_unit(contract: Contract, permission: str, *, now: datetime, but: int | None = None) -> list[int]:
    """Who holds a permission in the unit that signed, without `but`."""
    today = timezone.localdate(now)
    found = officials_who_may(permission, agency_id=contract.agency_id, today=today)
    return [each for each in found if each != but]
