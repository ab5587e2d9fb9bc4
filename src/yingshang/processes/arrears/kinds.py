"""What appeals can be about, of contracts: a contract, and one obligation of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from yingshang.areas.appeals.api import LinkKind, register_link_kind
from yingshang.areas.contracts.api import (
    named_contracts,
    named_obligations,
    newest_contracts,
    open_obligations_of,
)
from yingshang.kernel.access.api import Actor, entries_of

CONTRACT, OBLIGATION = "contract", "contract_obligation"


def register_kinds() -> None:
    """When Django starts."""
    register_link_kind(
        LinkKind(
            CONTRACT,
            "政府合同",
            "contract",
            named=_contract,
            opened=_opened_contracts,
            offered=_offered_contracts,
            portal="/contracts/{id}/",
            desk="/desk/contracts/{id}/",
        )
    )
    register_link_kind(
        LinkKind(
            OBLIGATION,
            "合同履约义务",
            "obligation of a contract",
            named=_obligation,
            opened=_opened_obligations,
            offered=_offered_obligations,
            portal="/contracts/obligations/{id}/",
            desk="/desk/contracts/obligations/{id}/",
        )
    )


def _contract(actor: Actor, number: str, party_id: int | None, _today: date) -> str | None:
    found = named_contracts(actor=actor, contract_ids=_numbers([number]))
    party, name = found.get(int(number), (0, "")) if found else (0, "")
    return name if _is_of(party, party_id) else None


def _obligation(actor: Actor, number: str, party_id: int | None, _today: date) -> str | None:
    found = named_obligations(actor=actor, obligation_ids=_numbers([number]))
    _contract_id, party, name = found.get(int(number), (0, 0, "")) if found else (0, 0, "")
    return name if _is_of(party, party_id) else None


def _opened_contracts(actor: Actor, numbers: Collection[str]) -> list[str]:
    return [str(each) for each in named_contracts(actor=actor, contract_ids=_numbers(numbers))]


def _opened_obligations(actor: Actor, numbers: Collection[str]) -> list[str]:
    return [str(each) for each in named_obligations(actor=actor, obligation_ids=_numbers(numbers))]


def _offered_contracts(actor: Actor, party_ids: Collection[int]) -> Sequence[tuple[str, str]]:
    rows = newest_contracts(actor=actor, party_ids=party_ids)
    return [(str(number), name) for number, name in rows]


def _offered_obligations(actor: Actor, party_ids: Collection[int]) -> Sequence[tuple[str, str]]:
    rows = open_obligations_of(actor=actor, party_ids=party_ids)
    return [(str(number), name) for number, name in rows]


def _is_of(party: int, party_id: int | None) -> bool:
    """Whether what is of one entry of the register is of this enterprise, of which it may be a former duplicate."""
    return bool(party and party_id is not None and entries_of(party_id).filter(pk=party).exists())


def _numbers(texts: Collection[str]) -> list[int]:
    """Those that are numbers of the database: "²" is a digit to Python, and none of these."""
    return [int(each) for each in texts if each.isascii() and each.isdecimal() and len(each) < 19]
