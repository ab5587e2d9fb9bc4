"""What officials read of contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from yingshang.kernel.clock.api import DeadlineView
from yingshang.kernel.documents.api import DocumentView
from yingshang.kernel.reference.api import InterestStep


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract as lists of the desk show it. `next_due_on` is the next day something of it is due, or was."""

    id: int
    number: str
    reference: str
    title: str
    kind: str
    secrecy: str
    state: str
    agency_id: int
    agency_name: str
    region_path: str
    party_id: int | None
    counterparty_name: str
    counterparty_code: str
    amount_fen: int | None
    direction: str
    signed_on: date
    ends_on: date | None
    obligation_count: int
    open_count: int
    next_due_on: date | None
    late: bool
    disagreed: bool
    disputed: bool
    escalation: str
    source: str
    registered_at: datetime
    demonstration: bool


@dataclass(frozen=True, slots=True)
class ContractPage:
    """Some of them. `total` is exact unless `at_least`: then there are more."""

    rows: tuple[ContractRow, ...]
    total: int
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class SaidView:
    """What one side has said of an obligation. `may`: withdrawn."""

    id: int
    side: str
    what: str
    happened_on: date
    amount_fen: int | None
    interest_fen: int
    note: str
    state: str
    document_ids: tuple[int, ...]
    recorded_at: datetime
    recorded_by_name: str
    withdrawn_at: datetime | None
    withdrawn_by_name: str
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A supervision notice, as the page of its contract names it."""

    id: int
    number: str
    state: str
    obligation_id: int
    issued_at: datetime
    due_on: date | None
    document_id: int | None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case with the transfers that came of it."""

    id: int
    number: str
    state: str
    obligation_id: int
    opened_at: datetime
    due_on: date | None
    transfers: tuple[tuple[int, str, str], ...]
    """Of each transfer its number in the register, the number as it is written, and the state."""
    goes_on: bool = False
    """It is closed, and a body still deals with a transfer of it."""


@dataclass(frozen=True, slots=True)
class CancellationLine:
    """A cancellation, as the page of its contract names it."""

    id: int
    state: str
    obligation_id: int
    statement: str
    asked_at: datetime
    asked_by_name: str
    due_on: date | None
    decided_as: str
    decided_by_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class BlockLine:
    """Something outside that stands in the way of a cancellation."""

    obligation_id: int
    kind: str
    reference: str
    label: str
    since: datetime


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A supervisor has corrected what an obligation is counted from: `before` and `after` are its terms, the day of
    its event, its own day and its state; `eased` what the unit was late with and is less of, or later, by it. Who did
    it is told the unit and who supervises by name; the other side reads in whose name.
    """

    id: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    eased: tuple[Mapping[str, Any], ...]
    reason: str
    document_ids: tuple[int, ...]
    agency_name: str
    made_by_name: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ObligationView:
    """One obligation of either side, with both sides' word beside each other.

    `interest_fen` is what has grown until today, None where nobody can say (`interest_unknown` says why: amount, due or
    rate). `terms` is the rule, `derivation` how the day came of it. `may` are the things the reader may do now: record
    (something was performed), dispute, settle, cancel, notice, case, release, drop, corrected.
    """

    id: int
    ordinal: int
    side: str
    kind: str
    title: str
    terms: Mapping[str, Any]
    derivation: Mapping[str, Any]
    event: str
    event_on: date | None
    after_ordinal: int | None
    due_on: date | None
    law_due_on: date | None
    law: str
    amount_fen: int | None
    done_fen: int
    open_fen: int
    unit_said_fen: int | None
    counterparty_said_fen: int | None
    daily_rate: Decimal | None
    rate_source: str
    late_days: int
    interest_fen: int | None
    interest_unknown: str
    interest_steps: tuple[InterestStep, ...]
    state: str
    disagreed: bool
    disputed: bool
    performed_on: date | None
    confirmed_by: str
    budget_reserved: bool | None
    escalation: str
    supplement_ordinal: int | None
    deadline: DeadlineView | None
    said: tuple[SaidView, ...]
    corrections: tuple[CorrectionView, ...]
    blocks: tuple[BlockLine, ...]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class SupplementView:
    """A supplement with what it changes: {field: (before, after)}. `may`: approved, dropped. Where it eases what the
    unit is late with (`eased`: as it is, as it would be), it takes effect once the other side has agreed, by `due_on`.
    Who took it back stands beside who had decided.
    """

    id: int
    ordinal: int
    reference: str
    title: str
    signed_on: date
    effective_on: date
    reason: str
    changes: Mapping[str, tuple[Any, Any]]
    obligation_changes: tuple[Mapping[str, Any], ...]
    state: str
    proposed_by_name: str
    proposed_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    remark: str
    dropped_by_name: str
    dropped_at: datetime | None
    drop_reason: str
    needs_agreement: bool
    eased: tuple[Mapping[str, Any], ...]
    due_on: date | None
    agreed_as: str
    agreed_by_name: str
    agreed_at: datetime | None
    agreement_reason: str
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a contract: what it is, and whether the other side may open it."""

    document: DocumentView
    purpose: str
    own: bool

    @property
    def id(self) -> int:
        """The number of its document."""
        return self.document.id


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """Something that was done about a contract."""

    at: datetime
    action: str
    by_name: str
    reason: str
    event_id: int


@dataclass(frozen=True, slots=True)
class ContractDetail:
    """One contract with everything of it.

    `counterparty_person` is the whole name of a natural person, for those of the unit that signed; empty for others.
    `owed_fen` is what the unit owes and is late with, `interest_fen` what has grown on it; of `unknown_interest` late
    ones nobody can say. `may` are the things the reader may do now: events of the table of states (changed, submitted,
    returned, registered, planned, suspended …), and supplement, event, event_withdrawn, file, file_removed.
    `withdrawable` are the events somebody may take back: something that is not done began by them.
    """

    id: int
    number: str
    reference: str
    title: str
    kind: str
    secrecy: str
    state: str
    agency_id: int
    agency_name: str
    region_path: str
    party_id: int | None
    counterparty_kind: str
    counterparty_name: str
    counterparty_person: str
    counterparty_code: str
    counterparty_size: str
    others: tuple[Mapping[str, str], ...]
    amount_fen: int | None
    direction: str
    signed_on: date
    starts_on: date | None
    ends_on: date | None
    open_ended: str
    note: str
    revision: int
    source: str
    source_reference: str
    ocid: str
    batch_id: int | None
    registered_by_name: str
    registered_at: datetime
    submitted_at: datetime | None
    reviewed_by_name: str
    reviewed_at: datetime | None
    ended_at: datetime | None
    reason: str
    demonstration: bool
    obligation_count: int
    open_count: int
    next_due_on: date | None
    escalation: str
    owed_fen: int
    interest_fen: int
    unknown_interest: int
    obligations: tuple[ObligationView, ...]
    rules: tuple[Mapping[str, Any], ...]
    supplements: tuple[SupplementView, ...]
    notices: tuple[NoticeLine, ...]
    cases: tuple[CaseLine, ...]
    cancellations: tuple[CancellationLine, ...]
    files: tuple[FileView, ...]
    history: tuple[HistoryLine, ...]
    events: Mapping[str, date]
    withdrawable: tuple[str, ...]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class QuarterView:
    """A quarter of a unit: how many contracts it signed in it, and whether it has said that there is none."""

    agency_id: int
    agency_name: str
    year: int
    quarter: int
    contract_count: int
    declared: bool
    note: str
    declared_by_name: str
    declared_at: datetime | None
    may: frozenset[str]
    """declared, withdrawn."""
