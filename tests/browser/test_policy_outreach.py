"""Outreach and evaluation in a browser: an enterprise reads what it was told and says how it finds it; an official sees
how far that has come, reminds, and records a decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.areas.policies.factories import published_item
from tests.areas.policies.outreach_factories import an_enterprise, sent
from tests.browser.conftest import NARROW, WIDE, PageAt, check, fill, press, wide_and_narrow
from tests.kernel.access.factories import HARBIN, NOW, Person, official
from tests.web.desk.factories import session_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages take the time from the clock; here it stands where the factories arrange things."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(minutes=1))


def enter(page: Page, who: Person, live_server: Any) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])


def test_what_an_enterprise_is_told_and_what_becomes_of_it(page_at: PageAt, live_server: Any) -> None:
    published_item()
    party, person = an_enterprise()
    an_enterprise()
    sent()
    page = page_at(NARROW)
    enter(page, person, live_server)
    page.goto(f"/policies/packages/{party.pk}/{timezone.localdate(NOW).isoformat()}/")
    expect(page.get_by_text("吸纳就业补贴").first).to_be_visible()
    wide_and_narrow(page)
    page.goto(f"/policies/mine/{party.pk}/HIRING/opinion")
    wide_and_narrow(page)
    check(page.get_by_label("满意", exact=True))
    fill(page.get_by_label("意见和建议"), "手续简便")
    press(page.get_by_role("button", name="提交评价"))
    expect(page.get_by_text("您的评价已记录")).to_be_visible()

    page = page_at(WIDE)
    enter(page, official("policy_author", HARBIN), live_server)
    for address in ("reach/", "items/HIRING/reach/", "items/HIRING/evaluation/opinions/"):
        page.goto(f"/desk/policies/{address}")
        wide_and_narrow(page)
    page.goto("/desk/policies/items/HIRING/evaluation/")
    wide_and_narrow(page)
    check(page.get_by_label("继续执行"))
    fill(page.get_by_label("理由"), "符合条件的企业都已通知")
    press(page.get_by_role("button", name="记录结论"))
    expect(page.get_by_text("已记录评价结论")).to_be_visible()
