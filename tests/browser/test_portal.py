"""Journeys of an enterprise's people: looking, understanding, authorising; on every kind of screen."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.examples import FEW
from tests.kernel.access.factories import PASSWORD, enterprise, legal_representative_of, official, person
from tests.processes.enterprise_binding.situations import in_state, last_code
from tests.web.portal.factories import announced, known_enterprise

from .conftest import (
    COLOURS,
    NARROW,
    WIDE,
    PageAt,
    assert_accessible,
    colours,
    enter,
    fill,
    press,
    screenshot,
    sign_in,
    wide_and_narrow,
    widths,
)

pytestmark = pytest.mark.django_db(transaction=True)


def in_both_colours(page: Page, name: str, *, whole: bool = True) -> None:
    """The page as it stands, wide and narrow, by day and by night: a picture of each, and nothing for axe to find.

    The window stays as the last look left it, so that every other page is opened, and gone on from, narrow. On a build
    server it is day in the width in which the page was found, and night in the other.
    """
    for place, width in enumerate(widths(page)):
        for colour in colours(page, only=COLOURS[place] if FEW else None):
            screenshot(page, f"{name}-{width}-{colour}", whole=whole)
            assert_accessible(page)


def test_a_visitor_looks_around(page_at: PageAt) -> None:
    page = page_at(NARROW)
    for address, name in [
        ("/", "home"),
        ("/search?text=91230102MA00000000", "search"),
        ("/account/login/", "login"),
        ("/account/signup/", "signup"),
        ("/account/password/reset/", "password-reset"),
        ("/nowhere", "not-found"),
    ]:
        page.goto(address)
        in_both_colours(page, f"portal-{name}")


def test_a_legal_representative_sees_what_is_known_and_authorises_a_clerk(
    page_at: PageAt, tmp_path: Path
) -> None:
    party = known_enterprise(tmp_path)
    boss, clerk = legal_representative_of(party), person()
    page = page_at(WIDE)
    sign_in(page, boss.user.username, PASSWORD)
    in_both_colours(page, "portal-home-signed-in")

    page.goto("/enterprise/")
    assert page.locator("h1").inner_text() == party.name
    in_both_colours(page, "portal-portrait")

    press(page.get_by_role("link", name="历史 参保人数"))
    drawer = page.locator("#drawer")
    drawer.get_by_role("heading", name="参保人数").wait_for()
    assert drawer.locator("li").count() == 2
    in_both_colours(page, "portal-history", whole=False)
    page.keyboard.press("Escape")
    assert not drawer.is_visible()
    for _ in widths(page):
        page.get_by_role("link", name="历史 参保人数").click()
        drawer.get_by_role("heading", name="参保人数").wait_for()
        page.keyboard.press("Escape")
        assert not drawer.is_visible()

    press(page.get_by_role("link", name="还缺的数据"))
    page.wait_for_url("**/missing")
    in_both_colours(page, "portal-missing")

    press(page.get_by_role("link", name="经办人", exact=True))
    fill(page.get_by_label("经办人的用户名"), clerk.user.username)
    press(page.get_by_role("button", name="授权", exact=True))
    page.get_by_role("rowheader", name=clerk.user.name).wait_for()
    in_both_colours(page, "portal-clerks")

    press(page.get_by_role("button", name=f"撤销 {clerk.user.name}"))
    box = page.locator("#confirm")
    assert clerk.user.name in box.inner_text()
    in_both_colours(page, "portal-revoke", whole=False)
    press(box.get_by_role("button", name="撤销"))
    page.get_by_role("heading", name="已经结束的授权").wait_for()

    for address, name in [
        (f"/enterprise/{party.pk}/views", "views"),
        ("/personal-views", "personal-views"),
        ("/account/", "account"),
        ("/account/password/change/", "password-change"),
        ("/account/email/", "email"),
        ("/account/2fa/", "second-factor"),
        ("/account/sessions/", "sessions"),
        ("/account/3rdparty/", "connections"),
    ]:
        page.goto(address)
        in_both_colours(page, f"portal-{name}")


def test_messages_are_read_and_marked(page_at: PageAt) -> None:
    who = person()
    for number in (1, 2):
        announced(who, f"演示通知{number}")
    page = page_at(NARROW)
    enter(page, who)
    page.goto("/messages/")
    assert page.locator(".bar .count").inner_text().startswith("2")
    wide_and_narrow(page, "portal-messages")
    press(page.get_by_role("button", name="标为已读 演示通知1"))
    expect(page.locator(".bar .count")).to_contain_text("1")
    press(page.locator(".tabs").get_by_role("link", name="未读"))
    expect(page.locator(".message-list li")).to_have_count(1)
    press(page.get_by_role("button", name="全部标为已读"))
    page.get_by_text("全部标为已读").wait_for()
    page.goto("/messages/?show=unread")
    page.get_by_text("没有未读消息").wait_for()
    wide_and_narrow(page, "portal-messages-none")


def test_every_page_in_english_and_in_large_text(page_at: PageAt, tmp_path: Path) -> None:
    party = known_enterprise(tmp_path)
    boss = legal_representative_of(party)
    page = page_at(NARROW)
    sign_in(page, boss.user.username, PASSWORD)
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    page.get_by_role("button", name="Display").click()
    before = page.locator("h1").evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    with page.expect_response("**/display"):  # the page does not wait for it; the next one is to know of it
        page.get_by_role("button", name="Large").click()
    page.wait_for_selector("html[data-text=large]")
    after = page.locator("h1").evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert after > before * 1.25
    for address, name in [
        ("/", "home"),
        (f"/enterprise/{party.pk}/", "portrait"),
        (f"/enterprise/{party.pk}/clerks/", "clerks"),
        (f"/enterprise/{party.pk}/missing", "missing"),
        ("/messages/", "messages"),
        ("/account/", "account"),
        ("/style", "style"),
    ]:
        page.goto(address)
        assert page.locator("html").get_attribute("data-text") == "large", "remembered"
        screenshot(page, f"english-large-{name}")
        assert_accessible(page)
    # The size belongs to the account: another browser of the same person shows it too, without a cookie.
    other = page_at(WIDE)
    enter(other, boss)
    other.goto("/")
    assert other.locator("html").get_attribute("data-text") == "large"


def test_the_keyboard_alone_is_enough(page_at: PageAt, tmp_path: Path) -> None:
    party = known_enterprise(tmp_path)
    boss = legal_representative_of(party)
    page = page_at(WIDE)
    page.goto("/account/login/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "跳到正文"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(boss.user.username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    page.goto(f"/enterprise/{party.pk}/")
    link = page.get_by_role("link", name="历史 参保人数")
    link.focus()
    page.keyboard.press("Enter")
    page.locator("#drawer h2").wait_for()
    assert page.evaluate("document.activeElement.closest('#drawer') !== null"), "the focus is in the drawer"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent").strip().startswith("历史"), (
        "and back where it was"
    )
    menu = page.get_by_role("button", name=boss.user.name)
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert "账号与安全" in page.evaluate("document.activeElement.textContent")


def test_the_portrait_prints_without_the_frame(page_at: PageAt, tmp_path: Path) -> None:
    party = known_enterprise(tmp_path)
    boss = legal_representative_of(party)
    page = page_at(WIDE)
    enter(page, boss)
    page.goto(f"/enterprise/{party.pk}/")
    page.emulate_media(media="print")
    for hidden in (".bar-nav", ".bar-tools", ".filters", ".tabs"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.get_by_text("参保人数").first.is_visible()
    screenshot(page, "portal-portrait-print")


def test_the_index_of_sources_opens_what_is_folded(page_at: PageAt, tmp_path: Path) -> None:
    party = known_enterprise(tmp_path)
    boss = legal_representative_of(party)
    page = page_at(WIDE)
    enter(page, boss)
    page.goto(f"/enterprise/{party.pk}/")
    folded, unfolded = page.locator("details.source:not([open])"), page.locator("details.source[open]")
    assert folded.count() == 0, "few sources stand open"
    page.get_by_role("link", name="全部收起").click()
    expect(unfolded).to_have_count(0)
    source = folded.last.locator("h2").inner_text()
    page.locator(".index").get_by_role("link", name=source).click()
    expect(page.locator("details.source[open] h2", has_text=source)).to_have_count(1)
    page.get_by_role("link", name="全部展开").click()
    expect(folded).to_have_count(0)
    page.get_by_role("link", name="全部收起").click()
    expect(unfolded).to_have_count(0)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(folded).to_have_count(0)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(unfolded).to_have_count(0)


def test_an_enterprise_is_bound_with_the_code_sent_to_its_contact(page_at: PageAt) -> None:
    party, who = enterprise(email="office@enterprise.example"), person()
    page = page_at(WIDE)
    enter(page, who)
    page.goto("/enterprise/")
    wide_and_narrow(page, "portal-no-enterprise")
    press(page.get_by_role("link", name="绑定企业").first)
    fill(page.get_by_label("企业的统一社会信用代码"), "91230102MA0000000X")
    press(page.get_by_role("button", name="下一步"))
    expect(page.locator(".wrong")).to_be_visible()
    wide_and_narrow(page, "portal-bind-wrong")
    fill(page.get_by_label("企业的统一社会信用代码"), party.credit_code or "")
    press(page.get_by_role("button", name="下一步"))
    page.get_by_role("textbox", name="验证码").wait_for()
    wide_and_narrow(page, "portal-binding")
    fill(page.get_by_role("textbox", name="验证码"), last_code())
    press(page.get_by_role("button", name="确认"))
    expect(page.locator("h1")).to_have_text(party.name)


def test_a_clerk_is_approved_by_the_legal_representative(page_at: PageAt) -> None:
    waiting = in_state("awaiting_representative")
    assert waiting.representative is not None
    page = page_at(WIDE)
    enter(page, waiting.representative)
    page.goto(f"/enterprise/{waiting.party.pk}/clerks/")
    screenshot(page, "portal-approval")
    assert_accessible(page)
    page.get_by_role("button", name=f"同意 {waiting.requester.user.name}").click()
    page.get_by_role("rowheader", name=waiting.requester.user.name).wait_for()


def test_a_server_that_cannot_be_reached_is_said(page_at: PageAt, tmp_path: Path) -> None:
    party = known_enterprise(tmp_path)
    boss = legal_representative_of(party)
    page = page_at(WIDE)
    enter(page, boss)
    page.goto(f"/enterprise/{party.pk}/")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('htmx:sendError', {bubbles: true}))")
    expect(page.locator("#toasts")).to_contain_text("连不上服务器")


def test_a_second_factor_is_set_up(page_at: PageAt) -> None:
    who = person()
    page = page_at(NARROW)
    sign_in(page, who.user.username, PASSWORD)
    page.goto("/account/2fa/totp/activate/")
    if "reauthenticate" in page.url:
        fill(page.locator("input[name=password]"), PASSWORD)
        page.click("main button[type=submit]")
    page.locator("img.qr").wait_for()
    screenshot(page, "portal-totp")
    assert_accessible(page)
    fill(page.locator("input[name=code]"), "000000")
    page.get_by_role("button", name="激活").click()
    expect(page.locator(".wrong")).to_be_visible()
    assert_accessible(page)


def test_an_official_logs_in_and_finds_the_way_to_the_workbench(page_at: PageAt) -> None:
    who = official("window_official")
    page = page_at(WIDE)
    sign_in(page, who.user.username, PASSWORD)
    page.wait_for_url(lambda url: urlsplit(url).path == "/desk/")
    expect(page.get_by_role("button", name=who.user.name)).to_be_visible()
    page.goto("/")
    page.locator(".bar .dropdown .tool").last.click()
    page.get_by_role("link", name="工作台").click()
    page.wait_for_url("**/desk/**")
