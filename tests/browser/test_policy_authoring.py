"""An author in a browser: text pasted, sentences marked, a draft proposed, a condition edited, saved; two at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.areas.policies.factories import TEXT, author, hiring, written_item
from tests.browser.conftest import NARROW, assert_accessible, assert_fits, enter, screenshot
from tests.kernel.access.factories import HARBIN
from tests.kernel.parties.factories import region_tree
from yingshang.areas.policies.api import get_item, save_version
from yingshang.areas.policies.models import ItemVersion

pytestmark = pytest.mark.django_db(transaction=True)


def _source(code: str) -> str:
    return str(ItemVersion.objects.get(item__code=code).source)


def test_from_a_text_to_a_saved_draft(page_at: Callable[..., Page]) -> None:
    region_tree()
    page = page_at()
    enter(page, author(HARBIN))
    page.goto("/desk/policies/documents/new/")
    assert_accessible(page)
    page.get_by_label("或者粘贴正文").fill(TEXT)
    page.get_by_role("button", name="读取并录入").click()
    expect(page.get_by_label("标题")).to_have_value("关于支持企业吸纳就业的若干措施")
    assert_accessible(page)
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/documents/*/")
    sentences = page.locator("label.sentence")
    sentences.nth(2).locator("input").click()
    sentences.nth(5).locator("input").click(modifiers=["Shift"])
    expect(page.locator("[data-marked]")).to_have_text("4 / 6")
    assert_accessible(page)
    screenshot(page, "authoring-document")
    page.get_by_role("button", name="据所选句子起草").click()
    page.wait_for_url("**/propose/**")
    assert_accessible(page)
    screenshot(page, "authoring-propose")
    for box in page.locator("input[name=accept]").all():
        box.check()
    page.get_by_label("编号").fill("JY-2026-1")
    page.get_by_label("事项名称").fill("吸纳就业补贴")
    page.get_by_role("button", name="生成草稿").click()
    page.wait_for_url("**/items/JY-2026-1/")
    assert_accessible(page)
    screenshot(page, "authoring-item")

    # The condition and its sentence light each other up.
    condition = page.locator("#c-conditions-1")
    condition.locator("input").first.focus()
    expect(page.locator("button.sentence-link.lit")).to_have_count(1)
    page.locator("button.sentence-link.lit").click()
    expect(page.locator(".condition.lit").first).to_be_visible()

    # What is wrong is told beside the field as one types.
    value = page.locator("input[name='r/conditions/1/value']").first
    value.fill("很多")
    expect(page.locator("#p-conditions-1-when .told.error")).to_contain_text("不是数字")
    value.fill("20")
    expect(page.locator("#p-conditions-1-when .told.error")).to_have_count(0)

    # As FEEL, with names completed.
    condition.get_by_role("button", name="FEEL").click()
    feel = page.locator("textarea[name='f/conditions/1/when']")
    expect(feel).to_have_value("参保人数 >= 20")
    feel.fill("")
    feel.press_sequentially("参保人")
    expect(page.locator(".completions li").first).to_contain_text("参保人数")
    assert_accessible(page)
    feel.press("Enter")
    feel.press_sequentially(" >= 30")
    condition = page.locator("#c-conditions-1")
    condition.get_by_role("button", name="改为逐项填写").click()
    expect(page.locator("input[name='r/conditions/1/value']").first).to_have_value("30")
    # A request cut off by leaving the page would be reported as an error of it.
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.get_by_role("button", name="保存草稿").first.click()
    expect(page.get_by_text("草稿已保存。")).to_be_visible()
    assert "参保人数 >= 30" in _source("JY-2026-1")

    # A sentence that was left goes into the draft that is there, and lights up with its condition.
    page.get_by_role("link", name="关于支持企业吸纳就业的若干措施").click()
    page.locator("label.sentence").nth(0).locator("input").click()
    page.get_by_role("button", name="加入已有草稿").click()
    page.wait_for_url("**/propose/**")
    assert_accessible(page)
    page.get_by_label("整句作为一个待写的条件").check()
    page.get_by_role("button", name="加入草稿").click()
    page.wait_for_url("**/items/JY-2026-1/")
    added = page.locator("[data-condition]", has=page.locator("input[data-links][value='1']"))
    added.locator("input").first.focus()
    expect(page.locator("button.sentence-link.lit")).to_have_text("关于支持企业吸纳就业的若干措施")
    page.locator("button.sentence-link").nth(0).click()
    expect(added).to_have_class(re.compile(r"\blit\b"))


def test_what_was_typed_is_there_after_the_page_was_lost(page_at: Callable[..., Page]) -> None:
    region_tree()
    writer = author(HARBIN)
    written_item(actor=writer.actor())
    page = page_at()
    enter(page, writer)
    page.goto("/desk/policies/items/HIRING/")
    page.get_by_label("事项名称").fill("没有保存的名称")
    expect(page.locator("[data-kept-state]")).not_to_be_empty()
    page.goto("/desk/policies/items/")
    page.goto("/desk/policies/items/HIRING/")
    expect(page.get_by_label("事项名称")).to_have_value("吸纳就业补贴")
    page.get_by_role("button", name="恢复未保存的内容").click()
    expect(page.get_by_label("事项名称")).to_have_value("没有保存的名称")
    page.get_by_role("button", name="保存草稿").first.click()
    expect(page.get_by_text("草稿已保存。")).to_be_visible()
    expect(page.locator("[data-restore]")).to_be_hidden()


def test_two_authors_on_a_phone(page_at: Callable[..., Page]) -> None:
    region_tree()
    writer, other = author(HARBIN), author(HARBIN)
    written_item(actor=writer.actor())
    page = page_at(NARROW)
    enter(page, writer)
    page.goto("/desk/policies/items/HIRING/")
    assert_accessible(page)
    screenshot(page, "authoring-item-narrow")
    found = get_item(actor=other.actor(), code="HIRING").open
    assert found is not None
    from django.utils import timezone

    save_version(
        actor=other.actor(),
        code="HIRING",
        source=hiring().replace("name: 吸纳就业补贴", "name: 对方的名称"),
        revision=found.revision,
        now=timezone.now(),
    )
    page.locator("input[name='r/conditions/0/value']").first.fill("40")
    page.get_by_role("button", name="保存草稿").first.click()
    expect(page.get_by_role("heading", name="两人同时修改")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    screenshot(page, "authoring-conflict-narrow")
    page.get_by_role("button", name="保存合并后的内容").click()
    expect(page.get_by_text("草稿已保存。")).to_be_visible()
    assert "参保人数 >= 40" in _source("HIRING")
    assert "name: 对方的名称" in _source("HIRING")
