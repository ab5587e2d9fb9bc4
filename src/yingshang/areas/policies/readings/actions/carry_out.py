"""What the worker does with a reading. Every batch is committed with how far it came, so that a run that was killed is
gone on with and not begun anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import (
    Owner,
    open_document,
    remove_document,
    store,
)
from yingshang.kernel.reference.api import code_of_path
from yingshang.rules.errors import DomainError

from ...actions.save_document import add_document
from ...actions.take_in_document import OWNER as DOCUMENT
from ...actions.take_in_document import TAKEN, content_of_text, text_of_file
from ...configured_model import language_model
from ...content import catalogue
from ...errors import NotPossibleNow
from ...models import DocumentReading, PolicyDocument
from ...reading.language_model import LanguageModelFailed, ask_language_model
from ...reading.reader import Thread, read_on
from ...sentences import Sentence
from ..selectors import digest_of

BATCH = 500
"""Sentences between two commits: a fraction of a second of reading."""

Progress = Callable[[int, int], None]


def carry_out(*, actor: Actor, reading_id: int, progress: Progress, now: datetime) -> None:
    """Do what a reading asks for; what has been done of it already is not done again.

    One that failed is called again by an operator alone: sentences are read on, while the file of a failed one is gone.
    A refusal is kept with the reading, for its page to tell, and raised.
    """
    rows = DocumentReading.objects.filter(pk=reading_id).exclude(state="done")
    row = rows.select_related("document").first()
    if row is None:
        return
    if row.state == "failed" and row.kind == "file":
        raise NotPossibleNow(
            f"the file of a reading that failed was not kept ({row.message}); have it uploaded again",
            message_zh=f"读取失败的文件没有保留（{row.message_zh}），请经办人员重新上传",
            value=reading_id,
        )
    DocumentReading.objects.filter(pk=row.pk).update(
        state="running", message="", message_zh="", finished_at=None
    )
    try:
        if row.kind == "file":
            _read_file(row, actor, now)
        elif row.kind == "model":
            _ask(row, now)
        else:
            _read_sentences(row, progress)
    except DomainError as error:
        note_failure(row.pk, error.message, error.message_zh, actor=actor, now=now)
        raise


@transaction.atomic
def note_failure(reading_id: int, message: str, message_zh: str, *, actor: Actor, now: datetime) -> None:
    """Say on the page of a reading why it came to nothing; a file that came in for it does not stay."""
    rows = DocumentReading.objects.select_for_update().filter(pk=reading_id)
    row = rows.exclude(state__in=("done", "failed")).first()
    if row is None:
        return
    if row.file_id is not None:
        remove_document(actor=actor, document_id=row.file_id, reason="未能录入", now=now)
    row.state, row.message, row.message_zh = "failed", message[:400], message_zh[:400]
    row.finished_at = now
    row.save(update_fields=["state", "message", "message_zh", "finished_at"])


def _read_file(row: DocumentReading, actor: Actor, now: datetime) -> None:
    assert row.file_id is not None
    with open_document(actor=actor, document_id=row.file_id, now=now).file as file:
        content = file.read()
    taken = content_of_text(text_of_file(content, row.file_name), row.file_name, row.region_path, now)
    with transaction.atomic():
        held = DocumentReading.objects.select_for_update().get(pk=row.pk)
        if held.document_id is not None:
            return
        number = add_document(actor=actor, content=taken, now=now)
        # The same bytes under the document; nothing is copied.
        kept = store(
            actor=actor,
            content=content,
            name=row.file_name,
            owner=Owner(DOCUMENT, str(number)),
            region_path=row.region_path,
            allowed=TAKEN,
            now=now,
        )
        remove_document(actor=actor, document_id=row.file_id, reason="已录入为政策文件", now=now)
        PolicyDocument.objects.filter(pk=number).update(file_id=kept.id)
        held.document_id, held.state, held.finished_at = number, "done", now
        held.save(update_fields=["document", "state", "finished_at"])


def _read_sentences(row: DocumentReading, progress: Progress) -> None:
    sentences, place, issued_on = _material(row)
    thread, known = Thread(**row.thread), catalogue()
    for start in range(row.done, len(sentences), BATCH):
        batch = sentences[start : start + BATCH]
        found = read_on(batch, known, thread, region=place, issued_on=issued_on)
        row.proposals = [*row.proposals, *(each.as_dict() for each in found)]
        row.thread, row.done = asdict(thread), start + len(batch)
        row.save(update_fields=["proposals", "thread", "done"])
        progress(row.done, len(sentences))
    row.state, row.finished_at = "done", timezone.now()
    row.save(update_fields=["state", "finished_at"])


def _ask(row: DocumentReading, now: datetime) -> None:
    model = language_model()
    if model is None:
        raise LanguageModelFailed("no language model is configured here", message_zh="本平台没有配置语言模型")
    sentences, _place, _issued_on = _material(row)
    found = ask_language_model(sentences, catalogue(), model=model, as_of=timezone.localdate(now))
    row.proposals, row.done = [each.as_dict() for each in found], len(sentences)
    row.state, row.finished_at = "done", timezone.now()
    row.save(update_fields=["proposals", "done", "state", "finished_at"])


def _material(row: DocumentReading) -> tuple[list[Sentence], str, date | None]:
    document = row.document
    assert document is not None
    if digest_of(document.text) != row.digest:
        raise NotPossibleNow(
            "the text was changed in the meantime; choose the sentences again",
            message_zh="正文在此期间已修改，请重新选择句子",
        )
    wanted = set(row.sentences)
    sentences = [Sentence(**each) for each in document.sentences if each["number"] in wanted]
    path = document.region_path
    code = code_of_path(path)
    return sentences, code if code.strip("0") else "", document.issued_on
