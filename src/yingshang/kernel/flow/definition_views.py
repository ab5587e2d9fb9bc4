"""Definitions as values, as others get them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .definitions import Finding


@dataclass(frozen=True, slots=True)
class DefinitionSummary:
    """A definition in a list."""

    code: str
    name: str
    name_en: str
    source: str
    region_path: str
    changed_at: datetime
    published: int | None
    """The number of the newest published version; None while there is none."""
    has_draft: bool
    open_cases: int

    def label(self, language: str) -> str:
        return self.name_en if language.startswith("en") and self.name_en else self.name


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A published version in a list."""

    number: int
    note: str
    changed_by: str
    published_at: datetime
    open_cases: int


@dataclass(frozen=True, slots=True)
class DefinitionDraft:
    """What is being written. `steps` is empty when it was uploaded or drawn."""

    steps: str
    bpmn: str
    note: str
    changed_by: str
    changed_at: datetime
    findings: tuple[Finding, ...]

    @property
    def can_be_published(self) -> bool:
        return not any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class DefinitionDetail:
    """A definition with its versions, the newest first, and its draft."""

    code: str
    name: str
    name_en: str
    source: str
    region_path: str
    created_at: datetime
    changed_at: datetime
    versions: tuple[VersionSummary, ...]
    draft: DefinitionDraft | None

    def label(self, language: str) -> str:
        return self.name_en if language.startswith("en") and self.name_en else self.name


@dataclass(frozen=True, slots=True)
class DefinitionVersionView:
    """One published version with everything it says."""

    code: str
    number: int
    steps: str
    bpmn: str
    spec: str
    note: str
    changed_by: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class DefinitionPreview:
    """What a text would become, without keeping it."""

    bpmn: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """Whether one open case could go on in another version, and what would change for it."""

    case_id: int
    number: str
    title: str
    version: int
    possible: bool
    reason: str
    reason_zh: str
    ready_now: tuple[str, ...]
    ready_then: tuple[str, ...]

    def why(self, language: str) -> str:
        return self.reason if language.startswith("en") else self.reason_zh


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """The open cases on other versions. `rows` may be fewer than `total`: the oldest are shown."""

    code: str
    to_version: int
    total: int
    possible: int
    rows: tuple[MigrationRow, ...]
