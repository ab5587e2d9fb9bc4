"""What is written down of a contract, before it is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class OtherParty:
    """A further party of the other side: of a consortium, a guarantor."""

    name: str
    code: str = ""
    role: str = ""

    def as_dict(self) -> dict[str, str]:
        """As it is kept with the contract."""
        return {"name": self.name, "code": self.code, "role": self.role}


@dataclass(frozen=True, slots=True)
class ContractFields:
    """What somebody, a table, a system or a package of releases says of a contract.

    `amount_fen` is None where no price was agreed; `currency` is what the price was written in, which has to be the
    register's. `counterparty_size` is that of the day of signing, empty while nobody knows. An `ends_on` is needed, or
    `open_ended`, which says why there is none.
    """

    title: str
    kind: str
    signed_on: date | None
    counterparty_name: str
    counterparty_code: str = ""
    counterparty_kind: str = "enterprise"
    counterparty_size: str = ""
    others: tuple[OtherParty, ...] = ()
    amount_fen: int | None = None
    currency: str = "CNY"
    direction: str = "pays"
    reference: str = ""
    secrecy: str = "open"
    starts_on: date | None = None
    ends_on: date | None = None
    open_ended: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: which field, what stood there, and what to write instead, in both languages."""

    field: str
    value: str
    message: str
    message_zh: str

    def as_dict(self) -> dict[str, str]:
        """For a refusal's details, and for the mistakes of a batch."""
        return {
            "field": self.field,
            "value": self.value,
            "message": self.message,
            "message_zh": self.message_zh,
        }


@dataclass(frozen=True, slots=True)
class Alike:
    """A contract that may be the same one. `same`: unit, other side, price and day are equal, or its own number."""

    id: int
    number: str
    title: str
    reference: str
    counterparty_name: str
    amount_fen: int | None
    signed_on: date
    state: str
    same: bool
    why: tuple[str, ...]
    """Of: fingerprint, reference, price, title."""


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """What a supplement does to an obligation: adds one (`rule`), changes one, or takes one out (`obligation_id`).

    `changes` is {field: new value} of title, amount_fen, terms; `what` is add, change or drop.
    """

    what: str
    obligation_id: int | None = None
    rule: Mapping[str, Any] | None = None
    changes: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SupplementPreview:
    """What of the unit's late debts a supplement would ease (as `performing/easing` writes it): with any of it the
    other side has to agree first, or, where it is none of the register (`asks_party` false), who supervises decides.
    """

    eased: tuple[Mapping[str, Any], ...] = ()
    asks_party: bool = True
