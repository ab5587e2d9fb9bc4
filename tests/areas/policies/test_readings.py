"""Reading that takes long: files and sentences in the background, a language model; and what comes of it in a draft that
is there already."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.areas.policies.factories import TEXT, author, hiring, issued_document, written_item
from tests.areas.policies.reading.test_language_model import Place, place  # noqa: F401  (a fixture)
from tests.areas.policies.review_factories import COMPLETE, reviewers
from tests.kernel.access.factories import DAOLI, HARBIN, NOW, arranged
from tests.kernel.documents.factories import plain_pdf
from tests.kernel.documents.ofd_files import ofd_document
from tests.kernel.parties.factories import region_tree
from tests.web.desk.factories import signed_in
from yingshang.areas.policies.api import (
    DraftUnchecked,
    InvalidItem,
    LanguageModelFailed,
    NothingToRead,
    NotPossibleNow,
    add_to_draft,
    begin_reading,
    carry_out,
    catalogue,
    create_item,
    disagreements,
    get_document,
    get_item,
    get_reading,
    read_document,
    save_version,
    submit_version,
    take_in_document,
)
from yingshang.areas.policies.models import DocumentReading, ItemVersion, PolicyDocument
from yingshang.areas.policies.readings.actions import carry_out as working
from yingshang.kernel.documents.models import Document
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer() -> Any:
    region_tree()
    return author()


@pytest.fixture
def page(writer: Any) -> Client:
    return signed_in(writer)


def _work(writer: Any, reading_id: int) -> None:
    carry_out(actor=writer.actor(), reading_id=reading_id, progress=lambda done, total: None, now=NOW)


def _long(parts: int = 60) -> str:
    """A document of many clauses, too long to be read while somebody waits."""
    one = (
        "参保人数不少于{n}人、上年度营业收入达到{n}万元以上的专精特新中小企业，可以申请本条规定的补贴，"
        + "具体办法另行制定，" * 40
    )
    return "\n".join(f"第{'一二三四五六七八九'[n % 9]}条 {one.format(n=n + 1)}。" for n in range(parts))


# --- in the background ------------------------------------------------------------------------------------------------


@pytest.fixture
def any_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    from yingshang.web.policies.authoring import documents

    monkeypatch.setattr(documents, "AT_ONCE_BYTES", 100)


@pytest.mark.usefixtures("any_file_is_large")
def test_a_large_file_is_read_by_the_worker_and_its_page_leads_on(page: Client, writer: Any) -> None:
    content = ofd_document([[f"第{number}页，参保人数不少于{number}人的企业。"] for number in range(20)])
    file = SimpleUploadedFile("汇编.ofd", content, "application/ofd")
    answer = page.post(reverse("policies_desk:document-new"), {"file": file, "region": HARBIN})
    row = DocumentReading.objects.get()
    assert answer.url == reverse("policies_desk:reading", args=[row.pk])
    assert ProcrastinateJob.objects.filter(task_name="policies.read_document").count() == 1
    assert not PolicyDocument.objects.exists(), "nothing half read stands among the documents"
    waiting = page.get(answer.url).content.decode()
    assert "等待后台处理" in waiting and "every 1s" in waiting and "刷新进度" in waiting
    _work(writer, row.pk)
    [document] = PolicyDocument.objects.all()
    assert len(document.sentences) == 20 and document.file_id
    assert page.get(answer.url).url == reverse("policies_desk:document-edit", args=[document.pk])
    told = page.get(answer.url, headers={"HX-Request": "true"})
    assert told["HX-Redirect"] == reverse("policies_desk:document-edit", args=[document.pk])
    # The worker was killed between its work and its word: nothing is taken in twice.
    _work(writer, row.pk)
    assert PolicyDocument.objects.count() == 1


@pytest.mark.usefixtures("any_file_is_large")
def test_a_long_scan_says_on_its_page_what_to_do(page: Client, writer: Any) -> None:
    scan = SimpleUploadedFile("扫描.pdf", plain_pdf(), "application/pdf")
    answer = page.post(reverse("policies_desk:document-new"), {"file": scan, "region": HARBIN})
    row = DocumentReading.objects.get()
    with pytest.raises(NothingToRead):
        _work(writer, row.pk)
    told = page.get(answer.url).content.decode()
    assert "扫描件只有页面图像" in told and "粘贴正文" in told and "every 1s" not in told
    assert not PolicyDocument.objects.exists()
    assert not Document.objects.filter(removed_at=None).exists(), "the file does not stay either"
    with pytest.raises(NotPossibleNow, match="uploaded again"):
        _work(writer, row.pk)
    assert get_reading(actor=writer.actor(), reading_id=row.pk).state == "failed"
    number = issued_document(actor=writer.actor())
    begin_reading(actor=writer.actor(), document_id=number, sentences=[3], now=NOW + timedelta(days=31))
    assert not DocumentReading.objects.filter(pk=row.pk).exists(), "nor does the reading, for ever"


def test_many_sentences_are_read_on_where_a_killed_worker_was(
    page: Client, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = take_in_document(actor=writer.actor(), text=_long(), region_path="2301", now=NOW)
    shown = page.get(reverse("policies_desk:document", args=[number])).content.decode()
    sentences = get_document(actor=writer.actor(), document_id=number).sentences
    assert shown.count('class="sentence"') == len(sentences)
    answer = page.post(
        reverse("policies_desk:document-mark", args=[number]), {"s": [str(each.number) for each in sentences]}
    )
    row = DocumentReading.objects.get()
    assert answer.url == reverse("policies_desk:reading", args=[row.pk])
    monkeypatch.setattr(working, "BATCH", 7)

    class Killed(Exception):
        pass

    def die(done: int, total: int) -> None:
        if done >= 21:
            raise Killed

    with pytest.raises(Killed):
        carry_out(actor=writer.actor(), reading_id=row.pk, progress=die, now=NOW)
    assert f"21 / {len(sentences)} 句" in page.get(answer.url).content.decode()
    seen: list[int] = []
    carry_out(
        actor=writer.actor(), reading_id=row.pk, progress=lambda done, total: seen.append(done), now=NOW
    )
    assert seen[0] == 28, "it went on and did not begin anew"
    found = get_reading(actor=writer.actor(), reading_id=row.pk)
    assert found.proposals == read_document(sentences, catalogue(), region=HARBIN)
    onward = page.get(answer.url)
    assert onward.url.startswith(reverse("policies_desk:propose", args=[number])) and "s=1-" in onward.url
    assert 'name="accept"' in page.get(onward.url).content.decode()
    # The same sentences asked for again are the same reading.
    again = page.post(reverse("policies_desk:document-mark", args=[number]), {"s": f"1-{len(sentences)}"})
    assert again.url == answer.url


def test_a_very_long_choice_is_shown_by_its_parts(
    page: Client, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yingshang.web.policies.authoring import proposing

    monkeypatch.setattr(proposing, "MOST_AT_ONCE", 3)
    number = issued_document(actor=writer.actor())
    parts = page.get(reverse("policies_desk:propose", args=[number]) + "?s=1-6").content.decode()
    assert "请选择一个部分" in parts and 'name="accept"' not in parts
    addresses = [each.replace("&amp;", "&") for each in re.findall(r'href="([^"]*propose/\?s=[^"]*)"', parts)]
    assert len(addresses) == 3 and 'name="accept"' in page.get(addresses[-1]).content.decode()


def test_a_failed_reading_is_read_again_when_an_operator_asks_or_says_why_not(writer: Any) -> None:
    number = take_in_document(actor=writer.actor(), text=_long(), region_path="2301", now=NOW)
    sentences = get_document(actor=writer.actor(), document_id=number).sentences
    reading = begin_reading(
        actor=writer.actor(), document_id=number, sentences=[each.number for each in sentences], now=NOW
    )
    working.note_failure(reading, "it broke off", "读取多次中断", actor=writer.actor(), now=NOW)
    row = DocumentReading.objects.get(pk=reading)
    assert row.state == "failed"
    carry_out(actor=writer.actor(), reading_id=reading, progress=lambda done, total: None, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.message, row.done) == ("done", "", len(sentences)) and row.proposals
    with arranged():
        DocumentReading.objects.update(state="failed", kind="file", message_zh="无法识别")
    with pytest.raises(NotPossibleNow) as refusal:
        carry_out(actor=writer.actor(), reading_id=reading, progress=lambda done, total: None, now=NOW)
    assert "无法识别" in (refusal.value.message_zh or "") and "重新上传" in (refusal.value.message_zh or "")


def test_a_text_that_was_changed_meanwhile_is_not_read(writer: Any) -> None:
    number = take_in_document(actor=writer.actor(), text=_long(3), region_path="2301", now=NOW)
    begun = begin_reading(actor=writer.actor(), document_id=number, sentences=[1, 2], now=NOW)
    with arranged():
        PolicyDocument.objects.filter(pk=number).update(text="另一份")
    with pytest.raises(NotPossibleNow):
        _work(writer, begun)
    assert get_reading(actor=writer.actor(), reading_id=begun).state == "failed"


# --- the language model -----------------------------------------------------------------------------------------------


def test_a_language_model_is_offered_only_where_there_is_one_and_is_marked(
    page: Client,
    writer: Any,
    place: Place,  # noqa: F811
    settings: Any,
) -> None:
    number = issued_document(actor=writer.actor())
    address = reverse("policies_desk:propose", args=[number]) + "?s=3"
    assert "请语言模型也提议" not in page.get(address).content.decode()
    with pytest.raises(LanguageModelFailed):
        begin_reading(actor=writer.actor(), document_id=number, sentences=[3], by="model", now=NOW)

    settings.LANGUAGE_MODEL_ADDRESS, settings.LANGUAGE_MODEL_NAME = place.model.address, "stand-in"
    offered = page.get(address).content.decode()
    assert "请语言模型也提议" in offered and "127.0.0.1" in offered and "语言模型提议" not in offered
    asked = page.post(reverse("policies_desk:ask-model", args=[number]), {"s": "3"})
    row = DocumentReading.objects.get()
    assert asked.url == reverse("policies_desk:reading", args=[row.pk])
    assert not place.seen, "it is asked by the worker, not while somebody waits"
    noted = AuditEvent.objects.get(action="policies.document_sent_to_model")
    assert noted.after == {"model": "stand-in", "sentences": 1, "characters": 34}
    quote = "参保人数不少于10人"
    place.says(
        {
            "proposals": [
                {"kind": "condition", "sentence": 3, "quote": quote, "expression": "参保人数 >= 10"},
                {"kind": "condition", "sentence": 3, "quote": quote, "expression": "true"},
                {"kind": "remark", "sentence": 3, "quote": quote, "why": "<img src=x onerror=alert(1)>"},
            ]
        }
    )
    _work(writer, row.pk)
    shown = page.get(page.get(asked.url).url).content.decode()
    assert shown.count("语言模型提议") == 3 and "<img src=x" not in shown and "&lt;img" in shown
    # What holds for everybody is refused as a rule, and is a remark nobody can accept.
    boxes = re.findall(r'name="accept" value="(\d+)"', shown)
    made = page.post(
        page.get(asked.url).url, {"accept": boxes[-1:], "code": "BY-MODEL", "name": "甲", "region": HARBIN}
    )
    assert made.status_code == 302
    item = get_item(actor=writer.actor(), code="BY-MODEL").open
    assert item is not None and "when: 参保人数 >= 10" in item.source and "onerror" not in item.source


def test_a_model_that_fails_says_so_and_the_reader_is_still_there(
    page: Client,
    writer: Any,
    place: Place,  # noqa: F811
    settings: Any,
) -> None:
    settings.LANGUAGE_MODEL_ADDRESS = place.model.address
    number = issued_document(actor=writer.actor())
    begun = begin_reading(actor=writer.actor(), document_id=number, sentences=[3], by="model", now=NOW)
    with pytest.raises(LanguageModelFailed):
        _work(writer, begun)
    told = page.get(reverse("policies_desk:reading", args=[begun])).content.decode()
    assert "语言模型答复状态 500" in told and "回到文件" in told
    assert (
        'name="accept"'
        in page.get(reverse("policies_desk:propose", args=[number]) + f"?s=3&r={begun}").content.decode()
    )


# --- into a draft that is there ---------------------------------------------------------------------------------------


def test_marked_sentences_go_into_a_draft_with_their_links(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    number = issued_document(actor=writer.actor())
    shown = page.get(reverse("policies_desk:document", args=[number])).content.decode()
    assert "加入已有草稿" in shown
    marked = page.post(reverse("policies_desk:document-mark", args=[number]), {"s": ["3", "6"], "to": "add"})
    offered = page.get(marked.url).content.decode()
    assert '<option value="HIRING">' in offered
    boxes = re.findall(r'name="accept" value="(\d+)"', offered)
    events = AuditEvent.objects.count()
    added = page.post(marked.url, {"accept": boxes, "unread": "3", "draft": "HIRING"})
    assert added.url == reverse("policies_desk:item", args=["HIRING"])
    assert AuditEvent.objects.count() == events + 1
    version = get_item(actor=writer.actor(), code="HIRING").open
    assert version is not None and version.revision == 2
    assert (
        "  - {id: insured, text: 参保人数不少于10人, clause: 一、, when: 参保人数 >= 10}\n" in version.source
    )
    assert version.source.startswith("# 演示事项") and "amount: 1000 * 参保人数" in version.source
    linked = {key for key, numbers in version.links.items() if 3 in numbers}
    assert len(linked) == 3, "two conditions that were read, and the sentence itself to be written"
    assert any("草稿已写有金额" in each for each in version.remarks)
    row = page.get(added.url).content.decode()
    assert all(re.search(f'name="l/{key}" value="3"', row) for key in linked) and "起草提示" in row
    # The draft is of this document from now on, and not of another.
    assert ItemVersion.objects.get().item.document_id == number
    other = issued_document(actor=writer.actor(), text=TEXT + "三、附则。\n")
    with pytest.raises(InvalidItem):
        add_to_draft(
            actor=writer.actor(), code="HIRING", document_id=other, proposals=[], unread=[3], now=NOW
        )


def test_an_amount_is_replaced_only_by_who_says_so(page: Client, writer: Any) -> None:
    text = "专精特新中小企业。\n给予5万元奖励。\n有效期至2027年12月31日。"
    number = take_in_document(actor=writer.actor(), text=text, region_path="2301", now=NOW)
    written_item(actor=writer.actor())
    sentences = get_document(actor=writer.actor(), document_id=number).sentences
    proposals = read_document(sentences, catalogue())
    add_to_draft(
        actor=writer.actor(),
        code="HIRING",
        document_id=number,
        proposals=proposals,
        replace_amount=True,
        now=NOW,
    )
    version = get_item(actor=writer.actor(), code="HIRING").open
    assert version is not None
    assert "amount: 50000" in version.source and "caps" not in version.source
    assert version.links["benefit"] == [2]


# --- before it is handed in -------------------------------------------------------------------------------------------


def test_what_the_reader_left_is_settled_before_a_draft_is_handed_in(page: Client, writer: Any) -> None:
    people = reviewers()
    who = people.author.actor()
    create_item(actor=who, source=COMPLETE, remarks=["未识别 第4句：另行制定。", "请核对期限。"], now=NOW)
    client = signed_in(people.author)
    refused = client.post(reverse("policies_desk:version-submit", args=["HIRING"]), {"explanation": "说明"})
    assert refused.status_code == 422
    assert "还有 2 条起草提示没有核对" in refused.content.decode()
    shown = client.get(reverse("policies_desk:item", args=["HIRING"])).content.decode()
    assert "另行制定。" in shown
    version = get_item(actor=who, code="HIRING").open
    assert version is not None and "另行制定" not in version.source
    sent = {
        "view": "yaml",
        "source": version.source,
        "revision": version.revision,
        "op": "save",
        "settled": ["未识别 第4句：另行制定。", "请核对期限。"],
    }
    assert client.post(reverse("policies_desk:item", args=["HIRING"]), sent).status_code == 302
    submit_version(actor=who, code="HIRING", now=NOW)


def test_the_readers_own_note_is_not_published(writer: Any) -> None:
    people = reviewers()
    who = people.author.actor()
    noted = COMPLETE + "note: 由阅读器起草，尚未核对。\n"
    create_item(actor=who, source=noted, now=NOW)
    with pytest.raises(DraftUnchecked, match="note"):
        submit_version(actor=who, code="HIRING", now=NOW)
    save_version(actor=who, code="HIRING", source=COMPLETE, revision=1, now=NOW)
    submit_version(actor=who, code="HIRING", now=NOW)


def test_words_and_row_that_disagree_are_told_beside_the_field(page: Client, writer: Any) -> None:
    source = hiring().replace(
        "  - {id: insured,",
        "  - {id: sales, text: 上年度营业收入500万元以上, when: 上年度营业收入 >= 3000000}\n  - {id: insured,",
    )
    [found] = disagreements(source, catalogue())
    assert found.message_zh.startswith("条件文字写的是 500万元，行里是 300万元")
    written_item(source=source, actor=writer.actor())
    shown = page.get(reverse("policies_desk:item", args=["HIRING"])).content.decode()
    slot = shown.split('id="p-conditions-0-text"')[1].split("</div>")[0]
    assert "500万元，行里是 300万元" in slot
    assert not disagreements(hiring(), catalogue())


def test_other_elements_and_the_item_above_are_written_on_the_page(page: Client, writer: Any) -> None:
    number = issued_document(actor=writer.actor())
    written_item(actor=writer.actor())
    address = reverse("policies_desk:item", args=["HIRING"])
    version = get_item(actor=writer.actor(), code="HIRING").open
    assert version is not None
    sent = {
        "view": "fields",
        "source": version.source,
        "revision": "1",
        "op": "save",
        "e/superior": "PROVINCE-1",
        "e/contact": "0451-00000000",
        "f/document/title": "关于支持企业吸纳就业的若干措施",
    }
    assert page.post(address, sent).status_code == 302
    version = get_item(actor=writer.actor(), code="HIRING").open
    assert version is not None
    assert version.elements == {"superior": "PROVINCE-1", "contact": "0451-00000000"}
    assert "title: 关于支持企业吸纳就业的若干措施" in version.source and "演示〔2026〕1号" in version.source
    shown = page.get(address).content.decode()
    assert 'value="PROVINCE-1"' in shown and "要素 " in shown and number


def test_readings_of_elsewhere_do_not_exist(writer: Any) -> None:
    number = take_in_document(actor=writer.actor(), text=_long(2), region_path="2301", now=NOW)
    begun = begin_reading(actor=writer.actor(), document_id=number, sentences=[1], now=NOW)
    other = signed_in(author(DAOLI))
    assert other.get(reverse("policies_desk:reading", args=[begun])).status_code == 404
    assert other.get(reverse("policies_desk:reading", args=[10**9])).status_code == 404
