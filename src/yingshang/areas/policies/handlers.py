"""Who is told, in the same transaction, that an item was published or withdrawn, or a document taken in or changed:
search, matching, subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from .models import ItemVersion, PolicyDocument, PolicyItem

Handler = Callable[[ItemVersion, datetime], None]
DocumentHandler = Callable[[PolicyDocument, datetime], None]
InterpretationHandler = Callable[[PolicyItem | None, PolicyDocument | None, datetime], None]

_published: list[Handler] = []
_withdrawn: list[Handler] = []
_documents: list[DocumentHandler] = []
_interpretations: list[InterpretationHandler] = []


def on_published(handler: Handler) -> None:
    """Call `handler(version, now)` whenever a version is published; called when Django starts."""
    _published.append(handler)


def on_withdrawn(handler: Handler) -> None:
    """Call `handler(version, now)` whenever a published version is withdrawn."""
    _withdrawn.append(handler)


def on_document(handler: DocumentHandler) -> None:
    """Call `handler(document, now)` whenever a document was taken in or changed."""
    _documents.append(handler)


def on_interpretation(handler: InterpretationHandler) -> None:
    """Call `handler(item, document, now)`, one of them None, whenever its public interpretation has changed."""
    _interpretations.append(handler)


def tell_published(row: ItemVersion, *, now: datetime) -> None:
    for handler in _published:
        handler(row, now)


def tell_withdrawn(row: ItemVersion, *, now: datetime) -> None:
    for handler in _withdrawn:
        handler(row, now)


def tell_document(row: PolicyDocument, *, now: datetime) -> None:
    for handler in _documents:
        handler(row, now)


def tell_interpretation(item: PolicyItem | None, document: PolicyDocument | None, *, now: datetime) -> None:
    for handler in _interpretations:
        handler(item, document, now)
