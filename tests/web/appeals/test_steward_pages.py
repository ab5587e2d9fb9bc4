"""Stewards' pages: one's enterprises, the record of a visit, assignment, and the enterprise's own page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import city
from tests.areas.appeals.stewards.test_serving import filled
from tests.areas.appeals.stewards.test_stewards import PLACE, looked_after
from tests.kernel.access.factories import (
    DAOLI,
    NANGANG,
    NOW,
    agency,
    enterprise,
    legal_representative_of,
    official,
)
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.appeals.models import Appeal, StewardCall, Stewardship, Visit
from yingshang.kernel.parties.models import FactRecord

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1, hours=1)
WORDS = "急需二十名焊工，招聘会上招不到人，请人社部门帮助对接。"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: LATER)


def _step(browser: Client, number: int, what: str, /, **sent: object) -> int:
    address = reverse("appeals_desk:stewardship-step", args=[number, what])
    return browser.post(address, sent).status_code


def test_a_steward_plans_serves_and_visits_and_the_enterprise_follows_it(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    people = city()
    number, party, steward = looked_after(people)
    desk, phone = logged_in(steward), logged_in(legal_representative_of(party))
    page, listed = reverse("appeals_desk:stewardship", args=[number]), reverse("appeals_desk:stewards")
    own = reverse("appeals:steward")
    with django_assert_max_num_queries(14):
        assert page in desk.get(listed).content.decode()
    # What the enterprise asks for, its steward sees at once.
    assert str(steward.user) in phone.get(own).content.decode()
    call = reverse("appeals:steward-call", args=[party.pk])
    refused = phone.post(call, {"words": "  "})
    assert refused.status_code == 422
    assert phone.post(call, {"words": "想谈扩产用地"}).status_code == 302
    assert "最迟" in phone.get(own).content.decode()
    again = phone.post(call, {"words": "又有一件事"})
    assert again.status_code == 422 and "又有一件事" in again.content.decode()
    assert "想谈扩产用地" in desk.get(page).content.decode()
    assert "请管家联系" in desk.get(listed, {"due": "called"}).content.decode()
    assert party.name in desk.get(reverse("desk:home")).content.decode()
    # Planned, agreed, noted.
    assert _step(desk, number, "plan", on="2026-01-01", way="visit") == 422
    assert _step(desk, number, "plan", on="2026-12-01", way="visit", purpose="了解扩产") == 302
    assert _step(desk, number, "phone", phone="0451-1234567") == 302
    assert _step(desk, number, "services", services=["tax", "health"]) == 302
    assert _step(desk, number, "service", service="tax", on="2026-11-24", what="讲解退税政策") == 302
    assert _step(desk, number, "end", reason="不想干了") == 403
    assert _step(desk, number, "nothing") == 404
    shown = phone.get(own).content.decode()
    for words in ("了解扩产", "0451-1234567", "讲解退税政策", "医疗"):
        assert words in shown
    # The visit: nothing that was written is lost by a refusal; all of it is kept, or nothing.
    visit = reverse("appeals_desk:steward-visit", args=[number])
    sent: dict[str, object] = {
        "way": "visit",
        "at": "2026-11-24T11:00",
        "said": "生产正常，打算扩产",
        "level": "4",
        "asked-0-body": WORDS,
        "asked-0-title": "用工难",
        "asked-0-urgency": "normal",
        "learned-0-column": "emp.insured_count",
        "instead": "on",
    }
    assert "已代替计划的走访" in desk.get(visit).content.decode()
    refused = desk.post(visit, sent)
    assert refused.status_code == 422
    for words in ("数据项和值都要填", "生产正常，打算扩产", WORDS):
        assert words in refused.content.decode()
    refused = desk.post(visit, {**sent, "learned-0-value": "很多"})
    assert refused.status_code == 422 and not Visit.objects.exists() and not Appeal.objects.exists()
    program = SimpleUploadedFile("a.exe", b"MZ\x00\x00", content_type="application/x-msdownload")
    refused = desk.post(visit, {**sent, "learned-0-value": "15", "attached": program})
    assert refused.status_code == 422 and not Visit.objects.exists()
    note = SimpleUploadedFile("纪要.txt", "走访纪要".encode(), content_type="text/plain")
    done = desk.post(visit, {**sent, "learned-0-value": "15", "attached": note}, follow=True).content.decode()
    appeal = Appeal.objects.get()
    for words in ("转为诉求 1 件", appeal.number, "打算扩产", "纪要.txt", "当面评价：满意"):
        assert words in done
    assert Stewardship.objects.get().planned_on is None
    assert "已代替计划的走访" not in desk.get(visit).content.decode()
    assert StewardCall.objects.get().state == "answered" and FactRecord.objects.filter(party=party).exists()
    # The enterprise reads what became of it, not what was written of it; and has its say once.
    shown = phone.get(own).content.decode()
    assert appeal.number in shown and "打算扩产" not in shown
    rate = reverse("appeals:steward-rate", args=[Visit.objects.get().pk])
    assert phone.post(rate, {}).status_code == 422
    assert phone.post(rate, {"level": "2", "words": "没有回音"}).status_code == 302
    assert "没有回音" in desk.get(page).content.decode()
    stranger = logged_in(legal_representative_of(enterprise(DAOLI)))
    assert stranger.post(rate, {"level": "5"}).status_code == 404
    assert stranger.post(call, {"words": "x"}).status_code == 404
    assert "还没有服务管家" in stranger.get(own).content.decode()
    exported = b"".join(desk.get(listed, {"export": "csv"})).decode()
    assert party.name in exported


def test_who_manages_assigns_hands_over_ends_and_sees_figures() -> None:
    people = city()
    number, party, first = looked_after(people)
    second = official("department_official", DAOLI, PLACE)
    boss = logged_in(people.supervisor)
    listed, assign = reverse("appeals_desk:stewards"), reverse("appeals_desk:steward-assign")
    assert party.name in boss.get(listed).content.decode()
    other = enterprise(DAOLI)
    found = boss.get(assign, {"enterprise": other.credit_code}).content.decode()
    assert f"?party={other.pk}" in found
    chosen = f"{assign}?party={other.pk}"
    assert str(second.user) in boss.get(chosen).content.decode()
    assert boss.post(chosen, {"steward": "", "tier": "key"}).status_code == 422
    place = agency(DAOLI, PLACE).pk
    sent = {"steward": f"{second.id}-{place}", "tier": "key", "phone": "0451-1"}
    assert boss.post(chosen, sent).status_code == 302
    again = boss.post(chosen, sent)
    assert again.status_code == 422 and "已经是这家企业的服务管家" in again.content.decode()
    # Another takes over by the page: what was agreed on stays.
    replaced = f"{assign}?party={party.pk}"
    for who in (second, first):
        assert boss.post(replaced, {"steward": f"{who.id}-{place}", "tier": "key"}).status_code == 302
        held = Stewardship.objects.get(party=party, until__isnull=True)
        assert (held.steward_id, held.services) == (who.id, ["tax", "talents"])
    hand_over = reverse("appeals_desk:steward-hand-over")
    assert boss.post(hand_over, {"steward": first.id, "to": "", "reason": "调离"}).status_code == 422
    moved = {"steward": first.id, "to": f"{second.id}-{place}", "reason": "调离"}
    assert "已移交 1 家企业" in boss.post(hand_over, moved, follow=True).content.decode()
    row = Stewardship.objects.get(party=party, until__isnull=True)
    assert row.steward_id == second.id
    shown = boss.get(reverse("appeals_desk:stewardship", args=[row.pk])).content.decode()
    assert "以前的管家" in shown and "记录走访" not in shown and "终止包联" in shown
    table = reverse("appeals_desk:steward-import")
    assert boss.get(reverse("appeals_desk:steward-table")).content.startswith(b"PK")
    wrong = filled((other.credit_code or "", "nobody", "重点服务企业", ""))
    refused = boss.post(table, {"file": SimpleUploadedFile("表.xlsx", wrong)})
    assert refused.status_code == 422 and "<td>2</td><td>管家用户名</td>" in refused.content.decode()
    good = filled((other.credit_code or "", first.user.username, "日常联系企业", ""))
    done = boss.post(table, {"file": SimpleUploadedFile("表.xlsx", good)}, follow=True)
    assert "已为 1 家企业指定管家" in done.content.decode()
    figures = reverse("appeals_desk:steward-figures")
    shown = boss.get(figures, {"since": "2026-11-01", "until": "2026-11-30"}).content.decode()
    assert str(first.user) in shown and str(second.user) in shown
    assert boss.get(figures, {"export": "xlsx"}).status_code == 200
    assert boss.get(figures, {"until": "0001-01-01"}).status_code == 200
    assert _step(boss, row.pk, "end", reason=" ") == 422
    assert _step(boss, row.pk, "end", reason="企业迁出") == 302
    assert _step(boss, row.pk, "plan", on="2026-12-01", way="visit") in {403, 404}
    # Elsewhere, the former steward, and without the permission.
    far = logged_in(official("supervisor", NANGANG))
    assert far.get(reverse("appeals_desk:stewardship", args=[number])).status_code == 404
    assert logged_in(first).get(reverse("appeals_desk:steward-visit", args=[number])).status_code == 404
    assert logged_in(people.leader).get(listed).status_code == 403
    assert logged_in(first).get(assign).status_code == 403


def test_the_api_reads_ones_own_steward_and_an_officials_enterprises() -> None:
    people = city()
    number, party, steward = looked_after(people)
    [seen] = logged_in(legal_representative_of(party)).get("/api/v1/stewards/own").json()
    assert (seen["party_name"], seen["steward_name"]) == (party.name, str(steward.user))
    looked_after(people)
    boss = logged_in(people.supervisor)
    first = boss.get("/api/v1/stewardships", {"limit": 1}).json()
    assert [each["id"] for each in first["items"]] == [number]
    rest = boss.get("/api/v1/stewardships", {"limit": 1, "cursor": first["next"]}).json()
    assert len(rest["items"]) == 1 and rest["next"] is None
    assert logged_in(steward).get("/api/v1/stewardships", {"due": "late"}).json()["items"] == []


def test_asked_for_too_often_what_was_written_stays(settings: Any) -> None:
    settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "appeals": "1/hour"}
    _, party, _ = looked_after(city())
    phone = logged_in(legal_representative_of(party))
    call = reverse("appeals:steward-call", args=[party.pk])
    assert phone.post(call, {"words": "想谈扩产用地"}).status_code == 302
    refused = phone.post(call, {"words": "还有厂区用电"})
    assert refused.status_code == 429
    assert "还有厂区用电" in refused.content.decode() and "秒后再试" in refused.content.decode()
