"""Consultations by forms alone, on the desk and in the portal; what an appeal is about, on both sides."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.consulting.consultations import open_consultation
from tests.areas.appeals.factories import another_person, city, handled_appeal
from tests.areas.appeals.linking.about import claimed_appeal
from tests.areas.policies.factories import published_item
from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, NOW, official
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.appeals.api import call_consultation
from yingshang.areas.appeals.models import Appeal, Consultation, Invitation, Part, Statement

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
BODY = "我公司申请奖补，一个月没有答复，请尽快办理。"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: LATER)


def test_called_spoken_in_minuted_signed_and_ended_by_forms(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    said = handled_appeal()
    people = said.people
    agency, helper, who = (logged_in(each) for each in (people.handler, people.helper, said.who))
    appeal = reverse("appeals_desk:appeal", args=[said.id])
    call = reverse("appeals_desk:step", args=[said.id, "consult"])
    assert "发起会商" in agency.get(appeal).content.decode()
    assert "发起会商" not in helper.get(appeal).content.decode()
    asked = {
        "question": "材料由谁出",
        "agency_ids": [people.housing],
        "with_reporter": "on",
        "meeting_at": "2026-11-30T09:30",
        "meeting_address": "https://meet.example.cn/8",
    }
    wrong = agency.post(call, {**asked, "meeting_address": "http://meet.example.cn/8"})
    assert wrong.status_code == 422 and "https://" in wrong.content.decode()
    assert "材料由谁出" in wrong.content.decode() and not Consultation.objects.exists()
    assert agency.post(call, asked).status_code == 302
    row = Consultation.objects.get()
    page = reverse("appeals_desk:consultation", args=[row.pk])
    assert page in agency.get(appeal).content.decode()
    with django_assert_max_num_queries(20):
        shown = helper.get(page).content.decode()
    assert "材料由谁出" in shown and "发表意见" in shown and "写会商纪要</summary>" not in shown
    assert 'href="https://meet.example.cn/8"' in shown

    def act(what: str) -> str:
        return reverse("appeals_desk:consultation-step", args=[row.pk, what])

    assert helper.post(act("say"), {"text": " "}).status_code == 422
    assert helper.post(act("say"), {"text": "由我局出", "internal": ""}).status_code == 302
    assert helper.post(act("say"), {"text": "我局人手不够", "internal": "on"}).status_code == 302
    own = reverse("appeals:consultation", args=[said.id, row.pk])
    assert own in who.get(reverse("appeals:appeal", args=[said.id])).content.decode()
    shown = who.get(own).content.decode()
    speaker = Statement.objects.earliest("pk").by_name
    assert "由我局出" in shown and "人手不够" not in shown and speaker and speaker not in shown
    assert who.post(own, {"body": ""}).status_code == 422
    assert who.post(own, {"body": "我们可以配合补充材料。"}).status_code == 302
    assert "我们可以配合补充材料" in agency.get(page).content.decode()
    refused = helper.post(act("minutes"), {"conclusion": "x"})
    assert refused.status_code == 422 and "发起，请由该单位操作" in refused.content.decode()
    written = {
        "conclusion": "由住建局出材料",
        "agency_0": people.housing,
        "what_0": "",
        "due_0": "2026-12-31",
    }
    refused = agency.post(act("minutes"), written)
    assert refused.status_code == 422 and "请写明做什么" in refused.content.decode()
    assert agency.post(act("minutes"), {**written, "what_0": "出验收材料"}).status_code == 302
    assert "由住建局出材料" not in who.get(own).content.decode()
    # While the invited agency may still speak, the page does not offer to end it.
    assert act("end") not in agency.get(page).content.decode()
    assert agency.post(act("end")).status_code == 422
    [read] = re.findall(r'name="read" value="([^"]+)"', helper.get(page).content.decode())
    read = read.replace("&#x2B;", "+")
    assert helper.post(act("sign"), {"verdict": "dissents", "reason": "", "read": read}).status_code == 422
    for unread in ({}, {"read": "x"}):
        assert helper.post(act("sign"), {"verdict": "agrees", **unread}).status_code == 422
    # What was written anew meanwhile is shown, and signed only then.
    stale = helper.post(act("sign"), {"verdict": "agrees", "read": NOW.isoformat()})
    assert stale.status_code == 422 and "改写过" in stale.content.decode()
    assert f'name="read" value="{read}"' in stale.content.decode().replace("&#x2B;", "+")
    assert helper.post(act("sign"), {"verdict": "agrees", "read": read}).status_code == 302
    assert agency.post(act("end")).status_code == 302
    assert "由住建局出材料" in who.get(own).content.decode()
    task = reverse("appeals_desk:consultation-task", args=[row.pk, 0])
    assert task in agency.get(page).content.decode() and task not in helper.get(page).content.decode()
    assert helper.post(task).status_code == 422 and not Part.objects.exists()
    assert agency.post(task).headers["Location"] == appeal
    assert Part.objects.get().question == "出验收材料"
    assert agency.post(task, follow=True).status_code == 200 and Part.objects.count() == 1
    # What was agreed stands in the reply from the beginning.
    assert "由住建局出材料</textarea>" in agency.get(appeal).content.decode()


def test_elsewhere_there_is_no_consultation() -> None:
    called = open_consultation()
    page = reverse("appeals_desk:consultation", args=[called.id])
    step = reverse("appeals_desk:consultation-step", args=[called.id, "say"])
    other = logged_in(official("supervisor", NANGANG, "service-center"))
    assert [other.get(page).status_code, other.post(step, {"text": "x"}).status_code] == [404, 404]
    assert logged_in(official("operator", DAOLI)).get(page).status_code == 403
    own = reverse("appeals:consultation", args=[called.said.id, called.id])
    assert logged_in(another_person()).get(own).status_code == 404
    assert Client().get(own).status_code == 302
    assert (
        logged_in(called.said.people.handler)
        .post(reverse("appeals_desk:consultation-step", args=[called.id, "nothing"]))
        .status_code
        == 404
    )
    agency = logged_in(called.said.people.handler)
    invite = reverse("appeals_desk:consultation-step", args=[called.id, "invite"])
    assert agency.post(invite, {"agency": called.said.row.desk_id}).status_code == 302
    meeting = reverse("appeals_desk:consultation-step", args=[called.id, "meeting"])
    assert agency.post(meeting, {"meeting_at": "2026-12-01T10:00"}).status_code == 422
    assert (
        agency.post(meeting, {"meeting_at": "2026-12-01T10:00", "meeting_place": "二楼"}).status_code == 302
    )
    assert "二楼" in logged_in(called.said.who).get(own).content.decode()
    cancel = reverse("appeals_desk:consultation-step", args=[called.id, "cancel"])
    assert agency.post(cancel, {"reason": "已电话商定"}).status_code == 302
    assert "已电话商定" in logged_in(called.said.who).get(own).content.decode()
    assert Invitation.objects.filter(state="over").count() == 2


def test_by_number_and_key(settings: object) -> None:
    people = city()
    phone = Client()
    say = f"{reverse('appeals:say')}?region={DAOLI}"
    phone.post(say, {"body": "路口施工堵住店门，没有人管。", "region": DAOLI}, follow=True)
    appeal = Appeal.objects.get()
    number = call_consultation(
        actor=people.dispatcher.actor(LATER),
        appeal_id=appeal.pk,
        question="由谁办理",
        agency_ids=[people.housing],
        with_reporter=True,
        now=LATER,
    )
    page = reverse("appeals:followed-consultation", args=[number])
    assert page in phone.get(reverse("appeals:followed")).content.decode()
    assert phone.post(page, {"body": "每天上午都在施工。"}).status_code == 302
    assert "每天上午都在施工" in phone.get(page).content.decode()
    assert Statement.objects.get().by_reporter
    # Said too often, what was written stays in the form.
    settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "appeals": "1/hour"}  # type: ignore[attr-defined]
    refused = phone.post(page, {"body": "下午也在施工。"})
    assert refused.status_code == 429 and "下午也在施工" in refused.content.decode()
    assert Statement.objects.count() == 1
    assert Client().get(page).headers["Location"] == reverse("appeals:follow")


def test_said_from_the_page_of_a_claim_and_shown_on_both_sides() -> None:
    claim, said = claimed_appeal()
    who, watcher = logged_in(claim.who), logged_in(official("supervisor", HARBIN))
    own = reverse("claims:claim", args=[claim.id])
    shown = who.get(own).content.decode()
    assert reverse("appeals:appeal", args=[said.id]) in shown
    [say] = re.findall(r'href="([^"]*\?about=claim[^"]*)"', shown)
    form = who.get(say).content.decode()
    assert f'value="claim:{claim.id}" selected' in form and claim.row.number in form
    done = who.post(say, {"party": claim.party.pk, "body": BODY, "about": f"claim:{claim.id}"})
    page = who.get(done.headers["Location"]).content.decode()
    assert own in page and "兑现申请" in page
    # Only what was offered can be named.
    assert (
        who.post(say, {"party": claim.party.pk, "body": f"再说，{BODY}", "about": "claim:99999"}).status_code
        == 422
    )
    desk = reverse("claims_desk:claim", args=[claim.id])
    assert "2 件相关诉求" in watcher.get(desk).content.decode()
    listed = watcher.get(
        reverse("appeals_desk:appeals"), {"tab": "all", "about": f"claim:{claim.id}"}
    ).content.decode()
    assert reverse("appeals_desk:appeal", args=[said.id]) in listed
    assert desk in watcher.get(reverse("appeals_desk:appeal", args=[said.id])).content.decode()


def test_said_from_the_page_of_an_item_and_linked_by_its_agency() -> None:
    said = handled_appeal()
    code = published_item()
    visitor = Client()
    [say] = re.findall(
        r'href="([^"]*\?about=policy_item[^"]*)"',
        visitor.get(reverse("policies:item", args=[code])).content.decode(),
    )
    assert say.startswith(reverse("appeals:say"))
    told = {"body": BODY, "region": DAOLI, "about": f"policy_item:{code}"}
    assert visitor.post(say, told).status_code == 302
    assert Appeal.objects.latest("pk").links[0]["id"] == code
    page = visitor.get(reverse("appeals:followed")).content.decode()
    assert reverse("policies:item", args=[code]) in page
    # A claim cannot be named by who is nobody.
    assert 'name="about"' not in visitor.get(f"{reverse('appeals:say')}?about=claim:1").content.decode()
    agency = logged_in(said.people.handler)
    link, unlink = (reverse("appeals_desk:step", args=[said.id, what]) for what in ("link", "unlink"))
    assert agency.post(link, {"code": ""}).status_code == 422
    refused = agency.post(link, {"code": "NO-SUCH"})
    assert refused.status_code == 422 and "不能关联" in refused.content.decode()
    assert agency.post(link, {"code": code}).status_code == 302
    assert (
        reverse("policies:item", args=[code])
        in logged_in(said.who).get(reverse("appeals:appeal", args=[said.id])).content.decode()
    )
    assert agency.post(unlink, {"kind": "policy_item", "identifier": code}).status_code == 302
    assert said.row.links == []
    refused = agency.post(link, {"project": "123"})
    assert refused.status_code == 422 and "不是投资项目代码" in refused.content.decode()
    assert agency.post(link, {"project": "2108-230102-04-01-123456"}).status_code == 302
    desk = agency.get(reverse("appeals_desk:appeal", args=[said.id])).content.decode()
    [found] = re.findall(r'href="([^"]*\?about=project:[^"]*)"', desk)
    assert said.row.number in agency.get(found).content.decode()
