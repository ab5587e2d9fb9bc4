"""The bank's own word on a day, compared with our orders: what no answer told is told there."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from tempfile import TemporaryFile
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Max, Min, OuterRef
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ...banking.channels import StatementReading
from ...banking.errors import BankingError, MessageDisagrees
from ...banking.status_reasons import Mender, mender, reason
from ...banking.values import CHINA, EntryKind, StatementEntry
from ...models import (
    BankStatement,
    Fund,
    PaymentBatch,
    PaymentOrder,
    ReconciliationDifference,
    StatementLine,
)
from ...parameters import payment
from ...settling import OPEN, Answer, note_difference, settle
from ..channels import Way, Ways, way_to
from ..points import reached
from .explain import explain_by_themselves
from .send_batch import is_overdue

AT_ONCE = 2000
_ANSWERS = {EntryKind.PAYMENT: "paid", EntryKind.RETURN: "returned"}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many days were taken in, how many lines were new, and how many differences."""

    days: int = 0
    lines: int = 0
    differences: int = 0
    problem: str = ""


def reconcile(*, actor: Actor, now: datetime, channel: str = "", ways: Ways = way_to) -> Reconciled:
    """Every account that is paid from: the days since the last time, the latest once more, then what is missing.

    Not within a transaction: each day is one of its own. A bank that cannot be reached stops its own accounts only.
    """
    actor.require("claims.reconcile")
    days = lines = differences = 0
    problem = ""
    for code, account, region_path in _accounts(channel):
        try:
            way = ways(code)
            for day in _days(code, account, now):
                found = reconcile_day(
                    way, account=account, day=day, region_path=region_path, actor=actor, now=now
                )
                reached("statement.committed")
                if found is not None:
                    days, lines = days + 1, lines + found[0]
                    differences += found[1]
        except BankingError as error:
            problem = error.message_zh
            continue
        differences += find_differences(code, account, region_path=region_path, actor=actor, now=now)
    return Reconciled(days, lines, differences, problem)


def reconcile_day(
    way: Way, *, account: str, day: date, region_path: str, actor: Actor, now: datetime
) -> tuple[int, int] | None:
    """Take a day in: how many lines and differences are new. None where the bank has no statement yet.

    Told again, only what is new is carried out. Raises BankingError for a statement that contradicts itself.
    """
    with way.channel.open_statement(day, account) as reading:
        if reading is None:
            return None
        complete = reading.head.created.astimezone(CHINA).date() > day or _has(way, day, account)
        with transaction.atomic():
            return _take_in(
                reading,
                way.code,
                complete=complete,
                region_path=region_path,
                actor=actor,
                now=now,
            )


def _take_in(
    reading: StatementReading,
    channel: str,
    *,
    complete: bool,
    region_path: str,
    actor: Actor,
    now: datetime,
) -> tuple[int, int]:
    head = reading.head
    row = (
        BankStatement.objects.select_for_update()
        .filter(channel=channel, account=head.account, day=head.day)
        .first()
    )
    with _laid_by(reading) as laid:
        reached("statement.read")
        if row is not None and row.digest == laid.digest and row.complete == complete:
            return 0, 0
        if row is None:
            row = BankStatement(channel=channel, account=head.account, day=head.day, event_id=0)
        return _carry_out(
            row, laid, reading, complete=complete, region_path=region_path, actor=actor, now=now
        )


@dataclass(slots=True)
class _Laid:
    """The entries of a statement that was read to its end and was sound, in a file, some at a time."""

    file: BinaryIO
    lines: int = 0
    digest: str = ""

    def parts(self) -> Iterator[list[StatementEntry]]:
        """All of them once more, never more than a part of them in memory."""
        self.file.seek(0)
        for _ in range(0, self.lines, AT_ONCE):
            yield pickle.load(self.file)


@contextmanager
def _laid_by(reading: StatementReading) -> Iterator[_Laid]:
    """Only when its entries have ended is a statement known to be sound, and nothing of it is carried out before. They
    lie in a file meanwhile, as the bank's own message does: a million lines need no more memory than a few.
    """
    digest = hashlib.sha256()
    with TemporaryFile(prefix="statement-") as file:
        laid = _Laid(file)
        while part := list(islice(reading.entries, AT_ONCE)):
            for each in part:
                digest.update(
                    f"{each.reference}|{each.amount_fen}|{each.end_to_end_id}|{each.kind}\n".encode()
                )
            pickle.dump(part, file, pickle.HIGHEST_PROTOCOL)
            laid.lines += len(part)
        laid.digest = digest.hexdigest()
        yield laid


def _carry_out(
    row: BankStatement,
    laid: _Laid,
    reading: StatementReading,
    *,
    complete: bool,
    region_path: str,
    actor: Actor,
    now: datetime,
) -> tuple[int, int]:
    """Keep what is new of a statement, and settle what it says; how many lines and differences are new."""
    head, channel = reading.head, row.channel
    differences = new = 0
    for part in laid.parts():
        known = _known(row, part)
        new += len(part) - sum(each.reference in known for each in part)
        for each in part:
            if known.get(each.reference, each.amount_fen) != each.amount_fen:
                differences += note_difference(
                    "line_changed",
                    f"{each.reference}:{each.amount_fen}",
                    channel=channel,
                    day=head.day,
                    region_path=region_path,
                    theirs_fen=each.amount_fen,
                    told=f"流水 {each.reference} 先后金额不同",
                    now=now,
                )
    target = Target(
        "bank_statement", f"{channel}:{head.account}:{head.day}", head.statement_id, region_path=region_path
    )
    event_id = record(
        actor=actor,
        action="claims.statement_taken_in",
        target=target,
        now=now,
        after={"lines": new, "closing_fen": head.closing_fen, "complete": complete},
    )
    row.region_path, row.statement_id, row.digest = region_path, head.statement_id, laid.digest
    row.opening_fen, row.closing_fen, row.lines_count = head.opening_fen, head.closing_fen, laid.lines
    row.complete, row.taken_at, row.event_id = complete, now, event_id
    row.save()
    left = new
    for part in laid.parts() if new else ():
        known = _known(row, part)
        fresh = [each for each in part if each.reference not in known]
        differences += _lines(row, fresh, event_id=event_id, now=now)
        left -= len(fresh)
    if left:
        raise _twice()
    reached("statement.settled")
    return new, differences


def _known(row: BankStatement, part: Sequence[StatementEntry]) -> dict[str, int]:
    """Reference → amount of those of some entries that were taken in before."""
    if row._state.adding:
        return {}
    rows = row.lines.filter(reference__in=[each.reference for each in part])
    return dict(rows.values_list("reference", "amount_fen"))


def _twice() -> MessageDisagrees:
    return MessageDisagrees(
        "a reference stands twice in the statement; ask the bank for another one",
        message_zh="对账单中同一流水号出现两次，请联系银行重新出具",
        field="reference",
    )


def _lines(row: BankStatement, some: Sequence[StatementEntry], *, event_id: int, now: datetime) -> int:
    """Keep new lines, and carry out what they say of orders."""
    if not some:
        return 0
    differences = 0
    ours = dict(
        PaymentOrder.objects.filter(
            end_to_end_id__in={each.end_to_end_id for each in some if each.end_to_end_id},
            batch__channel=row.channel,
            batch__fund__payer_account=row.account,
        ).values_list("end_to_end_id", "pk")
    )
    paid_before = set(
        StatementLine.objects.filter(order__in=ours.values(), kind="payment").values_list(
            "end_to_end_id", flat=True
        )
    )
    try:
        with transaction.atomic():
            StatementLine.objects.bulk_create(
                StatementLine(
                    statement=row,
                    reference=each.reference,
                    kind=str(each.kind),
                    amount_fen=each.amount_fen,
                    end_to_end_id=each.end_to_end_id,
                    order_id=ours.get(each.end_to_end_id),
                    reason_code=each.return_reason,
                    name=each.counterparty_name,
                    account_tail=each.counterparty_account[-4:],
                    text=each.text,
                )
                for each in some
            )
    except IntegrityError as error:
        if "claims_statement_line_once" not in str(error):
            raise
        raise _twice() from None
    answers = []
    for each in some:
        status = _ANSWERS.get(each.kind)
        if each.kind is EntryKind.PAYMENT and each.end_to_end_id in paid_before:
            differences += _strange(row, each, "paid_twice", ours.get(each.end_to_end_id), now)
        elif status and each.end_to_end_id in ours:
            answers.append(_answer(each, status, row.day))
            if each.kind is EntryKind.PAYMENT:
                paid_before.add(each.end_to_end_id)
        elif each.amount_fen < 0 or each.kind is EntryKind.RETURN:
            differences += _strange(row, each, "unknown_line", None, now)
    settled = settle(answers, channel=row.channel, event_id=event_id, now=now)
    differences += len(settled.differences)
    explain_by_themselves(channel=row.channel, orders=[each.end_to_end_id for each in answers], now=now)
    return differences


def _answer(line: StatementEntry, status: str, day: date) -> Answer:
    code = line.return_reason
    back = status == "returned"
    return Answer(
        line.end_to_end_id,
        status,
        day=day,
        reason_code=code,
        reason=reason(code).name_zh if back else "",
        reference=line.reference,
        # Why it came back nobody may have said: the enterprise looks at its account.
        account_is_wrong=mender(code) in (Mender.ENTERPRISE, Mender.UNKNOWN),
        amount_fen=abs(line.amount_fen),
    )


def _strange(
    row: BankStatement, line: StatementEntry, kind: str, order_id: int | None, now: datetime
) -> bool:
    order = PaymentOrder.objects.select_related("batch").filter(pk=order_id).first() if order_id else None
    words = " ".join(
        each for each in (line.counterparty_name, f"＊{line.counterparty_account[-4:]}", line.text) if each
    )
    return note_difference(
        kind,
        line.reference,
        channel=row.channel,
        day=row.day,
        order=order,
        region_path=row.region_path,
        theirs_fen=line.amount_fen,
        told=words,
        now=now,
    )


@transaction.atomic
def find_differences(channel: str, account: str, *, region_path: str, actor: Actor, now: datetime) -> int:
    """What should be there and is not: paid by an answer and in no statement; no answer for too long."""
    orders = PaymentOrder.objects.filter(batch__channel=channel, batch__fund__payer_account=account)
    last = BankStatement.objects.filter(channel=channel, account=account, complete=True).aggregate(
        day=Max("day")
    )["day"]
    rows: list[ReconciliationDifference] = []

    def differ(order: PaymentOrder, kind: str, told: str) -> None:
        rows.append(
            ReconciliationDifference(
                channel=channel,
                region_path=region_path,
                day=timezone.localdate(now),
                kind=kind,
                key=order.end_to_end_id,
                order=order,
                ours_fen=order.amount_fen,
                told=told,
                found_at=now,
            )
        )

    noted = ReconciliationDifference.objects.filter(order=OuterRef("pk"))
    if last is not None:
        payments = StatementLine.objects.filter(order=OuterRef("pk"), kind="payment")
        missing = orders.filter(state__in=["paid", "returned"], paid_on__lt=last).filter(
            ~Exists(payments), ~Exists(noted.filter(kind="not_in_statement"))
        )
        for order in missing.order_by("pk")[:AT_ONCE]:
            differ(order, "not_in_statement", f"回执称 {order.paid_on} 已支付，对账单没有这笔")
    overdue = int(payment()["overdue_working_days"])
    for batch in PaymentBatch.objects.filter(
        channel=channel, fund__payer_account=account, state__in=["sending", "sent"]
    ):
        if is_overdue(batch, overdue, now):
            silent = batch.orders.filter(state__in=OPEN).filter(~Exists(noted.filter(kind="unanswered")))
            for order in silent.order_by("pk"):
                differ(order, "unanswered", f"批次 {batch.message_id} 逾期没有银行答复，对账单也没有这笔")
    if not rows:
        return 0
    ReconciliationDifference.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    record(
        actor=actor,
        action="claims.differences_found",
        target=Target("bank_statement", f"{channel}:{account}", channel, region_path=region_path),
        now=now,
        after={"differences": len(rows)},
    )
    return len(rows)


def _accounts(channel: str) -> list[tuple[str, str, str]]:
    """Channel, account and region of every account that was ever ordered from."""
    rows = Fund.objects.filter(batches__file__isnull=False)
    if channel:
        rows = rows.filter(channel=channel)
    return list(
        rows.values("channel", "payer_account")
        .annotate(region=Min("region_path"))
        .order_by("channel", "payer_account")
        .values_list("channel", "payer_account", "region")
    )


def _days(channel: str, account: str, now: datetime) -> list[date]:
    """From the first batch, or some days before the last statement, to today."""
    today = timezone.localdate(now)
    rows = BankStatement.objects.filter(channel=channel, account=account, complete=True)
    last = rows.aggregate(day=Max("day"))["day"]
    first_sent = PaymentBatch.objects.filter(
        channel=channel, fund__payer_account=account, file__isnull=False
    ).aggregate(at=Min(F("checked_at")))["at"]
    first = timezone.localdate(first_sent) if first_sent else today
    if last is not None:
        first = max(first, last - timedelta(days=int(payment()["statement_days_again"])))
    first = max(first, today - timedelta(days=int(payment()["statement_days_at_most"])))
    return [first + timedelta(days=each) for each in range((today - first).days + 1)]


def _has(way: Way, day: date, account: str) -> bool:
    with way.channel.open_statement(day + timedelta(days=1), account) as reading:
        return reading is not None
