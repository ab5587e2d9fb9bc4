"""Whether our books are sound: the journal, the budgets and the orders say the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from ..models import Budget, Claim, Instalment, JournalEntry, JournalLine, PaymentOrder, Reservation
from ..settling import OPEN


@dataclass(frozen=True, slots=True)
class BookFault:
    """Something in the books that cannot be."""

    code: str
    where: str
    message: str
    message_zh: str


def check_books() -> tuple[BookFault, ...]:
    """Everything that is wrong with the books of claims; empty when they are sound. A dozen queries, whatever there is.

    The journal adds up to zero, entry by entry; each budget's accounts are what its reservations, and its orders, say;
    an instalment is paid exactly when one order paid it; a claim has got what its orders paid, and no more than its
    award.
    """
    return (*_journal(), *_budgets(), *_orders(), *_claims())


def _journal() -> Iterator[BookFault]:
    total = JournalLine.objects.aggregate(all=Sum("amount_fen"))["all"] or 0
    if total:
        yield _fault(
            "journal",
            "",
            f"the journal adds up to {total} fen, not to zero",
            f"分录合计为 {total} 分，不为零",
        )
    uneven = JournalEntry.objects.annotate(sum=Sum("lines__amount_fen")).exclude(sum=0)
    for row in uneven[:20]:
        yield _fault("journal", str(row.pk), f"entry {row.pk} does not balance", f"分录 {row.pk} 借贷不平")


def _budgets() -> Iterator[BookFault]:
    accounts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for budget, account, fen in (
        JournalLine.objects.filter(budget__isnull=False)
        .values_list("budget", "account")
        .annotate(fen=Sum("amount_fen"))
    ):
        accounts[budget][account] = fen
    held: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    in_flight = PaymentOrder.objects.filter(state__in=OPEN).values("instalment")
    for budget, state, flies, fen in (
        Reservation.objects.exclude(state="released")
        .annotate(flies=Q(instalment__in=in_flight))
        .values_list("budget", "state", "flies")
        .annotate(fen=Sum("amount_fen"))
    ):
        held[budget]["in_transit" if state == "held" and flies else state] += fen
    for row in Budget.objects.select_related("fund"):
        found, told = accounts[row.pk], held[row.pk]
        where = f"{row.fund.code} {row.year} {row.level}"
        # What was asked back, given up, or is interest was paid once: it stays part of what was spent.
        spent = sum(found[name] for name in ("paid", "receivable", "returned", "interest", "written_off"))
        for name, ours, theirs in (
            ("appropriated", row.amount_fen, -found["appropriated"]),
            ("free", row.free_fen, found["free"]),
            ("reserved", told["held"], found["reserved"]),
            ("in_transit", told["in_transit"], found["in_transit"]),
            ("spent", row.spent_fen, spent),
            ("reserved sum", row.reserved_fen, told["held"] + told["in_transit"]),
            ("spent sum", row.spent_fen, told["spent"]),
        ):
            if ours != theirs:
                yield _fault(
                    "budget",
                    where,
                    f"{where}: {name} is {ours} fen by the tables and {theirs} by the journal",
                    f"{where}：{name} 台账为 {ours} 分，分录为 {theirs} 分",
                )


def _orders() -> Iterator[BookFault]:
    paid = Q(orders__state="paid")
    for row in (
        Instalment.objects.annotate(times=Count("orders", filter=paid))
        .filter(Q(state="paid", times=0) | Q(times__gt=1) | Q(times=1) & ~Q(state="paid"))
        .select_related("claim")[:20]
    ):
        where = f"{row.claim.number}/{row.number}"
        yield _fault(
            "order",
            where,
            f"{where} is {row.state}, and was paid by {row.times} orders",
            f"{where} 状态为 {row.state}，已支付指令 {row.times} 笔",
        )


def _claims() -> Iterator[BookFault]:
    sums = Claim.objects.annotate(
        by_orders=Sum("orders__amount_fen", filter=Q(orders__state="paid"), default=0)
    )
    for row in sums.exclude(by_orders=F("paid_fen"))[:20]:
        yield _fault(
            "claim",
            row.number,
            f"{row.number} has got {row.paid_fen} fen by its row, {row.by_orders} by its orders",
            f"{row.number} 已付 {row.paid_fen} 分，按指令为 {row.by_orders} 分",
        )
    for number in Claim.objects.filter(paid_fen__gt=F("award_fen")).values_list("number", flat=True)[:20]:
        yield _fault("claim", number, f"{number} got more than its award", f"{number} 已付超过核准金额")
    stuck = Claim.objects.filter(state="paying").exclude(
        pk__in=PaymentOrder.objects.filter(state__in=OPEN).values("claim")
    )
    for number in stuck.values_list("number", flat=True)[:20]:
        yield _fault(
            "claim",
            number,
            f"{number} is being paid without an order",
            f"{number} 拨付中但没有指令",
        )


def _fault(code: str, where: str, message: str, message_zh: str) -> BookFault:
    return BookFault(code, where, message, message_zh)
