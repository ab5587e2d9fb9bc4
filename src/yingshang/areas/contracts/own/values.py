"""What an enterprise reads of its contracts with public units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..values import CorrectionView


@dataclass(frozen=True, slots=True)
class OwnContract:
    """One contract of an enterprise as its list shows it.

    `owed_fen` is what the unit still has to pay by it, of obligations with a day; `late_fen` what of it is late.
    """

    id: int
    number: str
    reference: str
    title: str
    kind: str
    agency_id: int
    agency_name: str
    party_id: int
    party_name: str
    amount_fen: int | None
    direction: str
    signed_on: date
    state: str
    obligation_count: int
    open_count: int
    next_due_on: date | None
    owed_fen: int
    late_fen: int
    waiting_for_me: int


@dataclass(frozen=True, slots=True)
class OwnContractPage:
    """Some of them, and how many there are."""

    rows: tuple[OwnContract, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Owed:
    """One payment an enterprise waits for.

    `late_days` counts from the day after it was due; zero before. `interest_fen` is what has grown until today: None
    where no rule says at what rate, unknown and not zero. `law` names the rule that sets the last day (`law_due_on`).
    `blocked_by` are one's own open appeals about it.
    """

    obligation_id: int
    contract_id: int
    contract_number: str
    contract_title: str
    agency_id: int
    agency_name: str
    party_id: int
    party_name: str
    title: str
    kind: str
    state: str
    due_on: date
    late_days: int
    amount_fen: int
    done_fen: int
    open_fen: int
    interest_fen: int | None
    daily_rate: Decimal | None
    rate_source: str
    law: str
    law_due_on: date | None
    disagreed: bool
    escalation: str
    blocked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwedPage:
    """Some of what is owed, and what all of it comes to.

    `interest_fen` adds up what is known; of `unknown_interest` late ones nobody can say.
    """

    rows: tuple[Owed, ...]
    total: int
    owed_fen: int
    late_count: int
    late_fen: int
    interest_fen: int
    unknown_interest: int
    since: date | None


@dataclass(frozen=True, slots=True)
class OwnSaid:
    """What one side has said about an obligation."""

    id: int
    side: str
    what: str
    happened_on: date
    amount_fen: int | None
    note: str
    state: str
    recorded_at: datetime
    recorded_by_name: str
    document_ids: tuple[int, ...]
    mine: bool


@dataclass(frozen=True, slots=True)
class OwnCancellation:
    """The unit says that it is done and asks that it be struck off: it waits for the enterprise's word until a day."""

    id: int
    obligation_id: int
    obligation_title: str
    contract_id: int
    contract_title: str
    agency_name: str
    party_id: int
    statement: str
    document_ids: tuple[int, ...]
    asked_at: datetime
    due_on: date | None
    open_fen: int
    blocked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnBlock:
    """Something that stands in the way of striking it off: an appeal, by its kind and number."""

    kind: str
    reference: str
    label: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class OwnObligation:
    """One obligation of either side, with what both say beside each other.

    `may` are the things the reader may say of it now: done, not_received, disputed, settled, not_paid.
    """

    id: int
    ordinal: int
    side: str
    kind: str
    title: str
    state: str
    terms: dict[str, object]
    derivation: dict[str, object]
    event_on: date | None
    due_on: date | None
    late_days: int
    law: str
    law_due_on: date | None
    amount_fen: int | None
    done_fen: int
    open_fen: int
    unit_said_fen: int | None
    counterparty_said_fen: int | None
    interest_fen: int | None
    daily_rate: Decimal | None
    rate_source: str
    disagreed: bool
    disputed: bool
    performed_on: date | None
    escalation: str
    said: tuple[OwnSaid, ...]
    corrections: tuple[CorrectionView, ...]
    blocks: tuple[OwnBlock, ...]
    cancellation: OwnCancellation | None
    notice_numbers: tuple[str, ...]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class OwnOne:
    """One obligation with the contract it is of, and where that unit is."""

    contract: OwnContract
    region_path: str
    obligation: OwnObligation


@dataclass(frozen=True, slots=True)
class OwnSupplement:
    """A supplement that has taken effect, was not agreed to, or waits for the enterprise's word until `due_on`: it
    eases what the unit is late with (`eased`). One that waited and was taken back stays to be seen (`dropped`). How
    one that waited has ended: `ended_at`, `ended_as` (counterparty, supervisor, or neither), `end_reason`. `may` are
    the things the reader may do now: agreed, declined.
    """

    id: int
    contract_id: int
    contract_title: str
    agency_name: str
    ordinal: int
    title: str
    reference: str
    signed_on: date
    effective_on: date
    reason: str
    state: str
    changes: Mapping[str, tuple[Any, Any]]
    obligation_changes: tuple[Mapping[str, Any], ...]
    eased: tuple[Mapping[str, Any], ...]
    due_on: date | None
    ended_at: datetime | None
    ended_as: str
    end_reason: str
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class OwnContractDetail:
    """One contract as the enterprise reads it."""

    summary: OwnContract
    starts_on: date | None
    ends_on: date | None
    open_ended: str
    obligations: tuple[OwnObligation, ...]
    supplements: tuple[OwnSupplement, ...]
    owed_fen: int
    interest_fen: int
    unknown_interest: int
