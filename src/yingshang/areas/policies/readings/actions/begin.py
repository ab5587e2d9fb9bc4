"""A file is handed to the worker to be read, or sentences to the reader or a language model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import transaction

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.documents.api import Owner, store
from yingshang.kernel.jobs.api import enqueue

from ...actions._steps import ensure_may_write, note_document
from ...actions.take_in_document import TAKEN
from ...configured_model import language_model
from ...models import DocumentReading, PolicyDocument
from ...reading.language_model import LONGEST_TEXT, LanguageModelFailed, ensure_not_too_long
from ...reading.reader import refuse_empty
from ...selectors import AUTHOR, get_document
from ...sentences import Sentence
from ..selectors import OWNER, digest_of

AT_ONCE_BYTES = 256 * 1024
"""Larger files are read in the background."""
AT_ONCE_CHARACTERS = 20_000
"""So many characters of sentences are read within a request; more of them in the background."""
KEPT_DAYS = 30
"""Readings that are over are kept so long."""
assert LONGEST_TEXT >= AT_ONCE_CHARACTERS


def reads_at_once(sentences: Collection[Sentence]) -> bool:
    """Whether the reader is quick enough with these for a page to wait for it."""
    return sum(len(each.text) for each in sentences) <= AT_ONCE_CHARACTERS


@transaction.atomic
def begin_file_reading(
    *,
    actor: Actor,
    file: Any,
    name: str,
    region_path: str,
    now: datetime,
) -> int:
    """Have a file read in the background, which makes a document of it as `take_in_document` does; the number of the
    reading. Needs policies.author there.

    What the file is, is checked at once. Raises RefusedFile, NotAllowed.
    """
    ensure_may_write(actor, region_path, None)
    row = _new(actor, "file", now, region_path=region_path, file_name=name[:255])
    kept = store(
        actor=actor,
        content=file,
        name=name,
        owner=Owner(OWNER, str(row.pk)),
        region_path=region_path,
        allowed=TAKEN,
        now=now,
    )
    row.file_id = kept.id
    return _queued(row, actor, f"读取文件 {name}"[:200], now)


@transaction.atomic
def begin_reading(
    *,
    actor: Actor,
    document_id: int,
    sentences: Sequence[int],
    by: Literal["reader", "model"] = "reader",
    now: datetime,
) -> int:
    """Have sentences of a document read in the background; the number of the reading. Asked again for the same
    sentences of the same text, it is the same reading.

    `by` the language model they leave the platform, which is noted. Needs policies.author. Raises DocumentNotFound,
    NothingToRead, LanguageModelFailed where none is configured or the sentences are too many for it.
    """
    actor.require(AUTHOR)
    found = get_document(actor=actor, document_id=document_id)
    wanted = set(sentences)
    chosen = [each for each in found.sentences if each.number in wanted]
    refuse_empty(chosen)
    numbers = [each.number for each in chosen]
    digest = digest_of(found.text)
    model = language_model() if by == "model" else None
    if by == "model":
        if model is None:
            raise LanguageModelFailed(
                "no language model is configured here",
                message_zh="本平台没有配置语言模型",
            )
        ensure_not_too_long(chosen)
    earlier = DocumentReading.objects.filter(
        document=document_id, kind=by, digest=digest, sentences=numbers
    ).exclude(state="failed")
    if (row := earlier.first()) is not None:
        return int(row.pk)
    row = _new(
        actor,
        by,
        now,
        document_id=document_id,
        region_path=found.summary.region_path,
        sentences=numbers,
        digest=digest,
        total=len(numbers),
    )
    if model is not None:
        note_document(
            PolicyDocument.objects.defer("text", "sentences").get(pk=document_id),
            "sent_to_model",
            actor=actor,
            now=now,
            after={
                "model": model.name,
                "sentences": len(numbers),
                "characters": sum(len(each.text) for each in chosen),
            },
        )
    return _queued(row, actor, f"读取 {found.summary.title}"[:200], now)


def _forget(now: datetime) -> None:
    """What was read long ago is read again by whoever wants it."""
    DocumentReading.objects.filter(
        created_at__lt=now - timedelta(days=KEPT_DAYS), state__in=("done", "failed")
    ).delete()


def _new(actor: Actor, kind: str, now: datetime, **values: Any) -> DocumentReading:
    _forget(now)
    return DocumentReading.objects.create(
        kind=kind, asked_by=reference_of(actor), asked_by_name=actor.name, created_at=now, **values
    )


def _queued(row: DocumentReading, actor: Actor, title: str, now: datetime) -> int:
    # The job names what this queues, and this the job.
    from ..jobs import read_document_job

    row.job_id = enqueue(read_document_job, actor=actor, title=title, now=now, reading_id=row.pk)
    row.save(update_fields=["job_id", "file_id"])
    return int(row.pk)
