"""What this room hands out: frozen values, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from .specification import FieldSpec, SectionSpec, Specification, specification


@dataclass(frozen=True, slots=True)
class FormVersionView:
    """One version of a form. `number` is the published version's; a draft has the number it will get."""

    id: int
    form_id: int
    code: str
    name: str
    name_en: str
    number: int
    state: str
    region_path: str
    schema: Mapping[str, Any]
    layout: Mapping[str, Any]
    digest: str
    revision: int
    note: str
    changed_at: datetime
    changed_by_name: str
    published_at: datetime | None
    published_by_name: str

    @property
    def specification(self) -> Specification:
        """The version, read."""
        return specification(self.schema, self.layout, self.digest)

    @property
    def fields(self) -> Mapping[str, FieldSpec]:
        return self.specification.fields

    @property
    def sections(self) -> tuple[SectionSpec, ...]:
        return self.specification.sections

    def label(self, language: str) -> str:
        return self.name_en if language.startswith("en") else self.name


@dataclass(frozen=True, slots=True)
class FormSummary:
    """A form as lists show it."""

    id: int
    code: str
    name: str
    name_en: str
    region_path: str
    published: int | None
    published_at: datetime | None
    draft: int | None
    draft_changed_at: datetime | None
    submissions: int


@dataclass(frozen=True, slots=True)
class FormPage:
    """Some forms, and how many there are in all."""

    rows: tuple[FormSummary, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Prefilled:
    """A value a field begins with, and where it comes from."""

    value: Any
    source: str
    as_of: date
    from_: Literal["fact", "submission"]
    source_en: str = ""
    stale: bool = False

    def source_in(self, language: str) -> str:
        return (self.source_en or self.source) if language.startswith("en") else self.source


@dataclass(frozen=True, slots=True)
class DraftView:
    """What somebody has typed so far. `displaced` is what a window lost to another one, if one did."""

    key: str
    form_code: str
    version: int
    party_id: int
    subject: str
    data: Mapping[str, Any]
    revision: int
    updated_at: datetime
    displaced: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SourceOfValue:
    """Where a field's first value came from, and whether the person changed it."""

    from_: str
    source: str
    as_of: date
    value: Any
    changed: bool
    source_en: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """What was submitted. `documents` are the numbers of its files; `repeated`: it had been submitted before."""

    id: int
    key: str
    form_code: str
    version: int
    party_id: int
    subject: str
    values: Mapping[str, Any]
    sources: Mapping[str, SourceOfValue]
    documents: tuple[int, ...]
    digest: str
    submitted_at: datetime
    submitted_by: int | None
    submitted_by_name: str
    outcome: str = ""
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """What was filled in where a process keeps it itself. `documents` are the numbers of its files.

    `digest` is that of `text`, which is the values as JSON.
    """

    form_code: str
    version: int
    values: Mapping[str, Any]
    text: str
    documents: tuple[int, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class SubmissionSummary:
    """A submission as lists show it."""

    id: int
    form_code: str
    name: str
    name_en: str
    version: int
    subject: str
    submitted_at: datetime
    submitted_by_name: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two versions of a form do not have in common."""

    kind: Literal["added", "removed", "changed", "moved"]
    what: str
    name: str
    before: str = ""
    after: str = ""
