"""Documents made from templates: every character is there, nothing that was filled in is taken for markup."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel.access.factories import NOW, SYSTEM, no_event, one_event
from tests.kernel.documents.factories import KIND, owner_that_says, templates
from yingshang.kernel.documents import composing, typesetting
from yingshang.kernel.documents.api import (
    CannotTypeset,
    DocumentView,
    MissingValue,
    Owner,
    TemplateNotFound,
    check_upload,
    extract_text,
    generate,
    open_document,
)
from yingshang.kernel.documents.composing import compose, pdf, pictures
from yingshang.kernel.documents.glyphs import clean
from yingshang.kernel.documents.template_text import fill, words

DAY = date(2026, 11, 22)
REPLY = {
    "number": "异议〔2026〕1号",
    "enterprise": "演示冰城装备有限公司",
    "credit_code": "91230102MA00000000",
    "fact": "参保人数",
    "held_value": "42",
    "source": "人力资源社会保障部门",
    "outcome": "异议成立",
    "reason": "经核查属实",
    "corrected_value": "48",
    "agency": "道里区政务服务中心",
    "date": DAY,
}


def _texts(body: str, **more: str) -> dict[str, dict[str, str]]:
    return {
        "zh-hans": {"title": "标题", "body": body, **more},
        "en": {"title": "Title", "body": body, **more},
    }


def _made(body: str, values: dict[str, Any] | None = None, **more: Any) -> bytes:
    return pdf(compose(_texts(body), values or {}, language=more.pop("language", "zh-hans"), day=DAY, **more))


def _characters(content: bytes) -> str:
    """The text of a PDF without what the layout puts in: line breaks, spaces, page numbers."""
    text = extract_text(content, "application/pdf")
    return re.sub(r"\s", "", re.sub(r"(?m)^— \d+ —$", "", text))


def _generated(**more: Any) -> DocumentView:
    given: dict[str, Any] = {
        "template": "objection_reply",
        "context": REPLY,
        "owner": Owner(KIND, "1"),
        "now": NOW,
    }
    return generate(actor=SYSTEM, **(given | more))


@pytest.mark.django_db
def test_a_reply_is_made_kept_and_recorded() -> None:
    templates()
    with one_event("documents.generated") as events:
        document = _generated(receipt_code="ABCD-1234")
    assert (document.name, document.template, document.template_version) == (
        "异议答复书.pdf",
        "objection_reply",
        1,
    )
    assert events[0]["after"]["template"] == "objection_reply"
    with (
        owner_that_says(lambda *_: True),
        open_document(actor=SYSTEM, document_id=document.id, now=NOW).file as file,
    ):
        content = file.read()
    text = _characters(content)
    for value in (
        "异议〔2026〕1号",
        "演示冰城装备有限公司：",
        "91230102MA00000000",
        "经核查属实",
        "更正后的值：48。",
        "2026年11月22日",
    ):
        assert value in text
    assert "http://localhost:8000/verify/ABCD-1234" in text
    # What the platform makes it would take in, too.
    check_upload(content=content, name=document.name)


@pytest.mark.django_db
def test_equal_input_makes_equal_bytes() -> None:
    templates()
    first, second = _generated(), _generated(owner=Owner(KIND, "2"))
    assert first.sha256 == second.sha256
    assert _generated(context=REPLY | {"held_value": "43"}).sha256 != first.sha256


@pytest.mark.django_db
def test_what_is_missing_is_named_and_nothing_is_kept() -> None:
    templates()
    with no_event(), pytest.raises(MissingValue) as refused:
        _generated(context={"number": "1"})
    assert "credit_code" in refused.value.details["missing"]
    with pytest.raises(TemplateNotFound):
        _generated(template="no-such")


@pytest.mark.django_db
def test_a_line_without_its_values_is_left_out() -> None:
    templates()
    document = _generated(context=REPLY | {"corrected_value": ""}, language="both")
    text = extract_text(document.id)
    assert "更正后的值" not in text and "Corrected value" not in text
    assert "三、处理结果" in text and "Outcome" in text


def test_fonts_are_embedded_and_the_standards_are_claimed() -> None:
    content = _made("一、标题\n正文 text\n| 甲 | 乙 |")
    document = pypdfium2.PdfDocument(content)
    found = 0
    for page in document:
        for one in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT]):
            font = pypdfium2.raw.FPDFTextObj_GetFont(one)
            assert pypdfium2.raw.FPDFFont_GetIsEmbedded(font) == 1
            found += 1
    assert found
    assert b"pdfaid:part>2" in content and b"pdfuaid:part>1" in content
    assert b"/Lang" in content and b"/StructTreeRoot" in content


HOSTILE = [
    '#let x = 1; #read("/etc/passwd") *bold* _it_ $x^2$ `code` <label> @ref [content] \\ // comment /* x */',
    "= heading\n- item\n+ item\n/ term: x",
    "{{ agency }} {{ secret }} }} {{",
    "# heading\n一、heading\n| a | b |",
    '"; #panic("x") //',
    "\\u{202e} %s {0} ${x} <script>alert(1)</script> &amp;",
    "https://example.org/" + "a/" * 60,
    "0123456789" * 40,
    "（" * 500 + "）" * 500,
    "，。、；" * 200,
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_values_are_words_and_nothing_else(value: str) -> None:
    content = _made("前{{ x }}后\n| 栏 | {{ x }} |", {"x": value})
    expected = re.sub(r"\s", "", clean(value))
    text = _characters(content)
    assert f"前{expected}后" in text
    assert text.count(expected) >= 2
    _inside(content)


def _inside(content: bytes) -> None:
    """Every character stands between the margins of its page."""
    for page in pypdfium2.PdfDocument(content):
        width, height = page.get_size()
        for one in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT]):
            left, bottom, right, top = one.get_bounds()
            assert left >= 70 and right <= width - 65 and bottom >= 30 and top <= height - 90


@pytest.mark.parametrize(
    "value", ["正文十个字。" * 1700, "word and another " * 620, "a" * 10_000, "(" * 10_000], ids=len
)
def test_ten_thousand_characters_run_over_pages(value: str) -> None:
    content = _made("{{ x }}", {"x": value})
    assert _characters(content) == "标题" + value.replace(" ", "")
    assert 6 <= len(pypdfium2.PdfDocument(content)) <= 20
    _inside(content)


def test_pages_break_where_the_standard_says() -> None:
    # 22 lines of 28 characters; the first page has the title.
    content = _made("\n".join(f"第{number:02d}段" for number in range(1, 60)))
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 3
    lines = document[1].get_textpage().get_text_bounded().split("\r\n")
    assert len([line for line in lines if line.startswith("第")]) == 22
    assert lines[-1].startswith("— 2 —")
    line = pypdfium2.PdfDocument(_made("字" * 200))[0].get_textpage().get_text_bounded().split("\r\n")[2]
    assert line.strip() == "字" * 28


def test_signature_and_date_are_not_torn_apart() -> None:
    for count in range(14, 20):
        texts = _texts("\n".join(["行"] * count), signature="落款机关", date="2026年11月22日")
        pages = [
            page.get_textpage().get_text_bounded()
            for page in pypdfium2.PdfDocument(pdf(compose(texts, {}, language="zh-hans", day=DAY)))
        ]
        assert any("落款机关" in page and "2026年11月22日" in page for page in pages), count


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00\x07\x1b[31mb", "a[31mb"),
        ("付款\u202e元001", "付款元001"),
        ("零\u200b宽\ufeff", "零宽"),
        ("a\u00a0b\tc", "a b c"),
        ("𠮷野家", "〔U+20BB7〕野家"),
        ("好😀", "好〔U+1F600〕"),
        ("\ud800x", "〔U+D800〕x"),
        ("e\u0301", "é"),
        ("㐀龥〇囍朱镕基", "㐀龥〇囍朱镕基"),
    ],
)
def test_what_cannot_be_shown_is_said_not_lost(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text(max_size=80))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_values_are_worded_by_the_language() -> None:
    assert words(DAY, "zh-hans") == "2026年11月22日"
    assert words(DAY, "en") == "22 November 2026"
    assert words(NOW, "zh-hans") == "2026年11月23日 10:00"
    assert words(Decimal("1234567.50"), "en") == "1,234,567.50"
    assert (words(True, "zh-hans"), words(False, "en"), words(None, "en"), words(3, "en")) == (
        "是",
        "no",
        "",
        "3",
    )


def test_too_much_is_refused_before_it_is_set() -> None:
    with pytest.raises(CannotTypeset, match="at most 100000"):
        fill({"title": "t", "body": "{{ x }}"}, {"x": "字" * 100_001}, "zh-hans")


def test_a_layout_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "SECONDS", 0.01)
    with pytest.raises(CannotTypeset, match=r"more than 0\.01 s"):
        _made("正文")


def test_a_preview_is_pictures_of_the_pages() -> None:
    pages = pictures(compose(_texts("正文\n" * 40), {}, language="zh-hans", day=DAY))
    assert len(pages) == 2
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_the_code_leads_to_the_receipt() -> None:
    composed = compose(_texts("正文"), {}, language="both", day=DAY, receipt_code="X-1")
    zh, en = composed["document"]["parts"]
    assert zh["code"] is None
    assert en["code"]["svg"].startswith("<svg") and en["code"]["alt"].endswith("/verify/X-1")
    assert composing.receipt_address("X-1") == "http://localhost:8000/verify/X-1"
    assert io.BytesIO(pdf(composed)).read(5) == b"%PDF-"


def test_a_value_of_rows_becomes_rows_and_what_is_in_a_cell_stays_a_word() -> None:
    rows = [["道里区", 12, Decimal("3.50")], ["{{ other }} | 南岗区", None, ""]]
    part = fill(_texts("| 地区 | 户数 | 金额 |\n| {{ rows }} |")["zh-hans"], {"rows": rows}, "zh-hans")
    assert part["body"] == [
        {
            "kind": "rows",
            "rows": [
                ["地区", "户数", "金额"],
                ["道里区", "12", "3.50"],
                ["{{ other }} | 南岗区", "", ""],
            ],
        }
    ]


def test_a_value_without_rows_leaves_its_line_out() -> None:
    part = fill(_texts("甲\n| {{ rows }} |")["zh-hans"], {"rows": []}, "zh-hans")
    assert part["body"] == [{"kind": "text", "text": "甲"}]
