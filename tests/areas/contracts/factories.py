"""Situations of contracts: a unit with its three roles, who supervises it, an enterprise, and rows as they may stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from tests.kept import kept
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NOW,
    SYSTEM,
    Person,
    agency,
    arranged,
    enterprise,
    legal_representative_of,
    official,
)
from tests.kernel.parties.factories import region_tree
from yingshang.areas.contracts.models import Contract, Obligation, Performance
from yingshang.kernel.access.models import Appointment
from yingshang.kernel.clock import api as clock
from yingshang.kernel.documents import api as documents
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.models import Agency, Party

UNIT, SUPERVISION = "housing-construction", "business-environment"
TODAY = date(2026, 11, 23)
YUAN = 100
_numbers = count(1)


@dataclass(frozen=True)
class Unit:
    """A public unit of the district with its contract roles, and who is above it."""

    administrator: Person
    second_administrator: Person
    reviewer: Person
    head: Person
    supervisor: Person
    city_supervisor: Person
    leader: Person

    @property
    def agency(self) -> Agency:
        return agency(DAOLI, UNIT)


ROLES = {
    "administrator": ("contract_administrator", DAOLI, UNIT),
    "second_administrator": ("contract_administrator", DAOLI, UNIT),
    "reviewer": ("contract_reviewer", DAOLI, UNIT),
    "head": ("unit_head", DAOLI, UNIT),
    "supervisor": ("supervisor", DAOLI, SUPERVISION),
    "city_supervisor": ("supervisor", HARBIN, SUPERVISION),
    "leader": ("leader", DAOLI, "government"),
}
"""Who is who: role, region and kind of agency."""


def unit() -> Unit:
    """The people, and the ladders and documents they work by; the same ones each time."""
    return _standing_unit() or _new_unit()


def _standing_unit() -> Unit | None:
    there: dict[tuple[str, str], list[Person]] = {}
    rows = Appointment.objects.filter(role__code__in={role for role, *_place in ROLES.values()}).order_by(
        "pk"
    )
    for row in rows.select_related("user", "role", "agency"):
        there.setdefault((row.role.code, row.agency.code), []).append(Person(row.user))
    found = {}
    for name, (role, place, kind) in ROLES.items():
        if not (left := there.get((role, f"{kind}-{place}"))):
            return None
        found[name] = left.pop(0)
    return Unit(**found)


@kept
def _new_unit() -> Unit:
    region_tree(DAOLI)
    clock.load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    documents.load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    return Unit(**{name: official(*told) for name, told in ROLES.items()})


@dataclass(frozen=True)
class Supplier:
    """An enterprise with contracts, and who speaks for it."""

    party: Party
    who: Person


@kept
def supplier() -> Supplier:
    party = enterprise(DAOLI)
    return Supplier(party, legal_representative_of(party))


def contract_row(*, of: Party | None = None, in_agency: Agency | None = None, **more: Any) -> Contract:
    """A contract as it stands in the register, written by hand: in force, of 1,000,000 yuan, unless said otherwise."""
    unit()
    place = in_agency or agency(DAOLI, UNIT)
    party = of or supplier().party
    number = next(_numbers)
    values: dict[str, Any] = {
        "number": f"HT2026{number:010d}",
        "agency": place,
        "region_path": place.region.path,
        "reference": f"住建合〔2026〕{number}号",
        "title": f"老旧小区改造施工合同（{number}）",
        "kind": "construction",
        "party": party,
        "counterparty_name": party.name,
        "counterparty_size": "small",
        "amount_fen": 1_000_000 * YUAN,
        "signed_on": date(2026, 3, 2),
        "starts_on": date(2026, 3, 2),
        "ends_on": date(2027, 3, 1),
        "state": "in_force",
        "fingerprint": f"{number:064d}",
        "registered_by_name": "合同管理员",
        "registered_at": NOW,
        **more,
    }
    with arranged():
        return Contract.objects.create(**values)


def obligation_row(contract: Contract | None = None, **more: Any) -> Obligation:
    """What the unit owes by such a contract: to pay 300,000 yuan by 2026-12-31, unless said otherwise."""
    contract = contract or contract_row()
    amount = more.pop("amount_fen", 300_000 * YUAN)
    values: dict[str, Any] = {
        "contract": contract,
        "agency": contract.agency,
        "party_id": contract.party_id,
        "region_path": contract.region_path,
        "ordinal": contract.obligations.count() + 1,
        "side": "unit",
        "kind": "pay",
        "title": "支付进度款",
        "terms": {"on": "2026-12-31"},
        "due_on": date(2026, 12, 31),
        "amount_fen": amount,
        "open_fen": (amount or 0) - more.get("done_fen", 0),
        "state": "running",
        **more,
    }
    with arranged():
        return Obligation.objects.create(**values)


def performance_row(obligation: Obligation, on: date, **more: Any) -> Performance:
    """What the unit says of it: done on a day, all of it, unless said otherwise. The obligation's own row stays."""
    values: dict[str, Any] = {
        "obligation": obligation,
        "side": "unit",
        "what": "done",
        "happened_on": on,
        "amount_fen": obligation.amount_fen,
        "recorded_by_name": "合同管理员",
        "recorded_at": NOW,
        **more,
    }
    with arranged():
        return Performance.objects.create(**values)


@contextmanager
def one_contract_event(action: str) -> Iterator[list[dict[str, Any]]]:
    """The block records exactly one event of contracts, `contracts.<action>`, in the list afterwards; rooms of the kernel
    may record theirs.
    """
    of_contracts = AuditEvent.objects.filter(action__startswith="contracts.")
    last = of_contracts.order_by("-id").values_list("id", flat=True).first() or 0
    events: list[dict[str, Any]] = []
    yield events
    events += of_contracts.filter(id__gt=last).order_by("id").values()
    assert [event["action"] for event in events] == [f"contracts.{action}"]
