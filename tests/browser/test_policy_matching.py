"""The calculator on a telephone, by somebody without an account; and an enterprise that supplies a fact."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.areas.policies.factories import EXAMPLES, hiring, published_item
from tests.kernel.access.factories import HARBIN, legal_representative_of, region
from tests.kernel.parties.factories import a_party, region_tree

from .conftest import NARROW, WIDE, PageAt, assert_accessible, enter, screenshot

pytestmark = pytest.mark.django_db(transaction=True)

RENTED = "  - {id: rent, text: 租用场地, clause: 二、, when: 月租金 > 0}\nbenefit:"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


def real_items() -> None:
    """Some real items, made to hold everywhere."""
    region("000000")
    for file in sorted(EXAMPLES.glob("P*.yaml"))[:12]:
        source = re.sub("^region:.*\n", "", file.read_text("utf-8"), flags=re.MULTILINE)
        published_item(file.stem, source=source.replace("\nname:", '\nregion: "000000"\nname:', 1))


def answer(page: Page) -> None:
    """Whatever is asked: the first choice, or ten."""
    kinds = page.locator("form input[name=value]")
    if kinds.count() and kinds.first.get_attribute("type") in ("radio", "checkbox"):
        kinds.first.check()
    elif kinds.count() and kinds.first.get_attribute("type") == "date":
        kinds.first.fill("2020-05-01")
    elif page.get_by_label("行业名称或代码").count():
        page.get_by_role("button", name="不知道").click()
        return
    else:
        kinds.first.fill("10")
    page.get_by_role("button", name="确定").click()


def test_the_calculator_on_a_telephone_without_scripts(page_at: PageAt) -> None:
    region_tree(HARBIN)
    published_item()
    real_items()
    page = page_at(NARROW, java_script_enabled=False)
    page.goto("/policies/calculator/")
    page.get_by_label("所在区县").select_option(label="道里区")
    page.get_by_role("button", name="开始").click()
    asked = 0
    while page.get_by_role("button", name="不知道").count():
        answer(page)
        asked += 1
        assert asked < 80
    expect(page.get_by_text("没有更多要问的了")).to_be_visible()
    assert 3 < asked < 60
    page.get_by_role("link", name="上一步").click()
    expect(page.get_by_role("button", name="不知道")).to_be_visible()
    page.get_by_role("link", name="重新开始").click()
    expect(page.get_by_label("所在区县")).to_be_visible()


def test_the_calculator_is_accessible_on_a_telephone(page_at: PageAt) -> None:
    region_tree(HARBIN)
    published_item()
    real_items()
    page = page_at(NARROW)
    page.goto("/policies/calculator/")
    assert_accessible(page)
    screenshot(page, "calculator-place-390")
    page.get_by_label("所在区县").select_option(label="道里区")
    page.get_by_role("button", name="开始").click()
    assert_accessible(page)
    screenshot(page, "calculator-question-390")
    for _ in range(2):
        answer(page)
    screenshot(page, "calculator-middle-390")
    assert_accessible(page)
    page.get_by_role("link", name="看全部结果").click()
    assert_accessible(page)
    screenshot(page, "calculator-list-390")
    wide = page_at(WIDE)
    wide.goto(page.url)
    assert_accessible(wide)
    screenshot(wide, "calculator-list-1440")


def test_an_enterprise_reads_supplies_a_fact_and_becomes_entitled(page_at: PageAt) -> None:
    party = a_party(facts={"emp.insured_count": 12, "ent.size": "小型"})
    published_item("RENT", source=hiring("RENT").replace("benefit:", RENTED))
    published_item("NEAR", source=hiring("NEAR", staff=13))
    real_items()
    who = legal_representative_of(party)
    for width in (WIDE, NARROW):
        page = page_at(width)
        enter(page, who)
        page.goto(f"/policies/mine/{party.pk}/")
        assert_accessible(page)
        screenshot(page, f"policies-mine-{width}")
        page.goto(f"/policies/mine/{party.pk}/RENT/")
        assert_accessible(page)
        screenshot(page, f"policies-item-{width}")
    page.get_by_role("link", name="填写 月租金").first.click()
    assert_accessible(page)
    screenshot(page, "policies-supply-390")
    page.get_by_role("textbox", name="月租金").fill("3000")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("结论已重新计算")).to_be_visible()
    expect(page.get_by_text("现在可以享受").first).to_be_visible()
    page.get_by_role("button", name="保存并取得凭证").click()
    expect(page.get_by_text("已重新判定")).to_be_visible()
    assert_accessible(page)
    screenshot(page, "policies-receipt-390")
