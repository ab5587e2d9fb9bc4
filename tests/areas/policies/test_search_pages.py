"""The library's pages and feeds: what they show to everybody, and what they do not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.areas.policies.factories import (
    EXAMPLES,
    approved_item,
    hiring,
    issued_document,
    published_item,
    written_item,
)
from tests.areas.policies.search_factories import DAY, collected_document, library_of, real_item
from tests.kernel.access.factories import NOW, SYSTEM, arranged
from yingshang.areas.policies.api import (
    begin_version,
    create_item,
    publish_item,
    rebuild_library,
    withdraw_item,
)
from yingshang.areas.policies.models import ItemVersion, PolicyDocument

pytestmark = pytest.mark.django_db
# One that names no division cannot be taken in.
CODES = sorted(path.stem for path in EXAMPLES.glob("P*.yaml") if "\nregion:" in path.read_text("utf-8"))


@pytest.fixture(autouse=True)
def own_index(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its index to itself, and the moment of the factories."""
    settings.DATA_DIRECTORY = tmp_path
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def page(client: Client, name: str, *arguments: Any, status: int = 200, query: str = "") -> str:
    answer = client.get(reverse(f"policies:{name}", args=arguments) + query)
    assert answer.status_code == status
    return answer.content.decode()


def at(monkeypatch: pytest.MonkeyPatch, moment: Any) -> None:
    monkeypatch.setattr(timezone, "now", lambda: moment)


# --- search -----------------------------------------------------------------------------------------------------------


def test_the_library_is_open_to_everybody_and_costs_few_queries(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    library_of("P040", "P010")
    page(client, "library")
    # One of them takes a search from the allowance of the address.
    with django_assert_max_num_queries(5):
        text = page(client, "library", query="?text=小巨人")
    assert "<mark>" in text
    assert reverse("policies:item", args=["P040"]) in text


def test_an_empty_library_says_so_and_a_search_without_answers_offers_a_way(client: Client) -> None:
    assert "还没有发布政策" in page(client, "library")
    assert "没有符合条件的政策" in page(client, "library", query="?text=完全没有的东西")


def test_a_place_by_its_name_and_a_place_that_is_none(client: Client) -> None:
    library_of("P040")
    assert reverse("policies:item", args=["P040"]) in page(client, "library", query="?place=福州市")
    assert reverse("policies:item", args=["P040"]) not in page(client, "library", query="?place=哈尔滨市")
    assert "没有找到这个地方" in page(client, "library", query="?place=亚特兰蒂斯")


@pytest.mark.parametrize(
    "query",
    [
        "?page=99999",
        "?page=-1",
        "?page=x",
        "?order=worst",
        "?kind=%01",
        "?region=zz",
        "?text=" + "稳" * 300,
        "?reach=all&window=x&ended=maybe",
        "?month=2026-13&place=%01",
    ],
)
def test_odd_addresses_are_answered(client: Client, query: str) -> None:
    library_of("P040")
    for name in ("library", "calendar", "map", "compare"):
        page(client, name, query=query)


def test_what_is_written_by_others_is_never_markup(client: Client) -> None:
    collected_document("<script>alert(1)</script>稳岗办法", text="<b>稳岗</b>&amp;")
    rebuild_library(day=DAY)
    text = page(client, "library", query="?text=稳岗")
    assert "<script>alert" not in text
    assert "<b><mark>" not in text
    number = PolicyDocument.objects.get().pk
    assert "<script>alert" not in page(client, "document", number)


# --- items ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_every_real_item_has_a_page(client: Client, code: str) -> None:
    real_item(code)
    text = page(client, "item", code)
    row = ItemVersion.objects.get()
    assert row.name in text
    assert "没有写明条件" not in text


def test_an_item_page_asks_the_database_little(client: Client, django_assert_max_num_queries: Any) -> None:
    real_item("P040")
    page(client, "item", "P040")
    with django_assert_max_num_queries(5):
        text = page(client, "item", "P040")
    for words in ("最高 75万元", "省级奖励 * 福州配套比例", "新认定的国家专精特新", "随时可以申请", "<svg"):
        assert words in text, words


def test_a_condition_shows_the_sentence_it_comes_from(client: Client) -> None:
    number = issued_document()
    with arranged():
        create_item(
            actor=SYSTEM, source=hiring("LINKED"), document_id=number, links={"insured": [3]}, now=NOW
        )
        ItemVersion.objects.update(state="approved", approved_at=NOW)
        publish_item(actor=SYSTEM, code="LINKED", now=NOW)
    assert reverse("policies:document", args=[number]) + "?sentence=3#s3" in page(client, "item", "LINKED")


def test_windows_follow_the_clock_of_the_server(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    published_item()
    assert "受理中" in page(client, "item", "HIRING")
    at(monkeypatch, NOW + timedelta(days=38))
    assert "今天截止" in page(client, "item", "HIRING")
    at(monkeypatch, NOW + timedelta(days=39))
    text = page(client, "item", "HIRING")
    assert "受理已结束" in text
    assert "受理中" not in text


def test_a_withdrawn_item_keeps_its_page_and_says_why(client: Client) -> None:
    published_item()
    with arranged():
        withdraw_item(actor=SYSTEM, code="HIRING", reason="经费调整", now=NOW)
    text = page(client, "item", "HIRING")
    assert "不再受理" in text
    assert "经费调整" in text
    assert "算一算" not in text.split("<main", 1)[1]


def test_an_older_version_keeps_its_address_and_leads_to_the_new_one(client: Client) -> None:
    published_item()
    with arranged():
        begin_version(actor=SYSTEM, code="HIRING", now=NOW)
        ItemVersion.objects.filter(number=2).update(state="approved", approved_at=NOW)
        publish_item(actor=SYSTEM, code="HIRING", now=NOW)
    assert "已被替代" in page(client, "item", "HIRING", query="?version=1")
    assert "已被替代" not in page(client, "item", "HIRING").split("历次版本")[0]
    page(client, "item", "HIRING", query="?version=9", status=404)


def test_an_item_that_has_run_out_says_so(client: Client) -> None:
    real_item("P002")
    assert "到期，不再受理" in page(client, "item", "P002")


def test_drafts_have_no_page(client: Client) -> None:
    written_item("DRAFT", source=hiring("DRAFT"))
    approved_item("READY", source=hiring("READY"))
    for code in ("DRAFT", "READY", "NONE"):
        page(client, "item", code, status=404)
        page(client, "source", code, status=404)


# --- documents --------------------------------------------------------------------------------------------------------


def test_a_document_shows_its_text_items_and_relatives(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    above = collected_document("稳岗返还实施办法", region_path="")
    below = collected_document("道里区稳岗返还实施办法", region_path="230102")
    number = collected_document(
        "哈尔滨市稳岗返还实施办法", text="一、根据《稳岗返还实施办法》制定。", region_path="2301"
    )
    rebuild_library(day=DAY)
    page(client, "document", number)
    with django_assert_max_num_queries(7):
        text = page(client, "document", number)
    for other in (above, below):
        assert reverse("policies:document", args=[other]) in text
    assert "文中引用的文件" in text


def test_a_document_that_is_not_public_is_not_there(client: Client) -> None:
    page(client, "document", collected_document("内部文件", public=False), status=404)


# --- compare, calendar, map -------------------------------------------------------------------------------------------


def test_items_are_compared_and_unknown_ones_named(client: Client) -> None:
    library_of("P040", "P010")
    text = page(client, "compare", query="?code=P040&code=P010&code=NONE")
    assert text.count('<th scope="col"><a') == 2
    assert "没有这些事项：NONE" in text
    assert "还没有选择事项" in page(client, "compare")


def test_the_calendar_has_the_windows_of_a_month(client: Client, django_assert_max_num_queries: Any) -> None:
    published_item()
    # With the transaction around a request.
    with django_assert_max_num_queries(3):
        assert "吸纳就业补贴" in page(client, "calendar", query="?month=2026-12")
    assert "吸纳就业补贴" not in page(client, "calendar", query="?month=2027-01")
    assert "吸纳就业补贴" not in page(client, "calendar", query="?month=2026-12&place=福州市")
    assert "吸纳就业补贴" in page(client, "calendar", query="?month=2026-12&place=230102")


def test_the_map_counts_what_lies_below(client: Client, django_assert_max_num_queries: Any) -> None:
    published_item()
    # With the transaction around a request.
    with django_assert_max_num_queries(3):
        text = page(client, "map")
    assert "place=230000&amp;reach=within&amp;what=item" in text
    assert "place=230100&amp;reach=within" in page(client, "map", query="?place=230000")


# --- for machines -----------------------------------------------------------------------------------------------------


def test_the_yaml_is_what_was_published_and_asked_for_again_is_not_sent_again(client: Client) -> None:
    real_item("P040")
    answer = client.get("/policies/items/P040.yaml")
    assert answer.content.decode() == (EXAMPLES / "P040.yaml").read_text("utf-8")
    assert answer["Content-Type"].startswith("application/yaml")
    for header in (
        {"If-None-Match": answer["ETag"]},
        {"If-Modified-Since": answer["Last-Modified"]},
    ):
        assert client.get("/policies/items/P040.yaml", headers=header).status_code == 304


def test_the_feeds_have_what_was_published_last(client: Client, django_assert_num_queries: Any) -> None:
    published_item()
    real_item("P040", now=NOW + timedelta(hours=1))
    atom = client.get("/policies/feed.atom")
    root = ElementTree.fromstring(atom.content)
    titles = [each.text for each in root.iter("{http://www.w3.org/2005/Atom}title")]
    assert titles[1:] == [ItemVersion.objects.get(item__code="P040").name, "吸纳就业补贴"]
    feed = client.get("/policies/feed.json")
    assert feed["Content-Type"].startswith("application/feed+json")
    assert [each["title"] for each in feed.json()["items"]] == titles[1:]
    with django_assert_num_queries(4):
        assert client.get("/policies/feed.atom", headers={"If-None-Match": atom["ETag"]}).status_code == 304
    with arranged():
        withdraw_item(actor=SYSTEM, code="HIRING", reason="经费调整", now=NOW + timedelta(hours=2))
    again = client.get("/policies/feed.json", headers={"If-None-Match": feed["ETag"]})
    assert [each["title"] for each in again.json()["items"]] == titles[1:2]


def test_robots_may_read_the_library_alone(client: Client) -> None:
    assert "Allow: /policies/\n" in client.get("/robots.txt").content.decode()


def test_the_api_pages_through_items_and_documents(client: Client) -> None:
    for code in ("P040", "P010", "P081"):
        real_item(code)
    number = issued_document()
    rebuild_library(day=DAY)
    first = client.get("/api/v1/policies/items?limit=2").json()
    second = client.get("/api/v1/policies/items", {"limit": 2, "cursor": first["next"]}).json()
    assert [each["code"] for each in [*first["items"], *second["items"]]] == ["P040", "P010", "P081"]
    assert second["next"] is None
    found = client.get("/api/v1/policies/items", {"text": "小巨人"}).json()["items"]
    assert [each["code"] for each in found] == ["P040"]
    here = client.get("/api/v1/policies/items", {"region": "350102"}).json()["items"]
    assert [each["code"] for each in here] == ["P040"]
    assert client.get("/api/v1/policies/items", {"region": "999999"}).status_code == 422
    whole = client.get("/api/v1/policies/items/P040").json()
    assert whole["source"] == (EXAMPLES / "P040.yaml").read_text("utf-8")
    assert whole["most_fen"] == 75_000_000
    assert client.get("/api/v1/policies/items/NONE").status_code == 404
    papers = client.get("/api/v1/policies/documents", {"text": "吸纳就业"}).json()["items"]
    assert [each["id"] for each in papers] == [number]
    assert client.get(f"/api/v1/policies/documents/{number}").json()["text"].startswith("关于支持")
