"""What pages are told of figures: frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Sum:
    """Open obligations of a kind: how many, of them in money, what they come to. `interest_fen` is what has grown until
    the day, but for `unrated`, of which nobody knows the rate.
    """

    count: int = 0
    money_count: int = 0
    fen: int = 0
    interest_fen: int = 0
    unrated: int = 0
    disagreed: int = 0
    unreserved: int = 0


@dataclass(frozen=True, slots=True)
class AgeSum:
    """What has been late for so long."""

    code: str
    name: str
    name_en: str
    sum: Sum


@dataclass(frozen=True, slots=True)
class NextSum:
    """What is due within so many days, those that are due sooner included."""

    days: int
    sum: Sum


@dataclass(frozen=True, slots=True)
class PartFigures:
    """A part of a region."""

    late_count: int = 0
    late_fen: int = 0
    interest_fen: int = 0
    open_count: int = 0


@dataclass(frozen=True, slots=True)
class ContractOverview:
    """One region on one day. What units owe, unless it says the other side. `fen` of contracts leaves out the
    `unpriced_count`, whose price is unknown.
    """

    today: date
    unit_count: int
    contract_count: int
    contract_fen: int
    unpriced_count: int
    in_force_count: int
    bare_count: int
    waiting_count: int
    open: Sum
    late: Sum
    ages: tuple[AgeSum, ...]
    next: tuple[NextSum, ...]
    counterparty_late: Sum
    parts: Mapping[str, PartFigures]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit. `in_time` is the share in time among what was done in the months of the rules and what is late and
    open, as in portraits: None where that is too little to say anything. `late_days` is the average of what was done
    late.
    """

    agency_id: int
    agency_name: str
    region_path: str
    contract_count: int
    contract_fen: int
    in_force_count: int
    bare_count: int
    open_count: int
    late_count: int
    late_fen: int
    interest_fen: int
    unrated: int
    oldest: date | None
    done_count: int
    in_time: float | None
    late_days: float | None


@dataclass(frozen=True, slots=True)
class UnitPage:
    """Some of them, and how many there are."""

    rows: tuple[UnitRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SilentUnit:
    """A unit that neither signed a contract in a quarter nor said that it signed none."""

    agency_id: int
    agency_name: str
    region_path: str
    last_signed_on: date | None


@dataclass(frozen=True, slots=True)
class SilentPage:
    """Some of them."""

    rows: tuple[SilentUnit, ...]
    total: int
    year: int
    quarter: int


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One obligation behind a figure. `interest_fen` is None where it cannot be known."""

    obligation_id: int
    contract_id: int
    contract_number: str
    contract_title: str
    agency_id: int
    agency_name: str
    counterparty_name: str
    side: str
    kind: str
    title: str
    state: str
    due_on: date | None
    performed_on: date | None
    late_days: int
    amount_fen: int | None
    open_fen: int
    interest_fen: int | None
    escalation: str
    disagreed: bool


@dataclass(frozen=True, slots=True)
class FigurePage:
    """Some of them. With `at_least` there are more than were counted."""

    rows: tuple[FigureRow, ...]
    total: int
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class BareContract:
    """A contract in force of which nobody has written down what it obliges to."""

    contract_id: int
    number: str
    title: str
    agency_name: str
    counterparty_name: str
    amount_fen: int | None
    signed_on: date


@dataclass(frozen=True, slots=True)
class BarePage:
    """Some of them."""

    rows: tuple[BareContract, ...]
    total: int
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class RiskRow:
    """A payment that may not be made in time, and why: codes of data/risks.yaml, the heaviest first."""

    obligation_id: int
    contract_id: int
    contract_number: str
    contract_title: str
    agency_id: int
    agency_name: str
    title: str
    due_on: date | None
    open_fen: int
    points: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RiskPage:
    """Some of them, the heaviest first."""

    rows: tuple[RiskRow, ...]
    total: int
