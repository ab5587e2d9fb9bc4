"""An administrator writes what a document says, sees it as it will be, publishes it, and brings a version back.

Previews are waited for before a page is left: a request cut off by leaving is reported as an error of the page.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.kernel.documents.factories import templates

from .conftest import fill, press, wide_and_narrow

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_template_is_edited_previewed_and_published(signed_in_as: Callable[..., Page]) -> None:
    templates()
    page = signed_in_as("administrator", region="230000")
    page.goto("/administration/documents/")
    wide_and_narrow(page, "documents-list")

    press(page.get_by_role("link", name="异议答复书"))
    expect(page.get_by_alt_text("第 1 页")).to_be_visible()
    wide_and_narrow(page, "documents-template")

    press(page.get_by_role("link", name="编写新版本"))
    sheets = page.locator("#sheets")
    expect(sheets.get_by_alt_text("第 1 页")).to_be_visible()
    wide_and_narrow(page, "documents-edit")

    # What is wrong is said while it is typed, with its place and what was meant.
    fill(page.get_by_label("标题"), "答复：{{ fackt }}")
    expect(sheets).to_contain_text("标题，第 1 行第 4 个字：没有变量“fackt”，是否应为“fact”？")
    wide_and_narrow(page, "documents-wrong")
    page.wait_for_load_state("networkidle")
    press(page.get_by_role("button", name="保存草稿"))
    expect(page.locator("main form.stack")).to_contain_text("是否应为“fact”？")

    page.wait_for_load_state("networkidle")
    fill(page.get_by_label("标题"), "答复：{{ fact }}")
    expect(sheets.get_by_alt_text("第 1 页")).to_be_visible()
    page.wait_for_load_state("networkidle")
    press(page.get_by_role("button", name="保存草稿"))
    expect(page.get_by_role("heading", name="草稿")).to_be_visible()
    expect(page.get_by_alt_text("第 1 页").first).to_be_visible()
    wide_and_narrow(page, "documents-draft")

    page.wait_for_load_state("networkidle")
    press(page.locator("main").get_by_role("button", name="发布"))
    press(page.get_by_role("dialog").get_by_role("button", name="发布"))
    expect(page.get_by_text("第 2 版已发布")).to_be_visible()
    with page.expect_download() as download:
        press(page.get_by_role("link", name="PDF 2"))
    assert download.value.path().read_bytes().startswith(b"%PDF-")

    page.wait_for_load_state("networkidle")
    press(page.get_by_role("button", name="恢复 1"))
    press(page.get_by_role("dialog").get_by_role("button").last)
    expect(page.get_by_text("第 1 版的内容已放入草稿")).to_be_visible()
    page.wait_for_load_state("networkidle")
    press(page.get_by_role("link", name="英文"))
    expect(page.get_by_alt_text("第 1 页").first).to_be_visible()
    page.wait_for_load_state("networkidle")
