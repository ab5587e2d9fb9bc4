"""What the room gives away: frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .sentences import Sentence


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document as lists show it. `level` is national, or the level of its division."""

    id: int
    title: str
    number: str
    issuer: str
    region_path: str
    level: str
    issued_on: date | None
    status: str
    url: str
    is_public: bool
    demonstration: bool
    items: int


@dataclass(frozen=True, slots=True)
class DocumentDetail:
    """A document with its text."""

    summary: DocumentSummary
    text: str
    sentences: tuple[Sentence, ...]
    note: str
    file_id: int | None
    agency_id: int | None
    revision: int
    changed_at: datetime
    changed_by_name: str


@dataclass(frozen=True, slots=True)
class DocumentPage:
    rows: tuple[DocumentSummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version of an item with all it says."""

    id: int
    item_id: int
    code: str
    number: int
    state: str
    source: str
    digest: str
    revision: int
    links: dict[str, list[int]]
    elements: dict[str, Any]
    remarks: tuple[str, ...]
    name: str
    summary: str
    issuer: str
    region_path: str
    kind: str
    delivery: str
    effective_from: date | None
    effective_to: date | None
    windows: tuple[dict[str, str], ...]
    benefit_text: str
    tags: tuple[str, ...]
    facts: tuple[str, ...]
    note: str
    case_id: int | None
    changed_at: datetime
    changed_by_name: str
    submitted_at: datetime | None
    published_at: datetime | None
    published_by_name: str
    published_event: int | None
    ended_at: datetime | None
    end_reason: str


@dataclass(frozen=True, slots=True)
class ItemSummary:
    """An item as lists of officials show it: by the version being worked on, or else the one in force."""

    id: int
    code: str
    name: str
    issuer: str
    region_path: str
    kind: str
    delivery: str
    document_id: int | None
    document_title: str
    agency_id: int | None
    state: str
    number: int
    published_number: int | None
    effective_from: date | None
    effective_to: date | None
    changed_at: datetime
    demonstration: bool


@dataclass(frozen=True, slots=True)
class LinkedItem:
    """An item made of a document: `links` lead from ids of its conditions to numbers of sentences."""

    code: str
    name: str
    state: str
    number: int
    links: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class ItemPage:
    rows: tuple[ItemSummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """An item, the version in force and the one being worked on, and the numbers of all versions."""

    summary: ItemSummary
    current: VersionView | None
    open: VersionView | None
    versions: tuple[VersionView, ...]


@dataclass(frozen=True, slots=True)
class PublishedItem:
    """An item in force, as everybody may see it."""

    item_id: int
    version_id: int
    version: int
    code: str
    name: str
    summary: str
    source: str
    digest: str
    issuer: str
    region_path: str
    kind: str
    delivery: str
    effective_from: date | None
    effective_to: date | None
    windows: tuple[dict[str, str], ...]
    benefit_text: str
    tags: tuple[str, ...]
    facts: tuple[str, ...]
    document_id: int | None
    document_title: str
    published_at: datetime
    demonstration: bool
