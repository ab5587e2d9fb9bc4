"""Refusals of this room."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class DocumentNotFound(DomainError):
    """No such document, or none the actor may open."""

    code = "documents.not_found"


class ContentMissing(DomainError):
    """The document is known, its bytes are not where they should be."""

    code = "documents.content_unavailable"


class RefusedFile(DomainError):
    """A file that is not taken in. `reason` says why in one word: empty, size, kind, content, damaged, encrypted,
    active, bomb, two_formats, name, encoding, length, pictures."""

    code = "documents.refused_file"


class UnreadableContent(DomainError):
    """A file whose text cannot be read, or not within the limits."""

    code = "documents.unreadable"


class TemplateNotFound(DomainError):
    """No such template or version, or none the actor may manage."""

    code = "documents.template_not_found"


class InvalidTemplate(DomainError):
    """A text that cannot be used; `problems` lists each with field, line and column."""

    code = "documents.invalid_template"


class TemplateConflict(DomainError):
    """Nothing to publish, or somebody else changed the draft meanwhile."""

    code = "documents.template_conflict"


class MissingValue(DomainError):
    """A template asks for values that were not given."""

    code = "documents.missing_value"


class CannotTypeset(DomainError):
    """A text too long or too strange to be set within the limits."""

    code = "documents.cannot_typeset"
