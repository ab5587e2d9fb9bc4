"""What this room hands out: frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from yingshang.kernel.access.api import mask
from yingshang.kernel.reference.api import FactDefinition


@dataclass(frozen=True, slots=True)
class PartySummary:
    """A party as lists show it."""

    id: int
    kind: str
    credit_code: str | None
    name: str
    region_code: str | None
    region_name: str
    region_full_name: str
    industry: str
    industry_name: str
    size: str
    status: str
    demonstration: bool


@dataclass(frozen=True, slots=True)
class PartyTraits:
    """What parties are grouped by. `region_path` is empty where the region is not known."""

    id: int
    region_path: str
    industry: str
    size: str


@dataclass(frozen=True, slots=True)
class PartyDetail(PartySummary):
    """A party as its own page shows it. E-mail, phone and identity number are masked."""

    established_on: date | None
    contact_email: str
    contact_phone: str
    identity_number: str
    merged_into: int | None
    mandates_count: int
    as_of: date | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PartyPage:
    """Some parties, and how many there are in all."""

    rows: tuple[PartySummary, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class FactValue:
    """One value of one fact, with where it comes from.

    `value` is Decimal, str, bool, date or a list, `text` the same for the screen. Personal data not shown in the clear
    has `hidden` set, no value and stars for text.
    """

    column: str
    code: str
    name: str
    year: int | None
    type: str
    unit: str | None
    value: Any
    text: str
    source: str
    as_of: date
    received_at: datetime
    stale: bool
    stale_since: date | None
    sensitivity: str
    hidden: bool = False
    import_id: int | None = None

    @property
    def label(self) -> str:
        """The Chinese name with the year of a series: 营业收入2025年."""
        return self.name if self.year is None else f"{self.name}{self.year}年"


@dataclass(frozen=True, slots=True)
class PortraitView:
    """The facts known of a party, in the order of the catalogue, and those of which nothing is known."""

    party_id: int
    facts: tuple[FactValue, ...]
    missing: tuple[FactDefinition, ...]
    known_at: datetime | None = None

    def by_source(self) -> dict[str, tuple[FactValue, ...]]:
        """Source → its facts; sources in the order in which they first occur."""
        groups: dict[str, list[FactValue]] = {}
        for fact in self.facts:
            groups.setdefault(fact.source, []).append(fact)
        return {source: tuple(facts) for source, facts in groups.items()}

    def series(self, code: str) -> tuple[FactValue, ...]:
        """The years of one series, oldest first."""
        years = [fact for fact in self.facts if fact.code == code and fact.year is not None]
        return tuple(sorted(years, key=lambda fact: fact.year or 0))

    def get(self, column: str) -> FactValue | None:
        """The value of one column, or None when nothing is known."""
        return next((fact for fact in self.facts if fact.column == column), None)


@dataclass(frozen=True, slots=True)
class RegionCount:
    """The enterprises of a region and everything below it.

    `stale` are those of which nobody has told anything for a year; `latest` is the newest day anything was told of.
    """

    region_code: str
    name: str
    parties: int
    stale: int
    latest: date | None


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A division as the platform keeps it."""

    code: str
    path: str
    name: str
    full_name: str
    level: str
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """An agency as lists show it."""

    id: int
    code: str
    name: str
    kind: str
    region_code: str
    region_name: str
    region_full_name: str
    region_path: str
    parent_id: int | None
    parent_name: str
    is_active: bool
    document_code: str


@dataclass(frozen=True, slots=True)
class AgencyPage:
    """Some agencies, and how many there are in all."""

    rows: tuple[AgencyRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Contact:
    """The contact an enterprise is registered with: in the clear, for sending to, and masked, for showing."""

    party_id: int
    name: str
    email: str = field(repr=False)
    phone: str = field(repr=False)

    def masked(self) -> tuple[str, str]:
        """E-mail and phone as a page may show them."""
        return masked_email(self.email), mask(self.phone)


def masked_email(address: str) -> str:
    """w***@example.org: the first character and the domain."""
    local, at, domain = address.partition("@")
    return f"{mask(local, head=1, tail=0)}{at}{domain}" if local else ""


@dataclass(frozen=True, slots=True)
class ReferenceDataSummary:
    """What loading the reference data changed; all noughts when it was there already."""

    regions_added: int
    regions_changed: int
    agencies_added: int
    agencies_changed: int

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return any((self.regions_added, self.regions_changed, self.agencies_added, self.agencies_changed))


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import came to, or has come to so far. created + changed + unchanged + rejected = rows_done.

    `confirmed` counts those of the unchanged that added to the history: told again as of a newer day, or older news.
    `already_imported` says that the file had been imported completely before, and nothing was done.
    `rejects_kept_until` is the last day its rejected rows are kept.
    """

    id: int
    file_name: str
    source: str
    as_of: date
    state: str
    rows_done: int
    rows_total: int | None
    created: int
    changed: int
    unchanged: int
    confirmed: int
    rejected: int
    demonstration: bool
    started_by_name: str
    started_at: datetime
    finished_at: datetime | None
    message: str
    already_imported: bool = False
    about: str = "enterprises"
    rejects_kept_until: date | None = None

    @property
    def nothing_changed(self) -> bool:
        """Whether the register is as it was before."""
        return self.already_imported or not (self.created or self.changed or self.confirmed)


@dataclass(frozen=True, slots=True)
class ImportPage:
    """Some imports, and how many there are in all."""

    rows: tuple[ImportSummary, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class RejectReason:
    """One reason why a row was not taken."""

    column: str | None
    value: str | None
    code: str
    message: str
    message_zh: str


@dataclass(frozen=True, slots=True)
class RejectRow:
    """A row that was not taken, with every reason. `row` counts data rows from 1, `line` is the line of the file."""

    row: int
    line: int | None
    subject: str
    reasons: tuple[RejectReason, ...]


@dataclass(frozen=True, slots=True)
class RejectPage:
    """Some rejects, and how many there are in all."""

    rows: tuple[RejectRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class DuplicateCandidate:
    """Two parties that may be one. `reasons` are `name`, `phone` and `email`: what they have in common."""

    kept: PartySummary
    duplicate: PartySummary
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuplicatePage:
    """Some pairs, and how many there are in all."""

    rows: tuple[DuplicateCandidate, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A merge, in force unless it was undone."""

    id: int
    kept: PartySummary
    duplicate: PartySummary
    reason: str
    merged_by_name: str
    merged_at: datetime
    undone_at: datetime | None
    undone_by_name: str


@dataclass(frozen=True, slots=True)
class MergePage:
    """Some merges, and how many there are in all."""

    rows: tuple[MergeRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class DistinctRow:
    """Two parties that somebody found not to be one, in force unless it was taken back."""

    id: int
    first: PartySummary
    second: PartySummary
    reason: str
    marked_by_name: str
    marked_at: datetime
    taken_back_at: datetime | None
    taken_back_by_name: str


@dataclass(frozen=True, slots=True)
class DistinctPage:
    """Some marks, and how many there are in all."""

    rows: tuple[DistinctRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class SnapshotSummary:
    """What updating the snapshot came to: files written now, files and enterprises in all, the newest revision."""

    parts_written: int
    parts: int
    parties: int
    revision: int
