"""What the room gives away about paying: frozen values. Money is in fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class BudgetView:
    """What a level has set aside in a fund for a year, and what is left of it."""

    id: int
    year: int
    level: str
    amount_fen: int
    reserved_fen: int
    spent_fen: int
    free_fen: int


@dataclass(frozen=True, slots=True)
class BudgetChangeView:
    """Money put into a budget or taken out, and by which document."""

    year: int
    level: str
    amount_fen: int
    reason: str
    changed_at: datetime
    changed_by_name: str


@dataclass(frozen=True, slots=True)
class FundView:
    """A fund, the account it pays from (its last four), and its budgets, the newest year first."""

    id: int
    code: str
    name: str
    agency_name: str
    region_path: str
    channel: str
    payer_name: str
    payer_tail: str
    payer_bank_name: str
    demonstration: bool
    budgets: tuple[BudgetView, ...]
    waiting_count: int
    waiting_fen: int


@dataclass(frozen=True, slots=True)
class WaitingClaim:
    """A claim that waits for payment. `problem` says why it cannot be ordered: account, stopped, difference, or ""."""

    claim_id: int
    number: str
    party_name: str
    item_name: str
    amount_fen: int
    account: str
    problem: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """Some of what waits, and how many there are."""

    rows: tuple[WaitingClaim, ...]
    total: int


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch as lists show it. `open_count` orders have no end yet."""

    id: int
    message_id: str
    fund_id: int
    fund_name: str
    channel: str
    state: str
    execute_on: date
    orders_count: int
    amount_fen: int
    made_by_name: str
    made_at: datetime
    checked_by_name: str
    checked_at: datetime | None
    sent_at: datetime | None
    asked_at: datetime | None
    ended_at: datetime | None
    problem: str
    digest: str


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Some batches, newest first, and how many there are."""

    rows: tuple[BatchView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class OrderView:
    """A payment order, its account masked but for the last four."""

    id: int
    end_to_end_id: str
    claim_id: int
    claim_number: str
    party_name: str
    account_name: str
    account_tail: str
    bank_name: str
    amount_fen: int
    state: str
    reason_code: str
    reason: str
    bank_reference: str
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Some orders of a batch, and how many there are."""

    rows: tuple[OrderView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ReportView:
    """An answer of the bank about a batch, as it was taken in."""

    id: int
    report_id: str
    received_at: datetime
    applied: dict[str, object]


@dataclass(frozen=True, slots=True)
class BatchDetail:
    """A batch with how its orders stand: state → how many, and how much."""

    batch: BatchView
    states: dict[str, tuple[int, int]]
    attempts: int
    file_digest: str
    mine: bool
    may_send_again: bool
    evidence_from: date | None
    evidence_until: date | None
    evidence_missing: tuple[date, ...]
    evidence_sound: bool


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """What bank and books do not agree on."""

    id: int
    channel: str
    day: date
    kind: str
    key: str
    ours_fen: int | None
    theirs_fen: int | None
    told: str
    found_at: datetime
    explained_at: datetime | None
    explained_by_name: str
    explanation: str
    batch_id: int | None
    claim_id: int | None
    bookable: bool


@dataclass(frozen=True, slots=True)
class DifferencePage:
    """Some differences, those that are open first, and how many there are."""

    rows: tuple[DifferenceView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class StatementView:
    """A day of an account as the bank told it."""

    account_tail: str
    channel: str
    day: date
    opening_fen: int
    closing_fen: int
    lines_count: int
    complete: bool
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A way to a bank: its name, when it was last asked, and what is wrong with it."""

    code: str
    name: str
    configured: bool
    asked_at: datetime | None
    problem: str
    problem_since: datetime | None


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A line of the journal."""

    entry_id: int
    day: date
    kind: str
    reference: str
    told: str
    fund: str
    year: int
    level: str
    account: str
    amount_fen: int
    event_id: int


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Some lines, newest entries first, and how many there are."""

    rows: tuple[JournalRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PaymentContent:
    """The file of a batch to be downloaded."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class WaitingInstalment:
    """An instalment with a later condition. `found` is what facts say of it: due, later, lost, unknown; empty where
    nobody has looked yet. `evidence` are {"name", "text", "source", "as_of"}, `lacking` the facts nobody has.
    """

    claim_id: int
    claim_number: str
    claim_state: str
    item_name: str
    party_id: int
    party_name: str
    agency_name: str
    number: int
    text: str
    amount_fen: int
    state: str
    condition: str
    found: str
    found_at: datetime | None
    evidence: tuple[Mapping[str, Any], ...]
    lacking: tuple[str, ...]
    decided_by_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class InstalmentPage:
    """Some of them, those a person has to decide first, and how many there are."""

    rows: tuple[WaitingInstalment, ...]
    total: int
