"""Forms in a real browser: filling one in with what is offered, in two windows, on a phone; editing one by the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import (
    DRAWN,
    NARROW,
    WIDE,
    PageAt,
    assert_accessible,
    check,
    choose,
    enter,
    fill,
    press,
    screenshot,
    upload,
    wait_until,
    wide_and_narrow,
    widths,
)
from tests.kernel.access.factories import HARBIN
from tests.kernel.documents.factories import plain_pdf
from tests.kernel.forms.factories import a_form, a_layout, a_schema, an_enterprise, defaults
from tests.web.portal import filling_urls
from yingshang.kernel.forms.models import FormVersion

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.web.portal.filling_urls")]


def is_saved(response: Response, text: str) -> bool:
    """The answer to a draft that has this text in it."""
    return response.url.endswith("/forms/draft") and text in unquote_plus(response.request.post_data or "")


def test_an_objection_is_filled_in(page_at: PageAt) -> None:
    filling_urls.SUBMITTED.clear()
    defaults()
    party, clerk = an_enterprise()
    page = page_at(NARROW)
    enter(page, clerk)
    address = f"/filling/fact_objection/{party.pk}/"
    page.goto(address)
    claimed = page.locator("[data-field=claimed_value]")
    expect(claimed).to_be_hidden()
    for text, width in zip(("44 人", "43 人"), widths(page), strict=True):
        page.get_by_label("不是本企业的").check()
        expect(claimed).to_be_hidden()
        page.get_by_label("数值有误").check()
        expect(claimed).to_be_visible()
        with page.expect_response(lambda response: is_saved(response, text)):  # noqa: B023
            page.fill("[name=claimed_value]", text)
        expect(page.locator("#draft-state")).to_contain_text("已自动保存")
        assert_accessible(page)
        screenshot(page, f"forms-objection-draft-{width}")
        page.reload()
        wait_until(page, DRAWN)
        expect(page.locator("[name=claimed_value]")).to_have_value(text)
        expect(claimed).to_be_visible()
    fill(page.locator("[name=reason]"), "太短")
    evidence = page.locator("[name=evidence]")
    upload(evidence, name="凭证.pdf", mimeType="application/pdf", buffer=plain_pdf())
    press(page.get_by_role("button", name="提交", exact=True))
    expect(page.get_by_role("alert")).to_contain_text("至少填写 10 个字")
    expect(page.get_by_label("凭证.pdf")).to_be_checked()
    wide_and_narrow(page, "forms-objection")
    fill(page.locator("[name=reason]"), "社保缴费凭证上的人数是四十三人")
    fill(page.locator("[name=contact_name]"), "演示联系人")
    fill(page.locator("[name=contact_phone]"), "13800000000")
    press(page.get_by_role("button", name="提交", exact=True))
    page.wait_for_url("**/messages/")
    [view] = filling_urls.SUBMITTED
    assert view.values["claimed_value"] == "43 人" and len(view.documents) == 1
    page.goto(address)
    expect(page.locator("[name=contact_phone]")).to_have_value("13800000000")
    expect(page.locator("[data-field=contact_phone]")).to_contain_text("已预填：上次填报")


def test_a_long_form_with_a_table_and_facts(page_at: PageAt) -> None:
    schema = a_schema()
    a_form(schema=schema, layout=a_layout(schema, bank='purpose = "loan"', branch="bank != null"))
    party, clerk = an_enterprise(**{"emp.insured_count": 42})
    page = page_at(WIDE)
    enter(page, clerk)
    page.goto(f"/filling/loan/{party.pk}/")
    staff = page.locator("[data-field=staff]")
    expect(staff).to_contain_text("已预填：")
    expect(staff.get_by_text("已修改")).to_be_hidden()
    fill(page.locator("[name=staff]"), "40")
    expect(staff.get_by_text("已修改，原为 42")).to_be_visible()
    check(page.get_by_label("贷款"))
    # A condition the page cannot follow by itself is answered by the server.
    fill(page.locator("[name=bank]"), "演示银行")
    expect(page.locator("[data-field=branch]")).to_be_visible()
    press(page.get_by_role("button", name="添加一行"))
    fill(page.locator("[name=lines-1-what]"), "设备")
    press(page.get_by_role("button", name="添加一行"))
    expect(page.get_by_role("button", name="添加一行")).to_be_hidden()
    press(page.get_by_role("button", name="删除这一行").first)
    expect(page.locator("[name=lines-0-what]")).to_have_value("设备")
    expect(page.locator("#draft-state")).to_contain_text("已自动保存")
    wide_and_narrow(page, "forms-long")


def test_two_windows_notice_each_other(page_at: PageAt) -> None:
    defaults()
    party, clerk = an_enterprise()
    address = f"/filling/fact_objection/{party.pk}/"
    first = page_at()
    enter(first, clerk)
    first.goto(address)
    second = first.context.new_page()
    second.goto(address)
    first.fill("[name=reason]", "第一个窗口里写的理由")
    expect(first.locator("#draft-state")).to_contain_text("已自动保存")
    second.fill("[name=reason]", "第二个窗口里写的理由")
    expect(second.locator("#draft-state")).to_contain_text("另一个窗口刚刚修改过")
    assert_accessible(second)
    expect(second.locator("[name=reason]")).to_have_value("第二个窗口里写的理由")
    screenshot(second, "forms-conflict")
    second.get_by_role("button", name="以本窗口为准").click()
    expect(second.locator("#draft-state")).to_contain_text("已自动保存")
    second.reload()
    second.get_by_role("button", name="换回那一份").click()
    expect(second.locator("[name=reason]")).to_have_value("第一个窗口里写的理由")


def test_every_page_of_the_editor_is_accessible(signed_in_as: Callable[..., Page]) -> None:
    schema = a_schema()
    a_form(schema=schema, layout=a_layout(schema, bank='purpose = "loan"'))
    page = signed_in_as("administrator", region=HARBIN)
    for name, address in {
        "list": "",
        "form": "loan/",
        "edit": "loan/edit/",
        "field": "loan/fields/purpose/",
        "field-new": "loan/sections/main/add/",
        "section": "loan/sections/main/",
        "preview": "loan/preview/?width=phone",
        "source": "loan/source/",
    }.items():
        page.goto(f"/administration/forms/{address}")
        wide_and_narrow(page, f"forms-editor-{name}")
    page.goto("/administration/forms/loan/fields/purpose/")
    expect(page.get_by_label("选项")).to_be_visible()
    choose(page.get_by_label("类型", exact=True), value="money")
    expect(page.get_by_label("选项")).to_be_hidden()
    expect(page.get_by_label("下限")).to_be_visible()


def test_a_form_is_edited_by_the_keyboard_alone(signed_in_as: Callable[..., Page]) -> None:
    a_form()
    page = signed_in_as("administrator", region=HARBIN)
    page.goto("/administration/forms/loan/edit/")
    by_keyboard(page, "在这里新增字段")
    for label, text in {"代码": "reason", "名称": "理由", "英文名称": "Reason"}.items():
        page.get_by_label(label, exact=True).focus()
        page.keyboard.type(text)
    page.get_by_label("类型", exact=True).focus()
    page.keyboard.type("多行文字")
    by_keyboard(page, "保存字段")
    page.wait_for_url("**/edit/?at=reason#at-reason")
    by_keyboard(page, "上移 理由")
    expect(page.locator(".form-list > li").nth(-2)).to_have_attribute("id", "at-reason")
    by_keyboard(page, "删除 理由")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.get_by_role("link", name="理由")).to_have_count(0)
    page.goto("/administration/forms/loan/sections/main/")
    page.get_by_label("标题", exact=True).focus()
    page.keyboard.press("End")
    page.keyboard.type("二")
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/?at=main#part-main")
    page.goto("/administration/forms/loan/")
    by_keyboard(page, "发布")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("版本 2 已发布")
    assert FormVersion.objects.filter(state="published").count() == 2


def by_keyboard(page: Page, name: str) -> None:
    """Tab until something of this name has the focus, then Enter."""
    page.locator("#main").focus()
    for _ in range(400):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent).trim()"
        )
        if found.startswith(name):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} cannot be reached by the keyboard")
