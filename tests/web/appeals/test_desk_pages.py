"""Appeals on the desk: lists, one with the steps its reader may take, registering, supervision notices."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import (
    Said,
    dispatched_appeal,
    handled_appeal,
    proposed_reply,
    reply_of,
    submitted_appeal,
)
from tests.kernel.access.factories import DAOLI, NANGANG, NOW, arranged, official
from tests.kernel.access.test_accounts import logged_in
from tests.kernel.documents.sound_files import mp3
from yingshang.areas.appeals.api import Link, Reporter, ask_for_part
from yingshang.areas.appeals.models import Appeal, Part, SupervisionNotice
from yingshang.kernel.access.models import PersonalDataView
from yingshang.kernel.documents.api import Owner, documents_of

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: LATER)


def _page(said: Said) -> str:
    return reverse("appeals_desk:appeal", args=[said.id])


def _step(browser: Client, said: Said, what: str, row: int | None = None, /, **sent: object) -> int:
    name, arguments = ("step", [said.id, what]) if row is None else ("row-step", [said.id, what, row])
    answer = browser.post(reverse(f"appeals_desk:{name}", args=arguments), sent)
    return answer.status_code


def test_lists_by_what_is_to_be_done(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    waiting = submitted_appeal()
    people = waiting.people
    held = dispatched_appeal(people=people)
    address = reverse("appeals_desk:appeals")
    desk, agency, leader = (logged_in(each) for each in (people.dispatcher, people.handler, people.leader))
    for browser in (desk, agency, leader):
        with django_assert_max_num_queries(12):
            assert browser.get(address).status_code == 200
    first = desk.get(address).content.decode()
    assert _page(waiting) in first and _page(held) not in first
    mine = agency.get(address).content.decode()
    assert _page(held) in mine and _page(waiting) not in mine
    every = leader.get(address, {"tab": "all"}).content.decode()
    assert _page(held) in every and _page(waiting) in every
    for narrowed, found in (
        ({"text": held.row.number}, True),
        ({"text": "许可证 营业执照"}, True),
        ({"text": "停电"}, False),
        ({"state": "dispatched", "channel": "portal", "difficulty": "simple"}, True),
        ({"agency_id": str(people.market)}, True),
        ({"overdue": "yes"}, False),
    ):
        shown = agency.get(address, {"tab": "all", **narrowed}).content.decode()
        assert (_page(held) in shown) is found, narrowed
    exported = b"".join(leader.get(address, {"tab": "all", "export": "csv"})).decode()
    assert held.row.number in exported and held.party.name not in exported
    assert leader.get(address, {"tab": "all", "export": "xlsx"}).status_code == 200
    # Elsewhere, and without the permission.
    other = logged_in(official("window_official", NANGANG, "service-center"))
    assert _page(held) not in other.get(address, {"tab": "all"}).content.decode()
    assert other.get(_page(held)).status_code == 404
    assert logged_in(official("operator", DAOLI)).get(address).status_code == 403
    assert Client().get(address).status_code == 302


def test_from_the_desk_to_the_reply_by_forms_alone(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    said = submitted_appeal()
    people = said.people
    desk, agency, approver, helper = (
        logged_in(each) for each in (people.dispatcher, people.handler, people.approver, people.helper)
    )
    with django_assert_max_num_queries(40):
        shown = desk.get(_page(said)).content.decode()
    assert "派单建议" in shown and "不予受理" in shown and "起草答复" not in shown
    # Who has no part in it reads it masked, and is offered nothing that would be refused.
    assert "起草答复" not in helper.get(_page(said)).content.decode()
    assert _step(desk, said, "dispatch", agency="", difficulty="complex") == 422
    assert _step(helper, said, "dispatch", agency=people.market, difficulty="complex") == 403
    assert _step(desk, said, "dispatch", agency=people.market, difficulty="complex", urgency="normal") == 302
    assert (said.row.state, said.row.agency_id, said.row.difficulty) == (
        "dispatched",
        people.market,
        "complex",
    )
    assert "退回派单单位" in agency.get(_page(said)).content.decode()
    refused = agency.post(reverse("appeals_desk:step", args=[said.id, "contact"]), {"said": "电话里说的话"})
    assert refused.status_code == 422 and "电话里说的话" in refused.content.decode()
    assert _step(agency, said, "contact", way="telephone", said="约好明天再来") == 302
    assert "约好明天再来" in agency.get(_page(said)).content.decode()
    assert "约好明天再来" not in logged_in(people.leader).get(_page(said)).content.decode()
    assert _step(agency, said, "note", text="请先核对台账") == 302
    letter = SimpleUploadedFile("回函.txt", "已核对台账".encode(), content_type="text/plain")
    assert _step(agency, said, "file") == 422
    assert _step(agency, said, "file", attached=[letter]) == 302
    assert "回函.txt" in agency.get(_page(said)).content.decode()
    assert _step(agency, said, "part", agency=people.housing, question="房屋用途") == 302
    part = Part.objects.get()
    assert _page(said) in helper.get(reverse("appeals_desk:appeals"), {"tab": "parts"}).content.decode()
    assert _step(agency, said, "give", part.pk, answer="不归我们") == 422
    assert _step(helper, said, "give", part.pk, answer="用途已核实") == 302
    assert "用途已核实" in agency.get(_page(said)).content.decode()
    asked = {"kind": "extend", "reason_code": "complex", "working_days": "40"}
    assert _step(agency, said, "time", **asked) == 422
    assert _step(agency, said, "reply", outcome="solved", text="许可证已变更。") == 302
    draft = reply_of(said)
    assert _step(agency, said, "propose", draft.pk) == 302
    assert _page(said) in approver.get(reverse("appeals_desk:appeals"), {"tab": "approve"}).content.decode()
    assert _step(approver, said, "return", draft.pk, remark="写明领取地点") == 302
    assert "写明领取地点" in agency.get(_page(said)).content.decode()
    assert _step(agency, said, "reply", outcome="solved", text="许可证已变更，到窗口领取。") == 302
    assert _step(agency, said, "propose", draft.pk) == 302
    assert _step(approver, said, "send", draft.pk) == 302
    assert said.row.state == "answered"
    # Who said it has the word first; a supervisor only once nothing has come for a week.
    assert "督查办结" not in logged_in(people.supervisor).get(_page(said)).content.decode()
    assert _step(logged_in(people.supervisor), said, "settle", reason="三次未联系上企业") == 422
    with arranged():
        Appeal.objects.filter(pk=said.id).update(answered_at=NOW - timedelta(days=8))
    assert "督查办结" in logged_in(people.supervisor).get(_page(said)).content.decode()
    assert _step(logged_in(people.supervisor), said, "settle", reason="三次未联系上企业") == 302
    assert (said.row.state, said.row.closed_by) == ("closed", "supervisor")
    assert _step(agency, said, "nothing") == 404 and _step(agency, said, "give", 0, answer="x") == 404


def test_every_reader_is_offered_only_what_is_possible() -> None:
    said = handled_appeal()
    people = said.people
    proposed_reply(said)
    offered = {
        "dispatcher": {"改派"},
        "handler": {"记录联系", "请其他单位协办", "申请延期或中止", "退回派单单位", "上报上一级"},
        "approver": {"审签并发送", "退回修改"},
        "supervisor": {"发督办单"},
        "leader": {"挂牌督办"},
    }
    every = set.union(*offered.values())
    for who, names in offered.items():
        shown = logged_in(getattr(people, who)).get(_page(said)).content.decode()
        may = {name for name in every if f"{name}</summary>" in shown}
        extra = {"上报上一级"} if who == "supervisor" else set()
        assert may == names | extra, who


def test_of_an_anonymous_one_the_agency_never_sees_who_said_it() -> None:
    said = handled_appeal(
        body="请回电 13812345678，许可证一个月没有办下来。",
        anonymous=True,
        reporter=Reporter("张三", "13900000001"),
    )
    people = said.people
    with arranged():
        about = (Link("claim", "1", "演示申报"), Link("policy_item", "DEMO-2", "演示政策"))
        Appeal.objects.filter(pk=said.id).update(links=[each.as_dict() for each in about])
    look = reverse("appeals_desk:reporter", args=[said.id])
    told = (said.party.name, "13900000001", "139", "张三", "张＊", "13812345678")
    agency = logged_in(people.handler)
    answers = [agency.get(_page(said)), agency.post(look, {"purpose": "约定上门时间"})]
    assert [each.status_code for each in answers] == [200, 403]
    assert (
        "查看联系方式" not in answers[0].content.decode() and "匿名诉求的原文" in answers[0].content.decode()
    )
    for each in answers:
        assert not any(words in each.content.decode() for words in told)
        assert "演示申报" not in each.content.decode()
    assert "演示政策" in answers[0].content.decode()
    assert not PersonalDataView.objects.exists()
    for who in (people.dispatcher, people.city_dispatcher, people.supervisor):
        shown = logged_in(who).get(_page(said)).content.decode()
        assert "查看联系方式" in shown and not any(words in shown for words in told[:5])
        assert "13900000001" in logged_in(who).post(look, {"purpose": "核实情况"}).content.decode()
    assert PersonalDataView.objects.count() == 3


def test_who_said_it_is_for_those_who_deal_with_it() -> None:
    said = handled_appeal(reporter=Reporter("张三", "13900000001"))
    ask_for_part(
        actor=said.people.handler.actor(LATER),
        appeal_id=said.id,
        agency_id=said.people.housing,
        question="请核实",
        now=LATER,
    )
    look = reverse("appeals_desk:reporter", args=[said.id])
    # Asked for a part, and of another agency of the district: both may see reporters, but not this one.
    for who in (said.people.helper, official("department_official", DAOLI, "commerce")):
        browser = logged_in(who)
        assert "查看联系方式" not in browser.get(_page(said)).content.decode()
        refused = browser.post(look, {"purpose": "了解情况"})
        assert refused.status_code == 403 and "13900000001" not in refused.content.decode()
    assert not PersonalDataView.objects.exists()


def test_what_is_masked_and_who_looked() -> None:
    said = handled_appeal(
        body="请回电 13812345678，许可证一个月没有办下来。",
        reporter=Reporter("张三", "13900000001"),
    )
    people = said.people
    agency, leader = logged_in(people.handler), logged_in(people.leader)
    shown = leader.get(_page(said)).content.decode()
    assert "13812345678" not in shown and "个人信息已遮盖" in shown
    shown = agency.get(_page(said)).content.decode()
    assert "13812345678" in shown and "13900000001" not in shown
    look = reverse("appeals_desk:reporter", args=[said.id])
    assert leader.post(look, {"purpose": "了解情况"}).status_code == 403
    assert agency.post(look, {"purpose": " "}).status_code == 422
    seen = agency.post(look, {"purpose": "约定上门时间"}).content.decode()
    assert "13900000001" in seen and said.party.name in seen
    assert PersonalDataView.objects.get().fields == ["appeals.reporter"]
    assert "13900000001" not in agency.get(_page(said)).content.decode()


def test_a_clerk_registers_a_call_and_is_told_what_is_open() -> None:
    said = submitted_appeal()
    clerk = logged_in(said.people.dispatcher)
    address = reverse("appeals_desk:register")
    assert (
        said.party.name in clerk.get(address, {"enterprise": said.party.credit_code or ""}).content.decode()
    )
    chosen = f"{address}?party={said.party.pk}"
    assert said.row.number in clerk.get(chosen).content.decode()
    # What it said anonymously is not found by its name.
    hidden = submitted_appeal(people=said.people, anonymous=True)
    Appeal.objects.filter(pk=hidden.id).update(party=said.party)
    assert hidden.row.number not in clerk.get(chosen).content.decode()
    call = {
        "channel": "hotline",
        "urgency": "urgent",
        "body": "车间断电两天，供电所没有答复。",
        "phone": "13812345678",
    }
    told = clerk.post(chosen, call)
    assert told.status_code == 422 and call["body"] in told.content.decode()
    assert clerk.post(chosen, {**call, "looked": "yes"}).status_code == 302
    row = Appeal.objects.latest("pk")
    assert (row.channel, row.urgency, row.party_id) == ("hotline", "urgent", said.party.pk)
    # Somebody without an enterprise gets a key, which the clerk reads out.
    alone = clerk.post(
        address, {**call, "body": "路口施工堵住店门，没有人管。", "region": DAOLI}, follow=True
    )
    assert "查询码" in alone.content.decode()
    assert clerk.post(address, {**call, "body": "短"}).status_code == 422
    # What the caller said comes with it, or nothing is registered.
    also = {**call, "body": "仓库屋顶漏水，物业不来修。", "region": DAOLI}
    fake = SimpleUploadedFile("来电.mp3", b"MZ\x90\x00")
    refused = clerk.post(address, {**also, "files": fake})
    assert refused.status_code == 422 and "文件内容不是扩展名所说的格式" in refused.content.decode()
    assert not Appeal.objects.filter(pk__gt=row.pk + 1).exists()
    clerk.post(address, {**also, "files": [SimpleUploadedFile("来电.mp3", mp3())]})
    latest = Appeal.objects.latest("pk")
    assert [each.name for each in documents_of(Owner("appeal_file", str(latest.pk)))] == ["来电.mp3"]
    assert "<audio" in clerk.get(reverse("appeals_desk:appeal", args=[latest.pk])).content.decode()
    assert logged_in(said.people.handler).get(address).status_code == 403


def test_a_supervision_notice_is_answered_and_lifted() -> None:
    said = handled_appeal()
    people = said.people
    supervisor, agency = logged_in(people.supervisor), logged_in(people.handler)
    assert _step(supervisor, said, "notice", demand="三日内办结") == 302
    row = SupervisionNotice.objects.get()
    page = reverse("appeals_desk:notice", args=[row.pk])
    assert page in agency.get(reverse("appeals_desk:notices"), {"mine": "yes"}).content.decode()
    assert page in agency.get(_page(said)).content.decode()

    def act(what: str) -> str:
        return reverse("appeals_desk:notice-step", args=[row.pk, what])

    assert "三日内办结" in agency.get(page).content.decode()
    assert agency.post(act("answer"), {"answer": ""}).status_code == 422
    assert agency.post(act("lift"), {"remark": "好了"}).status_code == 403
    assert agency.post(act("answer"), {"answer": "已约定明日上门"}).status_code == 302
    assert supervisor.post(act("return"), {"remark": "写明原因"}).status_code == 302
    agency.post(act("answer"), {"answer": "人手不足，已调配"})
    assert "人手不足" in supervisor.get(page).content.decode()
    assert supervisor.post(act("lift"), {"remark": "已办结"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "lifted" and "销号</summary>" not in supervisor.get(page).content.decode()
    elsewhere = logged_in(official("supervisor", NANGANG, "service-center"))
    assert (
        elsewhere.get(page).status_code == 404
        and elsewhere.post(act("lift"), {"remark": "x"}).status_code == 404
    )
    assert supervisor.post(act("nothing")).status_code == 404
