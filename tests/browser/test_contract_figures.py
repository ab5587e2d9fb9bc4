"""A leader goes down: from the map of a city to a district, its units, one unit, its late payments, one contract."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.areas.contracts.factories import TODAY, YUAN, contract_row, obligation_row, unit
from tests.browser.conftest import PageAt, enter, look, press, wide_and_narrow
from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, NOW, SYSTEM, agency, official, regions
from yingshang.areas.contracts.api import rebuild
from yingshang.kernel.reference.api import children_of

pytestmark = pytest.mark.django_db(transaction=True)

RATE = Decimal("0.0005")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_from_the_city_to_what_one_unit_owes(page_at: PageAt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    unit()
    regions(*(each.code for each in children_of(HARBIN)))
    for place, kind, days, amount in (
        (DAOLI, "housing-construction", 20, 300_000),
        (DAOLI, "education", 400, 2_500_000),
        (NANGANG, "commerce", 95, 81_000),
        (NANGANG, "education", 200, 1_260_000),
    ):
        contract = contract_row(in_agency=agency(place, kind))
        obligation_row(
            contract, due_on=ago(days), amount_fen=amount * YUAN, daily_rate=RATE, disagreed=days == 95
        )
        obligation_row(contract, due_on=ago(-(days % 25)), amount_fen=amount * YUAN, budget_reserved=False)
        obligation_row(contract, due_on=None, state="waiting")
    contract_row(title="没有登记义务的设备采购合同")
    rebuild(actor=SYSTEM, now=NOW)
    page = page_at()
    leader = official("leader", HARBIN, "government")
    enter(page, leader)
    look(
        page,
        {
            "contract-figures": "/cockpit/contracts/",
            "contract-figures-district": f"/cockpit/contracts/?region={DAOLI}",
            "contract-figures-units": "/cockpit/contracts/units/",
            "contract-figures-late": "/cockpit/contracts/list/?what=late",
            "contract-figures-risks": "/cockpit/contracts/risks/",
            "contract-figures-silent": "/cockpit/contracts/silent/",
            "contract-figures-bare": "/cockpit/contracts/bare/",
        },
    )
    page.goto("/cockpit/contracts/")
    press(page.get_by_role("link", name="道里区education").first)
    page.wait_for_url("**agency=**")
    wide_and_narrow(page, "contract-figures-unit")
    press(page.locator("a.stat", has_text="逾期未付"))
    page.wait_for_url("**what=late**")
    assert page.get_by_role("link", name="支付进度款").count() == 1
    page = page_at(locale="en-US")
    enter(page, leader)
    look(
        page,
        {
            "contract-figures-en": "/cockpit/contracts/",
            "contract-figures-list-en": "/cockpit/contracts/list/?what=late",
        },
    )
    assert page.evaluate("document.documentElement.lang") == "en"
