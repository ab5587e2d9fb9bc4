"""Text comes out of files, and a hostile file cannot hold anybody up."""

from __future__ import annotations

import time
import zlib
from contextlib import suppress

import pytest

from tests.kernel.documents.factories import changed, pdf_of, stored, word_document, workbook
from yingshang.kernel.documents import children
from yingshang.kernel.documents.api import (
    DocumentNotFound,
    RefusedFile,
    UnreadableContent,
    check_upload,
    extract_text,
    read_text,
)
from yingshang.kernel.documents.reading import HTML, PDF, SHEET, WORD, text_of


def thrice(content: bytes) -> bytes:
    """Packed three times: a few hundred bytes."""
    for _ in range(3):
        content = zlib.compress(content, 9)
    return content


def with_stream(dictionary: bytes, content: bytes) -> bytes:
    """A PDF whose page shows a stream."""
    stream = b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), dictionary, content)
    return pdf_of(stream).replace(b"/MediaBox", b"/Contents 4 0 R /MediaBox")


@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [
        (word_document("第一条", "第二条"), WORD, "第一条\n第二条\n甲方\t乙方"),
        (workbook(), SHEET, "Sheet\n企业\t金额\n演示公司\t12.5"),
        ("营商\r\n环境".encode("gb18030"), "text/plain", "营商\n环境"),
        (
            "<html><head><title>x</title></head><body><h1>公告</h1><script>alert(1)</script><p>甲 &amp; 乙<br>丙</p></body>".encode(),
            HTML,
            "公告 \n甲 & 乙 \n丙",
        ),
    ],
)
def test_text_comes_out(content: bytes, content_type: str, text: str) -> None:
    assert extract_text(content, content_type) == text


@pytest.mark.django_db
def test_text_of_a_document_by_its_number() -> None:
    assert extract_text(stored("营商环境".encode(), "a.txt").id) == "营商环境"
    with pytest.raises(DocumentNotFound):
        extract_text(999_999)


def test_limits_cut_short_and_say_so() -> None:
    found = read_text("字".encode() * 1000, "text/plain", characters=10)
    assert (found.text, found.complete) == ("字" * 10, False)
    assert read_text(b"all", "text/plain").complete


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"x", "application/octet-stream"),
        (b"", ""),
        (b"%PDF-1.7 nothing", PDF),
        (b"no container", WORD),
        (b"\x00\xff" * 50, "text/plain"),
        (changed(word_document(), {"word/document.xml": b"<broken"}), WORD),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes, content_type: str) -> None:
    with pytest.raises(UnreadableContent) as refused:
        read_text(content, content_type)
    assert refused.value.message_zh != refused.value.message


def test_entities_that_multiply_do_not() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + b"ha" * 1000 + b'">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 100) for n in range(6)
    ) + b"]><x>&g;</x>"  # fmt: skip
    begun = time.monotonic()
    with pytest.raises(UnreadableContent):
        read_text(changed(word_document(), {"word/document.xml": bomb}), WORD)
    assert time.monotonic() - begun < 12


def test_a_page_that_never_ends_is_given_up() -> None:
    # Ten thousand characters a kilobyte, times a thousand: a page that unpacks to a hundred megabytes of text.
    packed = zlib.compress(b"BT /F1 12 Tf " + b"(aaaaaaaaaa) Tj " * 3_000_000 + b"ET", 9)
    content = pdf_of(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)).replace(
        b"/MediaBox", b"/Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> /MediaBox"
    )  # fmt: skip
    begun = time.monotonic()
    try:
        found = read_text(content, PDF, characters=1000, seconds=2)
        assert len(found.text) <= 1000
    except UnreadableContent:
        pass
    assert time.monotonic() - begun < 5


def test_a_sheet_that_claims_to_be_enormous_is_read() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
        b'<sheetData><row r="9"><c r="C9" t="inlineStr"><is><t>last</t></is></c></row></sheetData></worksheet>'
    )
    assert extract_text(changed(workbook(), {"xl/worksheets/sheet1.xml": sheet}), SHEET) == "Sheet\n\t\tlast"


@pytest.mark.parametrize(
    "content",
    [
        # Unpacked three times over; a tree of pages that is its own child; a count that is a lie; brackets without end.
        with_stream(b"/Filter [/FlateDecode /FlateDecode /FlateDecode]", thrice(b" " * 50_000_000)),
        pdf_of().replace(b"/Kids [3 0 R] /Count 1", b"/Kids [2 0 R] /Count 999999999"),
        pdf_of().replace(b"/Count 1", b"/Count 2147483647"),
        pdf_of(b"[" * 500_000 + b"]" * 500_000),
        pdf_of(trailer=b"/Prev 9"),
        with_stream(b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 4 0 R >> >>", b"/X Do"),
    ],
)  # fmt: skip
def test_a_pdf_made_to_exhaust_the_machine_is_refused_or_read_up_to_the_limits(content: bytes) -> None:
    with suppress(RefusedFile):
        check_upload(content=content, name="a.pdf")
    with suppress(UnreadableContent):
        assert len(read_text(content, PDF, characters=1000, seconds=3).text) <= 1000


def test_a_child_that_hangs_or_dies_is_given_up() -> None:
    with pytest.raises(children.TookTooMuch, match=r"more than 0.2 s"):
        children.run("timeit", b"", "-n", "1", "import time; time.sleep(5)", seconds=0.2)
    with pytest.raises(children.TookTooMuch, match=r"ended with|Error"):
        children.run("timeit", b"", "import os; os._exit(3)", seconds=5)


def test_a_child_is_given_no_secrets() -> None:
    code = "import os, sys; sys.exit(' '.join(os.environ))"
    with pytest.raises(children.TookTooMuch) as told:
        children.run("timeit", b"", code, seconds=10)
    assert "SECRET_KEY" not in str(told.value) and "DATABASE_URL" not in str(told.value)


def test_many_pages_are_read_up_to_the_limit() -> None:
    text, complete = text_of(pdf_of(), PDF, 1000, 0)
    assert (text, complete) == ("", False)
