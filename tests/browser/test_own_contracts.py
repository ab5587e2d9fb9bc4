"""An enterprise on a telephone: its contracts, what it is owed, and "I was not paid" in two taps."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.areas.appeals.factories import city
from tests.areas.contracts.factories import YUAN, contract_row, obligation_row, supplier
from tests.browser.conftest import NARROW, PageAt, enter, look, press, wide_and_narrow
from tests.kernel.access.factories import NOW, arranged
from yingshang.areas.contracts.models import Cancellation, Performance

pytestmark = pytest.mark.django_db(transaction=True)
LATE: dict[str, Any] = {"daily_rate": Decimal("0.0005"), "rate_source": "law:d802", "law": "d802"}


def test_on_a_telephone_two_taps_say_that_it_was_not_paid(
    page_at: PageAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(minutes=1))
    city()
    own = supplier()
    contract = contract_row(of=own.party, obligation_count=4, open_count=3)
    derived: dict[str, Any] = {
        "derivation": {"zh": "2026-08-15验收合格，之后60天", "en": "accepted on 2026-08-15, 60 days later"}
    }
    row = obligation_row(
        contract, due_on=date(2026, 10, 14), law_due_on=date(2026, 10, 14), **LATE, **derived
    )
    said = obligation_row(contract, title="支付预付款", due_on=date(2026, 11, 2), disagreed=True, **LATE)
    obligation_row(contract, side="counterparty", kind="deliver", title="按期完工并交付", amount_fen=None)
    contract_row(of=own.party, title="办公用品采购合同", state="completed")
    with arranged():
        for side, what, amount in (("unit", "done", 300_000 * YUAN), ("counterparty", "not_received", None)):
            Performance.objects.create(
                obligation=said,
                side=side,
                what=what,
                amount_fen=amount,
                happened_on=date(2026, 11, 3),
                recorded_by_name="演示人员",
                recorded_at=NOW,
            )
        Cancellation.objects.create(
            obligation=said,
            agency=said.agency,
            party_id=said.party_id,
            region_path=said.region_path,
            statement="已于11月3日通过财政直接支付，请核对到账情况。",
            asked_by_name="演示人员",
            asked_at=NOW,
            due_on=date(2026, 11, 30),
        )
    page = page_at(NARROW)
    enter(page, own.who)
    look(page, {"own-contracts": "/contracts/", "own-contract": f"/contracts/{contract.pk}/"})
    look(page, {"own-owed": "/contracts/owed/"})
    page.set_viewport_size({"width": NARROW, "height": 844})
    page.get_by_role("link", name="未收到款").first.click()
    wide_and_narrow(page, "own-not-paid")
    press(page.get_by_role("button", name="提交"))
    expect(page.get_by_text("办结之前，付款单位不能销号").first).to_be_visible()
    wide_and_narrow(page, "own-said")
    page.goto(f"/contracts/obligations/{row.pk}/")
    expect(page.locator(f"#obligation-{row.pk}")).to_contain_text("办结之前对方不能销号")
    english = page_at(NARROW, locale="en-US")
    enter(english, own.who)
    look(english, {"own-contract-en": f"/contracts/{contract.pk}/", "own-owed-en": "/contracts/owed/"})
