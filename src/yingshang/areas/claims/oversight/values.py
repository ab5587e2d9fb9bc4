"""What the supervisor's desk and the pages of recoveries show: frozen values. Money is in fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from yingshang.kernel.reference.api import InterestStep


@dataclass(frozen=True, slots=True)
class TripView:
    """What the circuit breaker has stopped: a claim, an item (`item_code`) or a fund; `of` is how it is called.

    `upheld`: a supervisor found it to be so, and it stays stopped.
    """

    id: int
    number: str
    rule: str
    rule_name: str
    rule_name_en: str
    version: str
    target: str
    of: str
    claim_id: int | None
    claim_number: str
    claim_state: str
    amount_fen: int | None
    item_code: str
    state: str
    upheld: bool
    grounds: tuple[Mapping[str, str], ...]
    region_path: str
    tripped_at: datetime
    decided_at: datetime | None
    decided_by_name: str
    reason: str
    event_id: int | None
    decided_event: int | None


@dataclass(frozen=True, slots=True)
class TripPage:
    """Some trips, those that wait first, and how many there are."""

    rows: tuple[TripView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One instalment of what is to be given back: `open_fen` of it has not come yet."""

    due_on: date
    amount_fen: int
    open_fen: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class RepaymentView:
    """What came back, in one line of a bank's statement."""

    paid_on: date
    amount_fen: int
    interest_fen: int
    bank_reference: str


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """Money asked back. `interest_rate` is that of the first day; where none is asked, `interest_source` says why.

    `interest_fen` is what has come up until `as_of`; `open_principal_fen` and `open_interest_fen` are still to come.
    `unconfirmed_from`: from that day on the rate is the last that is known, and a later one may have been published.
    """

    id: int
    number: str
    claim_id: int
    claim_number: str
    item_name: str
    party_name: str
    region_path: str
    state: str
    principal_fen: int
    interest_rate: str
    interest_source: str
    interest_from: date | None
    unconfirmed_from: date | None
    reason: str
    basis: str
    plan: tuple[PlannedPart, ...]
    steps: tuple[InterestStep, ...]
    repayments: tuple[RepaymentView, ...]
    repaid_fen: int
    interest_fen: int
    open_principal_fen: int
    open_interest_fen: int
    as_of: date
    demanded_at: datetime
    demanded_by_name: str
    ended_at: datetime | None
    decision: str
    event_id: int | None


@dataclass(frozen=True, slots=True)
class RecoveryPage:
    """Some recoveries, newest first, and how many there are."""

    rows: tuple[RecoveryView, ...]
    total: int
