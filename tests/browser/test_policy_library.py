"""The library in a browser, without an account: search, facets, an item, comparison, calendar and map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.areas.policies.factories import TEXT, published_item
from tests.areas.policies.search_factories import DAY, collected_document, library_of
from tests.browser.conftest import (
    NARROW,
    WIDE,
    PageAt,
    assert_accessible,
    assert_fits,
    look,
    screenshot,
    widths,
)
from yingshang.areas.policies.api import rebuild_library

REAL = ("P004", "P005", "P010", "P021", "P034", "P040", "P057", "P081")


@pytest.fixture(autouse=True)
def some_policies(tmp_path: Path, settings: Any, nothing_counted: None) -> None:
    """Real items, a small one with a window, and documents on three levels."""
    settings.DATA_DIRECTORY = tmp_path
    library_of(*REAL)
    published_item()
    collected_document("吸纳就业补贴管理办法", text="一、为吸纳就业，制定本办法。")
    collected_document(
        "哈尔滨市吸纳就业补贴实施细则",
        text=TEXT + "三、依据《吸纳就业补贴管理办法》执行。",
        region_path="2301",
        url="https://www.harbin.gov.cn/",
    )
    rebuild_library(day=DAY)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_looking_for_a_policy(page_at: PageAt, width: int) -> None:
    page = page_at(width)
    page.goto("/policies/")
    assert_accessible(page)
    screenshot(page, f"library-{width}")
    page.fill("#library-text", "小巨人")
    page.press("#library-text", "Enter")
    page.wait_for_url(lambda url: "text=" in url)
    assert page.locator(".hit mark").first.inner_text() == "小巨人"
    if width == NARROW:
        page.click(".facets-button")
    page.locator(".facets li a").first.click()
    page.wait_for_load_state()
    assert_accessible(page)
    screenshot(page, f"library-found-{width}")
    page.goto("/policies/?text=没有这样的政策")
    assert_accessible(page)
    screenshot(page, f"library-none-{width}")


def test_an_item_a_document_and_what_else_there_is(page_at: PageAt) -> None:
    page = page_at(NARROW)
    look(
        page,
        {
            "library-item": "/policies/items/P040/",
            "library-item-long": "/policies/items/P034/",
            "library-item-window": "/policies/items/HIRING/",
            "library-documents": "/policies/?text=吸纳就业&what=document",
            "library-compare": "/policies/compare/?code=P040&code=P010&code=HIRING",
            "library-compare-one": "/policies/compare/?code=P040",
            "library-calendar": "/policies/calendar/?month=2026-11",
            "library-map": "/policies/map/",
            "library-map-province": "/policies/map/?place=230000",
        },
    )
    page.goto("/policies/?text=哈尔滨市吸纳就业补贴实施细则&what=document")
    page.locator(".hit a").first.click()
    page.wait_for_load_state("networkidle")
    for width in widths(page):
        screenshot(page, f"library-document-{width}")
        assert_accessible(page)


def test_items_are_picked_in_the_list_and_compared(page_at: PageAt) -> None:
    page = page_at(WIDE)
    page.goto("/policies/?what=item")
    for box in page.locator(".pick input").all()[:2]:
        box.check()
    page.get_by_role("button", name="对比所选").click()
    page.wait_for_url(lambda url: "/compare/" in url)
    assert page.locator("table.compare thead th").count() == 3


def test_in_english_and_in_the_dark(page_at: PageAt) -> None:
    page = page_at(WIDE, locale="en-GB", color_scheme="dark")
    for address in ("/policies/", "/policies/items/HIRING/", "/policies/calendar/?month=2026-11"):
        page.goto(address)
        assert_accessible(page)
        assert_fits(page)
    page.goto("/policies/items/HIRING/")
    screenshot(page, "library-item-dark-english")
