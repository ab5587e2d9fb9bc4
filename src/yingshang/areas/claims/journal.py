"""The double-entry journal: entries whose lines add up to zero, written beside every movement of money.

Accounts of a budget (positive: a debit)

    appropriated   what was set aside, as a credit
    free           of it, not promised to anybody
    reserved       promised to claims 已预留
    in_transit     ordered, with the bank
    paid           with enterprises
    receivable     asked back from enterprises
    returned       given back by enterprises, interest included: spent once, and not free again by itself
    interest       interest asked for
    written_off    given up by decision
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO

from django.db.models import Sum
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from .banking.plain_files import safe_cell
from .errors import InvalidJournal
from .models import JournalEntry, JournalLine

ACCOUNTS = (
    "appropriated",
    "free",
    "reserved",
    "in_transit",
    "paid",
    "receivable",
    "returned",
    "interest",
    "written_off",
)


@dataclass(frozen=True, slots=True)
class Line:
    """Fen of one budget in one account: positive is a debit."""

    budget_id: int
    account: str
    amount_fen: int


def moved(budget_id: int, amount_fen: int, *, source: str, to: str) -> tuple[Line, Line]:
    """The two lines of a movement from one account of a budget to another."""
    return Line(budget_id, to, amount_fen), Line(budget_id, source, -amount_fen)


def write_entry(
    lines: Iterable[Line], *, kind: str, reference: str, told: str, event_id: int, now: datetime
) -> int | None:
    """One entry, its lines summed by budget and account; None where nothing moved. Raises InvalidJournal.

    `event_id` is the audit event of the action that moved the money.
    """
    sums: dict[tuple[int, str], int] = {}
    for line in lines:
        if line.account not in ACCOUNTS:
            raise InvalidJournal(
                f"there is no account {line.account}", message_zh=f"没有科目“{line.account}”"
            )
        sums[line.budget_id, line.account] = sums.get((line.budget_id, line.account), 0) + line.amount_fen
    if sum(sums.values()) != 0:
        raise InvalidJournal(
            f"the lines of {reference} add up to {sum(sums.values())} fen, not to zero",
            message_zh=f"{reference} 的分录借贷不平",
        )
    if not any(sums.values()):
        return None
    entry = JournalEntry.objects.create(
        day=timezone.localdate(now),
        kind=kind,
        reference=reference,
        told=told[:200],
        event_id=event_id,
        made_at=now,
    )
    JournalLine.objects.bulk_create(
        JournalLine(entry=entry, budget_id=budget, account=account, amount_fen=fen)
        for (budget, account), fen in sorted(sums.items())
        if fen
    )
    return int(entry.pk)


@dataclass(frozen=True, slots=True)
class Balance:
    """What one account of a budget stands at, in fen."""

    budget_id: int
    account: str
    amount_fen: int


def balances(*, actor: Actor) -> tuple[Balance, ...]:
    """Every account within the actor's reach. Needs `claims.view_money`."""
    scope = actor.require("claims.view_money")
    rows = scope.filter(JournalLine.objects.all(), region="budget__fund__region_path")
    sums = rows.values("budget", "account").annotate(fen=Sum("amount_fen")).order_by("budget", "account")
    return tuple(Balance(row["budget"], row["account"], row["fen"]) for row in sums)


def export_journal(*, actor: Actor, since: date, until: date) -> Iterator[str]:
    """The journal of some days as CSV, a line at a time, header first. Needs `claims.view_money`."""
    scope = actor.require("claims.view_money")
    rows = (
        scope.filter(JournalLine.objects.all(), region="budget__fund__region_path")
        .filter(entry__day__gte=since, entry__day__lte=until)
        .order_by("entry_id", "pk")
        .values_list(
            "entry_id",
            "entry__day",
            "entry__kind",
            "entry__reference",
            "entry__told",
            "budget__fund__code",
            "budget__year",
            "budget__level",
            "account",
            "amount_fen",
            "entry__event_id",
        )
    )
    yield _row(
        "entry", "day", "kind", "reference", "told", "fund", "year", "level", "account", "yuan", "event"
    )
    for row in rows.iterator(chunk_size=2000):
        *told, fen, event = row
        yield _row(*told, f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}", event)


def _row(*values: object) -> str:
    out = StringIO()
    csv.writer(out).writerow([_safe(value) for value in values])
    return out.getvalue()


def _safe(value: object) -> object:
    """A text that a spreadsheet would take for a formula is kept a text; an amount below nought is no formula."""
    if not isinstance(value, str) or re.fullmatch(r"-[0-9]+\.[0-9]{2}", value):
        return value
    return safe_cell(f" {value}" if value[:1] == "\r" else value)
