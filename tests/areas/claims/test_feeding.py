"""What policies learn from claims: who applied and was paid, how soon, and what became of the money."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.areas.claims.factories import YUAN, bank_says, checked_batch, payable_claim, sent_batch
from tests.kernel.access.factories import NOW, SYSTEM
from yingshang.areas.claims import feeding
from yingshang.areas.claims.models import PaymentOrder
from yingshang.areas.policies.api import PublishedItem, evaluate, item_reach, published_items
from yingshang.kernel.parties.api import merge_parties

pytestmark = pytest.mark.django_db


def item() -> PublishedItem:
    [found] = published_items(day=NOW.date(), codes=["HIRING"])
    return found


def test_evaluations_know_who_was_paid_and_how_soon() -> None:
    _, claim, people = sent_batch()
    order = PaymentOrder.objects.get()
    today = timezone.localdate(NOW)
    assert feeding.applied(item()) == {claim.party.pk: today} and feeding.paid(item()) == {}
    before = feeding.carried_out(item())
    assert before and (before.spent_fen, before.reserved_fen, before.days) == (0, 12_000 * YUAN, None)
    bank_says(order, "paid", day=today + timedelta(days=3))
    assert feeding.paid(item()) == {claim.party.pk: today + timedelta(days=3)}
    found = feeding.carried_out(item())
    assert found and (found.spent_fen, found.reserved_fen, found.paid, found.days) == (
        12_000 * YUAN,
        0,
        1,
        3.0,
    )
    report = evaluate(actor=people.supervisor.actor(), code="HIRING", now=NOW)
    assert report.carried_out == found
    # Money that came back was not paid.
    bank_says(order, "returned")
    assert feeding.paid(item()) == {}


def test_of_merged_entries_the_kept_one_applied() -> None:
    claim, _ = payable_claim()
    from tests.areas.claims.factories import due_enterprise

    other, _ = due_enterprise(3)
    merge_parties(actor=SYSTEM, kept_id=other.pk, duplicate_id=claim.party.pk, reason="重复", now=NOW)
    assert set(feeding.applied(item()) or ()) == {other.pk}


def test_of_an_item_without_terms_nobody_can_say() -> None:
    from tests.areas.claims.factories import fundable_item

    fundable_item()
    assert feeding.applied(item()) is None and feeding.paid(item()) is None
    assert feeding.carried_out(item()) is None
    assert item_reach(actor=SYSTEM, code="HIRING").funnel.paid is None


def test_queries_stay_few(django_assert_max_num_queries: object) -> None:
    checked_batch()
    found = item()
    with django_assert_max_num_queries(5):  # type: ignore[operator]
        feeding.carried_out(found)
