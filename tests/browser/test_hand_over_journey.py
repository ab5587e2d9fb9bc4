"""A unit gets a new head: the change is recorded, both say what there is to say, the new head signs for the old
contracts; and the unit's portrait is opened down to an obligation, objected to and published anew.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.areas.contracts.factories import (
    UNIT,
    YUAN,
    contract_row,
    obligation_row,
    performance_row,
    supplier,
    unit,
)
from tests.browser.conftest import PageAt, choose, enter, fill, look, press, wide_and_narrow
from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, official
from yingshang.areas.contracts.api import appoint_head, publish_portraits
from yingshang.areas.contracts.models import HandOver, PublishedPortrait

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_new_head_takes_the_old_contracts_over(page_at: PageAt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))
    people, successor = unit(), official("unit_head", DAOLI, UNIT)
    appoint_head(
        actor=people.supervisor.actor(),
        agency_id=people.agency.pk,
        user_id=people.head.id,
        since=date(2026, 1, 5),
        now=NOW,
    )
    obligation_row(contract_row(title="老旧小区改造施工"), due_on=date(2026, 10, 24), daily_rate="0.0005")
    obligation_row(contract_row(title="办公楼物业服务"), due_on=date(2027, 1, 31), amount_fen=80_000 * YUAN)

    page = page_at()
    enter(page, people.supervisor)
    page.goto("/desk/contracts/hand-overs/new/")
    wide_and_narrow(page, "hand-over-new")
    choose(page.get_by_label("单位和新任负责人"), value=f"{people.agency.pk}:{successor.id}")
    press(page.get_by_role("button", name="登记并生成清单"))
    page.wait_for_url("**/hand-overs/*/")
    row = HandOver.objects.get(state="open")

    for who, said in ((people.head, "财政拨款未到位，已列入明年预算"), (successor, "年底前付清")):
        enter(page, who)
        page.goto(f"/desk/contracts/hand-overs/{row.pk}/")
        press(page.get_by_role("link", name="老旧小区改造施工"))
        fill(page.get_by_label("说明或意见"), said)
        wide_and_narrow(page, "hand-over-line")
        press(page.get_by_role("button", name="保存"))
        expect(page.get_by_text(said).first).to_be_visible()
    enter(page, people.head)
    page.goto(f"/desk/contracts/hand-overs/{row.pk}/")
    page.locator("#step-hand summary").click()
    page.get_by_label("移交说明").fill("账目和档案已交清")
    page.locator("#step-hand button").click()
    expect(page.locator("main .tag", has_text="待接收").first).to_be_visible()

    enter(page, successor)
    page.goto(f"/desk/contracts/hand-overs/{row.pk}/")
    wide_and_narrow(page, "hand-over")
    press(page.get_by_role("button", name="接收并签收"))
    expect(page.get_by_role("link", name="打开移交清单文书")).to_be_visible()
    look(
        page,
        {
            "hand-over-signed": f"/desk/contracts/hand-overs/{row.pk}/",
            "hand-over-inherited": "/desk/contracts/hand-overs/inherited/",
            "hand-overs": "/desk/contracts/hand-overs/",
        },
    )


def test_a_portrait_is_opened_objected_to_and_published_anew(
    page_at: PageAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))
    people, firm = unit(), supplier()
    contract = contract_row(of=firm.party, title="老旧小区改造施工")
    for number in range(8):
        due, on = date(2026, 1 + number, 28), date(2026, 1 + number, 20 + number)
        on += timedelta(days=45 * (number % 3 == 2))
        row = obligation_row(
            contract, due_on=due, state="performed", performed_on=on, done_fen=300_000 * YUAN
        )
        performance_row(row, on)
    late = obligation_row(contract, due_on=date(2026, 6, 30), title="支付竣工结算款")
    obligation_row(contract, side="counterparty", kind="deliver", amount_fen=None, due_on=date(2026, 6, 30))
    publish_portraits(actor=SYSTEM, until=date(2026, 10, 31), now=NOW)
    mine, own = (
        PublishedPortrait.objects.get(agency=people.agency),
        PublishedPortrait.objects.get(party=firm.party),
    )

    page = page_at()
    look(page, {"units": "/contracts/units/", "unit": f"/contracts/units/{people.agency.pk}/"})
    enter(page, people.head)
    page.goto(f"/desk/contracts/portraits/{mine.pk}/?figure=late_open")
    expect(page.get_by_role("link", name="支付竣工结算款")).to_be_visible()
    wide_and_narrow(page, "portrait")
    press(page.get_by_role("link", name="提异议"))
    fill(page.get_by_role("textbox", name="理由"), "竣工验收尚未通过，付款条件没有成就")
    wide_and_narrow(page, "portrait-ask")
    press(page.get_by_role("button", name="提交"))
    enter(page, people.supervisor)
    look(
        page,
        {
            "portrait-requests": "/desk/contracts/portraits/requests/",
            "portrait-publish": "/desk/contracts/portraits/publish/",
        },
    )
    page.goto("/desk/contracts/portraits/requests/")
    press(page.get_by_role("link", name=people.agency.name))
    page.get_by_label("异议成立，剔除后重新发布").check()
    fill(page.get_by_role("textbox", name="理由"), "经核实，验收资料尚在补正")
    wide_and_narrow(page, "portrait-request")
    press(page.get_by_role("button", name="作出决定"))
    newer = PublishedPortrait.objects.get(agency=people.agency, replaced_by=None)
    assert late.pk in newer.left_out
    look(
        page,
        {
            "portraits": "/desk/contracts/portraits/",
            "portraits-cockpit": "/cockpit/contracts/portraits/?kind=enterprise",
            "portrait-newer": f"/desk/contracts/portraits/{newer.pk}/?figure=all",
        },
    )
    enter(page, firm.who)
    look(page, {"own-portraits": "/contracts/portraits/", "own-portrait": f"/contracts/portraits/{own.pk}/"})
    page = page_at(locale="en-US")
    enter(page, people.supervisor)
    look(
        page,
        {
            "portrait-en": f"/desk/contracts/portraits/{newer.pk}/?figure=all",
            "portraits-en": "/desk/contracts/portraits/",
            "unit-en": f"/contracts/units/{people.agency.pk}/",
            "hand-over-new-en": "/desk/contracts/hand-overs/new/",
        },
    )
    assert page.evaluate("document.documentElement.lang") == "en"
