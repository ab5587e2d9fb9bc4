"""When payments go to banks, and when banks are asked what became of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import Actor, system_actor
from yingshang.kernel.jobs.api import Run, enqueue, job
from yingshang.rules.errors import DomainError

from ..actions.prepare_batch import load_batch
from ..errors import NotPossibleNow
from ..lifecycle import BATCH
from ..models import PaymentBatch
from ..oversight.actions.decide_trip import end_upheld
from ..oversight.screening import ACTOR
from ..parameters import payment
from .actions.advance_instalments import advance_instalments
from .actions.reconcile import reconcile
from .actions.send_batch import is_overdue, may_send_again, send_batch
from .actions.take_in_reports import take_in_reports
from .channels import Ways, way_to

PAYER = system_actor("claims-payments")
WATCH = system_actor(ACTOR)
LOCK = "claims.payments"
"""One of these jobs at a time: two that send the same batch do no harm, but tell the bank everything twice."""

logger = structlog.get_logger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="claims.send_batches", queueing_lock="claims.send_batches", lock=LOCK)
def send_batches_job(timestamp: int = 0) -> None:
    """Batches that were checked, and those a killed run left being sent."""
    send_due_batches(now=timezone.now())


@app.periodic(cron="*/2 * * * *")
@app.task(name="claims.fetch_reports", queueing_lock="claims.fetch_reports", lock=LOCK)
def fetch_reports_job(timestamp: int = 0) -> None:
    """What banks have answered, and batches that wait for it too long; then what supervisors decided meanwhile."""
    now = timezone.now()
    fetch_reports(now=now)
    ask_after(now=now)
    end_upheld(actor=WATCH, now=now)


@app.periodic(cron="20 1 * * *")
@app.task(name="claims.reconcile", queueing_lock="claims.reconcile", lock=LOCK)
def reconcile_job(timestamp: int = 0) -> None:
    """The statements of the day, at twenty past one; then instalments whose condition has come true."""
    now = timezone.now()
    reconcile(actor=PAYER, now=now)
    advance_instalments(actor=PAYER, now=now)


@job(name="claims.send_batch")
def send_batch_job(run: Run, **arguments: Any) -> None:
    """One batch, because somebody does not wait for the next round."""
    batch_id = int(arguments["batch_id"])
    try:
        sent = send_batch(actor=run.actor, batch_id=batch_id, now=timezone.now())
    except NotPossibleNow:
        # While the worker that had begun it was dead, another one has brought it to its end.
        if PaymentBatch.objects.get(pk=batch_id).state != "answered":
            raise
        run.report(message="银行已全部答复")
        return
    run.report(message=sent.problem or "已发送")


def queue_batch(*, actor: Actor, batch_id: int, now: datetime) -> int:
    """Have a batch sent now, or once more; the number of the job, which waits once however often it is asked for.

    The bank is called by a worker: never within the transaction of a request. Raises BatchNotFound, NotPossibleNow.
    """
    batch = load_batch(actor, batch_id, "claims.pay")
    if batch.state != "sent":
        BATCH.after(batch.state, "sending")
    return enqueue(
        send_batch_job,
        actor=actor,
        title=f"发送拨付批次 {batch.message_id}",
        now=now,
        once=True,
        batch_id=batch_id,
    )


def send_due_batches(*, now: datetime, ways: Ways = way_to) -> int:
    """Send what is checked, and go on with what was being sent; how many the bank has now.

    What cannot be sent has its problem written on it and does not hold up the others. One that was refused, or got no
    answer, is tried again after some minutes.
    """
    wait = timedelta(minutes=int(payment()["retry_minutes"]))
    overdue = int(payment()["overdue_working_days"])
    sent = 0
    for batch in PaymentBatch.objects.filter(state__in=["checked", "sending"]).order_by("pk"):
        if batch.asked_at is not None and batch.problem and now - batch.asked_at < wait:
            continue
        if batch.state == "sending" and (is_overdue(batch, overdue, now) or not may_send_again(batch)):
            # By now somebody has to look at it: the difference is on their list.
            continue
        if batch.state == "checked" and batch.problem and batch.asked_at is None:
            # Its file cannot be made; the treasurer takes it back.
            continue
        sent += _sent(batch, now, ways)
    return sent


def fetch_reports(*, now: datetime, ways: Ways = way_to) -> int:
    """Take in what every channel says that something was sent by; how many answers are new."""
    channels = PaymentBatch.objects.filter(file__isnull=False).values_list("channel", flat=True).distinct()
    return sum(
        take_in_reports(actor=PAYER, channel=channel, now=now, ways=ways).new for channel in sorted(channels)
    )


def ask_after(*, now: datetime, ways: Ways = way_to) -> int:
    """Send the file of batches that nothing was heard of once more: the bank knows it by its identifier.

    Only until the batch is overdue; then people take over.
    """
    wait = timedelta(minutes=int(payment()["ask_after_minutes"]))
    overdue = int(payment()["overdue_working_days"])
    asked = 0
    for batch in PaymentBatch.objects.filter(state="sent").order_by("pk"):
        last = batch.asked_at or batch.sent_at or batch.made_at
        silent = not batch.orders.exclude(state="sent").exists()
        if now - last >= wait and silent and may_send_again(batch) and not is_overdue(batch, overdue, now):
            asked += _sent(batch, now, ways)
    return asked


def _sent(batch: PaymentBatch, now: datetime, ways: Ways) -> int:
    try:
        return int(send_batch(actor=PAYER, batch_id=batch.pk, now=now, ways=ways).outcome == "sent")
    except DomainError as error:
        logger.warning("batch not sent", batch=batch.message_id, reason=error.message)
        return 0
