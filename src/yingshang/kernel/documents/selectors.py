"""Reading documents."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from yingshang.kernel.access.api import Actor

from . import children, reading, storage
from .errors import ContentMissing, DocumentNotFound, UnreadableContent
from .models import Document
from .owners import may_read, tell_opened
from .values import DocumentView, ExtractedText, OpenDocument, Owner


def view_of(document: Document) -> DocumentView:
    """A document as others see it."""
    version = document.template_version
    return DocumentView(
        id=document.pk,
        sha256=document.sha256,
        size=document.size,
        name=document.name,
        content_type=document.content_type,
        created_at=document.created_at,
        owner=Owner(document.owner_kind, document.owner_id),
        created_by=document.created_by,
        template=version.template.code if version else "",
        template_version=version.number if version else None,
    )


def not_found(document_id: object) -> DocumentNotFound:
    """The answer for what does not exist and for what may not be seen: they must not differ."""
    return DocumentNotFound(
        f"no document {document_id}",
        message_zh=f"没有找到编号为 {document_id} 的文书",
        value=str(document_id),
    )


def documents_of(owner: Owner) -> tuple[DocumentView, ...]:
    """The documents of an owner, oldest first. For the owner's own room, which has asked who is looking. One query."""
    rows = Document.objects.filter(
        owner_kind=owner.kind, owner_id=owner.identifier, removed_at__isnull=True
    ).select_related("template_version__template")
    return tuple(view_of(row) for row in rows.order_by("pk"))


def documents_of_each(kind: str, identifiers: Collection[str]) -> dict[str, tuple[DocumentView, ...]]:
    """The documents of several owners of one kind, by owner; nothing for one that has none. One query."""
    rows = Document.objects.filter(
        owner_kind=kind, owner_id__in=list(identifiers), removed_at__isnull=True
    ).select_related("template_version__template")
    found: dict[str, list[DocumentView]] = {}
    for row in rows.order_by("pk"):
        found.setdefault(row.owner_id, []).append(view_of(row))
    return {owner: tuple(views) for owner, views in found.items()}


def get_document(*, actor: Actor, document_id: int) -> DocumentView:
    """A document the actor may open. Raises DocumentNotFound."""
    return view_of(_visible(actor, document_id))


def open_document(*, actor: Actor, document_id: int, now: datetime) -> OpenDocument:
    """A document and its bytes; its owner's room is told. Raises DocumentNotFound, also for one the actor may not open;
    ContentMissing."""
    document = _visible(actor, document_id)
    try:
        opened = OpenDocument(view_of(document), storage.open_bytes(document.sha256))
    except FileNotFoundError:
        raise ContentMissing(
            f"the bytes of document {document_id} are not in the storage; an operator can restore them from a backup",
            message_zh=f"文书 {document_id} 的内容不在存储中，请联系运维人员从备份恢复",
            value=str(document_id),
        ) from None
    try:
        tell_opened(actor, document.owner_kind, document.owner_id, document.name, now)
    except BaseException:
        opened.file.close()
        raise
    return opened


def extract_text(source: int | bytes, content_type: str = "") -> str:
    """The text of a document (by its number) or of bytes. See `read_text`."""
    return read_text(source, content_type).text


def read_text(
    source: int | bytes,
    content_type: str = "",
    *,
    characters: int = reading.MOST_CHARACTERS,
    pages: int = reading.MOST_PAGES,
    seconds: float = reading.SECONDS,
) -> ExtractedText:
    """The text of a PDF, docx, xlsx, OFD, text or HTML, within limits. Raises UnreadableContent.

    By number it is for the room that owns the document: nobody's permission is asked.
    """
    if isinstance(source, int):
        document = Document.objects.filter(pk=source, removed_at__isnull=True).first()
        if document is None:
            raise not_found(source)
        content_type = document.content_type
        with storage.open_bytes(document.sha256) as file:
            source = file.read()
    if content_type not in reading.READABLE:
        raise UnreadableContent(
            f"no text is read from {content_type or 'a file of no type'}",
            message_zh=f"无法从这种文件（{content_type}）读取文字",
            value=content_type,
        )
    try:
        answer = children.run(
            reading.__name__, source, "text", content_type, str(characters), str(pages), seconds=seconds
        )
    except children.TookTooMuch as error:
        raise UnreadableContent(
            f"the text of the file cannot be read ({error})",
            message_zh="无法读取文件中的文字：文件已损坏，或内容超出限制",
            cause=str(error),
        ) from None
    return ExtractedText(answer[1:].decode("utf-8"), answer[:1] == b"1")


def _visible(actor: Actor, document_id: int) -> Document:
    document = (
        Document.objects.filter(pk=document_id, removed_at__isnull=True)
        .select_related("template_version__template")
        .first()
    )
    if document is None or not may_read(actor, document.owner_kind, document.owner_id, document.pk):
        raise not_found(document_id)
    return document
