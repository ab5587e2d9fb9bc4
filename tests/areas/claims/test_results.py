"""Results of claims become facts of the enterprise, and are taken out again when the money comes back."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.areas.claims.factories import bank_says, fund, fundable_item, sent_batch, terms
from tests.kernel.access.factories import NOW, SYSTEM, arranged, no_event
from yingshang.areas.claims.after.results import record_results
from yingshang.areas.claims.errors import InvalidTerms
from yingshang.areas.claims.models import Claim, ItemTerms, PaymentOrder
from yingshang.kernel.parties.api import portrait

pytestmark = pytest.mark.django_db

RESULTS = [
    {"column": "award.received", "from": "amount"},
    {"column": "owner.other_award", "from": "award"},
    {"column": "no.such_fact", "from": "amount"},
]


def said(claim: Claim) -> dict[str, tuple[str, str]]:
    found = portrait(actor=SYSTEM, party_id=claim.party_id, now=NOW).facts
    return {each.column: (str(each.value), each.source) for each in found}


def test_what_is_paid_is_a_fact_until_it_comes_back() -> None:
    _, claim, _ = sent_batch(results=RESULTS[:2])
    with arranged():
        # The catalogue has lost a column since the terms were set.
        ItemTerms.objects.update(results=RESULTS)
    assert record_results(actor=SYSTEM, now=NOW) == 0
    order = PaymentOrder.objects.get()
    bank_says(order, "paid", day=timezone.localdate(NOW))
    assert record_results(actor=SYSTEM, now=NOW) == 1
    column, agency = f"award.received.{NOW.year}", claim.row.agency.name
    assert said(claim.row)[column] == ("12000.00", agency)
    assert said(claim.row)["owner.other_award"] == ("True", agency)
    with no_event():
        assert record_results(actor=SYSTEM, now=NOW) == 0
    bank_says(order, "returned")
    assert record_results(actor=SYSTEM, now=NOW) == 1
    assert said(claim.row)[column][0] in {"0.00", "0"} and said(claim.row)["owner.other_award"][0] == "False"
    assert record_results(actor=SYSTEM, now=NOW) == 0


def test_only_what_the_register_can_be_told_and_take_back_is_set() -> None:
    fundable_item()
    number = fund()
    for wrong, word in (
        ({"column": "no.such_fact", "from": "amount"}, "no.such_fact"),
        ({"column": "award.received", "from": "day"}, "日期不能回流"),
        ({"column": "ent.established", "from": "amount"}, "成立日期"),
        ({"column": "owner.other_award", "from": "amount"}, "数值"),
        ({"column": "award.received", "from": "award"}, "不分年度"),
        ({"column": "award.received.2026", "from": "amount"}, "award.received"),
        ({"from": "amount"}, "目录"),
    ):
        with no_event(), pytest.raises(InvalidTerms) as refusal:
            terms(fund_id=number, results=[wrong])
        assert refusal.value.details["field"] == "results" and word in (refusal.value.message_zh or "")
    with no_event(), pytest.raises(InvalidTerms):
        terms(fund_id=number, results=[RESULTS[0], RESULTS[0]])
    terms(fund_id=number, results=RESULTS[:2])
