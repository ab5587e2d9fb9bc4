"""Real processes, really killed: who sends and takes in, and the bank itself, by SIGKILL at every step."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from tests.areas.claims.banking.test_bank_process import Bank
from tests.areas.claims.factories import CHANNEL, Claimed, Desk, another_claim, handed_in, payable_claim
from tests.forked import leave_connections
from tests.kernel.access.factories import NOW, SYSTEM
from yingshang.areas.claims.actions.prepare_batch import check_batch, prepare_batch
from yingshang.areas.claims.models import BankReport, Claim, PaymentBatch, PaymentOrder, StatementLine
from yingshang.areas.claims.paying.actions.reconcile import reconcile
from yingshang.areas.claims.paying.books import check_books
from yingshang.areas.claims.paying.channels import Way
from yingshang.areas.claims.paying.jobs import fetch_reports, send_due_batches
from yingshang.areas.claims.paying.points import POINTS, watched
from yingshang.operations.bank_simulator.bank import DIE_AT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    made = Bank(tmp_path)
    made.start()
    yield made
    made.stop()


class Office:
    """Claims that wait, the people who pay them, and a clock."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.now: datetime = NOW
        self.claim: Claimed
        self.people: Desk
        self.claim, self.people = payable_claim()

    def way(self, code: str) -> Way:
        return Way(code, self.bank.channel)

    def checked(self) -> PaymentBatch:
        """One more claim, in a batch that may be sent."""
        if not Claim.objects.filter(state="payable").exists():
            assert handed_in(another_claim(self.claim.fund_id)) == "payable"
        number = prepare_batch(actor=self.people.treasurer.actor(), fund_id=self.claim.fund_id, now=self.now)
        batch = PaymentBatch.objects.get(pk=number)
        check_batch(actor=self.people.checker.actor(), batch_id=number, digest=batch.digest, now=self.now)
        return batch

    def send(self) -> None:
        self.now += timedelta(minutes=6)
        send_due_batches(now=self.now, ways=self.way)

    def fetch(self) -> None:
        fetch_reports(now=self.now, ways=self.way)

    def until_paid(self) -> None:
        """What the jobs do every minute, until everything is paid."""
        for _ in range(100):
            self.send()
            self.fetch()
            if not PaymentOrder.objects.exclude(state="paid").exists():
                return

    def sound(self) -> bool:
        books = self.bank.ask("books")
        paid = [each["end_to_end_id"] for each in books["payments"] if each["was_paid"]]
        ours = list(PaymentOrder.objects.filter(state="paid").values_list("end_to_end_id", flat=True))
        return (
            check_books() == ()
            and books["paid_twice"] == []
            and sorted(paid) == sorted(ours)
            and not Claim.objects.exclude(state="paid").exists()
            and paid_once()
        )


def paid_once() -> bool:
    """As many paid orders as claims that are paid, and none of them for what another one paid."""
    paid = list(PaymentOrder.objects.filter(state="paid").values_list("claim", "instalment"))
    return (
        len(paid) == len({instalment for _, instalment in paid}) == len({claim for claim, _ in paid})
        and len(paid) == Claim.objects.filter(state="paid").count()
    )


def killed_at(point: str, work: Callable[[], None]) -> None:
    """Have a process of its own do some work, and be killed when it comes by a point."""

    def die(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    # Neither of the two shares the other's connection.
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            leave_connections()
            with watched(die):
                work()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_who_pays_is_killed_at_every_step(bank: Bank) -> None:
    office = Office(bank)
    for point in [each for each in POINTS if each.startswith("send.")]:
        batch = office.checked()
        killed_at(point, office.send)
        batch.refresh_from_db()
        assert batch.state == ("sent" if point == "send.saved" else "sending"), point
        office.until_paid()
        assert office.sound(), point
    for point in [each for each in POINTS if each.startswith("report.")]:
        office.checked()
        office.send()
        for _ in range(50):
            # It has nothing to say yet: whoever asks comes by no answer.
            if len(bank.channel.fetch(str(BankReport.objects.count())).reports):
                break
        killed_at(point, office.fetch)
        office.until_paid()
        assert office.sound(), point
    bank.control(
        "days", {"days": (NOW.date() - datetime.fromisoformat(bank.ask("books")["today"]).date()).days}
    )
    office.checked()
    office.send()
    for point in [each for each in POINTS if each.startswith("statement.")]:
        killed_at(point, lambda: reconcile(actor=SYSTEM, now=office.now, ways=office.way) and None)
        if point == "statement.committed":
            continue
        assert not StatementLine.objects.exists(), point
    reconcile(actor=SYSTEM, now=office.now, ways=office.way)
    office.until_paid()
    # What was paid before is on an earlier day of the bank's, unless this very day is the day of the test.
    paid_that_day = PaymentOrder.objects.filter(batch__channel=CHANNEL, paid_on=NOW.date()).count()
    assert StatementLine.objects.count() == paid_that_day >= 1
    assert office.sound()
    assert Claim.objects.count() == PaymentOrder.objects.filter(batch__channel=CHANNEL).count()


def test_the_bank_is_killed_at_every_step(bank: Bank) -> None:
    office = Office(bank)
    for point in DIE_AT:
        office.checked()
        bank.control("die", {"at": point})
        office.send()
        bank.wait_until_dead()
        office.fetch()
        bank.start()
        office.until_paid()
        assert office.sound(), point
