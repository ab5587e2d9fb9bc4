"""An author begins an interpretation and writes it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...actions._steps import same_revision
from ...errors import InvalidInterpretation
from ...lifecycle import INTERPRETATION
from ...models import Interpretation, ItemVersion
from ...selectors import AUTHOR
from ..drafting import draft_of_document, draft_of_item
from ..selectors import Founded, content_of, founded
from ..values import InterpretationContent, Subject
from ._steps import check, load, note, write


@transaction.atomic
def begin_interpretation(*, actor: Actor, subject: Subject, from_subject: bool = True, now: datetime) -> int:
    """Begin an interpretation as a draft; its number among those of the subject.

    With `from_subject` its words are made from the item or the document and marked as such; otherwise they are those
    of the last one. Needs policies.author. Raises ItemNotFound, DocumentNotFound, InvalidInterpretation where a draft
    is there already.
    """
    found = founded(actor, subject, AUTHOR, lock=True)
    rows = list(found.rows.order_by("-number"))
    if any(row.state == "draft" for row in rows):
        raise InvalidInterpretation(
            "a draft of it is being written already; finish or remove that one",
            message_zh="已有一份解读草稿，请先完成或删去",
        )
    last = next((row for row in rows if row.published_at), None)
    row = Interpretation(
        item=found.item,
        document=found.document,
        number=(rows[0].number if rows else 0) + 1,
        created_at=now,
        changed_at=now,
        changed_by_name=actor.name,
    )
    _found_on(row, found)
    if from_subject or last is None:
        write(row, made_from(found, now), found)
        row.generated = True
    else:
        write(row, content_of(last), found)
    row.save()
    note(row, found, "begun", actor=actor, now=now, after={"generated": row.generated, "number": row.number})
    return int(row.number)


@transaction.atomic
def save_interpretation(
    *, actor: Actor, subject: Subject, content: InterpretationContent, revision: int, now: datetime
) -> int:
    """Save the draft; the new revision. `revision` is the one the author began from. Needs policies.author.

    Raises InterpretationNotFound, ItemNotFound, DocumentNotFound, InvalidInterpretation, ChangedMeanwhile.
    """
    found, row = load(actor, subject, AUTHOR, *INTERPRETATION.open_states)
    INTERPRETATION.after(row.state, "saved")
    same_revision(row.revision, revision, row.changed_by_name)
    check(content, found)
    before = content_of(row)
    write(row, content, found)
    _found_on(row, found)
    row.generated = row.generated and content_of(row) == before
    row.revision += 1
    row.changed_at, row.changed_by_name = now, actor.name
    row.save()
    note(
        row,
        found,
        "saved",
        actor=actor,
        now=now,
        after={"revision": row.revision, "questions": len(row.questions)},
    )
    return int(row.revision)


def made_from(found: Founded, now: datetime) -> InterpretationContent:
    """The first words, from what is there."""
    if found.version is not None:
        return draft_of_item(found.version.source, timezone.localdate(now))
    assert found.document is not None
    rows = ItemVersion.objects.filter(item__document=found.document, state="published")
    return draft_of_document(
        found.document.title,
        found.document.issuer,
        [(row.name, row.summary, row.benefit_text) for row in rows.order_by("item__code")],
    )


def _found_on(row: Interpretation, found: Founded) -> None:
    row.first_version = row.last_version = found.version.number if found.version else None
