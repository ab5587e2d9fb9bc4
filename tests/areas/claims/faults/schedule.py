"""A random schedule of a payment office and its bank: what people do, what the bank does, and when processes die.

The same seed gives the same schedule. Nothing here knows how paying works inside: it uses the actions, the jobs and the
bank's own books.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import yaml

from tests.areas.claims.factories import CHANNEL, Desk
from tests.kernel.access.factories import NOW, SYSTEM, Person
from yingshang.areas.claims.actions.keep_accounts import add_account
from yingshang.areas.claims.actions.prepare_batch import check_batch, prepare_batch, take_back_batch
from yingshang.areas.claims.errors import NoEvidence, NothingToPay, NotPossibleNow, Stopped
from yingshang.areas.claims.models import (
    Claim,
    Fund,
    PayeeAccount,
    PaymentBatch,
    PaymentOrder,
    ReconciliationDifference,
)
from yingshang.areas.claims.paying.actions.explain import explain_difference
from yingshang.areas.claims.paying.actions.mark_not_executed import mark_not_executed
from yingshang.areas.claims.paying.actions.reconcile import reconcile
from yingshang.areas.claims.paying.actions.send_batch import send_batch
from yingshang.areas.claims.paying.books import check_books
from yingshang.areas.claims.paying.channels import Way
from yingshang.areas.claims.paying.jobs import ask_after, fetch_reports, send_due_batches
from yingshang.areas.claims.paying.points import POINTS, watched
from yingshang.kernel.access.api import Actor
from yingshang.operations.bank_simulator.bank import SimulatedBank
from yingshang.operations.bank_simulator.behaviour import parse_behaviour
from yingshang.operations.bank_simulator.direct import DirectChannel

OPEN = ("prepared", "sent", "accepted")
CORRECTABLE = ("account_wrong",)
_POINTS = {
    action: [point for point in POINTS if point.startswith(prefix)]
    for action, prefix in {
        "send": "send.",
        "send_again": "send.",
        "ask": "send.",
        "fetch": "report.",
        "next_day": "report.",
        "reconcile": "statement.",
    }.items()
}


class Killed(BaseException):
    """The process is gone: nothing after it runs, and no transaction that was open is kept."""


@dataclass
class Office:
    """The people, their claims and the bank."""

    fund_id: int
    people: Desk
    owners: dict[int, Person]
    seed: int
    now: datetime = NOW
    random: Random = field(init=False)
    bank: SimulatedBank = field(init=False)
    done: list[str] = field(default_factory=list)
    accounts: int = 0
    actors: dict[int, Actor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.bank = SimulatedBank(":memory:", parse_behaviour(self._behaviour()), now=lambda: self.now)

    def _actor(self, who: Person) -> Actor:
        """Somebody with what they may do; it does not change here."""
        if who.id not in self.actors:
            self.actors[who.id] = who.actor(NOW)
        return self.actors[who.id]

    def way(self, code: str) -> Way:
        """The way to the bank, whatever it is called."""
        assert code == CHANNEL
        return Way(code, DirectChannel(self.bank))

    # What the bank is like.

    def _behaviour(self) -> str:
        draw = self.random
        rules: list[dict[str, Any]] = []
        kinds = ["reject", "reject", "return", "lose", "lose paid", "late", "asks"]
        for kind in draw.sample(kinds, draw.choice([0, 2, 3, 4, 5])):
            rule: dict[str, Any] = {"share": draw.choice([0.25, 0.4])}
            match kind:
                case "reject":
                    rule |= {
                        "do": "reject",
                        "reason": draw.choice(["AC01", "AC04", "AM04", "NARR", "DU04", "MS03"]),
                    }
                case "lose":
                    rule |= {"do": "lose"}
                case "lose paid":
                    rule |= {"do": "lose", "paid": True}
                case "return":
                    rule |= {
                        "do": "return",
                        "reason": draw.choice(["AC04", "MS03"]),
                        "after_days": draw.randint(0, 3),
                    }
                case "late":
                    rule |= {"seconds": float(draw.choice([60, 3600, 86400]))}
                case "asks":
                    rule |= {"asks": draw.randint(1, 2)}
            rules.append(rule)
        return yaml.safe_dump(
            {
                "seed": self.seed,
                "rules": rules,
                "answers": {
                    "acknowledge": draw.random() < 0.5,
                    "repeat": draw.choice([1, 1, 2, 3]),
                    "out_of_order": draw.random() < 0.4,
                    "lose_share": draw.choice([0.0, 0.0, 0.3, 1.0]),
                    "most": draw.choice([1, 2, 1000]),
                },
                "line": {
                    "lose_acknowledgement_share": draw.choice([0.0, 0.0, 0.5]),
                    "refuse_share": draw.choice([0.0, 0.0, 0.4]),
                },
            }
        )

    def mend_bank(self) -> None:
        """In the end it is a good bank: it carries out what it is told, and says so."""
        self.bank.change("{}")

    # What people and jobs do.

    def run(self, steps: int) -> None:
        """So many steps drawn at random, some of them cut short by a kill."""
        for _ in range(steps):
            action = self.random.choice(self._possible())
            if (points := _POINTS.get(action.__name__)) and self.random.random() < 0.5:
                self._killed(action, self.random.choice(points))
            else:
                action()
            self.done.append(action.__name__)

    def _possible(self) -> list[Any]:
        """What would do something now, and letting time go by."""
        batches = set(PaymentBatch.objects.values_list("state", flat=True))
        claims = set(Claim.objects.values_list("state", flat=True))
        found = [self.later, self.next_day]
        if "payable" in claims:
            found += [self.prepare] * 3
        if "account_wrong" in claims:
            found += [self.correct] * 2
        if "prepared" in batches:
            found += [self.check, self.check, self.check, self.take_back]
        if "checked" in batches:
            found += [self.send] * 3 + [self.take_back]
        if "sending" in batches:
            found += [self.send, self.send, self.send_again]
        if batches & {"sending", "sent", "answered"}:
            found += [self.fetch, self.reconcile]
        if batches & {"sending", "sent"}:
            found += [self.fetch, self.fetch, self.ask, self.not_executed]
        return found

    def _killed(self, action: Any, point: str) -> None:
        """The process dies when it comes by a point, the first or a later time."""
        left = self.random.choice([0, 0, 1])

        def watch(reached: str) -> None:
            nonlocal left
            if reached == point:
                if left == 0:
                    raise Killed
                left -= 1

        try:
            with watched(watch):
                action()
        except Killed:
            self.done.append(f"killed at {point}")

    def prepare(self) -> None:
        """The treasurer orders what waits: all of it, or some."""
        waiting = list(Claim.objects.filter(state="payable").order_by("pk").values_list("pk", flat=True))
        if not waiting:
            return
        some = self.random.sample(waiting, self.random.randint(1, len(waiting)))
        try:
            prepare_batch(
                actor=self._actor(self.people.treasurer), fund_id=self.fund_id, claims=some, now=self.now
            )
        except NothingToPay:
            return

    def check(self) -> None:
        """Another one checks."""
        batch = PaymentBatch.objects.filter(state="prepared").order_by("pk").first()
        if batch is not None:
            try:
                check_batch(
                    actor=self._actor(self.people.checker),
                    batch_id=batch.pk,
                    digest=batch.digest,
                    now=self.now,
                )
            except Stopped:
                take_back_batch(
                    actor=self._actor(self.people.treasurer), batch_id=batch.pk, reason="停", now=self.now
                )

    def take_back(self) -> None:
        """Or changes their mind."""
        batches = list(PaymentBatch.objects.filter(state__in=["prepared", "checked"]).order_by("pk"))
        if batches and self.random.random() < 0.5:
            batch = self.random.choice(batches)
            take_back_batch(
                actor=self._actor(self.people.treasurer), batch_id=batch.pk, reason="撤销", now=self.now
            )

    def send(self) -> None:
        send_due_batches(now=self.now, ways=self.way)

    def send_again(self) -> None:
        """The treasurer does not wait for the job, or takes up what it has given up."""
        for batch in PaymentBatch.objects.filter(state="sending").order_by("pk"):
            try:
                send_batch(
                    actor=self._actor(self.people.treasurer), batch_id=batch.pk, now=self.now, ways=self.way
                )
            except NotPossibleNow:
                continue

    def fetch(self) -> None:
        fetch_reports(now=self.now, ways=self.way)

    def ask(self) -> None:
        ask_after(now=self.now, ways=self.way)

    def reconcile(self) -> None:
        reconcile(actor=SYSTEM, now=self.now, ways=self.way)

    def correct(self) -> None:
        """Enterprises give another account."""
        for claim in Claim.objects.filter(state__in=CORRECTABLE).order_by("pk"):
            if self.random.random() < 0.7:
                self._correct(claim)

    def _correct(self, claim: Claim) -> None:
        self.accounts += 1
        number = add_account(
            actor=self._actor(self.owners[claim.pk]),
            party_id=claim.party_id,
            number=f"62170000{self.seed % 10000:04d}{claim.pk % 1000:03d}{self.accounts:04d}",
            bank_name="演示银行",
            now=self.now,
        )
        corrected(claim.pk, number, now=self.now)

    def not_executed(self) -> None:
        """A supervisor looks at what was never answered."""
        orders = list(
            PaymentOrder.objects.filter(state__in=OPEN, batch__state__in=["sending", "sent"]).order_by("pk")
        )
        if orders:
            order = self.random.choice(orders)
            self._not_executed(order)

    def _not_executed(self, order: PaymentOrder) -> None:
        try:
            mark_not_executed(
                actor=self._actor(self.people.supervisor),
                batch_id=order.batch_id,
                orders=[order.pk],
                reason="银行来函确认未执行",
                now=self.now,
            )
        except (NoEvidence, NotPossibleNow):
            return

    def later(self) -> None:
        """Some minutes or hours go by."""
        self.now += timedelta(minutes=self.random.choice([6, 31, 120]))

    def next_day(self) -> None:
        """A night goes by: the jobs run as they do every day."""
        for _ in range(2):
            self.now += timedelta(hours=12)
            self.bank.work()
            self.fetch()

    # The end, and what must hold.

    def finish(self) -> None:
        """Weeks later everything has come to an end: people do what they are asked to."""
        for day in range(90):
            if day == 9:
                self.mend_bank()
            self.now += timedelta(days=1)
            self.bank.work()
            self.fetch()
            self.prepare()
            self.check()
            self.send()
            if day % 3 == 2:
                self.send_again()
                self.ask()
                self.reconcile()
            for claim in Claim.objects.filter(state__in=CORRECTABLE).order_by("pk"):
                self._correct(claim)
            silent = PaymentOrder.objects.filter(state__in=OPEN, differences__kind="unanswered")
            for order in silent.order_by("pk") if day % 3 == 2 else []:
                self._not_executed(order)
            for row in ReconciliationDifference.objects.filter(explained_at__isnull=True).order_by("pk"):
                explain_difference(
                    actor=SYSTEM, difference_id=row.pk, explanation="与银行核对后说明", now=self.now
                )
            if (
                not Claim.objects.exclude(state="paid").exists()
                and not PaymentOrder.objects.filter(state__in=OPEN).exists()
            ):
                self.now += timedelta(days=3)
                self.bank.work()
                self.reconcile()
                if not Claim.objects.exclude(state="paid").exists():
                    return

    def faults(self) -> list[str]:
        """Everything that must not be, at any time."""
        found = [f"{each.code}: {each.message}" for each in check_books()]
        books = self.bank.books()
        if books["sum"] or books["accounts_that_disagree"] or books["paid_twice"]:
            found.append(f"the bank's own books: {books['sum']} {books['paid_twice']}")
        orders = {row.end_to_end_id: row for row in PaymentOrder.objects.all()}
        standing: dict[int, int] = {}
        for each in books["payments"]:
            order = orders.get(each["end_to_end_id"])
            if order is None:
                found.append(f"the bank has {each['end_to_end_id']}, which is not ours")
            elif each["was_paid"] and each["state"] != "returned":
                standing[order.instalment_id] = standing.get(order.instalment_id, 0) + 1
                if order.state in ("rejected", "not_executed", "taken_back"):
                    found.append(f"{order.end_to_end_id} was paid, and is {order.state} with us")
        found += [
            f"instalment {part} was paid {times} times" for part, times in standing.items() if times > 1
        ]
        return found

    def unfinished(self) -> list[str]:
        """What has no end when everything should."""
        found = [
            f"order {row.end_to_end_id} is {row.state}" for row in PaymentOrder.objects.filter(state__in=OPEN)
        ]
        found += [f"claim {row.number} is {row.state}" for row in Claim.objects.exclude(state="paid")]
        found += [
            f"difference {row.kind} {row.key} is not explained"
            for row in ReconciliationDifference.objects.filter(explained_at__isnull=True)
        ]
        books = self.bank.books()
        by_bank = sum(
            each["amount_fen"]
            for each in books["payments"]
            if each["was_paid"] and each["state"] != "returned"
        )
        ours = sum(Claim.objects.values_list("paid_fen", flat=True))
        if by_bank != ours:
            found.append(f"the bank paid {by_bank} fen, our books say {ours}")
        [account] = Fund.objects.values_list("payer_account", flat=True).distinct()
        balance = next((each["balance"] for each in books["accounts"] if each["number"] == account), None)
        if balance is not None and self.bank.behaviour.opening_fen - balance != ours:
            found.append("the balance of the payer's account does not fit")
        return found


def corrected(claim_id: int, account_id: int, *, now: datetime) -> None:
    """The enterprise gives another account; what the action of applying does to the claim."""
    from tests.kernel.access.factories import arranged

    with arranged():
        account = PayeeAccount.objects.get(pk=account_id)
        Claim.objects.filter(pk=claim_id, state="account_wrong").update(
            account=account, state="payable", state_before="account_wrong"
        )
