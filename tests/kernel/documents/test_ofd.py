"""The text of an OFD: page by page, line by line, and nothing that a hostile one asks for."""

from __future__ import annotations

import pytest

from tests.kernel.documents.ofd_files import NAMESPACE, ofd_document
from yingshang.kernel.documents.api import RefusedFile, UnreadableContent, check_upload, read_text

OFD = "application/ofd"


def test_lines_and_pages_come_in_order() -> None:
    content = ofd_document([["关于支持企业的通知", "一、支持对象 <A&B>"], ["二、支持标准"]])
    check_upload(content=content, name="通知.ofd")
    read = read_text(content, OFD)
    assert read.text == "关于支持企业的通知\n一、支持对象 <A&B>\n二、支持标准"
    assert read.complete
    assert read_text(content, OFD, pages=1).text == "关于支持企业的通知\n一、支持对象 <A&B>"
    assert not read_text(content, OFD, pages=1).complete


def test_addresses_of_parts_from_the_top_and_with_steps_back() -> None:
    content = ofd_document(
        [["正文"]],
        {
            "Doc_0/Document.xml": f'<ofd:Document {NAMESPACE}><ofd:Pages><ofd:Page BaseLoc="/Doc_0/Pages/Page_0/Content.xml"/>'
            '<ofd:Page BaseLoc="../Doc_0/./Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>'.encode()
        },
    )
    assert read_text(content, OFD).text == "正文\n正文"


def test_a_picture_of_pages_has_no_text() -> None:
    assert read_text(ofd_document([[], []]), OFD).text == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"Doc_0/Pages/Page_0/Content.xml": None},
        {"OFD.xml": b"<OFD"},
        {
            "Doc_0/Pages/Page_0/Content.xml": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x><TextCode>&a;</TextCode></x>'
        },
        {"Doc_0/Pages/Page_0/Content.xml": b"<x>" + b" " * (33 << 20) + b"</x>"},
    ],
)
def test_what_cannot_be_read_is_told(changed: dict[str, bytes | None]) -> None:
    with pytest.raises(UnreadableContent):
        read_text(ofd_document([["正文"]], changed), OFD)


def test_declarations_are_refused_when_the_file_comes_in() -> None:
    content = ofd_document(
        [["正文"]], {"Doc_0/Pages/Page_0/Content.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"}
    )
    with pytest.raises(RefusedFile) as refused:
        check_upload(content=content, name="a.ofd")
    assert refused.value.details["reason"] == "active"
