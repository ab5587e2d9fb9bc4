"""What an enterprise sees of its contracts, and how it says that money has not come."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import city
from tests.areas.contracts.factories import YUAN, contract_row, obligation_row, supplier, unit
from tests.areas.contracts.registering.situations import to_agree
from tests.kernel.access.factories import DAOLI, NOW, arranged, enterprise, legal_representative_of
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.appeals.models import Appeal
from yingshang.areas.contracts.api import add_contract_file, drop_supplement
from yingshang.areas.contracts.models import Cancellation, Obligation, Performance
from yingshang.operations.sample_pictures import picture

pytestmark = pytest.mark.django_db
LATE: dict[str, Any] = {
    "due_on": date(2026, 10, 14),
    "daily_rate": Decimal("0.0005"),
    "rate_source": "law:d802",
    "law": "d802",
}


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))


def waiting() -> tuple[Client, Obligation]:
    """An enterprise that waits for 300,000 yuan since 14 October."""
    city()
    own = supplier()
    row = obligation_row(contract_row(of=own.party, obligation_count=1, open_count=1), **LATE)
    return logged_in(own.who), row


def text_of(browser: Client, name: str, *arguments: int, **query: str) -> str:
    return browser.get(reverse(f"contracts:{name}", args=arguments), query).content.decode()


def test_two_taps_lead_from_what_is_owed_to_an_appeal_about_it() -> None:
    browser, row = waiting()
    tap = reverse("contracts:not-paid", args=[row.pk])
    shown = text_of(browser, "owed")
    assert tap in shown and "300,000.00元" in shown and "6,000.00元" in shown and "802" in shown
    page = browser.get(tap).content.decode()
    assert "已逾期40天" in page and "办结之前付款单位不能销号" in page
    assert browser.post(tap, {"note": "长" * 501}).status_code == 422
    done = browser.post(tap, {"note": ""})
    appeal = Appeal.objects.get()
    assert done.headers["Location"] == reverse("appeals:appeal", args=[appeal.pk])
    about = browser.get(done.headers["Location"]).content.decode()
    link = reverse("contracts:obligation", args=[row.pk])
    assert link in about
    there = browser.get(link)
    assert (
        there.headers["Location"]
        == f"{reverse('contracts:contract', args=[row.contract_id])}#obligation-{row.pk}"
    )
    contract = text_of(browser, "contract", row.contract_id)
    assert f"诉求 {appeal.number}" in contract and "未收到</b>" in contract
    assert tap not in contract and tap not in text_of(browser, "owed"), "said already"
    assert browser.post(tap).headers["Location"] == reverse("appeals:appeal", args=[appeal.pk])
    assert Appeal.objects.count() == 1


def test_what_is_not_late_is_refused_with_the_day_to_wait_for() -> None:
    browser, row = waiting()
    early = obligation_row(row.contract)
    page = browser.get(reverse("contracts:not-paid", args=[early.pk]))
    assert page.status_code == 200 and "2026-12-31到期" in page.content.decode()
    assert browser.post(reverse("contracts:not-paid", args=[early.pk])).status_code == 422
    assert not Appeal.objects.exists()


def test_what_came_is_said_with_its_evidence_and_what_was_written_is_kept_on_a_mistake() -> None:
    browser, row = waiting()
    say = reverse("contracts:say", args=[row.pk, "partial"])
    refused = browser.post(say, {"happened_on": "2026-11-01", "amount": "100 USD", "note": "建行到账"})
    assert refused.status_code == 422 and "建行到账" in refused.content.decode()
    receipt = SimpleUploadedFile("回单.png", picture(1), content_type="image/png")
    told = {"happened_on": "2026-11-01", "amount": "100000", "note": "建行到账", "file": receipt}
    done = browser.post(say, told)
    assert done.status_code == 302, done.content.decode()
    entry = Performance.objects.get()
    assert (entry.side, entry.what, entry.amount_fen) == ("counterparty", "partial", 100_000 * YUAN)
    assert len(entry.document_ids) == 1
    withdraw = reverse("contracts:withdraw-entry", args=[entry.pk])
    assert browser.post(withdraw, {"contract": "9" * 5000}).status_code == 302
    browser.post(withdraw, {"contract": row.contract_id})
    assert Performance.objects.get().state == "valid", "a reason is asked for"
    browser.post(withdraw, {"contract": row.contract_id, "reason": "记错了合同"})
    assert Performance.objects.get().state == "withdrawn"


def test_interest_that_stays_open_after_the_principal_is_seen() -> None:
    browser, row = waiting()
    with arranged():
        Obligation.objects.filter(pk=row.pk).update(
            state="performed",
            done_fen=row.amount_fen,
            open_fen=0,
            accrued_fen=3_000 * YUAN,
            accrued_until=date(2026, 11, 3),
            performed_on=date(2026, 11, 3),
        )
    shown = text_of(browser, "contract", row.contract_id)
    assert "逾期利息" in shown and "3,000.00元" in shown


def test_lists_are_filtered_exported_and_cost_little(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    browser, row = waiting()
    other = contract_row(of=row.contract.party, title="办公用品采购合同")
    assert "还没有与政府签订的合同" in text_of(logged_in(legal_representative_of(enterprise(DAOLI))), "mine")
    with django_assert_max_num_queries(40):
        shown = text_of(browser, "mine")
    assert other.title in shown and row.contract.title in shown
    late = text_of(browser, "mine", only="late")
    assert row.contract.title in late and other.title not in late
    export = browser.get(reverse("contracts:owed"), {"export": "csv"})
    lines = b"".join(export.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2 and "300000.00" in lines[1] and "6000.00" in lines[1]
    assert "没有待支付的款项" in text_of(logged_in(legal_representative_of(enterprise(DAOLI))), "owed")


def test_a_unit_that_says_it_is_done_is_answered_yes_or_no() -> None:
    browser, row = waiting()
    with arranged():
        asked = Cancellation.objects.create(
            obligation=row,
            agency=row.agency,
            party_id=row.party_id,
            region_path=row.region_path,
            statement="已于10月20日支付",
            asked_by_name="合同管理员",
            asked_at=NOW,
        )
    assert "等您确认" in text_of(browser, "mine")
    assert "已于10月20日支付" in text_of(browser, "contract", row.contract_id)
    refuse = reverse("contracts:decide-cancellation", args=[asked.pk, "refuse"])
    assert browser.post(refuse, {"reason": ""}).status_code == 422
    assert browser.post(refuse, {"reason": "没有到账"}).status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == ("refused", "没有到账")


def test_a_supplement_that_puts_off_what_is_late_is_agreed_to_or_not() -> None:
    own = supplier()
    row, browser = to_agree(own), logged_in(own.who)
    mine, page = text_of(browser, "mine", only="waiting"), text_of(browser, "contract", row.contract_id)
    assert "补充协议：付款延期补充协议" in mine and "等您确认" in mine
    # From what to what: the terms, and the day that comes of them.
    assert "2026年11月20日" in page and "2027年1月15日" in page and "到期日" in page
    answer = [reverse("contracts:answer-supplement", args=[row.pk, what]) for what in ("agree", "decline")]
    assert all(each in page for each in answer)
    assert browser.post(answer[1], {"reason": ""}).status_code == 422
    # Where it cannot take effect any more, it can still be declined at once.
    contracts = type(row.contract).objects.filter(pk=row.contract_id)
    contracts.update(state="terminated")
    refused = browser.post(answer[0])
    assert refused.status_code == 422 and f"id_supplement_{row.pk}_reason" in refused.content.decode()
    contracts.update(state="in_force")
    assert browser.post(answer[0]).status_code == 302
    row.refresh_from_db()
    assert row.state == "effective" and answer[0] not in text_of(browser, "contract", row.contract_id)
    assert browser.post(answer[1], {"reason": "没有签过"}).status_code == 404


def test_a_supplement_that_was_taken_back_stays_to_be_seen_with_its_end() -> None:
    own = supplier()
    row, browser = to_agree(own), logged_in(own.who)
    with arranged():
        drop_supplement(
            actor=unit().administrator.actor(),
            supplement_id=row.pk,
            remark="改为按原约定支付",
            now=timezone.now(),
        )
    page = text_of(browser, "contract", row.contract_id)
    assert "签订单位撤回，没有生效" in page and "改为按原约定支付" in page and "同意变更" not in page
    answer = reverse("contracts:answer-supplement", args=[row.pk, "agree"])
    assert browser.post(answer).status_code == 404


def test_officials_are_led_to_the_contract_on_the_desk_and_strangers_nowhere() -> None:
    _browser, row = waiting()
    address = reverse("contracts_desk:obligation", args=[row.pk])
    led = logged_in(unit().supervisor).get(address)
    assert led.headers["Location"].endswith(f"/desk/contracts/{row.contract_id}/#obligation-{row.pk}")
    stranger = logged_in(legal_representative_of(enterprise(DAOLI)))
    assert stranger.get(reverse("contracts:contract", args=[row.contract_id])).status_code == 404
    assert stranger.get(reverse("contracts:not-paid", args=[row.pk])).status_code == 404


def test_who_supervises_is_led_from_the_obligation_to_the_appeal() -> None:
    browser, row = waiting()
    browser.post(reverse("contracts:not-paid", args=[row.pk]))
    appeal = Appeal.objects.get()
    page = reverse("contracts_desk:contract", args=[row.contract_id])
    link = reverse("appeals_desk:appeal", args=[appeal.pk])
    assert link in logged_in(unit().supervisor).get(page).content.decode()
    clerk = logged_in(unit().administrator).get(page).content.decode()
    assert appeal.number in clerk and link not in clerk, "who may not read appeals is told that there is one"


def test_the_page_of_a_contract_has_the_files_marked_for_its_other_side() -> None:
    browser, row = waiting()
    clerk = unit().administrator.actor()
    for purpose, name in (("contract", "合同文本.png"), ("internal", "内部意见.png")):
        add_contract_file(
            actor=clerk,
            contract_id=row.contract_id,
            content=picture(2),
            name=name,
            purpose=purpose,
            now=NOW,
        )
    page = text_of(browser, "contract", row.contract_id)
    assert "合同文本.png" in page and "内部意见.png" not in page
