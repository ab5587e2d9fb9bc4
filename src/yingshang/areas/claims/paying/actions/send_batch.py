"""A checked batch goes to its bank: written down before the bank is called, and the same bytes each time.

Killed before the bank was called, while it answered, or before its answer was written down: the next run sends the same
file again, and the bank knows it. It is never made anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record

from ...actions.prepare_batch import ensure_not_stopped, load_batch, target_of
from ...banking.channels import Acknowledgement
from ...banking.channels import PaymentFile as SentFile
from ...banking.errors import BankingError, ChannelMisconfigured, ChannelRefused, ChannelUncertain
from ...errors import NotPossibleNow, Stopped
from ...lifecycle import BATCH
from ...models import PaymentBatch, PaymentFile
from ..channels import Way, Ways, way_to
from ..files import file_of, kept_file
from ..points import reached

PERMISSION = "claims.pay"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a call of the bank: sent (it has the batch), refused (it took nothing), uncertain (send again)."""

    outcome: str
    problem: str = ""


def send_batch(*, actor: Actor, batch_id: int, now: datetime, ways: Ways = way_to) -> Sent:
    """Send a batch that was checked, go on with one that was being sent, or ask the bank after one by sending it again.

    Not within a transaction: what is about to happen is committed before the bank is called. Raises BatchNotFound,
    NotPossibleNow, Stopped, ChannelMisconfigured; an account that cannot be paid to leaves the batch checked, with the
    problem written on it.
    """
    noted = _note(actor, batch_id, now, ways)
    if noted is None:
        row = PaymentBatch.objects.get(pk=batch_id)
        return Sent("refused", row.problem)
    way, file = noted
    reached("send.noted")
    try:
        answer = way.channel.send(file)
    except ChannelRefused as refusal:
        return _refused(actor, batch_id, refusal, now)
    except (ChannelUncertain, ChannelMisconfigured) as accident:
        return _uncertain(actor, batch_id, accident, now)
    reached("send.answered")
    _acknowledged(actor, batch_id, answer, now)
    reached("send.saved")
    return Sent("sent")


@transaction.atomic
def _note(actor: Actor, batch_id: int, now: datetime, ways: Ways) -> tuple[Way, SentFile] | None:
    """What is going to happen. None: the file cannot be made, which is written on the batch."""
    batch = load_batch(actor, batch_id, PERMISSION)
    before = batch.state
    if before != "sent":
        batch.state = BATCH.after(before, "sending")
    if before == "checked":
        ensure_not_stopped(batch)
    elif not may_send_again(batch):
        raise NotPossibleNow(
            f"an order of {batch.message_id} was found not executed; its file must never reach the bank again",
            message_zh=f"批次 {batch.message_id} 中有确认未执行的指令，不能再次发送该报文",
            value=batch.message_id,
        )
    way = ways(batch.channel)
    try:
        file = file_of(batch, way, now=now)
        sent = kept_file(file)
    except BankingError as error:
        batch.state, batch.problem = before, f"无法制作支付报文：{error.message_zh}"[:400]
        batch.save(update_fields=["problem"])
        record(
            actor=actor,
            action="claims.batch_not_sent",
            target=target_of(batch),
            now=now,
            after={"problem": batch.problem, **_place(error)},
        )
        return None
    file.attempts, file.attempted_at = file.attempts + 1, now
    file.save(update_fields=["attempts", "attempted_at"])
    batch.asked_at = now
    try:
        with transaction.atomic():
            batch.save(update_fields=["state", "asked_at"])
    except IntegrityError as refusal:
        if "circuit breaker" not in str(refusal):
            raise
        raise Stopped(
            f"the circuit breaker holds something of {batch.message_id}",
            message_zh="批次中有被监督熔断的申请，请撤销批次，或等待监督处理",
            value=batch.message_id,
        ) from None
    record(
        actor=actor,
        action="claims.batch_sending",
        target=target_of(batch),
        now=now,
        before={"state": before},
        after={"state": batch.state, "attempt": file.attempts, "digest": file.digest},
    )
    return way, sent


@transaction.atomic
def _acknowledged(actor: Actor, batch_id: int, answer: Acknowledgement, now: datetime) -> None:
    batch = _again(batch_id)
    before = batch.state
    if before == "sending":
        batch.state, batch.sent_at = BATCH.after(before, "sent"), now
    batch.problem = ""
    batch.save(update_fields=["state", "sent_at", "problem"])
    batch.orders.filter(state="prepared").update(state="sent", changed_at=now)
    record(
        actor=actor,
        action="claims.batch_sent",
        target=target_of(batch),
        now=now,
        before={"state": before},
        after={"state": batch.state, "repeated": answer.repeated, "taken": answer.taken},
    )


@transaction.atomic
def _refused(actor: Actor, batch_id: int, refusal: ChannelRefused, now: datetime) -> Sent:
    """The bank has taken nothing: with nothing open from earlier, the batch can be sent anew or taken back."""
    batch = _again(batch_id)
    file = PaymentFile.objects.select_for_update().get(batch=batch)
    before = batch.state
    answered = batch.orders.exclude(state="prepared").exists()
    if before == "sending" and file.attempts == 1 and not answered:
        batch.state = BATCH.after(before, "refused")
        file.attempts = 0
        file.save(update_fields=["attempts"])
    batch.problem = refusal.message_zh[:400]
    batch.save(update_fields=["state", "problem"])
    record(
        actor=actor,
        action="claims.batch_refused",
        target=target_of(batch),
        now=now,
        before={"state": before},
        after={"state": batch.state, "problem": batch.problem},
    )
    return Sent("refused", batch.problem)


@transaction.atomic
def _uncertain(actor: Actor, batch_id: int, accident: BankingError, now: datetime) -> Sent:
    batch = _again(batch_id)
    batch.problem = accident.message_zh[:400]
    batch.save(update_fields=["problem"])
    record(
        actor=actor,
        action="claims.batch_unanswered",
        target=target_of(batch),
        now=now,
        after={"state": batch.state, "problem": batch.problem},
    )
    return Sent("uncertain", batch.problem)


def may_send_again(batch: PaymentBatch) -> bool:
    """Whether its file may reach the bank once more: not after an order of it was found not executed, and its claim
    may be paid by another.
    """
    return not batch.orders.filter(state="not_executed").exists()


def _again(batch_id: int) -> PaymentBatch:
    return PaymentBatch.objects.select_for_update(of=("self",)).select_related("fund").get(pk=batch_id)


def _place(error: BankingError) -> dict[str, str]:
    return {name: str(error.details[name]) for name in ("end_to_end_id", "claim") if name in error.details}


def is_overdue(batch: PaymentBatch, day: int, now: datetime) -> bool:
    """Whether a batch has waited for answers longer than `day` working days."""
    from yingshang.kernel.clock.api import national

    since = timezone.localdate(batch.sent_at or batch.checked_at or batch.made_at)
    return national().working_days_between(max(since, batch.execute_on), timezone.localdate(now)) > day
