"""Repayments and the lines of statements: each stands in one, now or once the bank has told the day."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q

from ..actions._steps import yuan
from ..errors import InvalidRecovery
from ..models import BankStatement, Fund, ReconciliationDifference, Recovery, StatementLine
from ..settling import note_difference

UNLISTED = "repayment_unlisted"
LISTED = "对账单已列明，系统自动核销"


def find_line(recovery: Recovery, *, reference: str, amount_fen: int, day: date) -> bool:
    """Whether a statement of an account the claim was paid from has this very line; False where none of that day is at
    hand that is complete. Raises InvalidRecovery for a line that says something else, or is not there.
    """
    accounts = _accounts(recovery)
    of_accounts = Q(pk=None)
    for channel, account in accounts:
        of_accounts |= Q(statement__channel=channel, statement__account=account)
    lines = StatementLine.objects.filter(of_accounts, reference=reference).select_related("statement")
    found = lines.order_by("-statement__day").first()
    if found is not None:
        if found.order_id is not None or found.kind in {"payment", "return"} or found.amount_fen <= 0:
            raise _refused(
                "bank_reference",
                "that line is no repayment: it belongs to a payment order",
                "该笔流水是拨付或银行退款，不是企业退回的资金，请核对流水号",
            )
        if (found.amount_fen, found.statement.day) != (amount_fen, day):
            raise _refused(
                "amount",
                f"the bank's line says {found.amount_fen / 100:.2f} yuan on {found.statement.day}",
                f"与银行对账单不一致：该笔流水为 {found.statement.day} {yuan(found.amount_fen)} 元",
            )
        return True
    told = {
        (row.channel, row.account)
        for row in BankStatement.objects.filter(day=day, complete=True)
        if (row.channel, row.account) in accounts
    }
    if accounts and told == accounts:
        raise _refused(
            "bank_reference",
            f"the statement of {day} has no line {reference}; look it up there, or correct the day",
            f"{day} 的对账单中没有这笔流水，请按对账单填写流水号和到账日期",
        )
    return False


def note_unlisted(
    recovery: Recovery, *, reference: str, amount_fen: int, day: date, by: str, now: datetime
) -> None:
    """A repayment before its line: a difference, until the statement has it or a second person has explained it."""
    channel = min((channel for channel, _account in _accounts(recovery)), default="")
    note_difference(
        UNLISTED,
        reference,
        channel=channel,
        day=day,
        region_path=recovery.region_path,
        ours_fen=amount_fen,
        told=f"{by} 登记 {recovery.number} 退回 {yuan(amount_fen)} 元，对账单尚未列明"[:400],
        now=now,
    )


def follow_lines(channel: str, *, now: datetime) -> int:
    """Lines have come in: differences of repayments they explain end, those they contradict say so. How many ended."""
    waiting = ReconciliationDifference.objects.select_for_update().filter(
        channel=channel, kind=UNLISTED, explained_at__isnull=True, theirs_fen__isnull=True
    )
    ended = 0
    for each in waiting.order_by("pk"):
        lines = StatementLine.objects.filter(statement__channel=channel, reference=each.key)
        line = lines.select_related("statement").order_by("-statement__day").first()
        if line is None:
            continue
        day, each.theirs_fen = line.statement.day, line.amount_fen
        deposit = line.order_id is None and line.kind not in {"payment", "return"}
        if deposit and (line.amount_fen, day) == (each.ours_fen, each.day):
            each.explained_at, each.explained_by_name, each.explanation = now, "系统", LISTED
            ended += 1
        else:
            each.told = f"对账单中该笔流水为 {day} {yuan(abs(line.amount_fen))} 元；{each.told}"[:400]
        each.save()
    return ended


def _accounts(recovery: Recovery) -> set[tuple[str, str]]:
    """Channel and account of everything the claim was paid from."""
    rows = Fund.objects.filter(batches__orders__claim=recovery.claim_id)
    return set(rows.values_list("channel", "payer_account").distinct())


def _refused(field: str, message: str, message_zh: str) -> InvalidRecovery:
    return InvalidRecovery(message, message_zh=message_zh, field=field)
