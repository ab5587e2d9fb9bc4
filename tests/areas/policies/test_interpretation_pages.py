"""Interpretations on their pages: written on the desk, read with one picture in the portal, in feeds and the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.areas.policies.factories import author, hiring, published_item
from tests.areas.policies.search_factories import DAY, real_item
from tests.areas.policies.test_interpretation import ITEM, interpreted, next_version, png
from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, arranged, official, one_event
from tests.web.desk.factories import signed_in
from yingshang.areas.policies.api import (
    InterpretationSubject,
    LibraryQuestion,
    begin_interpretation,
    public_item,
    rebuild_library,
    search_library,
    split_sentences,
)
from yingshang.areas.policies.models import Interpretation
from yingshang.web.policies.interpretation.picture import NARROW, WIDE, picture_of, svg, wrap
from yingshang.web.policies.library.outline import outline_of
from yingshang.web.policies.templatetags.library import said_clause, span_words

pytestmark = pytest.mark.django_db
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def own_index(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its index to itself, and the moment of the factories."""
    settings.DATA_DIRECTORY = tmp_path
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def test_an_author_writes_one_and_everybody_reads_it(client: Client) -> None:
    published_item()
    desk = signed_in(author())
    address = reverse("policies_desk:item-interpretation", args=["HIRING"])
    assert "还没有解读" in desk.get(address).content.decode()
    with one_event("policies.interpretation_begun"):
        desk.post(address, {"op": "begin"})
    page = desk.get(address).content.decode()
    assert "自动生成的初稿" in page and "参保人数不少于10人的企业" in page
    assert "政策解读" not in client.get(reverse("policies:item", args=["HIRING"])).content.decode()
    sent = {
        "op": "save",
        "revision": "1",
        "plain": "参保满10人就补，<b>每人1000元</b>。",
        "section-amount": "每人1000元，最高2万元。",
        "question-0": "要多少人参保？",
        "answer-0": "不少于10人。",
        "points-0": ["insured"],
        "question-1": "",
        "answer-1": "",
    }
    with one_event("policies.interpretation_saved"):
        assert desk.post(address, sent).status_code == 302
    again = desk.post(address, sent)
    assert again.status_code == 422 and "每人1000元" in again.content.decode(), "what was typed stays"
    assert desk.post(address, {**sent, "op": "publish", "revision": "2"}).status_code == 302
    page = client.get(reverse("policies:item", args=["HIRING"])).content.decode()
    assert "要多少人参保？" in page and "#c-insured" in page and "解读依据第 1 版" in page
    assert "最高 2万元" in page and "没有统一上限" not in page, (
        "a cap is a limit, whatever the formula leaves open"
    )
    assert "<b>每人1000元</b>" not in page and "&lt;b&gt;每人1000元" in page
    assert desk.post(address, {"op": "withdraw", "reason": ""}).status_code == 422
    assert desk.post(address, {"op": "withdraw", "reason": "写错了"}).status_code == 302
    assert "要多少人参保？" not in client.get(reverse("policies:item", args=["HIRING"])).content.decode()


def test_who_only_reads_drafts_gets_no_buttons() -> None:
    published_item()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
    reader = signed_in(official("department_official", HARBIN))
    address = reverse("policies_desk:item-interpretation", args=["HIRING"])
    assert 'value="save"' not in reader.get(address).content.decode()
    assert reader.post(address, {"op": "save", "revision": "1", "plain": "改"}).status_code in (403, 422)
    assert Interpretation.objects.get().revision == 1


def test_readers_and_authors_see_which_figures_are_gone(client: Client) -> None:
    interpreted()
    next_version(hiring(staff=30).replace("不少于10人", "不少于30人"))
    page = client.get(reverse("policies:item", args=["HIRING"])).content.decode()
    assert "解读可能已经过时" in page and "10人" in page
    desk = signed_in(author())
    page = desk.get(reverse("policies_desk:item-interpretation", args=["HIRING"])).content.decode()
    assert "现行第 2 版中已经没有" in page
    page = desk.get(reverse("policies_desk:item", args=["HIRING"])).content.decode()
    assert "已公开的解读提到的 10人" in page
    assert "解读可能" not in client.get("/policies/items/HIRING/?version=1").content.decode()


def test_a_picture_that_was_uploaded_is_for_everybody_once_it_is_published(client: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    published_item()
    desk = signed_in(author())
    address = reverse("policies_desk:item-interpretation", args=["HIRING"])
    desk.post(address, {"op": "begin"})
    file = SimpleUploadedFile("图.png", png(), "image/png")
    sent = {"op": "picture", "revision": "1", "alt": "三步办理", "use": "instead", "picture": file}
    assert desk.post(address, sent).status_code == 302
    shown = reverse("policies:interpretation-picture", args=[Interpretation.objects.get().pk])
    assert client.get(shown).status_code == 404
    draft = Interpretation.objects.get()
    desk.post(address, {"op": "publish", "revision": "2", "plain": draft.plain})
    answer = client.get(shown)
    assert answer["Content-Type"] == "image/png" and b"".join(answer.streaming_content)[:4] == b"\x89PNG"  # type: ignore[attr-defined]
    page = client.get(reverse("policies:item", args=["HIRING"])).content.decode()
    assert "三步办理" in page and "items/HIRING.svg" not in page


# --- one picture ------------------------------------------------------------------------------------------------------


def test_the_picture_says_what_the_item_says_in_either_language_and_width(client: Client) -> None:
    published_item()
    for query, name in (("", "什么时候"), ("?language=en", "When"), ("?narrow", "什么时候")):
        answer = client.get("/policies/items/HIRING.svg" + query)
        assert answer["Content-Type"].startswith("image/svg+xml")
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        root = ElementTree.fromstring(answer.content)
        words = "".join(each.text or "" for each in root.iter(f"{SVG}text"))
        for told in ("吸纳就业补贴", "参保人数不少于10人", "每人1000元，最高2万元", name):
            assert told in words, (query, told)
        assert root.get("width") == str(NARROW if "narrow" in query else WIDE)
        assert root.find(f"{SVG}title") is not None and "参保人数" in (root.findtext(f"{SVG}desc") or "")
    assert client.get("/policies/items/NOBODY.svg").status_code == 404


def test_nothing_in_a_picture_is_markup() -> None:
    published_item(
        source=hiring().replace("参保人数不少于10人,", '"<script>alert(1)</script> & \\u0007]]>",')
    )
    drawn = svg(picture_of(public_item(code="HIRING", day=DAY), DAY), language="zh-CN")
    assert "<script" not in drawn
    assert "alert(1)" in "".join(each.text or "" for each in ElementTree.fromstring(drawn).iter(f"{SVG}text"))


def test_one_of_several_is_not_marked_as_needed() -> None:
    real_item("P012")
    found = picture_of(public_item(code="P012", day=DAY), DAY)
    marks = {line.text: line.mark for line in found.blocks[1].lines}
    assert marks["个体工商户"] == "one" and marks["年度应纳税所得额不超过 300 万元"] == "good"


@pytest.mark.parametrize("text", ["长" * 200, "a" * 300, "（一）符合条件的，可以申请；" * 20, ""])
def test_lines_fit_and_lose_nothing(text: str) -> None:
    lines = list(wrap(text, 300, 15))
    assert "".join(lines) == text
    assert all(sum(1.0 if ord(each) > 127 else 0.58 for each in line) * 15 <= 330 for line in lines)
    assert not any(line.endswith("（") for line in lines)


# --- elsewhere --------------------------------------------------------------------------------------------------------


def test_its_words_are_found_and_in_the_feeds_and_the_api(client: Client) -> None:
    interpreted()
    rebuild_library(day=DAY)
    found = search_library(LibraryQuestion(text="每招一人"), day=DAY)
    assert [hit.item.code for hit in found.hits if hit.item] == ["HIRING"]
    assert "每招一人" in "".join(piece.text for piece in found.hits[0].excerpt)
    plain = Interpretation.objects.get().plain
    [told] = client.get("/policies/feed.json").json()["items"]
    assert told["summary"] == plain and plain in told["content_text"]
    assert plain in client.get("/policies/feed.atom").content.decode()
    body = client.get("/api/v1/policies/items/HIRING").json()["interpretation"]
    assert body["plain"] == plain and body["covers"] and body["questions"][0]["points"] == ["insured"]


def test_a_document_has_one_too() -> None:
    from tests.areas.policies.factories import issued_document

    number = issued_document()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=InterpretationSubject(document_id=number), now=NOW)
    address = reverse("policies_desk:document-interpretation", args=[number])
    page = signed_in(author()).get(address).content.decode()
    assert "关于支持企业吸纳就业的若干措施" in page


def test_the_outline_of_a_long_document() -> None:
    text = "总则\n第一章 支持对象\n第一条 企业。\n第二条 单位。\n第二章 支持标准\n第三条 每人1000元。\n"
    found = outline_of(split_sentences(text))
    assert [(each.text[:3], each.depth) for each in found] == [
        ("第一章", 0),
        ("第一条", 1),
        ("第二条", 1),
        ("第二章", 0),
        ("第三条", 1),
    ]


def test_a_document_of_many_pages_is_read_page_by_page(client: Client) -> None:
    from tests.areas.policies.search_factories import collected_document

    text = "\n".join(f"第{number}条 符合条件的企业可以申请。" for number in range(1, 401))
    number = collected_document("长文", text=text)
    address = reverse("policies:document", args=[number])
    page = client.get(address).content.decode()
    assert "目录" in page and 'id="s150"' in page and 'id="s151"' not in page and "第 1 页，共 3 页" in page
    assert 'id="s300"' in client.get(address + "?sentence=300").content.decode()
    assert 'id="s400"' in client.get(address + "?page=99").content.decode()


@pytest.mark.parametrize(
    ("clause", "said"),
    [
        ("一", "第一部分"),
        ("一（二）", "第一部分（二）"),
        ("第一条", "第一条"),
        ("申请条件", "申请条件"),
        ("", ""),
    ],
)
def test_a_bare_numeral_is_not_taken_for_a_dash(clause: str, said: str) -> None:
    assert said_clause(clause) == said


def test_no_dash_is_left_hanging() -> None:
    first, last = "2026-01-01", "2026-12-31"
    assert span_words(first, last) == "2026年1月1日 – 2026年12月31日"
    assert span_words(first, None) == "2026年1月1日起"
    assert span_words("", last) == "至2026年12月31日"
    assert span_words("2026-01", None) == "2026-01起" and span_words(None, None) == ""
