"""The page on which an enterprise fills in a form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.kernel.access.factories import NANGANG, PASSWORD, enterprise, official
from tests.kernel.documents.factories import plain_pdf
from tests.kernel.forms.factories import a_form, an_enterprise, defaults
from tests.web.portal import filling_urls
from yingshang.kernel.documents.api import get_document
from yingshang.kernel.forms.api import get_draft
from yingshang.kernel.forms.models import FormDraft, Submission

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.web.portal.filling_urls")]

PDF = plain_pdf()
GOOD = {
    "kind": "wrong",
    "claimed_value": "43 人",
    "reason": "社保缴费凭证上的人数是四十三人",
    "contact_name": "演示联系人",
    "contact_phone": "138 0000 0000",
}


@pytest.fixture(autouse=True)
def nothing_submitted() -> Iterator[None]:
    filling_urls.SUBMITTED.clear()
    yield


def enter(client: Client, user: Any) -> None:
    """Logged in, and nobody else."""
    client.cookies.clear()
    client.post("/account/login/", {"login": user.username, "password": PASSWORD})
    assert "_auth_user_id" in client.session


def at(client: Client, **facts: Any) -> tuple[Any, Any, str]:
    defaults()
    party, clerk = an_enterprise(**facts)
    enter(client, clerk.user)
    return party, clerk, f"/filling/fact_objection/{party.pk}/"


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def test_a_form_is_filled_in_and_submitted_once(client: Client) -> None:
    _, _, address = at(client)
    page = client.get(address).content.decode()
    assert "有什么问题" in page and 'name="fact"' not in page
    key = hidden(page, "_key")
    answer = client.post(address, {**GOOD, "_key": key, "_revision": "0"})
    assert answer.status_code == 302 and answer["Location"] == "/messages/"
    [view] = filling_urls.SUBMITTED
    assert view.values["fact"] == "emp.insured_count"
    assert view.values["contact_phone"] == "13800000000"
    again = client.post(address, {**GOOD, "_key": key, "_revision": "0"})
    assert again["Location"] == "/messages/" and len(filling_urls.SUBMITTED) == 1
    assert Submission.objects.count() == 1
    page = client.get(address).content.decode()
    assert 'value="13800000000"' in page and "上次填报" in page


def test_what_is_wrong_is_told_and_nothing_is_lost_not_even_the_files(client: Client) -> None:
    party, clerk, address = at(client)
    paper = SimpleUploadedFile("凭证.pdf", PDF, content_type="application/pdf")
    answer = client.post(address, {**GOOD, "reason": "短", "evidence": paper})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "至少填写 10 个字，现在是 1 个" in page and 'href="#id_reason"' in page
    assert "凭证.pdf" in page
    assert "43 人" in page
    number = hidden(page, "evidence-kept")
    draft = get_draft(actor=clerk.actor(), form_code="fact_objection", subject="try", party_id=party.pk)
    assert draft is not None and draft.data["evidence"][0]["name"] == "凭证.pdf"
    answer = client.post(
        address, {**GOOD, "evidence-kept": number, "_key": draft.key, "_revision": str(draft.revision)}
    )
    assert answer.status_code == 302, answer.content.decode()
    [view] = filling_urls.SUBMITTED
    assert view.documents == (int(number),)
    assert get_document(actor=clerk.actor(), document_id=int(number)).name == "凭证.pdf"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.exe", b"MZ", "只能上传 PDF、PNG、JPG、DOCX、XLSX 文件"),
        ("a.pdf", b"", "空文件"),
        ("a.pdf", b"MZ this is a program", "文件内容不是扩展名所说的格式"),
        ("a.png", PDF, "文件内容不是扩展名所说的格式"),
        ("a.pdf", b"%PDF-" + b"0" * (10 * 1024 * 1024 + 1), "每个文件最多 10 MB"),
    ],
)
def test_files_are_judged_by_name_size_and_content(
    client: Client, name: str, content: bytes, message: str
) -> None:
    _, _, address = at(client)
    answer = client.post(address, {**GOOD, "evidence": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422 and message in answer.content.decode()
    assert not filling_urls.SUBMITTED


def test_files_of_somebody_else_cannot_be_named(client: Client) -> None:
    _, _, address = at(client)
    client.post(address, {**GOOD, "reason": "短", "evidence": SimpleUploadedFile("a.pdf", PDF)})
    theirs = FormDraft.objects.get()
    other, stranger = an_enterprise()
    enter(client, stranger.user)
    answer = client.post(
        f"/filling/fact_objection/{other.pk}/",
        {**GOOD, "evidence-kept": "1", "_key": str(theirs.key)},
    )
    assert answer.status_code == 302
    assert filling_urls.SUBMITTED[0].documents == ()
    assert FormDraft.objects.filter(pk=theirs.key).exists()


def test_what_is_typed_is_kept_and_two_windows_are_told(client: Client) -> None:
    party, clerk, address = at(client)
    where = {"_form": "fact_objection", "_party": str(party.pk), "_subject": "try"}
    first = client.post("/forms/draft", {**where, "reason": "一", "kind": "not_ours", "_revision": "0"})
    assert "已自动保存" in first.content.decode() and 'value="1"' in first.content.decode()
    assert "claimed_value" not in first.headers["HX-Trigger"]
    assert client.post("/forms/draft", {**where, "reason": "二", "_revision": "1"}).status_code == 200
    other = client.post("/forms/draft", {**where, "reason": "三", "_revision": "1"})
    assert other.status_code == 409 and "另一个窗口" in other.content.decode()
    prevailed = client.post("/forms/draft", {**where, "reason": "三", "_revision": "1", "_prevail": "1"})
    assert prevailed.status_code == 200
    page = client.get(address).content.decode()
    assert "三" in page and "换回那一份" in page
    client.post("/forms/draft", {**where, "_take_back": "1", "_next": address})
    draft = get_draft(actor=clerk.actor(), form_code="fact_objection", subject="try", party_id=party.pk)
    assert draft is not None and draft.data["reason"] == "二"
    gave_way = client.post("/forms/draft", {**where, "reason": "四", "_revision": "1", "_yield": "1"})
    assert gave_way.headers["HX-Refresh"] == "true"
    draft = get_draft(actor=clerk.actor(), form_code="fact_objection", subject="try", party_id=party.pk)
    assert draft is not None and (draft.data["reason"], (draft.displaced or {})["reason"]) == ("二", "四")
    stale = client.post(address, {**GOOD, "_revision": "1"})
    assert stale.status_code == 409 and "这份没有提交" in stale.content.decode()
    assert client.post(address, {**GOOD, "_revision": "1", "_prevail": "1"}).status_code == 302


def test_a_draft_is_thrown_away_and_addresses_elsewhere_are_not_followed(client: Client) -> None:
    party, _, _ = at(client)
    where = {"_form": "fact_objection", "_party": str(party.pk), "_subject": "try"}
    client.post("/forms/draft", {**where, "reason": "一"})
    answer = client.post("/forms/draft", {**where, "_discard": "1", "_next": "https://example.org/"})
    assert answer["Location"] == "/"
    assert not FormDraft.objects.exists()


def test_tables_grow_without_a_script(client: Client) -> None:
    a_form()
    party, clerk = an_enterprise(**{"emp.insured_count": 42})
    enter(client, clerk.user)
    address = f"/filling/loan/{party.pk}/"
    page = client.get(address).content.decode()
    assert "已预填：" in page and 'value="42"' in page
    answer = client.post(address, {"lines-0-what": "设备", "staff": "40", "_add_row": "lines"})
    page = answer.content.decode()
    assert answer.status_code == 200 and 'name="lines-2-what"' in page and 'value="设备"' in page
    assert "已修改，原为 42" in page
    english = client.get(address, headers={"Accept-Language": "en"}).content.decode()
    assert "Insured staff" in english


def test_the_page_is_closed_to_others(client: Client) -> None:
    party, _, address = at(client)
    elsewhere = enterprise(NANGANG)
    assert client.get(f"/filling/fact_objection/{elsewhere.pk}/").status_code == 404
    where = {"_form": "fact_objection", "_subject": "try"}
    assert client.post("/forms/draft", {**where, "_party": str(elsewhere.pk)}).status_code == 404
    assert client.post("/forms/draft", {**where, "_party": "x" * 99}).status_code == 404
    assert client.post("/forms/draft", {"_party": str(party.pk), "_form": "nothing"}).status_code == 404
    assert client.get("/forms/draft").status_code == 405
    enter(client, official("window_official").user)
    assert client.get(address).status_code == 403
    assert client.post("/forms/draft", where).status_code == 403


@pytest.mark.parametrize(
    "sent",
    [
        {"_key": "x"},
        {"_revision": "-9"},
        {"kind": ["wrong", "missing"]},
        {"reason": "\x00" * 20},
        {"claimed_value": "a" * 300_000},
        {"evidence-kept": "../../etc/passwd"},
    ],
)
def test_nonsense_is_answered(client: Client, sent: dict[str, Any]) -> None:
    _, _, address = at(client)
    # A null character is refused before any form is looked at; everything else by the form, in its words.
    expected = (400,) if "\x00" in sent.get("reason", "") else (302, 409, 422)
    assert client.post(address, {**GOOD, **sent}).status_code in expected
