"""What banks answer is taken in: kept whole and once, carried out once, in whatever order it comes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ...actions.prepare_batch import target_of
from ...banking.channels import ReceivedReport
from ...banking.errors import ChannelMisconfigured, ChannelUncertain
from ...banking.status_reasons import Mender, Outcome, mender, reason
from ...banking.values import CHINA, StatusReport, TransactionReport
from ...models import BankReport, ChannelPosition, PaymentBatch, PaymentOrder
from ...settling import OPEN, Answer, note_difference, region_of, settle
from ..channels import Ways, way_to
from ..points import reached
from .explain import explain_by_themselves

_STATUSES = {
    Outcome.ACCEPTED: "accepted",
    Outcome.PENDING: "accepted",
    Outcome.SETTLED: "paid",
    Outcome.REJECTED: "rejected",
}
ROUNDS = 200


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many answers were new, and how many were known."""

    new: int = 0
    known: int = 0
    problem: str = ""


def take_in_reports(*, actor: Actor, channel: str, now: datetime, ways: Ways = way_to) -> TakenIn:
    """Everything a channel has to say since the last time. Not within a transaction: each answer is one of its own,
    and where to go on is written down after all of them. A bank that cannot be reached is written down, and no error.
    """
    actor.require("claims.pay")
    new = known = 0
    position, _ = ChannelPosition.objects.get_or_create(channel=channel)
    for _ in range(ROUNDS):
        try:
            fetched = ways(channel).channel.fetch(position.cursor)
        except (ChannelUncertain, ChannelMisconfigured) as error:
            _note_problem(position, error.message_zh, now)
            return TakenIn(new, known, error.message_zh)
        reached("report.fetched")
        for each in fetched.reports:
            if take_in(each, actor=actor, channel=channel, now=now):
                new += 1
            else:
                known += 1
            reached("report.committed")
        moved = fetched.cursor != position.cursor
        position.cursor, position.asked_at, position.problem = fetched.cursor, now, ""
        position.problem_since = None
        position.save()
        if not fetched.reports or not moved:
            break
    return TakenIn(new, known)


@transaction.atomic
def take_in(each: ReceivedReport, *, actor: Actor, channel: str, now: datetime) -> bool:
    """Keep one answer and carry out what it says; False when it was taken in before."""
    report = each.report
    row, is_new = BankReport.objects.get_or_create(
        channel=channel,
        kind="status" if report else "unreadable",
        report_id=(report.message_id if report else each.reference)[:70],
        digest=each.digest,
        defaults={"content": bytes(each.content).decode("latin-1"), "received_at": now},
    )
    if not is_new:
        return False
    reached("report.kept")
    batch = (
        PaymentBatch.objects.filter(message_id=report.original_message_id, channel=channel).first()
        if report
        else None
    )
    event_id = record(
        actor=actor,
        action="claims.report_taken_in",
        target=target_of(batch)
        if batch
        else Target("bank_report", str(row.pk), row.report_id, region_path=region_of(channel)),
        now=now,
        after={
            "channel": channel,
            "report": row.report_id,
            "digest": each.digest,
            "status": report.group_status if report else "",
            "orders": len(report.transactions) if report else 0,
        },
    )
    if report is None:
        problem = each.error.message_zh if each.error else ""
        note_difference(
            "unreadable",
            f"{each.reference}:{each.digest[:16]}",
            channel=channel,
            day=timezone.localdate(now),
            told=f"{each.reference}：{problem}",
            now=now,
        )
        row.applied = {"problem": problem}
    else:
        row.applied = _carry_out(report, batch, channel=channel, event_id=event_id, now=now)
    row.save(update_fields=["applied"])
    reached("report.settled")
    return True


def _carry_out(
    report: StatusReport, batch: PaymentBatch | None, *, channel: str, event_id: int, now: datetime
) -> dict[str, object]:
    answers = [answer for each in report.transactions if (answer := _answer(each)) is not None]
    group = report.outcome
    if batch is None and not report.transactions:
        note_difference(
            "unknown_batch",
            report.original_message_id,
            channel=channel,
            day=timezone.localdate(now),
            told=f"{report.group_status} {report.group_reason} {report.group_reason_text}".strip(),
            now=now,
        )
    elif batch is not None and not report.transactions and group is not None:
        answers = _of_all(report, batch)
    settled = settle(answers, channel=channel, event_id=event_id, now=now)
    _note_rejections(report, batch, answers, channel=channel, now=now)
    explain_by_themselves(channel=channel, orders=[each.end_to_end_id for each in answers], now=now)
    told = asdict(settled)
    found = {name: value for name, value in told.items() if value}
    return {"batch": report.original_message_id, "status": report.group_status, **found}


def _answer(told: TransactionReport) -> Answer | None:
    status = _STATUSES.get(told.outcome)
    if status is None or (status == "rejected" and told.mended_by is Mender.NOBODY):
        # Received and no more; or the bank has the order already: what it says of the first one counts.
        return None
    return Answer(
        told.end_to_end_id,
        status,
        day=told.accepted_at.astimezone(CHINA).date() if told.accepted_at else None,
        reason_code=told.reason,
        reason=_words(told.reason, told.reason_text) if status == "rejected" else "",
        reference=told.bank_reference,
        account_is_wrong=told.mended_by is Mender.ENTERPRISE,
        amount_fen=told.amount_fen,
    )


def _of_all(report: StatusReport, batch: PaymentBatch) -> list[Answer]:
    """A word on the whole batch speaks for every order that nothing else was said of."""
    assert report.outcome is not None
    status = _STATUSES.get(report.outcome)
    who = mender(report.group_reason)
    if status is None or (status == "rejected" and who is Mender.NOBODY):
        return []
    open_states = OPEN if report.outcome.is_final else ("prepared", "sent")
    rows = PaymentOrder.objects.filter(batch=batch, state__in=open_states).order_by("pk")
    return [
        Answer(
            end_to_end_id,
            status,
            reason_code=report.group_reason,
            reason=_words(report.group_reason, report.group_reason_text) if status == "rejected" else "",
            account_is_wrong=who is Mender.ENTERPRISE,
        )
        for end_to_end_id in rows.values_list("end_to_end_id", flat=True)
    ]


def _note_rejections(
    report: StatusReport,
    batch: PaymentBatch | None,
    answers: list[Answer],
    *,
    channel: str,
    now: datetime,
) -> None:
    """What the bank rejected for a reason no enterprise can mend: one note a reason, for whoever pays."""
    if batch is None:
        return
    found: dict[str, list[Answer]] = {}
    for each in answers:
        if each.status == "rejected" and not each.account_is_wrong:
            found.setdefault(each.reason_code, []).append(each)
    for code, rows in found.items():
        advice = reason(code).advice_zh
        note_difference(
            "rejected_by_bank",
            f"{batch.message_id}:{code}:{report.message_id}",
            channel=channel,
            day=timezone.localdate(now),
            region_path=batch.region_path,
            told=f"批次 {batch.message_id} 有 {len(rows)} 笔被银行退回：{code} {rows[0].reason}。{advice}",
            now=now,
        )


def _words(code: str, text: str) -> str:
    return text or reason(code).name_zh


def _note_problem(position: ChannelPosition, problem: str, now: datetime) -> None:
    if position.problem != problem[:400]:
        position.problem, position.problem_since = problem[:400], position.problem_since or now
        position.save(update_fields=["problem", "problem_since"])
