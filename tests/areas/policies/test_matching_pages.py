"""The pages: what an enterprise gets and why, a fact supplied, a decision kept; and the calculator."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from django.test import Client
from django.urls import reverse

from tests.areas.policies.factories import hiring, published_item
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NOW,
    SYSTEM,
    clerk_of,
    legal_representative_of,
    one_event,
    region,
)
from tests.kernel.parties.factories import a_party, region_tree
from tests.web.desk.factories import signed_in
from yingshang.areas.policies.api import decide_for
from yingshang.kernel.access.api import grant_mandate
from yingshang.kernel.ledger.api import sequence
from yingshang.web.policies.matching.answers import Answers, read_answers

pytestmark = pytest.mark.django_db

POWERS = ("parties.view_own", "policies.match_own", "parties.declare_own", "objections.file_own")


def rented(code: str = "RENT") -> str:
    """An item with a condition that the enterprise itself has to tell."""
    source = hiring(code).replace(
        "benefit:", "  - {id: rent, text: 租用场地, clause: 二、, when: 月租金 > 0}\nbenefit:"
    )
    return published_item(code, source=source)


def test_everything_is_on_the_list_and_each_in_one_part() -> None:
    party = a_party(facts={"emp.insured_count": 12})
    published_item("GOT")
    published_item("NEAR", source=hiring("NEAR", staff=13))
    rented()
    who = clerk_of(party, POWERS)
    client = signed_in(who)
    page = client.get(reverse("policies:mine"), follow=True)
    text = page.content.decode()
    assert page.status_code == 200
    for part in (
        "现在可以享受",
        "补充数据后可能享受",
        "还差一步",
        "1.2万元",
        "还需要知道：月租金",
        "还差 1 人",
    ):
        assert part in text, part
    decided = decide_for(actor=who.actor(), party_id=party.pk, day=date.today())
    assert all(f">{each.code}<" in text for each in decided)
    assert len(decided) == 3
    address = reverse("policies:mine-party", args=[party.pk])
    only = client.get(address, {"group": "near"}).content.decode()
    assert ">NEAR<" in only and ">GOT<" not in only
    assert "没有符合条件的记录" in client.get(address, {"text": "没有的词"}).content.decode()
    rows = b"".join(client.get(address, {"export": "csv"}).streaming_content).decode("utf-8-sig")
    assert len(rows.splitlines()) == 4 and "现在可以享受" in rows


def test_the_first_page_counts_what_the_enterprise_is_due() -> None:
    """It asks for the figures of the list; of several enterprises for those of the one looked at last."""
    party, other = a_party(), a_party()
    who = clerk_of(party, POWERS)
    client = signed_in(who)
    address = reverse("policies:mine-party", args=[party.pk])
    first = client.get(reverse("portal:home")).content.decode()
    assert f'hx-get="{address}" hx-select=".stats"' in first and "ignoreTitle:true" in first
    assert '<div class="stats">' in client.get(address, headers={"HX-Request": "true"}).content.decode()
    grant_mandate(actor=SYSTEM, user_id=who.id, party_id=other.pk, powers=POWERS, now=NOW)
    assert f'hx-get="{address}"' in client.get(reverse("portal:home")).content.decode()
    again = signed_in(who)
    assert 'hx-select=".stats"' not in again.get(reverse("portal:home")).content.decode()
    assert "hx-select" not in Client().get(reverse("portal:home")).content.decode()


def test_the_list_costs_as_many_queries_for_many_items_as_for_few(django_assert_max_num_queries: Any) -> None:
    party = a_party(facts={"emp.insured_count": 12})
    client = signed_in(clerk_of(party, POWERS))
    for number in range(12):
        published_item(f"ITEM{number:02d}", source=hiring(f"ITEM{number:02d}", staff=number))
    address = reverse("policies:mine-party", args=[party.pk])
    client.get(address)
    with django_assert_max_num_queries(16):
        client.get(address)


def test_an_item_shows_each_condition_with_what_it_saw_and_a_fact_is_supplied() -> None:
    party = a_party(facts={"emp.insured_count": 12})
    rented()
    client = signed_in(legal_representative_of(party))
    address = reverse("policies:mine-item", args=[party.pk, "RENT"])
    text = client.get(address).content.decode()
    for part in ("参保人数不少于10人", "12 人", "人社局", "2026-11-01", "未知", "符合"):
        assert part in text, part
    assert reverse("portal:objection-new", args=[party.pk, "emp.insured_count"]) in text
    supply = reverse("policies:supply", args=[party.pk, "RENT", "lease.monthly_rent"])
    assert supply in text
    assert client.get(supply).status_code == 200
    assert client.post(supply, {"value": "三千"}).status_code == 400
    with one_event("parties.fact_declared"):
        answer = client.post(supply, {"value": "3000"}, follow=True)
    assert "现在可以享受" in answer.content.decode() and "企业申报" in answer.content.decode()
    elsewhere = reverse("policies:supply", args=[party.pk, "RENT", "emp.insured_count"])
    assert client.post(elsewhere, {"value": "99"}).status_code == 422


def test_a_decision_is_kept_and_anybody_verifies_it() -> None:
    party = a_party(facts={"emp.insured_count": 12})
    published_item()
    client = signed_in(clerk_of(party, POWERS))
    with one_event("policies.decided"):
        page = client.post(reverse("policies:keep", args=[party.pk, "HIRING"]), follow=True)
    text = page.content.decode()
    assert "已重新判定" in text and "12,000" in text
    code = re.search(r'class="lead"><span class="code">([^<]+)<', text)
    assert code is not None
    sequence(now=NOW)
    verified = Client().get(reverse("verify:result", args=[code[1]]))
    assert verified.status_code == 200
    assert "HIRING" in verified.content.decode() and party.name not in verified.content.decode()
    stranger = signed_in(clerk_of(a_party(), POWERS))
    assert stranger.get(page.request["PATH_INFO"]).status_code == 404
    assert stranger.get(reverse("policies:mine-item", args=[party.pk, "HIRING"])).status_code == 404


def test_a_window_that_closes_while_somebody_reads_is_said() -> None:
    party = a_party(facts={"emp.insured_count": 12})
    past = hiring("PAST").replace("{from: 2026-03-01, to: 2026-12-31}", "{from: 2026-03-01, to: 2026-03-31}")
    published_item("PAST", source=past)
    client = signed_in(clerk_of(party, POWERS))
    assert "受理已结束" in client.get(reverse("policies:mine-item", args=[party.pk, "PAST"])).content.decode()


# --- the calculator ---------------------------------------------------------------------------------------------------


def state_of(address: str) -> str:
    return parse_qs(urlparse(address).query)["s"][0]


def test_the_calculator_asks_until_all_is_settled_and_keeps_nothing() -> None:
    region_tree(HARBIN)
    published_item("STAFF")
    rented()
    visitor = Client()
    address = reverse("policies:calculator")
    assert "企业在哪里" in visitor.get(address).content.decode()
    asked = []
    page = visitor.get(address, {"region": DAOLI}, follow=True)
    while found := re.search(r'name="column" value="([^"]+)"', page.content.decode()):
        asked.append(found[1])
        answer = {"emp.insured_count": "12", "lease.monthly_rent": "2500"}[found[1]]
        page = visitor.get(
            address,
            {"s": state_of(page.redirect_chain[-1][0]), "column": found[1], "value": answer, "do": "answer"},
            follow=True,
        )
    # The number of staff decides both when it is too small, and is asked first.
    assert asked == ["emp.insured_count", "lease.monthly_rent"]
    text = page.content.decode()
    assert "没有更多要问的了" in text and text.count("1.2万元") >= 2
    assert f'href="{reverse("policies:item", args=["STAFF"])}"' in text
    assert not visitor.session.keys()


def test_one_answer_that_settles_everything_is_the_only_one_asked() -> None:
    region_tree(HARBIN)
    rented()
    visitor = Client()
    page = visitor.get(reverse("policies:calculator"), {"region": DAOLI}, follow=True)
    first = re.search(r'name="column" value="([^"]+)"', page.content.decode())
    assert first is not None
    page = visitor.get(
        reverse("policies:calculator"),
        {"s": state_of(page.redirect_chain[-1][0]), "column": first[1], "value": "0", "do": "answer"},
        follow=True,
    )
    assert "没有更多要问的了" in page.content.decode()


def test_skipped_taken_back_and_wrong_answers() -> None:
    region_tree(HARBIN)
    published_item("STAFF")
    visitor, address = Client(), reverse("policies:calculator")
    begun = state_of(visitor.get(address, {"region": DAOLI})["Location"])
    wrong = visitor.get(address, {"s": begun, "column": "emp.insured_count", "value": "十二", "do": "answer"})
    assert wrong.status_code == 400 and "请填写数字" in wrong.content.decode()
    skipped = visitor.get(address, {"s": begun, "column": "emp.insured_count", "do": "skip"}, follow=True)
    text = skipped.content.decode()
    assert "没有更多要问的了" in text and "还需要知道：参保人数" in text and "不知道" in text
    assert read_answers(begun) == Answers(DAOLI, {})
    assert "企业在哪里" in visitor.get(address, {"s": begun[:-3] + "abc"}).content.decode()
    # A fact nobody asked for is not taken.
    told = visitor.get(address, {"s": begun, "column": "fin.assets", "value": "5", "do": "answer"})
    assert read_answers(state_of(told["Location"])) == Answers(DAOLI, {})


def test_a_place_is_found_by_its_name() -> None:
    region_tree(HARBIN)
    region("230202")
    published_item("STAFF")
    visitor, address = Client(), reverse("policies:calculator")
    assert visitor.get(address, {"place": "道里区"})["Location"].startswith(address)
    assert visitor.get(address, {"place": "没有这个地方啊"}).status_code == 400
    several = visitor.get(address, {"place": "南山区"})
    assert several.status_code == 400 and "深圳市南山区" in several.content.decode()


def test_answers_come_out_of_the_address_as_they_went_in() -> None:
    given = Answers(DAOLI, {"a.b": "12.50", "c": None, "d": ["甲", "乙"], "e": True})
    assert read_answers(given.written()) == given
    assert given.known == {"a.b": "12.50", "d": ["甲", "乙"], "e": True} and given.skipped == ["c"]
    assert given.one_back() == given.without("e")
    assert read_answers("x" * 100_000) == Answers()
