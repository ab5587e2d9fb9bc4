"""Pages of what appeals teach: the cockpit's figures and their lists, suggestions, the record, published results."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import (
    Said,
    answered_appeal,
    city,
    closed_appeal,
    dispatched_appeal,
    handled_appeal,
    submitted_appeal,
)
from tests.kernel.access.factories import DAOLI, NANGANG, NOW, SYSTEM, arranged, official
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal, PerformanceRecord, PolicySuggestion, RecordLine

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=10)
TOPIC = next(iter(api.topics()))


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one month and the next."""
    monkeypatch.setattr(timezone, "now", lambda: LATER)


def _november() -> Said:
    """Three of one topic: one late, one answered, one opened again."""
    people = city()
    said = handled_appeal(people=people)
    answered_appeal(people=people)
    again = closed_appeal(people=people)
    api.reopen_appeal(
        actor=again.who.actor(NOW), appeal_id=again.id, reason="又坏了", now=NOW + timedelta(hours=1)
    )
    with arranged():
        Appeal.objects.update(topic=TOPIC)
    return said


def _links(page: str, address: str) -> list[tuple[str, str]]:
    """Every link to an address, with what stands on it."""
    found = re.findall(rf'<a[^>]*href="({re.escape(address)}[^"]*)"[^>]*>(.*?)</a>', page, re.S)
    return [(unescape(url), re.sub(r"<[^>]+>|\s", "", words)) for url, words in found]


def test_every_figure_of_the_cockpit_opens_as_many_appeals(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    said = _november()
    leader = logged_in(said.people.leader)
    home, rows = reverse("appeals_cockpit:home"), reverse("appeals_cockpit:list")
    with django_assert_max_num_queries(18):
        page = leader.get(home, {"period": "2026-11"}).content.decode()
    links = _links(page, rows)
    assert len(links) >= 6
    for url, words in dict(links).items():
        digits = re.search(r"\d+", words)
        shown = re.search(r"共 (\d+) 条", leader.get(url).content.decode())
        assert (int(shown[1]) if shown else 0) == int(digits[0] if digits else 0), (url, words)
    assert api.topics()[TOPIC].name in page and "道里区market-regulation" in page
    # A week, one topic, the month before, and what is no period.
    for asked, expected in (
        ({"period": "2026-W48"}, "2026-W48"),
        ({"topic": TOPIC, "period": "2026-11"}, "只看主题"),
        ({"topic": "none", "period": "2026-11"}, "还没有主题"),
        ({"period": "2026-10"}, "这段时间没有诉求"),
        ({"period": "nothing"}, "2026-12"),
        ({"region": "230100"}, None),
        ({"region": "x"}, None),
    ):
        answer = leader.get(home, asked)
        assert answer.status_code == (200 if expected else 404), asked
        assert expected is None or expected in answer.content.decode(), asked
    assert logged_in(said.people.handler).get(home).status_code == 403
    assert Client().get(home).status_code == 302


def test_speeds_and_repeats_are_sorted_and_taken_away() -> None:
    said = _november()
    leader = logged_in(said.people.leader)
    for name, words in (("agencies", "答复用时"), ("repeats", "重开"), ("topics", "上期")):
        address = reverse(f"appeals_cockpit:{name}")
        asked = {"period": "2026-11", "region": DAOLI}
        page = leader.get(address, {**asked, "sort": "-late" if name == "agencies" else "-count"})
        assert words in page.content.decode()
        for url, shown in _links(page.content.decode(), reverse("appeals_cockpit:list")):
            found = re.search(r"共 (\d+) 条", leader.get(url).content.decode())
            assert found and found[1] == shown, url
        exported = b"".join(leader.get(address, {**asked, "export": "csv"})).decode()
        assert ("道里区market-regulation" in exported) is (name != "topics") and "<" not in exported
        assert leader.get(address, {**asked, "export": "xlsx"}).status_code == 200
    other = logged_in(official("leader", NANGANG, "government"))
    assert (
        "道里区market-regulation"
        not in other.get(reverse("appeals_cockpit:agencies"), {"period": "2026-11"}).content.decode()
    )


def test_from_a_cluster_to_the_authors_answer_by_forms_alone(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    said = _november()
    hidden = submitted_appeal(people=said.people, body="请回电 13812345678，证办不下来，一个月了。")
    with arranged():
        Appeal.objects.filter(pk=hidden.id).update(topic=TOPIC)
    author = official("policy_author", DAOLI, "commerce")
    agency, desk = logged_in(said.people.handler), logged_in(author)
    with django_assert_max_num_queries(12):
        page = agency.get(reverse("appeals_desk:clusters")).content.decode()
    [(address, _words)] = _links(page, reverse("appeals_desk:suggest"))
    shown = agency.get(address).content.decode()
    assert hidden.row.title in shown and "13812345678" not in shown and hidden.party.name not in shown
    assert agency.post(address, {"title": "写明时限", "text": ""}).status_code == 422
    office = author.actor(LATER).grants[0].agency_id
    answer = agency.post(address, {"title": "写明时限", "text": "建议写明时限。", "agency_id": office})
    suggestion = PolicySuggestion.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/desk/appeals/suggestions/{suggestion.pk}/"
    assert "已建议，待答复" in agency.get(reverse("appeals_desk:clusters")).content.decode()
    with django_assert_max_num_queries(12):
        page = desk.get(
            reverse("appeals_desk:suggestions"), {"mine": "yes", "state": "sent"}
        ).content.decode()
    assert "写明时限" in page
    assert "答复政策建议：写明时限" in desk.get(reverse("desk:home")).content.decode()
    page = desk.get(answer["Location"]).content.decode()
    assert "采纳</summary>" in page and "撤回建议</summary>" not in page and "13812345678" not in page
    step = reverse("appeals_desk:suggestion-step", args=[suggestion.pk, "take-up"])
    assert desk.post(step, {"answer": ""}).status_code == 422
    assert agency.post(step, {"answer": "自己答复"}).status_code == 403
    assert desk.post(step, {"answer": "明年修订。"}).status_code == 302
    assert "明年修订。" in agency.get(answer["Location"]).content.decode()
    assert (
        desk.post(reverse("appeals_desk:suggestion-step", args=[suggestion.pk, "other"])).status_code == 404
    )
    elsewhere = logged_in(official("department_official", NANGANG, "market-regulation"))
    assert elsewhere.get(answer["Location"]).status_code == 404
    assert elsewhere.get(reverse("appeals_desk:suggest")).status_code == 302


def test_the_record_from_the_month_to_a_line_and_back() -> None:
    said = _november()
    people = said.people
    api.freeze_months(actor=SYSTEM, now=LATER)
    record = PerformanceRecord.objects.get(agency=people.market)
    line = RecordLine.objects.get(figure="late", appeal=said.id)
    agency, supervisor = logged_in(people.approver), logged_in(people.supervisor)
    page = agency.get(reverse("appeals_desk:records"), {"month": "2026-11"}).content.decode()
    own = reverse("appeals_desk:record", args=[record.pk])
    links = [(url, words) for url, words in _links(page, own) if "figure=" in url]
    assert len(links) >= 4
    for url, words in links:
        found = re.search(r"共 (\d+) 条", agency.get(url).content.decode())
        assert found and found[1] == words, url
    exported = b"".join(agency.get(reverse("appeals_desk:records"), {"export": "csv"})).decode()
    assert "2026-11" in exported and "<" not in exported
    assert said.row.number in b"".join(agency.get(own, {"figure": "late", "export": "csv"})).decode()
    address = reverse("appeals_desk:record-line", args=[line.pk])
    assert "提出异议</summary>" in agency.get(address).content.decode()

    def step(browser: Client, what: str, reason: str) -> int:
        sent = browser.post(
            reverse("appeals_desk:record-line-step", args=[line.pk, what]), {"reason": reason}
        )
        return sent.status_code

    assert step(agency, "object", "") == 422 and step(agency, "uphold", "自己定") == 404
    assert step(agency, "object", "企业要求等待") == 302
    page = supervisor.get(reverse("appeals_desk:records"), {"objected": "yes"}).content.decode()
    assert "有异议" in page
    assert "考核异议：" in supervisor.get(reverse("desk:home")).content.decode()
    shown = supervisor.get(address).content.decode()
    assert (
        "异议成立</summary>" in shown
        and "异议不成立</summary>" in shown
        and "提出异议</summary>" not in shown
    )
    assert step(agency, "uphold", "自己定") == 403
    assert step(supervisor, "uphold", "属实") == 302
    shown = agency.get(address).content.decode()
    assert "不计入" in shown and "属实" in shown and "恢复计入</summary>" not in shown
    assert step(supervisor, "put-back", "查无此事") == 302
    assert step(supervisor, "nothing", "x") == 404
    elsewhere = logged_in(official("supervisor", NANGANG, "service-center"))
    assert elsewhere.get(address).status_code == elsewhere.get(own).status_code == 404


def test_results_are_published_only_where_enough_stand_behind_them(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    people = city()
    browser, address = Client(), reverse("appeals:results")
    assert "暂不公布" in browser.get(address).content.decode()
    for _number in range(4):
        dispatched_appeal(people=people)
    handled_appeal(people=people)
    api.freeze_months(actor=SYSTEM, now=LATER)
    record = PerformanceRecord.objects.get(agency=people.market)
    assert record.parties == 5
    with django_assert_max_num_queries(6):
        shown = browser.get(address).content.decode()
    assert record.agency.name in shown and "0%" in shown
    table = browser.get(reverse("appeals:results-csv")).content.decode()
    assert table.splitlines()[1].split(",")[2:7] == ["2026-11", "2026-11", "5", "0", "0.0000"]
    # Taken out, a line counts here neither; and four enterprises are not enough.
    line = RecordLine.objects.filter(figure="late").first()
    assert line is not None
    api.correct_record(
        actor=people.supervisor.actor(LATER), line_id=line.pk, counts=False, reason="系统故障", now=LATER
    )
    assert "0.2000" in browser.get(reverse("appeals:results-csv")).content.decode()
    assert "暂不公布" in browser.get(address, {"region": NANGANG}).content.decode()
    assert record.agency.name in browser.get(address, {"region": DAOLI}).content.decode()
    with arranged():
        PerformanceRecord.objects.update(parties=4)
    assert "暂不公布" in browser.get(address).content.decode()
    assert len(browser.get(reverse("appeals:results-csv")).content.decode().splitlines()) == 1


def test_a_month_here_is_the_month_here() -> None:
    assert api.period_of(date(2026, 11, 23)).starts.isoformat() == "2026-11-01T00:00:00+08:00"
