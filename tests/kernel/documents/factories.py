"""Situations of documents: files of every kind, honest and hostile, and an owner whose documents some may read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import docx
import openpyxl
import pypdfium2

from tests.kernel.access.factories import NOW, SYSTEM
from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents import owners
from yingshang.kernel.documents.api import DocumentView, Owner, load_defaults, register_owner, store

KIND = "test-thing"


@contextmanager
def owner_that_says(answer: Callable[[Actor, str], Any], kind: str = KIND) -> Iterator[None]:
    """Within the block documents of this kind may be read by whom `answer` names."""
    register_owner(kind, may_read=answer)
    try:
        yield
    finally:
        del owners._owners[kind]


def stored(
    content: bytes = b"words", name: str = "a.txt", *, identifier: str = "1", kind: str = KIND, **more: Any
) -> DocumentView:
    """A document of an owner."""
    return store(
        actor=more.pop("actor", SYSTEM),
        content=content,
        name=name,
        owner=Owner(kind, identifier),
        now=NOW,
        **more,
    )


def templates() -> None:
    """The templates that come with the platform."""
    load_defaults(actor=SYSTEM, region_path="23", now=NOW)


def pdf_of(*objects: bytes, trailer: bytes = b"", catalog: bytes = b"") -> bytes:
    """A PDF of one empty page with further objects (numbered from 4)."""
    body = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        *objects,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, each in enumerate(body, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(body) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(body) + 1,
        trailer,
        start,
    )
    return out


@cache
def plain_pdf() -> bytes:
    """An honest PDF."""
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 200)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@cache
def word_document(*paragraphs: str) -> bytes:
    """An honest docx."""
    document = docx.Document()
    for each in paragraphs or ("合同",):
        document.add_paragraph(each)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "甲方", "乙方"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@cache
def workbook() -> bytes:
    """An honest xlsx."""
    book = openpyxl.Workbook()
    book.active.append(["企业", "金额"])
    book.active.append(["演示公司", 12.5])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(container: bytes, parts: dict[str, bytes | None], comment: bytes = b"") -> bytes:
    """A container with parts added, replaced, or (None) left out."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(container)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for entry in before.infolist():
            if entry.filename not in parts:
                after.writestr(entry, before.read(entry))
        for name, content in parts.items():
            if content is not None:
                after.writestr(name, content)
        after.comment = comment
    return out.getvalue()


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 64 + b"\xff\xd9"
