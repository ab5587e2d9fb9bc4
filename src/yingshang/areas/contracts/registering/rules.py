"""`data/kinds.yaml` and `data/registering.yaml`, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any
from unicodedata import normalize

from yingshang.kernel.reference.api import parse_yaml

from ..errors import InvalidRules


@dataclass(frozen=True, slots=True)
class Named:
    """A code with its name in both languages."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class ContractKind(Named):
    """A class of contracts: where it comes from, who usually pays, and what it usually obliges to.

    `obligations` are rules as `obligations.planning` takes them; a day may be named by a field of the contract
    (starts_on, ends_on). `priceless`: that no price is agreed is usual.
    """

    source: str
    direction: str
    priceless: bool
    obligations: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ObligationKind(Named):
    """What somebody may owe; `money`: it has an amount."""

    money: bool


@dataclass(frozen=True, slots=True)
class ContractEvent(Named):
    """What days are counted from. `done_by`: an obligation of this side and kind being performed is the event."""

    done_by: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Secrecy(Named):
    """A level of secrecy; not `taken` ones are not written down here at all."""

    taken: bool


@dataclass(frozen=True, slots=True)
class Size(Named):
    """The size of an enterprise, and how the register of parties writes it."""

    register: str


@dataclass(frozen=True, slots=True)
class FilePurpose(Named):
    """What a file is; `own`: the other side may open it, too."""

    own: bool


@dataclass(frozen=True, slots=True)
class ContractRules:
    """What may be written down of a contract."""

    kinds: Mapping[str, ContractKind]
    obligation_kinds: Mapping[str, ObligationKind]
    events: Mapping[str, ContractEvent]
    secrecy: Mapping[str, Secrecy]
    counterparties: Mapping[str, Named]
    sizes: Mapping[str, Size]
    directions: Mapping[str, Named]
    currency: str
    largest_amount_fen: int
    least_title: int
    most_title: int
    most_name: int
    most_reference: int
    most_note: int
    most_open_ended: int
    most_others: int
    most_obligations: int
    most_reason: int
    signed_after: date
    ends_within_years: int
    alike_days: int
    alike_titles: Decimal
    most_alike: int
    no_number: frozenset[str]
    registered_at_once: int
    most_refused: int
    quarter_before_end: int
    quarters_back: int
    file_purposes: Mapping[str, FilePurpose]
    file_limits: Mapping[str, Any]

    def size_of(self, written: str) -> str:
        """The code of a size as the register of parties writes it; nothing where it is not known."""
        return next((each.code for each in self.sizes.values() if each.register == written), "")

    def own_number(self, written: str) -> str:
        """A number somebody has written down for a contract; nothing where it says that there is none ("无", "/")."""
        plain = normalize("NFKC", written).strip().casefold()
        says_nothing = plain in self.no_number or not any(sign.isalnum() for sign in plain)
        return "" if says_nothing else written.strip()


@cache
def contract_rules() -> ContractRules:
    """The rules as the data files have them. Raises InvalidRules where something in them cannot be read."""
    try:
        return _read(read_data("kinds"), read_data("registering"))
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidRules(
            f"data/kinds.yaml or data/registering.yaml of contracts: {error!r}",
            message_zh=f"合同登记的规则文件无法读取：{error!r}",
        ) from error


def _read(kinds: Mapping[str, Any], registering: Mapping[str, Any]) -> ContractRules:
    limits, alike, files_ = registering["limits"], registering["duplicates"], registering["files"]
    return ContractRules(
        kinds={
            row["code"]: ContractKind(
                *_named(row),
                str(row["from"]),
                str(row.get("direction", "pays")),
                bool(row.get("priceless", False)),
                tuple(row["obligations"]),
            )
            for row in kinds["kinds"]
        },
        obligation_kinds={
            row["code"]: ObligationKind(*_named(row), bool(row["money"])) for row in kinds["obligation_kinds"]
        },
        events={
            row["code"]: ContractEvent(*_named(row), dict(row.get("done_by") or {}))
            for row in kinds["events"]
        },
        secrecy={row["code"]: Secrecy(*_named(row), bool(row["taken"])) for row in kinds["secrecy"]},
        counterparties={row["code"]: Named(*_named(row)) for row in registering["counterparties"]},
        sizes={row["code"]: Size(*_named(row), str(row["register"])) for row in registering["sizes"]},
        directions={row["code"]: Named(*_named(row)) for row in registering["directions"]},
        currency=str(limits["currency"]),
        largest_amount_fen=int(limits["largest_amount_fen"]),
        least_title=int(limits["title"]["least"]),
        most_title=int(limits["title"]["most"]),
        most_name=int(limits["name"]),
        most_reference=int(limits["reference"]),
        most_note=int(limits["note"]),
        most_open_ended=int(limits["open_ended"]),
        most_others=int(limits["others"]),
        most_obligations=int(limits["obligations"]),
        most_reason=int(limits["reason"]),
        signed_after=date.fromisoformat(str(limits["signed_after"])),
        ends_within_years=int(limits["ends_within_years"]),
        alike_days=int(alike["days"]),
        alike_titles=Decimal(str(alike["titles"])),
        most_alike=int(alike["most"]),
        no_number=frozenset(str(each) for each in alike["no_number"]),
        registered_at_once=int(registering["review"]["at_once"]),
        most_refused=int(registering["review"]["most_refused"]),
        quarter_before_end=int(registering["quarters"]["before_end"]),
        quarters_back=int(registering["quarters"]["back"]),
        file_purposes={
            row["code"]: FilePurpose(*_named(row), bool(row["own"])) for row in files_["purposes"]
        },
        file_limits={key: value for key, value in files_.items() if key != "purposes"},
    )


def _named(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(row["code"]), str(row["name"]), str(row["name_en"])


def read_data(name: str) -> dict[str, Any]:
    """A data file of this area."""
    text = (files("yingshang.areas.contracts") / f"data/{name}.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text))
