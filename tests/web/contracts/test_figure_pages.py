"""The cockpit's page of contracts: every figure on it opens as many as it says."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.contracts.factories import TODAY, YUAN, contract_row, obligation_row, unit
from tests.kernel.access.factories import DAOLI, NANGANG, NOW, SYSTEM, agency, official
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.contracts.api import rebuild

pytestmark = pytest.mark.django_db

RATE = Decimal("0.0005")
QUERIES = 19


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def _arranged() -> None:
    """A district with something late, coming up, waiting, at risk, bare and disagreed."""
    unit()
    contract = contract_row()
    obligation_row(contract, due_on=ago(20), daily_rate=RATE, disagreed=True)
    obligation_row(contract, due_on=ago(100), amount_fen=5_000 * YUAN)
    obligation_row(contract, due_on=ago(-20), budget_reserved=False)
    obligation_row(contract, due_on=None, state="waiting")
    obligation_row(contract, side="counterparty", kind="deliver", due_on=ago(2), amount_fen=None)
    contract_row(in_agency=agency(NANGANG, "education"))
    contract_row()
    rebuild(actor=SYSTEM, now=NOW)


def _links(page: str, address: str) -> list[tuple[str, str]]:
    """Every link to an address, with what stands on it."""
    found = re.findall(rf'<a[^>]*href="({re.escape(address)}[^"]*)"[^>]*>(.*?)</a>', page, re.S)
    return [(unescape(url), re.sub(r"<[^>]+>|\s", "", words)) for url, words in found]


def _leader() -> Client:
    return logged_in(unit().leader)


def test_every_figure_opens_as_many_as_it_says(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    _arranged()
    leader = _leader()
    leader.get(reverse("contracts_cockpit:home"))
    with django_assert_max_num_queries(QUERIES):
        page = leader.get(reverse("contracts_cockpit:home")).content.decode()
    checked = 0
    for name in ("list", "bare", "silent"):
        for url, words in _links(page, reverse(f"contracts_cockpit:{name}")):
            if words.isdigit():
                shown = leader.get(url).context["listing"].total
                assert shown == int(words), url
                checked += 1
    assert checked >= 8


def test_a_click_leads_from_the_district_to_the_unit_to_its_obligations() -> None:
    _arranged()
    leader = _leader()
    page = leader.get(reverse("contracts_cockpit:home")).content.decode()
    [unit_url] = {url for url, _ in _links(page, reverse("contracts_cockpit:home")) if "agency=" in url}
    of_unit = leader.get(unit_url)
    assert of_unit.context["figures"].late.count == 2
    assert of_unit.context["unit"].late_fen == 305_000 * YUAN
    rows = leader.get(of_unit.context["urls"]["late"])
    assert [each.title for each in rows.context["listing"].rows] == ["支付进度款", "支付进度款"]


@pytest.mark.parametrize("name", ["units", "list", "risks", "silent", "bare"])
def test_lists_are_taken_away(name: str) -> None:
    _arranged()
    answer = _leader().get(reverse(f"contracts_cockpit:{name}"), {"export": "csv"})
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) >= 2


def test_a_head_sees_the_own_unit_and_nobody_sees_another_place() -> None:
    _arranged()
    head = logged_in(unit().head)
    # The other pages of the cockpit are of enterprises and appeals: not a head's.
    assert head.get(reverse("cockpit:home")).status_code == 403
    assert head.get(reverse("contracts_cockpit:home")).context["figures"].late.count == 2
    other = logged_in(official("unit_head", NANGANG, "education"))
    assert other.get(reverse("contracts_cockpit:home")).context["figures"].late.count == 0
    assert other.get(reverse("contracts_cockpit:home"), {"region": DAOLI}).status_code == 404
    number = agency(DAOLI, "housing-construction").pk
    assert other.get(reverse("contracts_cockpit:list"), {"agency": number}).status_code == 404


def test_an_empty_place_says_so() -> None:
    unit()
    page = _leader().get(reverse("contracts_cockpit:home"))
    assert "没有逾期的义务" in page.content.decode()


def test_in_english_too() -> None:
    _arranged()
    leader = _leader()
    page = leader.get(reverse("contracts_cockpit:home"), headers={"accept-language": "en"})
    assert page.status_code == 200
