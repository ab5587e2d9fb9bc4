"""A batch is taken in, a thousand contracts at a time; cut off, it goes on behind the last thousand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record
from yingshang.rules.errors import DomainError

from ...lifecycle import BATCH
from ...models import ImportBatch
from .. import files
from ..rules import gathering_rules
from ..taking import Taker, target_of_batch

Progress = Callable[[int, int], None]


def run_import(
    *, actor: Actor, batch_id: int, now: datetime, progress: Progress | None = None
) -> ImportBatch:
    """Take a batch in. Rows with mistakes are left out and told; the others are taken. Begun again, it goes on where it
    was cut off; after its end it does nothing.

    Not inside a transaction. Needs `contracts.register`. Raises NotAllowed; InvalidImport for a file that cannot be
    read, which the batch then says of itself.
    """
    batch = ImportBatch.objects.get(pk=batch_id)
    if not BATCH.states[batch.state].open:
        return batch
    try:
        batch = _begin(batch.pk, actor=actor, now=now)
        taker = Taker(actor=actor, batch=batch, now=now)
        seen = batch.done_count
        stream = islice(files.contracts_of(batch), seen, None)
        while some := tuple(islice(stream, gathering_rules().at_once)):
            seen += len(some)
            taker.take(some, seen=seen)
            if progress:
                progress(seen, batch.row_count)
    except DomainError as error:
        _end(
            batch.pk,
            "failed",
            actor=actor,
            now=now,
            failure=f"{error.message_zh[:180]}\n{error.message[:180]}",
        )
        raise
    return _end(batch.pk, "ended", actor=actor, now=now)


def give_up(*, actor: Actor, batch_id: int, now: datetime) -> None:
    """A batch that an accident has cut off again and again is failed: what was taken stays, `retry_import` goes on."""
    if BATCH.states[ImportBatch.objects.get(pk=batch_id).state].open:
        told = "系统出错，导入中断；已登记的保留，可以重试\nan error of the system cut it off; what was taken stays"
        _end(batch_id, "failed", actor=actor, now=now, failure=told)


def _begin(batch_id: int, *, actor: Actor, now: datetime) -> ImportBatch:
    """Counted before the transaction: a large file takes a while."""
    rows = files.count_of(ImportBatch.objects.get(pk=batch_id))
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
        before = batch.state
        if before == "waiting":
            batch.state = BATCH.after(before, "started")
        batch.row_count = rows
        batch.save(update_fields=["state", "row_count"])
        record(
            actor=actor,
            action="contracts.import_begun",
            target=target_of_batch(batch),
            now=now,
            before={"state": before},
            after={"state": batch.state, "rows": rows, "behind": batch.done_count},
        )
    return batch


@transaction.atomic
def _end(batch_id: int, event: str, *, actor: Actor, now: datetime, failure: str = "") -> ImportBatch:
    """`failure` says what was wrong, a line in each language."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    before = batch.state
    batch.state = BATCH.after(before, event)
    batch.ended_at, batch.failure = now, failure[:400]
    batch.save(update_fields=["state", "ended_at", "failure"])
    record(
        actor=actor,
        action="contracts.import_ended",
        target=target_of_batch(batch),
        now=now,
        before={"state": before},
        after={
            "state": batch.state,
            "contracts": batch.contract_count,
            "duplicates": batch.duplicate_count,
            "problems": batch.problem_count,
        },
        reason=batch.failure,
    )
    return batch
