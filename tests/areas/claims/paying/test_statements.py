"""A bank's statement of any length: laid down, found to be sound, carried out in parts. And the pages of paying: with few
queries, however many orders and lines there are.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from tests.areas.claims.factories import CHANNEL, another_claim, handed_in, payable_claim
from tests.areas.claims.paying.test_paying import DAY, day, entry, kinds, sent
from tests.kernel.access.factories import NOW, SYSTEM, no_event
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.claims.actions.prepare_batch import prepare_batch
from yingshang.areas.claims.banking.channels import StatementReading
from yingshang.areas.claims.banking.errors import MessageDisagrees
from yingshang.areas.claims.banking.values import EntryKind, StatementEntry, StatementHead
from yingshang.areas.claims.models import BankStatement, PaymentOrder, StatementLine
from yingshang.areas.claims.paying.actions import reconcile

ACCOUNT = "6222000000000001"


def line(number: int, amount_fen: int = 100) -> StatementEntry:
    """Somebody pays something in."""
    return StatementEntry(
        reference=f"IN{number:08d}", day=DAY, amount_fen=amount_fen, kind=EntryKind.DEPOSIT, text="利息"
    )


def head() -> StatementHead:
    return StatementHead(
        statement_id="S1", created=NOW, account=ACCOUNT, day=DAY, opening_fen=0, closing_fen=0
    )


def test_a_long_statement_needs_no_more_memory_than_a_short_one() -> None:
    count, most = 30_000, 0
    tracemalloc.start()
    with reconcile._laid_by(StatementReading(head(), (line(each) for each in range(count)))) as laid:
        for number, part in enumerate(laid.parts()):
            assert part[0] == line(number * reconcile.AT_ONCE)
            most = max(most, len(part))
        assert laid.lines == count
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # All of them held at once take some fifteen times as much.
    assert most == reconcile.AT_ONCE and peak < 4_000_000


@pytest.mark.django_db
def test_in_parts_it_says_the_same_and_told_again_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "AT_ONCE", 2)
    bank, order, _, _ = sent()
    lines = [line(1), line(2), entry(order), line(3), line(4)]
    assert day(bank, *lines) == (5, 0)
    assert PaymentOrder.objects.get().state == "paid" and BankStatement.objects.get().lines_count == 5
    with no_event():
        assert day(bank, *lines) == (0, 0)
    assert day(bank, line(9), *lines, line(5)) == (2, 0)
    assert day(bank, line(9), *lines[:4], line(4, 250), line(5)) == (0, 1)
    assert StatementLine.objects.count() == 7 and kinds() == ["line_changed"]


@pytest.mark.django_db
def test_of_a_statement_that_is_not_sound_nothing_is_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "AT_ONCE", 2)
    _, order, _, _ = sent()

    class Given:
        """A bank whose statement is what it is."""

        def __init__(self, entries: Iterator[StatementEntry]) -> None:
            self.entries = entries

        def open_statement(self, day: date, account: str) -> Any:
            return nullcontext(StatementReading(head(), self.entries) if day == DAY else None)

    def breaks() -> Iterator[StatementEntry]:
        yield from (entry(order), line(1), line(2))
        raise MessageDisagrees(
            "opening balance and entries disagree", message_zh="期初余额加明细不等于期末余额"
        )

    twice = iter([line(1), entry(order), line(2), line(1)])
    for entries, words in ((breaks(), "disagree"), (twice, "stands twice")):
        with no_event(), pytest.raises(MessageDisagrees, match=words):
            reconcile.reconcile_day(
                reconcile.Way(CHANNEL, Given(entries)),  # type: ignore[arg-type]
                account=ACCOUNT,
                day=DAY,
                region_path="2301",
                actor=SYSTEM,
                now=NOW,
            )
        assert not StatementLine.objects.exists() and not BankStatement.objects.exists()
    assert PaymentOrder.objects.get().state == "sent"


@pytest.mark.django_db
def test_pages_of_paying_take_few_queries_however_much_there_is(django_assert_max_num_queries: Any) -> None:
    claim, people = payable_claim()
    client = logged_in(people.treasurer)
    others = [another_claim(claim.fund_id) for _ in range(2)]
    assert [handed_in(each) for each in others] == ["payable", "payable"]
    batches = [
        prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW, claims=[each.id])
        for each in (claim, others[0])
    ]
    most = {
        "funds": (14, 0),
        "batches": (14, 0),
        "reconciliation": (14, 0),
        "journal": (14, 0),
        "fund": (16, claim.fund_id),
        "batch": (17, batches[0]),
    }
    for name, (queries, number) in most.items():
        address = reverse(f"claims_desk:{name}", args=[number] if number else [])
        assert client.get(address).status_code == 200
        with django_assert_max_num_queries(queries):
            assert client.get(address).status_code == 200
