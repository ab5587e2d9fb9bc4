"""The sandbox's pages: what they show, what they refuse, what is kept and brought back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.areas.policies.factories import hiring
from tests.areas.policies.sandbox_factories import (
    RATIO,
    asked,
    city,
    draft_against_what_is_in_force,
    enterprises,
    never_published,
    snapshot,
    tunable,
)
from tests.kernel.access.factories import HARBIN, NANGANG, NOW, SYSTEM, arranged, official
from tests.web.desk.factories import signed_in
from yingshang.areas.policies.api import save_scenario
from yingshang.areas.policies.sandbox import asking
from yingshang.areas.policies.sandbox.asking import memory
from yingshang.kernel.documents.api import load_defaults
from yingshang.web.policies.sandbox import figures

pytestmark = pytest.mark.django_db

PAGE = "/desk/policies/items/HIRING/sandbox/"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    settings.DATA_DIRECTORY = tmp_path
    memory().clear()
    patient = asking.sandbox_answer
    monkeypatch.setattr(
        "yingshang.web.policies.sandbox.views.sandbox_answer",
        lambda **given: patient(**{**given, "wait": 60.0}),
    )
    yield tmp_path
    memory().clear()


def text_of(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def words(page: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", page))


def test_the_list_leads_to_the_sandbox_of_each_item() -> None:
    client = signed_in(never_published())
    page = text_of(client, "/desk/policies/sandbox/")
    assert f'href="{PAGE}"' in page and "吸纳就业补贴" in page
    assert "HIRING" not in text_of(client, "/desk/policies/sandbox/?text=别的")


def test_the_page_shows_dials_and_what_the_item_comes_to(folder: Path) -> None:
    city(folder)
    page = text_of(signed_in(draft_against_what_is_in_force()), PAGE)
    assert 'name="p.人数下限"' in page and 'max="45"' in page
    said = words(page)
    assert "哈尔滨市的10户企业" in said
    assert "与现行第1版相比" in said and "不再受益2" in said
    assert "演示E企业1" in said, "an example"
    assert "仅缺此项" in said and "道里区" in said
    assert "肯定超出预算5万元" in said


def test_htmx_gets_the_outcome_alone_with_what_is_wrong_beside_the_field(folder: Path) -> None:
    city(folder)
    client = signed_in(never_published())
    headers = {"HX-Request": "true", "HX-Target": "sandbox-results"}
    part = text_of(client, f"{PAGE}?p.人数下限=20", **headers)
    assert part.lstrip().startswith("<section") and "<html" not in part
    assert "符合4" in words(part)
    part = text_of(client, f"{PAGE}?p.人数下限=许多", **headers)
    assert re.search(r'id="dial-error-0" hx-swap-oob="true">“人数下限”应填写数字', part)


def test_without_a_snapshot_without_parameters_and_with_nobody_entitled(folder: Path) -> None:
    who = never_published(source=hiring())
    client = signed_in(who)
    assert "还没有企业数据快照" in text_of(client, PAGE)
    enterprises([1, 2])
    snapshot(folder)
    said = text_of(client, PAGE)
    assert "没有企业符合" in said
    assert re.search(r"条件和公式中的 \d+ 个数值", said), "numbers in the text can be moved instead"


def test_an_item_with_mistakes_says_where_they_are(folder: Path) -> None:
    city(folder)
    page = text_of(signed_in(never_published(source=hiring().replace("参保人数 >=", "参保人书 >="))), PAGE)
    assert "这个版本有错误" in page and re.search(r"第 \d+ 行：.*参保人书", page)


def test_a_division_by_zero_is_on_the_page_with_the_enterprise(folder: Path) -> None:
    enterprises([0, 10])
    snapshot(folder)
    client = signed_in(never_published("RATIO", source=RATIO.format(code="RATIO", region=HARBIN)))
    said = words(text_of(client, "/desk/policies/items/RATIO/sandbox/"))
    assert "无法计算的企业" in said and "演示E企业0" in said


def test_while_it_takes_long_the_page_says_how_far_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city(folder)
    client = signed_in(never_published())
    whole = asking.sandbox_answer

    def slow(**given: Any) -> Any:
        from dataclasses import replace

        return replace(whole(**given), outcome=None, stage="reading", done=3, total=12)

    monkeypatch.setattr("yingshang.web.policies.sandbox.views.sandbox_answer", slow)
    page = text_of(client, PAGE)
    assert "正在读取企业数据" in page and 'value="25"' in page and 'hx-trigger="load delay:1s"' in page


@pytest.mark.parametrize("by", ["region", "industry", "size", "ownership", "age"])
def test_breakdowns_are_tables_to_sort_and_export(folder: Path, by: str) -> None:
    city(folder)
    client = signed_in(never_published())
    address = f"/desk/policies/items/HIRING/sandbox/by/{by}/?p.人数下限=20"
    assert "确定金额" in text_of(client, f"{address}&sort=-entitled")
    lines = b"".join(client.get(f"{address}&export=csv")).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("分组,企业,符合,待定")
    assert sum(int(line.split(",")[2]) for line in lines[1:]) == 4


def test_kept_removed_brought_back(folder: Path) -> None:
    city(folder)
    client = signed_in(never_published())
    answer = client.post(f"{PAGE}save/", {"name": "门槛二十人", "p.人数下限": "20", "version": "1"})
    assert answer.status_code == 302 and "#scenarios" in answer["Location"]
    page = text_of(client, PAGE)
    assert "门槛二十人" in page and "人数下限 20" in page
    [remove] = set(re.findall(r"/desk/policies/sandbox/scenarios/\d+/remove/", page))
    gone = client.post(remove)
    page = text_of(client, gone["Location"].partition("#")[0])
    assert "方案已删除" in page and "门槛二十人" not in page
    [restore] = set(re.findall(r"/desk/policies/sandbox/scenarios/\d+/restore/", page))
    client.post(restore)
    assert "门槛二十人" in text_of(client, PAGE)


def test_nothing_is_kept_without_a_name(folder: Path) -> None:
    city(folder)
    client = signed_in(never_published())
    answer = client.post(f"{PAGE}save/", {"name": " "}, follow=True)
    assert "请填写方案名称" in answer.content.decode()


def test_a_number_of_the_text_is_moved_and_taken_over_into_the_draft(folder: Path) -> None:
    city(folder)
    client = signed_in(never_published())
    page = text_of(client, PAGE)
    assert "<summary>条件和公式中的 1 个数值</summary>" in page and "写入草稿" not in page
    [field] = re.findall(r'name="(p\.@\w+)" value="2"', page)
    moved = text_of(
        client, f"{PAGE}?{urlencode({field: 1})}", **{"HX-Request": "true", "HX-Target": "sandbox-results"}
    )
    [revision] = re.findall(r'name="revision" value="(\d+)"', moved)
    answer = client.post(f"{PAGE}take-over/", {field: "1", "revision": revision})
    assert answer.status_code == 302 and answer["Location"] == "/desk/policies/items/HIRING/"
    assert "已将 1 处改动写入草稿" in text_of(client, answer["Location"])
    assert re.findall(r'name="p\.@\w+" value="1"', text_of(client, PAGE)), "the draft says so now"
    refused = client.post(f"{PAGE}take-over/", {"revision": revision}, follow=True)
    assert "没有可以写入的改动" in refused.content.decode()


def test_two_to_four_scenarios_side_by_side(folder: Path) -> None:
    city(folder)
    who = draft_against_what_is_in_force()
    ids = [
        save_scenario(actor=who.actor(), question=asked(人数下限=str(each)), name=f"门槛{each}", now=NOW)
        for each in (5, 20, 30)
    ]
    client = signed_in(who)
    page = text_of(client, f"{PAGE}compare/?id={ids[0]}&id={ids[2]}")
    assert "门槛5" in page and "门槛30" in page and "门槛20" not in page
    assert 'class="differs"' in page and "报告回执" in page
    for query in (
        "",
        f"?id={ids[0]}",
        f"?id={ids[0]}&id={ids[0]}",
        "?id=x&id=99999999",
        "?id=1&id=2&id=3&id=4&id=5",
    ):
        answer = client.get(f"{PAGE}compare/{query}", follow=True)
        assert "请选择 2 到 4 个方案" in answer.content.decode(), query


def test_the_report_opens_as_a_document(folder: Path) -> None:
    city(folder)
    with arranged():
        load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    who = never_published()
    number = save_scenario(actor=who.actor(), question=asked(), name="甲", now=NOW)
    client = signed_in(who)
    answer = client.post(f"/desk/policies/sandbox/scenarios/{number}/report/")
    assert answer.status_code == 302
    document = client.get(answer["Location"])
    assert document.status_code == 200 and document["Content-Type"] == "application/pdf"
    assert signed_in(official("leader", NANGANG)).get(answer["Location"]).status_code == 404


def test_whoever_may_not_see_the_item_finds_nothing(folder: Path) -> None:
    city(folder)
    never_published()
    assert signed_in(official("policy_author", NANGANG)).get(PAGE).status_code == 404
    assert signed_in(official("treasurer", HARBIN)).get(PAGE).status_code == 403
    assert signed_in(official("policy_author", HARBIN)).get(f"{PAGE}?version=9").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "?version=x",
        "?day=昨天",
        "?p.=1&p.没有=2",
        "?budget=" + "9" * 99,
        "?version=99999999999999",
        "?removed=x",
    ],
)
def test_odd_addresses_are_survived(folder: Path, query: str) -> None:
    city(folder)
    assert signed_in(never_published()).get(f"{PAGE}{query}").status_code == 200


def test_queries_do_not_grow_with_scenarios_or_versions(
    folder: Path, django_assert_max_num_queries: Any
) -> None:
    city(folder)
    who = draft_against_what_is_in_force()
    for each in range(3):
        save_scenario(actor=who.actor(), question=asked(人数下限=str(each)), name=f"门槛{each}", now=NOW)
    client = signed_in(who)
    text_of(client, PAGE)
    with django_assert_max_num_queries(14):
        text_of(client, PAGE)


def test_groups_come_in_an_order_that_can_be_read() -> None:
    class Row:
        def __init__(self, key: str) -> None:
            self.key = key

    rows: Any = [Row(""), Row("小型"), Row("大型"), Row("微型")]
    assert [each.key for each in figures.in_order("size", rows)] == ["大型", "小型", "微型", ""]
    rows = [Row(""), Row("4"), Row("0")]
    assert [each.key for each in figures.in_order("age", rows)] == ["0", "4", ""]


def test_a_budget_bar_never_leaves_its_frame(folder: Path) -> None:
    city(folder)
    page = text_of(signed_in(never_published(source=tunable(budget=1))), PAGE)
    shares = [int(each) for each in re.findall(r"(?:width|left): (\d+)%", page)]
    assert shares and max(shares) <= 100
