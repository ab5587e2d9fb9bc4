"""Reads of readings: for who asked for them, and for who writes policies of the place."""

from __future__ import annotations

import hashlib

from django.db.models import Q, QuerySet

from yingshang.kernel.access.api import Actor, reference_of

from ..errors import ReadingNotFound
from ..models import DocumentReading
from ..reading.proposals import Proposal
from ..selectors import AUTHOR
from .values import ReadingView

OWNER = "policy_reading"
"""Whose the files are until a document was made of them."""


def get_reading(*, actor: Actor, reading_id: int) -> ReadingView:
    """One reading. Needs policies.author; raises ReadingNotFound. One query."""
    row = visible(actor).filter(pk=reading_id).select_related("document").first()
    if row is None:
        raise ReadingNotFound(
            f"no reading {reading_id}", message_zh="没有这次读取，或者您不能查看", value=reading_id
        )
    return view_of(row)


def visible(actor: Actor) -> QuerySet[DocumentReading]:
    """Those of the actor, and of the places the actor writes for."""
    scope = actor.require(AUTHOR)
    return DocumentReading.objects.filter(
        Q(asked_by=reference_of(actor)) | scope.condition(region="region_path", agency="document__agency")
    )


def may_read_file(actor: Actor, identifier: str) -> bool:
    """Whether the file of a reading is for the actor."""
    return visible(actor).filter(pk=int(identifier)).exists()


def view_of(row: DocumentReading) -> ReadingView:
    """A row as a value; its document must be loaded with it."""
    return ReadingView(
        id=row.pk,
        kind=row.kind,  # type: ignore[arg-type]
        state=row.state,  # type: ignore[arg-type]
        document_id=row.document_id,
        document_title=row.document.title if row.document else "",
        file_name=row.file_name,
        sentences=tuple(row.sentences),
        proposals=tuple(Proposal.from_dict(each) for each in row.proposals),
        current=row.kind == "file" or row.document is None or row.digest == digest_of(row.document.text),
        done=row.done,
        total=row.total,
        message=row.message,
        message_zh=row.message_zh,
        asked_by_name=row.asked_by_name,
        created_at=row.created_at,
    )


def digest_of(text: str) -> str:
    """By what a text is known again."""
    return hashlib.sha256(text.encode()).hexdigest()
