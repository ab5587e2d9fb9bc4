"""The pages of the answer library: everybody's, the desk's, and what is offered while somebody writes."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from tests.areas.appeals.factories import answered_appeal, city, handled_appeal, reply_of
from tests.areas.appeals.library.library_factories import (
    LATER,
    WORDS,
    proposed_answer,
    published_answer,
)
from tests.areas.policies.factories import published_item
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    QIQIHAR,
    enterprise,
    legal_representative_of,
    official,
    region,
)
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.appeals.models import Appeal, LibraryAnswer, LibraryAnswerUse, Reply, ReplyTemplate
from yingshang.areas.policies.api import rebuild_library

pytestmark = pytest.mark.django_db
TYPED = "我们公司换了营业执照，去窗口申请许可证变更，跑了三趟还没办下来"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: LATER + timedelta(hours=1))


def test_everybody_finds_and_reads_published_answers(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    visitor = Client()
    address = reverse("appeals:answers")
    assert "还没有发布解答" in visitor.get(address).content.decode()
    kept = published_answer()
    waiting = proposed_answer(question="还没有发布的问题在这里？")
    page = reverse("appeals:answer", args=[kept.id])
    with django_assert_max_num_queries(12):
        shown = visitor.get(address).content.decode()
    assert page in shown and "还没有发布的问题" not in shown
    for asked, found in (
        ({"text": "许可证"}, True),
        ({"text": "许可证 停电"}, True),
        ({"text": "停电", "page": "9"}, False),
        ({"topic": "registration", "region": DAOLI}, True),
        ({"topic": "nothing", "page": "-1"}, True),
        ({"region": HARBIN, "text": "许可证"}, False),
    ):
        assert (page in visitor.get(address, asked).content.decode()) is found, asked
    with django_assert_max_num_queries(10):
        one = visitor.get(page).content.decode()
    for words in (WORDS["question"], WORDS["law"], WORDS["contact"]):
        assert words in one
    # Nothing tells whose appeal it came from.
    assert kept.said.row.number not in one and kept.said.party.name not in one
    assert visitor.get(reverse("appeals:answer", args=[waiting.id])).status_code == 404


def test_what_fits_is_offered_while_somebody_types_and_what_they_type_is_in_no_log(
    caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    kept = published_answer()
    visitor = Client()
    address = reverse("appeals:suggestions")
    member = logged_in(legal_representative_of(enterprise(DAOLI)))
    clerk = logged_in(kept.said.people.dispatcher)
    for browser, page in (
        (visitor, reverse("appeals:say")),
        (member, reverse("appeals:new")),
        (clerk, reverse("appeals_desk:register")),
    ):
        assert f'hx-post="{address}"' in browser.get(page).content.decode()
    with caplog.at_level(logging.DEBUG):
        shown = visitor.post(address, {"body": TYPED, "title": "", "region": DAOLI}).content.decode()
    assert reverse("appeals:answer", args=[kept.id]) in shown and TYPED not in shown
    assert "营业执照" not in caplog.text
    assert not Appeal.objects.filter(text__contains="跑了三趟").exists()
    assert (
        visitor.post(address, {"body": "厂区又停电了，机器全停", "region": "x"}).content.decode().strip()
        == ""
    )
    assert visitor.post(address, {"body": "许可证变更\u200b" * 9_000, "region": DAOLI}).status_code == 200
    assert visitor.get(address).status_code == 405
    settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "search": "1/minute"}
    visitor.post(address, {"body": TYPED})
    refused = visitor.post(address, {"body": TYPED})
    # Nothing is shown, and nothing disturbs who is writing.
    assert refused.status_code == 429 and refused.content == b"" and int(refused["Retry-After"]) > 0


def test_policies_of_the_place_are_offered_too(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIRECTORY = tmp_path
    code = published_item()
    rebuild_library(day=LATER.date())
    address, item = reverse("appeals:suggestions"), reverse("policies:item", args=[code])
    for text, region_code, found in (
        ("我们今年招了二十个人，就业补贴申请了三个月还没有到账", DAOLI, True),
        ("我们今年招了二十个人，就业补贴申请了三个月还没有到账", QIQIHAR, False),
        ("厂区又停电了，机器全停", DAOLI, False),
    ):
        shown = Client().post(address, {"body": text, "region": region_code}).content.decode()
        assert (item in shown) is found, (text, region_code)


def test_other_systems_read_what_everybody_reads() -> None:
    kept = published_answer()
    waiting = proposed_answer(question="还没有发布的问题在这里？")
    visitor = Client()
    listed = visitor.get(
        "/api/v1/answers", {"region_code": DAOLI, "topic": "registration", "limit": 1}
    ).json()
    assert [each["id"] for each in listed["items"]] == [kept.id]
    assert visitor.get("/api/v1/answers", {"region_code": QIQIHAR}).json()["items"] == []
    assert visitor.get("/api/v1/answers", {"topic": "a\x00"}).json()["items"] == []
    one = visitor.get(f"/api/v1/answers/{kept.id}").json()
    assert one["law"] == WORDS["law"] and kept.said.party.name not in str(one)
    assert visitor.get(f"/api/v1/answers/{waiting.id}").status_code == 404


def test_a_reply_becomes_an_answer_by_forms_alone(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    said = answered_appeal()
    keeper = logged_in(said.people.handler)
    other = logged_in(official("department_official", DAOLI, "commerce"))
    new = reverse("appeals_desk:new-answer", args=[reply_of(said).pk])
    assert new in keeper.get(reverse("appeals_desk:appeal", args=[said.id])).content.decode()
    shown = keeper.get(new).content.decode()
    assert "许可证已变更" in shown and region(DAOLI).name in shown
    words = {**WORDS, "region_path": region(DAOLI).path}
    refused = keeper.post(new, {**words, "contact": "13904511234"})
    assert refused.status_code == 422 and "不写手机号" in refused.content.decode()
    assert WORDS["text"] in refused.content.decode()
    done = keeper.post(new, {**words, "text": f"{WORDS['text']}联系张建国13904511234。"})
    row = LibraryAnswer.objects.get()
    page = reverse("appeals_desk:answer", args=[row.pk])
    assert done.headers["Location"] == page and keeper.get(new).headers["Location"] == page
    mine = keeper.get(page).content.decode()
    assert "有遮盖的内容" in mine and f"{page}publish" not in mine and "13904511234" not in mine

    def step(browser: Client, what: str, **sent: object) -> int:
        return browser.post(reverse("appeals_desk:answer-step", args=[row.pk, what]), sent).status_code

    def read() -> str:
        found = re.search(r'name="read" value="([^"]+)"', other.get(page).content.decode())
        assert found
        return found[1]

    mark = read()
    assert step(keeper, "publish", read=mark) == 422 and step(other, "publish", read=mark) == 422
    assert step(other, "return", remark="", read=mark) == 422
    assert step(other, "return", remark="去掉个人信息") == 422
    assert step(other, "return", remark="去掉个人信息", read=mark) == 302
    assert "去掉个人信息" in keeper.get(page).content.decode()
    assert step(keeper, "write", **words) == 302
    assert step(other, "publish", remark="同意", read=f"0{mark}") == 422
    assert step(other, "publish", remark="同意", read=read()) == 302
    assert step(keeper, "nothing") == 404
    with django_assert_max_num_queries(25):
        assert "已发布" in other.get(page).content.decode()
    listed = reverse("appeals_desk:answers")
    for tab, found in (("waiting", False), ("published", True), ("retired", False), ("all", True)):
        with django_assert_max_num_queries(12):
            assert (page in keeper.get(listed, {"tab": tab}).content.decode()) is found, tab
    assert WORDS["question"] in b"".join(keeper.get(listed, {"tab": "all", "export": "csv"})).decode()
    assert step(keeper, "retire", reason="规定已改") == 302
    assert "规定已改" in keeper.get(page).content.decode()
    # Elsewhere, and without the permission.
    elsewhere = logged_in(official("department_official", QIQIHAR))
    assert elsewhere.get(page).status_code == 404 and elsewhere.get(new).status_code == 404
    assert logged_in(said.people.leader).get(listed).status_code == 403
    assert Client().get(listed).status_code == 302


def test_answers_and_templates_are_put_into_the_reply_behind_what_is_written(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    kept = published_answer()
    said = handled_appeal(people=kept.said.people)
    browser = logged_in(said.people.handler)
    page = reverse("appeals_desk:appeal", args=[said.id])
    step = reverse("appeals_desk:step", args=[said.id, "reply"])
    with django_assert_max_num_queries(48):
        shown = browser.get(page).content.decode()
    assert f'value="answer:{kept.id}"' in shown and 'value="default:solved"' in shown
    put = browser.post(step, {"put": f"answer:{kept.id}", "text": "已写的一段", "outcome": "explained"})
    inside = put.content.decode()
    assert put.status_code == 200 and "已写的一段" in inside and WORDS["text"] in inside
    assert f'name="used" value="{kept.id}"' in inside and not Reply.objects.filter(appeal=said.id).exists()
    filled = browser.post(step, {"put": "default:solved", "text": ""}).content.decode()
    assert said.row.number in filled and "{诉求编号}" not in filled
    # What is gone meanwhile takes nothing of what is written with it.
    gone = browser.post(step, {"put": "answer:999999", "text": "已写的一段"}).content.decode()
    assert "已写的一段" in gone and "已经停用" in gone
    sent = {"text": f"已写的一段\n{WORDS['text']}", "outcome": "explained", "used": f"{kept.id},x"}
    assert browser.post(step, sent).status_code == 302
    assert LibraryAnswerUse.objects.get().answer_id == kept.id
    # Only who deals with it is offered anything to put in.
    assert 'name="put"' not in logged_in(said.people.leader).get(page).content.decode()


def test_templates_are_kept_by_forms_alone() -> None:
    people = city()
    browser = logged_in(people.handler)
    listed, new = reverse("appeals_desk:templates"), reverse("appeals_desk:new-template")
    assert "平台的模板" in browser.get(listed).content.decode()
    assert "{诉求编号}" in browser.get(new).content.decode()
    told = {"name": "开头", "text": "{诉求人}：您的诉求{诉求编号}收悉。", "whose": f"agency:{people.market}"}
    refused = browser.post(new, {**told, "text": "{手机号}已经收到您的诉求。"})
    assert refused.status_code == 422 and "不是可以自动填写的内容" in refused.content.decode()
    assert browser.post(new, told).headers["Location"] == listed
    row = ReplyTemplate.objects.get()
    page = reverse("appeals_desk:template", args=[row.pk])
    assert page in browser.get(listed, {"text": "开头"}).content.decode()
    assert page not in browser.get(listed, {"text": "没有"}).content.decode()
    assert browser.post(page, {**told, "whose": f"region:{region(DAOLI).path}"}).status_code == 302
    row.refresh_from_db()
    assert (row.agency_id, row.region_path) == (None, region(DAOLI).path)
    assert browser.post(reverse("appeals_desk:retire-template", args=[row.pk])).headers["Location"] == listed
    assert browser.get(page).status_code == 404
    assert logged_in(official("department_official", QIQIHAR)).get(page).status_code == 404
