"""What the law sets for payments to small and medium enterprises: `data/payment_law.yaml`. Pure.

Whether it holds is yes, no or unknown: of an enterprise whose size on the day of signing nobody knows, nothing is
assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from yingshang.kernel.reference.api import one_year_lending_rate

from ..errors import InvalidRules
from .rules import read_data


@dataclass(frozen=True, slots=True)
class PaymentLaw:
    """One law: until when is paid without an agreed term, and at most; what a late day costs. Articles by their matter
    (payment, inspection, interest).
    """

    code: str
    name: str
    name_en: str
    signed_from: date
    signed_until: date | None
    days: int
    most_days: int
    daily_rate: Decimal
    articles: Mapping[str, str]
    articles_en: Mapping[str, str]

    def article(self, matter: str) -> str:
        """The law with its article, as it is cited: 保障…条例（国务院令第802号）第九条."""
        return f"{self.name}{self.articles[matter]}"

    def article_en(self, matter: str) -> str:
        """The same in English."""
        return f"{self.name_en}, {self.articles_en[matter]}"


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """What of a contract and an obligation decides on the law."""

    signed_on: date
    counterparty_kind: str = "enterprise"
    counterparty_size: str = ""
    contract_kind: str = ""
    side: str = "unit"
    obligation_kind: str = "pay"


@dataclass(frozen=True, slots=True)
class Applies:
    """Whether a law holds: None is unknown. `why` is a code: no_law, not_price, counterparty, size, kind, covered."""

    yes: bool | None
    why: str
    law: PaymentLaw | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """What a late day costs, as a share of the open amount; None is unknown.

    `source` is a code: law (no rate agreed, the law's), agreed, floor (less was agreed than the law allows), none (none
    agreed, and no law gives one), unknown (it depends on what is not known). `confirmed` is False where the lending
    rate of the day of signing may be another one than is known here.
    """

    daily: Decimal | None
    source: str
    law: str = ""
    confirmed: bool = True

    @property
    def code(self) -> str:
        """How an obligation keeps it: agreed, none, law:d802."""
        return f"{self.source}:{self.law}" if self.law else self.source


def applies(facts: ContractFacts) -> Applies:
    """Whether a law of `data/payment_law.yaml` holds for an obligation, and which."""
    rules = _rules()
    if facts.side != "unit" or facts.obligation_kind not in rules.obligation_kinds:
        return Applies(False, "not_price")
    law = next((each for each in rules.laws if _in_force(each, facts.signed_on)), None)
    if law is None:
        return Applies(False, "no_law")
    # A clear no of one of them is enough, whatever the others are; unknown is only what no "no" decides.
    found = [
        ("counterparty", facts.counterparty_kind, rules.counterparties),
        ("size", facts.counterparty_size, rules.sizes),
        ("kind", facts.contract_kind, rules.contract_kinds),
    ]
    if refused := next((why for why, code, listed in found if code in listed[1]), None):
        return Applies(False, refused)
    if unknown := next((why for why, code, listed in found if code not in listed[0]), None):
        return Applies(None, unknown, law)
    return Applies(True, "covered", law)


def limits(facts: ContractFacts, signed_on: date | None = None) -> PaymentLaw | None:
    """The law that is known to hold; None where none does, or nobody knows (`applies` tells which)."""
    if signed_on is not None and signed_on != facts.signed_on:
        facts = ContractFacts(
            signed_on,
            facts.counterparty_kind,
            facts.counterparty_size,
            facts.contract_kind,
            facts.side,
            facts.obligation_kind,
        )
    found = applies(facts)
    return found.law if found.yes else None


def counts_from(event: str) -> bool:
    """Whether the law's days count from this event."""
    return event in _rules().events


def payment_law(code: str) -> PaymentLaw | None:
    """The law with this code."""
    return next((each for each in _rules().laws if each.code == code), None)


def rate_of(facts: ContractFacts, *, agreed: Decimal | None = None, standing: Applies | None = None) -> Rate:
    """What a late day of an obligation costs. `agreed` is the agreed share of a day, `standing` what `applies` says of
    these facts, where it was asked already.

    Of an agreed rate below the one-year lending rate of the day of signing the law makes that rate; whether it does is
    unknown where the size is, and then what was agreed is the least that is owed.
    """
    found = standing or applies(facts)
    if found.yes is None:
        return Rate(agreed, "agreed" if agreed is not None else "unknown")
    if not found.yes:
        return Rate(agreed, "agreed" if agreed is not None else "none")
    assert found.law is not None
    if agreed is None:
        return Rate(found.law.daily_rate, "law", found.law.code)
    lending = one_year_lending_rate(facts.signed_on)
    floor = None if lending is None else daily_of(lending.rate)
    confirmed = lending is not None and lending.confirmed(facts.signed_on)
    if floor is not None and agreed < floor:
        return Rate(floor, "floor", found.law.code, confirmed)
    return Rate(agreed, "agreed", "", confirmed)


def daily_of(yearly: Decimal) -> Decimal:
    """The share of a day of a year's rate, to the tenth place, as it is kept."""
    return (yearly / _rules().days_in_year).quantize(Decimal("1E-10"))


@dataclass(frozen=True, slots=True)
class _Rules:
    laws: tuple[PaymentLaw, ...]
    sizes: tuple[frozenset[str], frozenset[str]]
    counterparties: tuple[frozenset[str], frozenset[str]]
    contract_kinds: tuple[frozenset[str], frozenset[str]]
    obligation_kinds: frozenset[str]
    events: frozenset[str]
    days_in_year: int


def _in_force(law: PaymentLaw, signed_on: date) -> bool:
    return law.signed_from <= signed_on and (law.signed_until is None or signed_on <= law.signed_until)


@cache
def _rules() -> _Rules:
    data = read_data("payment_law")

    def both(name: str) -> tuple[frozenset[str], frozenset[str]]:
        return frozenset(data[name]["covered"]), frozenset(data[name]["not_covered"])

    try:
        return _Rules(
            laws=tuple(
                PaymentLaw(
                    code=row["code"],
                    name=row["name"],
                    name_en=row["name_en"],
                    signed_from=date.fromisoformat(row["signed_from"]),
                    signed_until=date.fromisoformat(row["signed_until"]) if "signed_until" in row else None,
                    days=int(row["days"]),
                    most_days=int(row["most_days"]),
                    daily_rate=Decimal(row["daily_rate"]),
                    articles=dict(row["articles"]),
                    articles_en=dict(row["articles_en"]),
                )
                for row in data["laws"]
            ),
            sizes=both("sizes"),
            counterparties=both("counterparties"),
            contract_kinds=both("contract_kinds"),
            obligation_kinds=frozenset(data["obligation_kinds"]),
            events=frozenset(data["events"]),
            days_in_year=int(data["days_in_year"]),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidRules(
            f"data/payment_law.yaml of contracts: {error!r}",
            message_zh=f"款项支付法规的规则文件无法读取：{error!r}",
        ) from error
