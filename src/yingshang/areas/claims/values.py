"""What the room gives away: frozen values, never rows. Money is in fen; None is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ClaimSummary:
    """A claim as lists show it."""

    id: int
    number: str
    party_id: int
    party_name: str
    credit_code: str
    item_code: str
    item_name: str
    period: str
    mode: str
    state: str
    expected_fen: int | None
    award_fen: int | None
    paid_fen: int
    region_path: str
    agency_name: str
    submitted_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    stopped: bool
    # The number of what was applied for in one go.
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """Some claims, newest first, and how many there are."""

    rows: tuple[ClaimSummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ClaimFact:
    """A fact as the decision read it, frozen when the claim was handed in."""

    column: str
    value: Any
    source: str
    as_of: date | None


@dataclass(frozen=True, slots=True)
class MaterialView:
    """A material of a claim. `promised_until` is the day it is due, of a promise."""

    id: int
    code: str
    name: str
    origin: str
    document_id: int | None
    promised_until: date | None
    kept: bool | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account, its number masked but for the last four."""

    id: int
    channel: str
    name: str
    tail: str
    bank_name: str
    state: str
    problem: str
    standing: bool


@dataclass(frozen=True, slots=True)
class InstalmentView:
    """One payment of an award, and the order that pays it, if there is one."""

    number: int
    text: str
    amount_fen: int
    state: str
    condition: str
    order_state: str
    paid_on: date | None
    reference: str
    problem: str
    # What the facts said of its later condition: due, later, lost, unknown; empty: not looked at.
    found: str = ""
    lacking: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ClaimDetail:
    """A claim with all there is to it. `grounds` are the conditions a refusal names."""

    summary: ClaimSummary
    version: int
    facts: tuple[ClaimFact, ...]
    materials: tuple[MaterialView, ...]
    lines: tuple[Mapping[str, Any], ...]
    instalments: tuple[InstalmentView, ...]
    account: AccountView | None
    receipt_id: int | None
    submission_id: int | None
    case_id: int | None
    prefilled: int
    fields: int
    accepted_by: str
    reviewed_by: str
    approved_by: str
    decided_at: datetime | None
    reason: str
    grounds: tuple[Mapping[str, Any], ...]
    submitted_event: int | None
    decided_event: int | None
    list_number: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """One line of the way of a claim, like that of a parcel: what happened, when, and by whom.

    The last one that is not `done` says who has it now, and until when.
    """

    event: str
    name: str
    name_en: str
    at: datetime | None
    who: str
    note: str
    done: bool = True
    due_on: date | None = None
    overdue: bool = False
