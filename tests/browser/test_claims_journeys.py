"""Claims in a browser, one journey for each mode, and for what goes wrong: an objection, a bad account, a tripped breaker.

Everybody's main pages are looked at by axe on the way; the portal on a phone where people use one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.areas.claims.automatic.list_factories import frozen_list
from tests.areas.claims.banking.bank_process import TOKEN, Bank
from tests.areas.claims.factories import (
    CHANNEL,
    account_of,
    desk,
    done,
    draft_claim,
    payable_claim,
    service_window,
)
from tests.browser.conftest import NARROW, PageAt, assert_accessible, screenshot
from tests.kernel.access.factories import NOW, Person
from tests.kernel.documents.factories import PNG
from tests.kernel.parties.factories import told
from tests.web.desk.factories import session_of
from yingshang.areas.claims.actions.prepare_batch import check_batch, prepare_batch
from yingshang.areas.claims.automatic.offering import offer_list
from yingshang.areas.claims.models import Appointment, PaymentBatch, PaymentOrder, Trip
from yingshang.areas.claims.paying.jobs import fetch_reports, send_due_batches

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(minutes=1)
MATERIALS = [{"code": "payroll", "name": "工资发放凭证", "required": True}]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages take the time from the clock; here it stands where the factories arrange things."""
    monkeypatch.setattr(timezone, "now", lambda: LATER)


@pytest.fixture
def bank(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    """`yingshang bank-sim`, a process of its own, as the channel of the fund."""
    found = Bank(tmp_path)
    found.start()
    monkeypatch.setenv("BANK_SIMULATOR_TOKEN", TOKEN)
    way = {"type": "http", "url": found.url, "token_variable": "BANK_SIMULATOR_TOKEN"}
    settings.PAYMENT_CHANNELS = {CHANNEL: way}
    yield found
    assert found.stop() == 0


def enter(page: Page, who: Person, live_server: Any) -> Page:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])
    return page


def looked_at(page: Page, name: str) -> None:
    assert_accessible(page)
    screenshot(page, f"claims-{name}")


def agree(page: Page, button: str) -> None:
    """Press a button that asks once more, and say yes."""
    page.get_by_role("button", name=button).click()
    page.get_by_role("dialog").get_by_role("button", name=button).click()


def settled(bank: Bank) -> None:
    """The worker's rounds: what is checked goes to the bank, and what the bank says is taken in."""
    send_due_batches(now=LATER)
    fetch_reports(now=LATER)


def test_automatic_from_the_list_to_the_objection(page_at: PageAt, live_server: Any) -> None:
    """The list is approved, enterprises say yes on a phone, somebody objects to one award: that one alone stops."""
    found = frozen_list(staff=(12, 30, 9), publicity_working_days=5)
    account_of(found.parties[0], found.people[0])
    desk = enter(page_at(), found.desk.approver, live_server)
    desk.goto("/desk/claims/lists/")
    looked_at(desk, "lists")
    desk.get_by_role("link", name="吸纳就业补贴").click()
    looked_at(desk, "list")
    agree(desk, "审核通过")
    expect(desk.get_by_text("名单已审核通过")).to_be_visible()
    offer_list(actor=found.desk.approver.actor(), list_id=found.id, now=NOW)

    phone = enter(page_at(NARROW), found.people[0], live_server)
    phone.goto("/claims/offers/")
    looked_at(phone, "offers")
    phone.get_by_role("link", name="去确认").click()
    looked_at(phone, "offer")
    phone.get_by_role("button", name="确认，拨付到尾号").click()
    expect(phone.get_by_text("已确认，资金将拨付到您的账户")).to_be_visible()
    enter(phone, found.people[1], live_server)
    phone.goto(f"/claims/offers/{found.claim(1).pk}/")
    looked_at(phone, "offer-new-account")
    phone.get_by_label("账号").fill("6225000000000012")
    phone.get_by_label("开户行").fill("演示银行道里支行")
    phone.get_by_role("button", name="确认", exact=True).click()
    expect(phone.get_by_text("已确认，资金将拨付到您的账户")).to_be_visible()

    enter(desk, found.desk.reviewer, live_server)
    desk.goto("/desk/claims/publicities/")
    looked_at(desk, "desk-publicities")
    agree(desk, "开始公示")
    expect(desk.get_by_text("已开始公示")).to_be_visible()

    visitor = phone
    visitor.context.clear_cookies()
    visitor.goto("/claims/publicities/")
    looked_at(visitor, "publicities")
    visitor.get_by_role("link", name="吸纳就业补贴").click()
    visitor.wait_for_url(re.compile(r"/claims/publicities/\d+/$"))
    looked_at(visitor, "publicity")
    row = visitor.locator("tr", has_text=found.parties[0].name)
    row.get_by_role("link", name="提出异议").click()
    looked_at(visitor, "award")
    visitor.get_by_label("异议的理由").fill("该企业已停业")
    visitor.get_by_label("联系方式").fill("13800000000")
    visitor.get_by_role("button", name="提交异议").click()
    expect(visitor.get_by_text("异议已收到")).to_be_visible()
    assert [found.claim(place).state for place in (0, 1)] == ["objected", "publicity"]

    desk.goto("/desk/claims/publicities/objections/")
    desk.get_by_role("link", name=found.parties[0].name).click()
    looked_at(desk, "objection")
    desk.get_by_label("异议成立，取消兑付并释放预算").check()
    desk.get_by_label("处理意见").fill("经核实已停业")
    desk.get_by_role("button", name="作出处理").click()
    expect(desk.get_by_text("异议已处理")).to_be_visible()
    assert [found.claim(place).state for place in (0, 1)] == ["refused", "publicity"]


def test_instant_and_paid_once_though_the_account_was_wrong(
    page_at: PageAt, live_server: Any, bank: Bank
) -> None:
    """One screen, granted while one watches; the bank rejects, the enterprise corrects, the bank pays once."""
    people = desk()
    claim = draft_claim(mode="instant")
    account_of(claim.party, claim.who)
    own = enter(page_at(NARROW), claim.who, live_server)
    own.goto(f"/claims/{claim.id}/draft/")
    expect(own.get_by_role("heading", name="已经核对的条件")).to_be_visible()
    expect(own.get_by_text("（100%），不需要您填写")).to_be_visible()
    looked_at(own, "instant-draft")
    own.get_by_role("button", name="申请并即时核准").click()
    expect(own.get_by_text("已核准，资金将拨付到所选账户")).to_be_visible()
    expect(own.get_by_role("list").filter(has_text="即时核准")).to_contain_text("转入拨付")
    looked_at(own, "instant-queued")

    money = enter(page_at(), people.treasurer, live_server)
    money.goto(f"/desk/claims/funds/{claim.fund_id}/")
    looked_at(money, "fund")
    agree(money, "编制批次")
    expect(money.get_by_text("批次由您编制，须由另一人复核")).to_be_visible()
    enter(money, people.checker, live_server).reload()
    looked_at(money, "batch")
    agree(money, "复核通过")
    expect(money.get_by_text("已复核").first).to_be_visible()
    bank.control("behaviour", {"rules": [{"do": "reject", "reason": "AC01"}]})
    settled(bank)

    own.reload()
    looked_at(own, "account-wrong")
    own.get_by_role("link", name="更换收款账户").click()
    own.get_by_role("link", name="添加账户").click()
    own.get_by_label("账号", exact=True).fill("6225000000000099")
    own.get_by_label("开户行").fill("演示银行道里支行")
    own.get_by_role("button", name="保存账户").click()
    own.goto(f"/claims/{claim.id}/account")
    own.get_by_label("＊0099").check()
    own.get_by_role("button", name="用这个账户重新拨付").click()
    expect(own.get_by_text("收款账户已更正")).to_be_visible()

    bank.control("behaviour", {})
    batch = prepare_batch(actor=people.treasurer.actor(LATER), fund_id=claim.fund_id, now=LATER)
    digest = PaymentBatch.objects.get(pk=batch).digest
    check_batch(actor=people.checker.actor(LATER), batch_id=batch, digest=digest, now=LATER)
    settled(bank)
    settled(bank)
    own.reload()
    expect(own.get_by_text("资金已到账")).to_be_visible()
    assert sorted(PaymentOrder.objects.values_list("state", flat=True)) == ["paid", "rejected"]
    books = bank.ask("books")
    assert books["paid_twice"] == [] and [each["was_paid"] for each in books["payments"]].count(True) == 1


def test_online_with_what_is_known_and_what_is_missing(
    page_at: PageAt, live_server: Any, tmp_path: Path
) -> None:
    """The form is there filled in; the one thing missing is asked for; three officials, and nobody goes anywhere."""
    people = desk()
    claim = draft_claim(mode="online", materials=MATERIALS)
    account_of(claim.party, claim.who)
    own = enter(page_at(NARROW), claim.who, live_server)
    own.goto(f"/claims/{claim.id}/draft/")
    expect(own.get_by_text("所需 2 项数据和材料中，1 项已由政府数据或以前的材料备好（50%）")).to_be_visible()
    looked_at(own, "online-draft")
    own.get_by_role("button", name="提交申请").click()
    expect(own.get_by_role("alert")).to_contain_text("工资发放凭证")
    paper = tmp_path / "工资发放凭证.png"
    paper.write_bytes(PNG)
    own.get_by_label("工资发放凭证").set_input_files(paper)
    own.get_by_role("button", name="上传").click()
    expect(own.get_by_role("link", name="工资发放凭证.png")).to_be_visible()
    own.get_by_role("button", name="提交申请").click()
    expect(own.get_by_text("申请已提交。")).to_be_visible()
    looked_at(own, "online-claim")

    done(claim, people, "accept", "accepted", now=LATER)
    office = enter(page_at(), people.reviewer, live_server)
    office.goto("/desk/claims/")
    looked_at(office, "desk-claims")
    office.get_by_role("link", name=claim.party.name).click()
    expect(office.get_by_text("提交后数据没有变化")).to_be_visible()
    looked_at(office, "desk-claim")
    office.get_by_role("link", name="实质审核").click()
    looked_at(office, "desk-task")
    office.get_by_label("审核通过").check()
    office.get_by_role("button", name="作出决定").click()
    expect(office.get_by_text("已作出决定").or_(office.get_by_text("已办理")).first).to_be_visible()
    done(claim, people, "approve", "approved", now=LATER)
    own.reload()
    expect(own.get_by_text("已核准").first).to_be_visible()
    expect(own.get_by_text("12,000.00元").first).to_be_visible()


def test_once_with_an_appointment_and_the_window(page_at: PageAt, live_server: Any) -> None:
    """A time is chosen on the phone; at the window the original is seen, and nobody comes twice."""
    people = desk()
    service_window()
    claim = draft_claim(mode="once", materials=MATERIALS)
    account_of(claim.party, claim.who)
    own = enter(page_at(NARROW), claim.who, live_server)
    own.goto(f"/claims/{claim.id}/draft/")
    own.get_by_role("link", name="选择窗口和时间").click()
    expect(own.locator("p", has_text="请带上原件")).to_contain_text("工资发放凭证")
    looked_at(own, "appointment")
    own.get_by_role("radio", name="09:30").first.check()
    own.get_by_role("button", name="提交申请并预约").click()
    expect(own.get_by_text("申请已提交，窗口时间已预约")).to_be_visible()
    looked_at(own, "booked")

    booked = Appointment.objects.get()
    window = enter(page_at(), people.window, live_server)
    window.goto(f"/desk/claims/appointments/?day={timezone.localdate(booked.starts_at)}")
    looked_at(window, "appointments")
    window.get_by_role("link", name=claim.party.name).click()
    looked_at(window, "visit")
    window.get_by_role("button", name="受理申请", exact=True).click()
    expect(window.get_by_role("alert")).to_contain_text("还缺：工资发放凭证")
    window.get_by_label("工资发放凭证").check()
    window.get_by_role("button", name="受理申请", exact=True).click()
    expect(window.get_by_text("窗口已核验原件")).to_be_visible()
    own.reload()
    expect(own.get_by_text("审核中").first).to_be_visible()


def test_a_tripped_breaker_is_released_by_a_supervisor(page_at: PageAt, live_server: Any) -> None:
    """The licence was revoked after the award: nothing is ordered until a supervisor has looked, with a receipt."""
    claim, people = payable_claim()
    told([{"subject": claim.party.credit_code, "ent.status": "吊销"}], as_of=NOW.date(), now=NOW)
    money = enter(page_at(), people.treasurer, live_server)
    money.goto(f"/desk/claims/funds/{claim.fund_id}/")
    agree(money, "编制批次")
    expect(money.get_by_role("cell", name="被监督熔断")).to_be_visible()
    assert Trip.objects.get().state == "open" and not PaymentOrder.objects.exists()

    watch = enter(page_at(), people.supervisor, live_server)
    watch.goto("/desk/claims/trips/")
    looked_at(watch, "trips")
    watch.get_by_role("link", name=claim.party.name).click()
    expect(watch.get_by_text("登记状态为“吊销”")).to_be_visible()
    looked_at(watch, "trip")
    watch.get_by_label("解除，继续办理和拨付").check()
    watch.get_by_label("处理意见").fill("登记信息有误，已向登记机关核实")
    watch.get_by_role("button", name="作出处理").click()
    expect(watch.get_by_text("处理意见已登记")).to_be_visible()
    watch.get_by_role("link", name="处理回执").click()
    expect(watch.get_by_role("heading", level=1)).to_be_visible()
    looked_at(watch, "release-receipt")

    money.goto(f"/desk/claims/funds/{claim.fund_id}/")
    agree(money, "编制批次")
    expect(money.get_by_text("批次由您编制，须由另一人复核")).to_be_visible()
    assert claim.row.state == "paying"
