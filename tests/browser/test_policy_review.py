"""The review in a browser: handed in, commented on without an account, answered, judged, passed, published, compared."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.areas.policies.factories import written_item
from tests.areas.policies.review_factories import (
    COMPLETE,
    LATER,
    Reviewers,
    consulted_item,
    passed_item,
    public_item,
    reviewers,
    task_of,
    version,
)
from tests.browser.conftest import (
    NARROW,
    WIDE,
    PageAt,
    assert_accessible,
    check,
    choose,
    fill,
    press,
    screenshot,
    wide_and_narrow,
)
from tests.kernel.access.factories import NOW, SYSTEM, Person
from tests.web.desk.factories import session_of
from yingshang.areas.policies.api import begin_version, close_consultations, save_version

pytestmark = pytest.mark.django_db(transaction=True)
VERSIONS = "/desk/policies/items/HIRING/versions/"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The pages take the time from the clock; here it stands where the factories arrange things."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_to(NOW + timedelta(minutes=1))
    return set_to


def enter(page: Page, who: Person, live_server: Any) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])


def local(text: str = "在本市登记注册，参保人数不少于10人") -> str:
    return COMPLETE.replace("text: 参保人数不少于10人", f"text: {text}")


def test_an_author_hands_a_draft_in_and_takes_it_back(page_at: PageAt, live_server: Any) -> None:
    people = reviewers()
    written_item(source=local())
    page = page_at(WIDE)
    enter(page, people.author, live_server)
    page.goto(VERSIONS)
    wide_and_narrow(page, "review-draft")
    fill(page.get_by_label("起草说明"), "稳定就业，按参保人数测算，全市约需 800 万元。")
    fill(page.get_by_label("建议征求意见的部门"), "哈尔滨市财政局")
    press(page.get_by_role("button", name="提交审查"))
    expect(page.get_by_text("已提交审查")).to_be_visible()
    expect(page.get_by_text("要素核对")).to_be_visible()
    wide_and_narrow(page, "review-submitted")
    press(page.locator("summary", has_text="撤回审查"))
    fill(page.get_by_label("理由", exact=True), "补充测算")
    press(page.get_by_role("button", name="撤回审查"))
    expect(page.get_by_text("可以继续修改")).to_be_visible()


def test_a_visitor_comments_and_reads_what_became_of_it(
    page_at: PageAt, live_server: Any, clock: Any
) -> None:
    people, row = public_item()
    page = page_at(NARROW)
    page.goto("/policies/consultations/")
    wide_and_narrow(page, "consultations")
    press(page.get_by_role("link", name="关于“吸纳就业补贴”公开征求意见"))
    check(page.get_by_label("企业", exact=True))
    fill(page.get_by_label("姓名或者单位名称"), "演示科技")
    fill(page.get_by_label("意见和建议"), "建议放宽到5人，可致电13800000000。")
    wide_and_narrow(page, "consultation")
    press(page.get_by_role("button", name="提交意见"))
    expect(page.get_by_text("意见已收到，序号 1")).to_be_visible()

    clock(LATER)
    close_consultations(actor=SYSTEM, now=LATER)
    desk = page_at(WIDE)
    enter(desk, people.drafting, live_server)
    desk.goto(f"/desk/policies/consultations/{row.pk}/")
    expect(desk.get_by_text("138******00").first).to_be_visible()
    press(desk.locator("summary", has_text="答复"))
    choose(desk.get_by_label("采纳情况", exact=True), label="部分采纳")
    fill(desk.get_by_label("理由"), "放宽到8人。")
    wide_and_narrow(desk, "consultation-desk")
    press(desk.get_by_role("button", name="保存答复"))
    fill(desk.get_by_label("意见采纳情况说明"), "收到意见1条，部分采纳1条。")
    press(desk.get_by_role("button", name="公布", exact=True))
    press(desk.locator("#confirm[open] button[value=yes]"))
    expect(desk.get_by_text("已公布意见采纳情况")).to_be_visible()
    page.goto(f"/policies/consultations/{row.pk}/")
    expect(page.get_by_text("放宽到8人。")).to_be_visible()
    wide_and_narrow(page, "consultation-concluded")


def test_a_reviewer_judges_a_finding_beside_the_case(page_at: PageAt, live_server: Any, clock: Any) -> None:
    people = consulted_item(source=local())
    clock(LATER)
    page = page_at(NARROW)
    enter(page, people.market, live_server)
    page.goto(f"/desk/tasks/{task_of('HIRING', 'fairness')}/")
    wide_and_narrow(page)
    press(page.locator("summary", has_text="作出判断"))
    check(page.get_by_label("有正当理由"))
    fill(page.get_by_label("理由", exact=True), "失业保险属地征缴，外地企业在本市参保的同样可以申报。")
    wide_and_narrow(page, "review-judging")
    press(page.get_by_role("button", name="记录判断"))
    expect(page.get_by_text("已记录判断")).to_be_visible()
    expect(page.get_by_text("外地企业在本市参保的同样可以申报").first).to_be_visible()


def test_what_passed_is_published_and_the_next_version_compared(
    page_at: PageAt, live_server: Any, clock: Any
) -> None:
    people: Reviewers = passed_item()
    clock(LATER)
    page = page_at(WIDE)
    enter(page, people.author, live_server)
    page.goto(VERSIONS)
    press(page.get_by_role("button", name="发布", exact=True))
    press(page.locator("#confirm[open] button[value=yes]"))
    expect(page.get_by_text("已发布").first).to_be_visible()
    begin_version(actor=SYSTEM, code="HIRING", now=LATER)
    source = version().source.replace("每人1000元", "每人1200元").replace("1000 *", "1200 *")
    save_version(actor=SYSTEM, code="HIRING", source=source, revision=1, now=LATER)
    page.goto(VERSIONS)
    wide_and_narrow(page, "review-versions")
    press(page.get_by_role("link", name="与第 1 版"))
    expect(page.locator("ins", has_text="1200").first).to_be_visible()
    wide_and_narrow(page, "review-compare")


def test_the_pages_in_english_in_the_dark(page_at: PageAt, live_server: Any, clock: Any) -> None:
    people, row = public_item(source=local())
    page = page_at(NARROW, locale="en-GB", color_scheme="dark")
    enter(page, people.author, live_server)
    for name, address in (
        ("versions", VERSIONS),
        ("consultation", f"/policies/consultations/{row.pk}/"),
        ("desk", f"/desk/policies/consultations/{row.pk}/"),
    ):
        page.goto(address)
        assert_accessible(page)
        screenshot(page, f"review-{name}-english")
