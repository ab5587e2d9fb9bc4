"""A contract in a browser: a clerk registers it, another reviews it, the clock reminds and warns, then it is late and a
notice goes out; the head answers, the enterprise confirms the money on a phone, and it is struck off. Everybody's page is
looked at by axe on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.areas.contracts.factories import supplier, unit
from tests.browser.conftest import NARROW, PageAt, assert_accessible, screenshot
from tests.kernel.access.factories import NOW, SYSTEM, Person
from tests.kernel.documents.factories import JPEG
from tests.web.desk.factories import session_of
from yingshang.areas.contracts.api import watch
from yingshang.areas.contracts.models import Cancellation, Contract, Obligation, SupervisionNotice
from yingshang.kernel.clock.api import sweep
from yingshang.kernel.notices.models import Message

pytestmark = pytest.mark.django_db(transaction=True)
PAID = {"name": "付款凭证.jpg", "mimeType": "image/jpeg", "buffer": JPEG}


class Clock:
    """What time it is on the pages."""

    def __init__(self) -> None:
        self.now: datetime = NOW + timedelta(minutes=1)

    def goes_on(self, **more: float) -> None:
        """Some time later; what nights and sweeps do by themselves is done."""
        self.now += timedelta(**more)
        watch(actor=SYSTEM, now=self.now)
        sweep(actor=SYSTEM, now=self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The pages take the time from it."""
    found = Clock()
    monkeypatch.setattr(timezone, "now", lambda: found.now)
    yield found


def enter(page: Page, who: Person, live_server: Any, address: str) -> Page:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])
    page.goto(address)
    return page


def looked_at(page: Page, name: str) -> None:
    assert_accessible(page)
    screenshot(page, f"contracts-{name}")


def opened(page: Page, name: str) -> Locator:
    """A step as the page offers it, unfolded."""
    found = page.locator("details.fold", has=page.locator("summary", has_text=name)).first
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found


def told(who: Person) -> int:
    return Message.objects.filter(recipient=who.user, channel="in_app").count()


def _propose(desk: Page, title: str, label: str, value: str, clock: Clock) -> None:
    """A supplement by which one obligation becomes another; sent once more when it is said what it eases."""
    desk.get_by_label("补充协议名称").fill(title)
    for field in ("签订日期", "生效日期"):
        desk.get_by_label(field).fill(clock.now.date().isoformat())
    desk.get_by_label("变更原因").fill("双方商定")
    row = opened(desk, "支付首期款")
    row.get_by_label("这项义务").select_option(value="change")
    row.get_by_label(label, exact=True).fill(value)
    file = desk.get_by_label("文件")
    file.set_input_files([{**PAID, "name": "补充协议.jpg"}])
    desk.get_by_role("button", name="提交审核").click()
    expect(desk.get_by_text("还没有提交")).to_be_visible()
    # What was chosen is there still, and goes with it.
    assert file.evaluate("input => input.files.length") == 1
    if label == "日期":
        looked_at(desk, "supplement-eases")
    desk.get_by_role("button", name="提交审核").click()
    expect(desk.get_by_text("补充协议已提交审核")).to_be_visible()
    expect(desk.get_by_role("link", name="补充协议.jpg").first).to_be_visible()


def _answer(phone: Page, answer: str) -> None:
    """What the enterprise says to the one supplement that waits."""
    expect(phone.get_by_text("等您确认的补充协议")).to_be_visible()
    if answer == "同意变更":
        phone.get_by_role("button", name=answer, exact=True).click()
        phone.locator("#confirm [value=yes]").click()
    else:
        looked_at(phone, "supplement-to-agree")
        within = opened(phone, answer)
        within.locator("textarea").fill("没有签过")
        within.get_by_role("button", name=answer).click()
    expect(phone.get_by_text("等您确认的补充协议")).to_be_hidden()


def test_from_the_clerk_to_the_cancellation(page_at: PageAt, live_server: Any, clock: Clock) -> None:
    people, other = unit(), supplier()
    due = (clock.now + timedelta(days=30)).date()

    # The clerk writes it down, with what is to be paid.
    desk = enter(page_at(), people.administrator, live_server, "/desk/contracts/new")
    desk.get_by_label("合同名称").fill("道里区智慧停车平台建设合同")
    desk.get_by_label("合同类别").select_option(value="procurement")
    desk.get_by_label("相对方名称").fill(other.party.name)
    desk.get_by_label("相对方统一社会信用代码").fill(other.party.credit_code)
    desk.get_by_label("签订时的企业规模").select_option(value="small")
    desk.get_by_label("合同金额").fill("480000")
    desk.get_by_label("签订日期").fill(clock.now.date().isoformat())
    desk.get_by_label("终止日期").fill("2027-06-30")
    desk.get_by_role("button", name="添加一项义务").click()
    row = desk.locator(".obligation-row").first
    row.get_by_label("义务方").select_option(value="unit")
    row.get_by_label("义务类型").select_option(value="pay")
    row.get_by_label("义务内容").fill("支付首期款")
    row.get_by_label("金额（元）", exact=True).fill("240000")
    row.get_by_label("日期", exact=True).fill(due.isoformat())
    looked_at(desk, "written")
    desk.get_by_role("button", name="保存并提交审核").click()
    expect(desk.get_by_text("待审核").first).to_be_visible()
    contract = Contract.objects.get()
    address = f"/desk/contracts/{contract.pk}/"
    enter(desk, people.reviewer, live_server, address)
    looked_at(desk, "review")
    within = opened(desk, "审核通过，登记生效")
    within.get_by_role("button", name="审核通过，登记生效").click()
    expect(desk.get_by_text("履行中").first).to_be_visible()

    # Ten days before it is due the clerk is reminded, five days before the reviewer is warned; the day after it is late.
    before = told(people.administrator)
    clock.goes_on(days=16)
    clock.goes_on(days=5)
    assert told(people.administrator) == before + 1
    before = told(people.reviewer)
    clock.goes_on(days=5)
    assert told(people.reviewer) > before
    clock.goes_on(days=4)
    assert told(people.head) and told(people.supervisor)
    clock.goes_on(days=2)
    clock.goes_on(days=3)
    notice = SupervisionNotice.objects.get()
    assert notice.agency_id == people.agency.pk

    # The head of the unit answers the notice; the supervisor sees what is late.
    enter(desk, people.head, live_server, f"/desk/contracts/notices/{notice.pk}/")
    looked_at(desk, "notice")
    within = opened(desk, "反馈")
    within.get_by_label("反馈内容").fill("财政资金已到位，两日内支付。")
    within.get_by_role("button", name="反馈", exact=True).click()
    expect(desk.get_by_text("待核销").first).to_be_visible()
    enter(desk, people.supervisor, live_server, "/desk/contracts/late")
    expect(desk.get_by_text("支付首期款").first).to_be_visible()
    looked_at(desk, "late")

    # The unit would rather pay later. That the enterprise will be asked is said before it is sent and before it is
    # approved; the enterprise, on a phone, does not agree. To some yuan less it does.
    phone = page_at(NARROW)
    for number, (label, value, answer) in enumerate(
        (("日期", "2027-03-01", "不同意变更"), ("金额（元）", "230000", "同意变更")), 1
    ):
        enter(desk, people.administrator, live_server, f"{address}supplement")
        _propose(desk, f"补充协议{number}", label, value, clock)
        enter(desk, people.reviewer, live_server, address)
        expect(desk.get_by_text("它减少或者推迟了已经到期的义务").first).to_be_visible()
        within = opened(desk, "审核")
        within.locator("input[name=verdict][value=approved]").check()
        if number == 1:
            looked_at(desk, "supplement-review")
        within.get_by_role("button", name="审核", exact=True).click()
        expect(desk.get_by_text("待相对方同意").first).to_be_visible()
        enter(phone, other.who, live_server, f"/contracts/{contract.pk}/")
        _answer(phone, answer)
    enter(desk, people.supervisor, live_server, "/desk/contracts/cancellations/supplements")
    for state in ("未获同意", "已生效"):
        expect(desk.get_by_role("row").get_by_text(state)).to_be_visible()
    owed = Obligation.objects.get()
    assert (owed.amount_fen, owed.due_on, owed.escalation) == (23_000_000, due, "notice")

    # It is paid: the clerk says so, and asks with the evidence for it to be struck off.
    enter(desk, people.administrator, live_server, address)
    within = opened(desk, "记录履行")
    within.locator("input[name=what][value=done]").check()
    within.get_by_label("发生日期").fill(clock.now.date().isoformat())
    within.locator("input[name$=amount_fen]").fill("230000")
    within.get_by_label("证据材料").set_input_files([PAID])  # type: ignore[list-item]
    looked_at(desk, "perform")
    within.get_by_role("button", name="记录履行").click()
    within = opened(desk, "申请销号")
    within.get_by_label("销号说明").fill("首期款已经支付，凭证附后。")
    within.get_by_role("button", name="申请销号").click()
    expect(desk.get_by_text("首期款已经支付，凭证附后。").first).to_be_visible()

    # The enterprise confirms it on a phone, and with that it is struck off.
    enter(phone, other.who, live_server, "/contracts/")
    looked_at(phone, "mine")
    phone.get_by_role("link", name="去确认").click()
    looked_at(phone, "confirm")
    phone.get_by_role("button", name="确认属实，同意销号").click()
    expect(phone.get_by_text("对方说已经履行，申请销号")).to_be_hidden()
    assert Cancellation.objects.get().state == "confirmed"
    assert Obligation.objects.get().state == "performed"
    notice.refresh_from_db()
    assert notice.state == "lifted"
    enter(desk, people.supervisor, live_server, f"/desk/contracts/notices/{notice.pk}/")
    expect(desk.get_by_text("已销号").first).to_be_visible()
