"""A document is taken in as a file or as pasted text; what its first page says is proposed, a person looks at it."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import KINDS, Owner, check_upload, read_text, store

from ..editing.first_page import read_first_page
from ..errors import InvalidDocument
from ..models import PolicyDocument
from ..reading.reader import refuse_empty
from ..sentences import split_sentences
from .save_document import LONGEST_TEXT, DocumentContent, add_document

TAKEN = ("pdf", "docx", "ofd", "txt")
"""Kinds of files of which the text is read."""
READING_SECONDS = 60
OWNER = "policy_document"
"""Whose documents the files are."""
UNTITLED = "未命名文件"


def take_in_document(
    *,
    actor: Actor,
    file: Any = None,
    name: str = "",
    text: str = "",
    region_path: str = "",
    agency_id: int | None = None,
    now: datetime,
) -> int:
    """Take in a file (PDF, DOCX, OFD, text) or pasted text as a draft; its number. Needs policies.author there.

    Title, number, issuer and day are what the first page seems to say; `save_document` corrects them. A file without
    text, such as a scan, is refused: recognise it or paste the text. Raises RefusedFile, UnreadableContent,
    NothingToRead, InvalidDocument, NotAllowed.
    """
    if file is not None:
        check_upload(content=file, name=name, allowed=TAKEN)
        given = file if isinstance(file, bytes) else file.read()
        if hasattr(file, "seek"):
            file.seek(0)
        text = text_of_file(given, name)
    # For a file that is a scan, before anything is kept.
    content = content_of_text(text, name, region_path, now)
    with transaction.atomic():
        number = add_document(actor=actor, content=content, agency_id=agency_id, now=now)
        if file is not None:
            kept = store(
                actor=actor,
                content=file,
                name=name,
                owner=Owner(OWNER, str(number)),
                region_path=region_path,
                agency_id=agency_id,
                allowed=TAKEN,
                now=now,
            )
            PolicyDocument.objects.filter(pk=number).update(file_id=kept.id)
    return number


def content_of_text(text: str, name: str, region_path: str, now: datetime) -> DocumentContent:
    """What a text says of itself on its first page. Raises NothingToRead."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    refuse_empty(split_sentences(text))
    found = read_first_page(text, timezone.localdate(now))
    return DocumentContent(
        status="unknown",
        title=(found.title or PurePath(name).stem or UNTITLED)[:200],
        number=found.number[:80],
        issuer=found.issuer[:200],
        issued_on=found.issued_on,
        region_path=region_path,
        text=text,
    )


def text_of_file(content: bytes, name: str) -> str:
    """The text of a file of one of the kinds that are taken. Raises UnreadableContent, InvalidDocument."""
    kind = next(each for each in KINDS.values() if PurePath(name).suffix.lower() in each.extensions)
    read = read_text(content, kind.content_type, characters=LONGEST_TEXT + 1, seconds=READING_SECONDS)
    if not read.complete:
        raise InvalidDocument(
            f"the file holds more than {LONGEST_TEXT:,} characters; take it in in parts",
            message_zh=f"文件正文超过 {LONGEST_TEXT:,} 字，请分册录入",
            field="file",
        )
    return read.text
