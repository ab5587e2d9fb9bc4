"""The automatic mode in a browser: a list is approved, an enterprise says yes with one tap on a phone, the award stands
before the public, somebody objects, an official decides.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.areas.claims.automatic.list_factories import frozen_list
from tests.areas.claims.factories import account_of
from tests.browser.conftest import NARROW, PageAt, assert_accessible
from tests.kernel.access.factories import NOW, Person
from tests.web.desk.factories import session_of
from yingshang.areas.claims.automatic.offering import offer_list

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages take the time from the clock; here it stands where the factories arrange things."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(minutes=1))


def enter(page: Page, who: Person, live_server: Any) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])


def looked_at(page: Page, name: str) -> None:
    """Hook for whoever wants to see the pages."""
    assert_accessible(page)


def test_from_the_list_to_the_objection(page_at: PageAt, live_server: Any) -> None:
    found = frozen_list(staff=(12, 30, 9), publicity_working_days=5)
    account_of(found.parties[0], found.people[0])
    desk = page_at()
    enter(desk, found.desk.approver, live_server)
    desk.goto("/desk/claims/lists/")
    looked_at(desk, "lists")
    desk.get_by_role("link", name="吸纳就业补贴").click()
    looked_at(desk, "list")
    desk.get_by_role("button", name="审核通过").click()
    desk.get_by_role("dialog").get_by_role("button", name="审核通过").click()
    expect(desk.get_by_text("名单已审核通过")).to_be_visible()
    offer_list(actor=found.desk.approver.actor(), list_id=found.id, now=NOW)

    phone = page_at(NARROW)
    enter(phone, found.people[0], live_server)
    phone.goto("/claims/offers/")
    looked_at(phone, "offers")
    phone.get_by_role("link", name="去确认").click()
    looked_at(phone, "offer")
    phone.get_by_role("button", name="确认，拨付到尾号").click()
    expect(phone.get_by_text("已确认，资金将拨付到您的账户")).to_be_visible()
    enter(phone, found.people[1], live_server)
    phone.goto(f"/claims/offers/{found.claim(1).pk}/")
    looked_at(phone, "offer-new-account")

    enter(desk, found.desk.reviewer, live_server)
    desk.goto("/desk/claims/publicities/")
    looked_at(desk, "desk-publicities")
    desk.get_by_role("button", name="开始公示").click()
    desk.get_by_role("dialog").get_by_role("button", name="开始公示").click()
    expect(desk.get_by_text("已开始公示")).to_be_visible()

    visitor = page_at(NARROW)
    visitor.goto("/claims/publicities/")
    looked_at(visitor, "publicities")
    visitor.get_by_role("link", name="吸纳就业补贴").click()
    looked_at(visitor, "publicity")
    visitor.get_by_role("link", name="提出异议").click()
    looked_at(visitor, "award")
    visitor.get_by_label("异议的理由").fill("该企业已停业")
    visitor.get_by_label("联系方式").fill("13800000000")
    visitor.get_by_role("button", name="提交异议").click()
    expect(visitor.get_by_text("异议已收到")).to_be_visible()

    desk.goto("/desk/claims/publicities/objections/")
    desk.get_by_role("link", name=found.parties[0].name).click()
    looked_at(desk, "objection")
    desk.get_by_label("异议成立，取消兑付并释放预算").check()
    desk.get_by_label("处理意见").fill("经核实已停业")
    desk.get_by_role("button", name="作出处理").click()
    expect(desk.get_by_text("异议已处理")).to_be_visible()
    assert found.claim(0).state == "refused"
