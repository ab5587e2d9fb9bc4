"""Money on the desk: a batch from the fund's page to the bank and back, differences explained, the journal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.areas.claims.factories import CHANNEL, YUAN, payable_claim
from tests.areas.claims.factories import prepared_batch as a_batch
from tests.kernel.access.factories import arranged, no_event, one_event
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.claims.models import Budget, PaymentBatch, PaymentOrder, ReconciliationDifference

pytestmark = pytest.mark.django_db


def at(name: str, *values: object) -> str:
    return reverse(f"claims_desk:{name}", args=values)


def test_a_fund_shows_what_waits_and_orders_it() -> None:
    claim, people = payable_claim()
    treasurer = logged_in(people.treasurer)
    page = treasurer.get(at("funds")).content.decode()
    assert "就业补助资金" in page and "待拨付 1 笔" in page
    assert "可以拨付" in treasurer.get(at("fund", claim.fund_id)).content.decode()
    answer = treasurer.post(at("fund-prepare", claim.fund_id), {"execute_on": ""})
    batch = PaymentBatch.objects.get()
    assert answer.headers["Location"] == at("batch", batch.pk)
    assert claim.row.state == "paying"


def test_a_budget_names_its_document_and_holds_what_is_promised() -> None:
    claim, people = payable_claim()
    treasurer = logged_in(people.treasurer)
    values = {
        "year": timezone.localdate().year,
        "level": "city",
        "amount": "1.00",
        "reason": "哈财社〔2026〕1号",
    }
    with no_event():
        answer = treasurer.post(at("fund-budget", claim.fund_id), values)
    assert answer.status_code == 422 and "已预留和支出" in answer.content.decode()
    with one_event("claims.budget_set"):
        treasurer.post(at("fund-budget", claim.fund_id), {**values, "amount": "2000000.50"})
    assert Budget.objects.get().amount_fen == 200_000_050
    assert "哈财社〔2026〕1号" in treasurer.get(at("fund", claim.fund_id)).content.decode()


def test_a_batch_is_checked_by_another_and_its_file_taken_on_record() -> None:
    batch, claim, people = a_batch()
    mine, other = logged_in(people.treasurer), logged_in(people.checker)
    number = PaymentOrder.objects.get().account.number
    page = mine.get(at("batch", batch.pk)).content.decode()
    assert "须由另一人复核" in page and claim.row.number in page and number not in page
    with no_event():
        mine.post(at("batch-check", batch.pk), {"digest": batch.digest})
    with one_event("claims.batch_checked"):
        other.post(at("batch-check", batch.pk), {"digest": batch.digest})
    with one_event("claims.batch_downloaded"):
        file = mine.post(at("batch-file", batch.pk), {"format": "xml"})
    assert b"pain.001.001.09" in file.content and number.encode() in file.content
    assert number in mine.post(at("batch-file", batch.pk), {"format": "csv"}).content.decode()
    with one_event("claims.batch_taken_back"):
        mine.post(at("batch-take-back", batch.pk), {"reason": "重新编制"})
    assert "重新编制" in mine.get(at("batch", batch.pk)).content.decode()
    assert mine.get(at("batches"), {"text": claim.row.number}).content.decode().count(batch.message_id) >= 1


def test_sending_is_left_to_the_worker() -> None:
    batch, _, people = a_batch()
    logged_in(people.checker).post(at("batch-check", batch.pk), {"digest": batch.digest})
    treasurer = logged_in(people.treasurer)
    with no_event():
        treasurer.post(at("batch-send", batch.pk))
    batch.refresh_from_db()
    assert batch.state == "checked"


def test_a_difference_stays_until_it_is_explained_in_words() -> None:
    batch, _, people = a_batch()
    with arranged():
        row = ReconciliationDifference.objects.create(
            channel=CHANNEL,
            region_path="2301",
            day=timezone.localdate(),
            kind="rejected_after_paid",
            key=PaymentOrder.objects.get().end_to_end_id,
            order=PaymentOrder.objects.get(),
            ours_fen=12_000 * YUAN,
            found_at=timezone.now(),
        )
    treasurer, supervisor = logged_in(people.treasurer), logged_in(people.supervisor)
    assert "1 条差异待处理" in treasurer.get(at("reconciliation")).content.decode()
    with no_event():
        assert supervisor.post(at("difference", row.pk), {"explanation": "核实无误"}).status_code == 403
        assert treasurer.post(at("difference", row.pk), {"explanation": "无"}).status_code == 422
    with one_event("claims.difference_explained"):
        treasurer.post(at("difference", row.pk), {"explanation": "银行确认回执误发"})
    page = treasurer.get(at("difference", row.pk)).content.decode()
    assert "银行确认回执误发" in page and batch.message_id


def test_the_journal_balances_on_the_page_and_in_the_file() -> None:
    _, people = payable_claim()
    treasurer = logged_in(people.treasurer)
    page = treasurer.get(at("journal")).content.decode()
    assert "借贷相等" in page and "已预留" in page and "12,000.00元" in page
    today = timezone.localdate() + timedelta(days=400)
    file = treasurer.get(at("journal-export"), {"since": "2020-01-01", "until": today.isoformat()})
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("entry,day") and len(lines) == 5
    assert treasurer.get(at("journal"), {"export": "csv"}).status_code == 200


def test_lists_take_a_settled_number_of_queries(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    batch, claim, people = a_batch()
    treasurer = logged_in(people.treasurer)
    for address in (at("batch", batch.pk), at("fund", claim.fund_id), at("funds"), at("reconciliation")):
        treasurer.get(address)
        with django_assert_max_num_queries(30):
            treasurer.get(address)
