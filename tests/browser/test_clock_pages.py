"""The administration's pages of time: accessible, fitting, and a ladder and a calendar published by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import WIDE, PageAt, assert_accessible, screenshot
from tests.browser.test_officials_pages import enter, look
from tests.kernel.access.factories import HEILONGJIANG, SYSTEM, official
from tests.kernel.clock.factories import at, deadline, ensure_ladders, heard
from tests.kernel.clock.test_publishing import DOCUMENT
from yingshang.kernel.clock import api
from yingshang.kernel.clock.calendars import use_revisions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _ladders() -> Iterator[None]:
    ensure_ladders()
    yield
    use_revisions(())


def test_pages_of_time(page_at: PageAt, live_server: Any) -> None:
    def refuse(fired: api.FiredRung) -> None:
        raise LookupError("演示：没有承办人")

    with heard():
        api.register_owner("tests.thing", on_rung=refuse)
        deadline()
        api.sweep(actor=SYSTEM, now=at("2026-11-27 09:00"))
    document = {
        "code": "case",
        "name": "事项总时限",
        "name_en": "Whole case",
        "rungs": [rung.as_dict() for rung in api.get_ladder(actor=SYSTEM, code="case").shown.rungs[:3]],
    }
    api.save_ladder_draft(actor=SYSTEM, document=document, now=at("2026-11-22"))
    look(
        page_at,
        live_server,
        official("administrator", HEILONGJIANG),
        {
            "ladders": "/administration/ladders/",
            "ladder": "/administration/ladders/case/",
            "ladder-version": "/administration/ladders/case/versions/1/",
            "ladder-edit": "/administration/ladders/contract/edit/",
            "ladder-new": "/administration/ladder-new/",
            "calendar-revisions": "/administration/calendar-revisions/",
        },
    )


def test_a_ladder_and_a_calendar_are_published_by_hand(page_at: PageAt, live_server: Any) -> None:
    page = page_at(WIDE)
    enter(page, official("administrator", HEILONGJIANG), live_server)
    page.goto("/administration/ladders/contract/edit/")
    page.locator("#id_rung-0-amount").fill("15")
    page.get_by_role("button", name="保存草稿").last.click()
    page.get_by_text("到期前 15 日 09:00").wait_for()
    page.get_by_role("button", name="发布", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="发布").click()
    page.get_by_text("第 2 版已发布").first.wait_for()

    page.goto("/administration/calendar-revisions/")
    page.get_by_label("通知名称").fill("演示通知")
    page.locator("textarea").fill(DOCUMENT + "2027-10-05,上班,国庆节\n")
    page.get_by_role("button", name="预览").click()
    page.get_by_text("2027-10-05既是放假又是调休上班（见第12行），请只保留其一").wait_for()
    screenshot(page, "calendar-revision-refused")
    assert_accessible(page)
    page.locator("textarea").fill(DOCUMENT)
    page.get_by_role("button", name="预览").click()
    page.get_by_text("由工作日改为放假").wait_for()
    screenshot(page, "calendar-revision-preview")
    assert_accessible(page)
    page.get_by_role("button", name="发布", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="发布").click()
    page.get_by_text("2027 年的安排已发布，受影响的时限正在调整").wait_for()
    assert len(api.calendar_revisions(code="cn")) == 1
