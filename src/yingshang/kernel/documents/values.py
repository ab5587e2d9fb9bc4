"""What others see of documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Owner:
    """What a document belongs to: a kind registered by the room it is of, and its number there."""

    kind: str
    identifier: str


@dataclass(frozen=True, slots=True)
class CheckedUpload:
    """What the checks of a file found: under this name, of these bytes."""

    name: str
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document, without its bytes."""

    id: int
    sha256: str
    size: int
    name: str
    content_type: str
    created_at: datetime
    owner: Owner
    created_by: str = ""
    template: str = ""
    template_version: int | None = None


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A document and a file object on its bytes, which the reader closes."""

    document: DocumentView
    file: BinaryIO

    def chunks(self, start: int, length: int, size: int = 64 * 1024) -> Iterator[bytes]:
        """`length` bytes from `start`, piece by piece."""
        self.file.seek(start)
        while length > 0:
            piece = self.file.read(min(size, length))
            if not piece:
                return
            length -= len(piece)
            yield piece


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """The text of a file; `complete` is False when a limit cut it short."""

    text: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that a template may use, what it is, and an example of it."""

    name: str
    label: str
    label_en: str
    example: str = ""
    example_en: str = ""


@dataclass(frozen=True, slots=True)
class TextProblem:
    """One thing wrong with a template's text: language, field, line and column from 1, and what to write instead."""

    language: str
    field: str
    line: int
    column: int
    message: str
    message_zh: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class TemplateVersionView:
    """One version; `number` is None for the draft. `texts` are language → field → text."""

    id: int
    number: int | None
    state: str
    texts: Mapping[str, Mapping[str, str]]
    saved_by: str
    saved_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A template with the version in use and the draft, if there is one."""

    code: str
    name: str
    name_en: str
    description: str
    description_en: str
    region_path: str
    variables: tuple[Variable, ...]
    published: TemplateVersionView | None
    draft: TemplateVersionView | None
    used: int = 0


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep took away: files nobody owns, half-written ones, and contents of removed documents."""

    orphans: int
    half_written: int
    removed: int
