"""Documents taken in: PDF, DOCX, OFD, pasted text; a scan is refused with what to do."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import docx
import pytest

from tests.areas.policies.factories import TEXT, author, issued_document
from tests.kernel.access.factories import DAOLI, HARBIN, NOW, official
from tests.kernel.documents.factories import plain_pdf
from tests.kernel.documents.ofd_files import ofd_document
from tests.kernel.parties.factories import region_tree
from yingshang.areas.policies.api import NothingToRead, get_document, take_in_document
from yingshang.areas.policies.models import PolicyDocument
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.documents.api import DocumentNotFound, RefusedFile, open_document
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db

NOTICE = [
    "哈政规〔2026〕3号",
    "哈尔滨市人民政府关于支持企业吸纳就业的通知",
    "一、参保人数不少于10人的企业，可以申请补贴。",
    "哈尔滨市人民政府",
    "2026年3月5日",
]


def _word(lines: list[str]) -> bytes:
    document = docx.Document()
    for each in lines:
        document.add_paragraph(each)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


@pytest.fixture
def writer() -> Any:
    region_tree()
    return author().actor()


@pytest.mark.parametrize(
    ("name", "content"), [("通知.docx", _word(NOTICE)), ("通知.ofd", ofd_document([NOTICE[:3], NOTICE[3:]]))]
)
def test_a_file_is_read_and_kept_and_its_first_page_proposes(writer: Any, name: str, content: bytes) -> None:
    number = take_in_document(actor=writer, file=content, name=name, region_path="2301", now=NOW)
    found = get_document(actor=writer, document_id=number)
    assert (found.summary.title, found.summary.number) == (NOTICE[1], "哈政规〔2026〕3号")
    assert (found.summary.issuer, found.summary.issued_on) == ("哈尔滨市人民政府", date(2026, 3, 5))
    assert found.summary.status == "unknown"
    assert not found.summary.is_public
    assert found.sentences[2].text == NOTICE[2]
    assert found.file_id is not None
    with open_document(actor=writer, document_id=found.file_id, now=NOW).file as kept:
        assert kept.read() == content
    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions)[-2:] == ["policies.document_added", "documents.stored"]


def test_pasted_text_needs_no_file(writer: Any) -> None:
    number = take_in_document(actor=writer, text=TEXT.replace("\n", "\r\n"), region_path="2301", now=NOW)
    found = get_document(actor=writer, document_id=number)
    assert found.text == TEXT.strip()
    assert found.file_id is None
    assert found.summary.title == "关于支持企业吸纳就业的若干措施"


@pytest.mark.parametrize(
    ("name", "content"), [("扫描.pdf", plain_pdf()), ("扫描.ofd", ofd_document([[]])), ("", b"")]
)
def test_what_has_no_text_is_refused_with_what_to_do(writer: Any, name: str, content: bytes) -> None:
    with pytest.raises(NothingToRead) as refused:
        take_in_document(
            actor=writer, file=content or None, name=name, text="  \n ", region_path="2301", now=NOW
        )
    assert "请粘贴正文" in refused.value.message_zh
    assert not PolicyDocument.objects.exists()


def test_other_files_and_other_places_are_refused(writer: Any) -> None:
    with pytest.raises(RefusedFile):
        take_in_document(actor=writer, file=b"\x89PNG", name="a.png", region_path="2301", now=NOW)
    with pytest.raises(NotAllowed):
        take_in_document(actor=writer, text=TEXT, region_path="2302", now=NOW)
    with pytest.raises(NotAllowed):
        take_in_document(actor=official("supervisor", HARBIN).actor(), text=TEXT, region_path="2301", now=NOW)
    assert not PolicyDocument.objects.exists()


def test_the_file_is_for_those_who_see_the_document(writer: Any) -> None:
    content = ofd_document([NOTICE])
    number = take_in_document(actor=writer, file=content, name="a.ofd", region_path="2301", now=NOW)
    file_id = get_document(actor=writer, document_id=number).file_id
    assert file_id is not None
    with pytest.raises(DocumentNotFound):
        open_document(actor=official("policy_author", DAOLI).actor(), document_id=file_id, now=NOW)


def test_three_hundred_pages_are_read(writer: Any) -> None:
    lines = [f"第{page}页，参保人数不少于{page}人的企业，可以申请补贴。" for page in range(300)]
    content = ofd_document([[line] for line in lines])
    number = take_in_document(actor=writer, file=content, name="汇编.ofd", region_path="2301", now=NOW)
    assert len(get_document(actor=writer, document_id=number).sentences) == 300
    assert issued_document() != number
