"""Journeys of an enterprise's people: looking, understanding, authorising; on every kind of screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.access.factories import PASSWORD, clerk_of, legal_representative_of, person
from tests.web.portal.factories import known_enterprise

from .conftest import NARROW, WIDE, PageAt, assert_accessible, screenshot, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

DRESSES = [
    pytest.param(WIDE, "light", id="wide-light"),
    pytest.param(NARROW, "light", id="narrow-light"),
    pytest.param(WIDE, "dark", id="wide-dark"),
    pytest.param(NARROW, "dark", id="narrow-dark"),
]


@pytest.mark.parametrize(("width", "colours"), DRESSES)
def test_a_visitor_looks_around(page_at: PageAt, width: int, colours: str) -> None:
    page = page_at(width, color_scheme=colours)
    for address, name in [
        ("/", "home"),
        ("/search?text=91230102MA00000000", "search"),
        ("/account/login/", "login"),
        ("/account/signup/", "signup"),
        ("/account/password/reset/", "password-reset"),
        ("/nowhere", "not-found"),
    ]:
        page.goto(address)
        screenshot(page, f"portal-{name}-{width}-{colours}")
        assert_accessible(page)


@pytest.mark.parametrize(("width", "colours"), DRESSES)
def test_a_legal_representative_sees_what_is_known_and_authorises_a_clerk(
    page_at: PageAt, tmp_path: Path, width: int, colours: str
) -> None:
    party = known_enterprise(tmp_path)
    boss, clerk = legal_representative_of(party), person()
    page = page_at(width, color_scheme=colours)
    sign_in(page, boss.user.username, PASSWORD)
    screenshot(page, f"portal-home-signed-in-{width}-{colours}")
    assert_accessible(page)

    page.goto("/enterprise/")
    assert page.locator("h1").inner_text() == party.name
    screenshot(page, f"portal-portrait-{width}-{colours}")
    assert_accessible(page)

    page.get_by_role("link", name="历史 参保人数").click()
    drawer = page.locator("#drawer")
    drawer.get_by_role("heading", name="参保人数").wait_for()
    assert drawer.locator("li").count() == 2
    page.screenshot(path=screenshot(page, f"portal-history-{width}-{colours}"))
    assert_accessible(page)
    page.keyboard.press("Escape")
    assert not drawer.is_visible()

    page.get_by_role("link", name="还缺的数据").click()
    screenshot(page, f"portal-missing-{width}-{colours}")
    assert_accessible(page)

    page.get_by_role("link", name="经办人", exact=True).click()
    page.get_by_label("经办人的用户名").fill(clerk.user.username)
    page.get_by_role("button", name="授权", exact=True).click()
    page.get_by_role("rowheader", name=clerk.user.name).wait_for()
    screenshot(page, f"portal-clerks-{width}-{colours}")
    assert_accessible(page)

    page.get_by_role("button", name=f"撤销 {clerk.user.name}").click()
    box = page.locator("#confirm")
    assert clerk.user.name in box.inner_text()
    assert_accessible(page)
    box.get_by_role("button", name="撤销").click()
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
        screenshot(page, f"portal-{name}-{width}-{colours}")
        assert_accessible(page)
