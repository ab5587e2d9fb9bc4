"""The sandbox in a browser: a slider is moved, the outcome follows; kept, compared, deleted and brought back."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.areas.policies.sandbox_factories import asked, draft_against_what_is_in_force, never_published
from tests.browser.conftest import (
    DRAWN,
    NARROW,
    WIDE,
    PageAt,
    assert_accessible,
    check,
    fill,
    press,
    screenshot,
    wait_until,
    wide_and_narrow,
    widths,
)
from tests.kernel.access.factories import NOW, SYSTEM, Person, arranged
from tests.kernel.parties.factories import imported_city
from tests.web.desk.factories import session_of
from yingshang.areas.policies.api import save_scenario
from yingshang.areas.policies.sandbox import asking
from yingshang.areas.policies.sandbox.asking import memory
from yingshang.areas.policies.sandbox.population import Population
from yingshang.kernel.documents.api import load_defaults
from yingshang.kernel.parties.api import update_snapshot

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/desk/policies/items/HIRING/sandbox/"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.DATA_DIRECTORY = tmp_path
    memory().clear()
    yield tmp_path
    memory().clear()


def town() -> None:
    imported_city(240)
    with arranged():
        update_snapshot(actor=SYSTEM, now=NOW)
        load_defaults(actor=SYSTEM, region_path="23", now=NOW)


def enter(page: Page, who: Person, live_server: Any) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])


def figure(page: Page, label: str) -> str:
    tile = page.locator(".stat", has=page.locator(".label", has_text=re.compile(f"^{label}$")))
    return tile.locator(".figure").inner_text()


def a_slider_is_moved(page: Page, before: int) -> None:
    """From the page as it is opened, in the window as it is."""
    # With the keyboard, down to the lowest figure: the number beside it and the outcome follow.
    slider = page.get_by_label("人数下限：滑动调整")
    slider.focus()
    slider.press("Home")
    expect(page.get_by_label("人数下限：填写数值")).to_have_value("0")
    expect(page.locator("#sandbox-results")).to_contain_text("新增受益")
    page.wait_for_url(lambda url: "p.%E4%BA%BA%E6%95%B0%E4%B8%8B%E9%99%90=0" in url)
    expect(page.locator(".stat .figure").first).not_to_have_text(str(before))
    assert int(figure(page, "符合").replace(",", "")) > before

    # What cannot be used is said beside the field, and is gone once it can.
    field = page.get_by_label("人数下限：填写数值")
    field.fill("许多")
    expect(page.locator("#dial-error-0")).to_be_visible()
    expect(page.locator("#dial-error-0")).to_contain_text("应填写数字")
    field.fill("5")
    expect(page.locator("#dial-error-0")).to_be_empty()
    expect(slider).to_have_value("5")


def test_a_slider_is_moved_and_the_outcome_kept_and_compared(page_at: PageAt, live_server: Any) -> None:
    town()
    who = draft_against_what_is_in_force(staff=20)
    save_scenario(actor=who.actor(), question=asked(), name="草案原样", now=NOW)
    page = page_at(WIDE)
    enter(page, who, live_server)
    page.goto(PAGE)
    page.wait_for_selector("[data-chart][data-drawn]")
    before = int(figure(page, "符合").replace(",", ""))
    wide_and_narrow(page, "sandbox")
    for _ in widths(page):
        page.goto(PAGE)
        page.wait_for_selector("[data-chart][data-drawn]")
        wait_until(page, DRAWN)
        a_slider_is_moved(page, before)

    fill(page.get_by_label("方案名称"), "门槛 5 人")
    press(page.get_by_role("button", name="保存", exact=True))
    expect(page.locator("#scenarios")).to_contain_text("门槛 5 人")
    expect(page.get_by_label("人数下限：填写数值")).to_have_value("5")

    for name in ("草案原样", "门槛 5 人"):
        check(page.get_by_label(f"选择“{name}”进行比较"))
    press(page.get_by_role("button", name="比较选中的方案"))
    page.wait_for_selector("[data-chart][data-drawn]")
    wide_and_narrow(page, "sandbox-compare")

    page.go_back()
    press(page.get_by_role("button", name="删除“门槛 5 人”"))
    expect(page.locator("#scenarios")).to_contain_text("方案已删除")
    wide_and_narrow(page)
    press(page.get_by_role("button", name="撤销删除"))
    expect(page.locator("#scenarios")).to_contain_text("门槛 5 人")

    page.goto(f"{PAGE}by/region/")
    wide_and_narrow(page, "sandbox-groups")
    page.goto("/desk/policies/sandbox/")
    wide_and_narrow(page, "sandbox-list")


def test_while_enterprises_are_read_the_page_says_so_and_then_shows_the_outcome(
    page_at: PageAt, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    town()
    who = never_published()
    read = Population.batch
    released = threading.Event()

    def slow(population: Population, names: Any, progress: Any) -> Any:
        progress(1, 4)
        released.wait(10)
        return read(population, names, progress)

    monkeypatch.setattr(Population, "batch", slow)
    monkeypatch.setattr(asking, "WAIT", 0.05)
    page = page_at()
    enter(page, who, live_server)
    page.goto(PAGE)
    expect(page.locator("#sandbox-results")).to_contain_text("正在读取企业数据")
    assert_accessible(page)
    screenshot(page, "sandbox-reading")
    released.set()
    expect(page.locator("#sandbox-results")).to_contain_text("确定金额")


def test_pages_with_nothing_to_show(page_at: PageAt, live_server: Any) -> None:
    who = never_published()
    for width in (WIDE, NARROW):
        page = page_at(width)
        enter(page, who, live_server)
        page.goto(PAGE)
        expect(page.locator("#sandbox-results")).to_contain_text("还没有企业数据快照")
        assert_accessible(page)
        screenshot(page, f"sandbox-empty-{width}")
