"""A table or a package is handed over, to be taken in by a job; and once more, where that failed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import Q, QuerySet

from yingshang.kernel.access.api import Actor
from yingshang.kernel.jobs.api import enqueue
from yingshang.kernel.ledger.api import record

from ...errors import StepNotFound
from ...lifecycle import BATCH
from ...models import ImportBatch
from ...reach import REGISTER
from ...registering.actions._steps import user_of
from ...units import own_units
from .. import files
from ..taking import target_of_batch


@transaction.atomic
def request_import(*, actor: Actor, file: File[Any], name: str, now: datetime) -> int:
    """Keep an uploaded table (.xlsx, .csv) or package of releases (.json) and queue its import; the batch's number.

    The same file again is the same batch, unless that failed. Needs `contracts.register`. Raises NotAllowed,
    InvalidImport for a kind of file that is not read.
    """
    scope = actor.require(REGISTER)
    source = files.kind_of(name)
    digest = files.digest_of(file)
    own = own_units(actor=actor, permission=REGISTER)
    agency_id = own[0].id if own else None
    path = own[0].region_path if own else min(scope.subtrees | scope.regions, default="")
    earlier = (
        ImportBatch.objects.filter(content_hash=digest, agency=agency_id, region_path=path)
        .exclude(state="failed")
        .first()
    )
    if earlier is not None:
        return earlier.pk
    batch = ImportBatch.objects.create(
        agency_id=agency_id,
        region_path=path,
        source=source,
        name=name[-200:],
        content_hash=digest,
        started_by_id=user_of(actor),
        started_by_name=actor.name,
        started_at=now,
    )
    record(
        actor=actor,
        action="contracts.import_requested",
        target=target_of_batch(batch),
        now=now,
        after={"name": batch.name, "source": source, "sha256": digest},
    )
    files.keep_upload(batch, file)
    _queue(batch, actor=actor, now=now)
    return batch.pk


@transaction.atomic
def retry_import(*, actor: Actor, batch_id: int, now: datetime) -> None:
    """Let a batch that failed go on behind what it had come to. Raises NotAllowed, StepNotFound, NotPossibleNow."""
    batch = load_batch(actor, batch_id, lock=True)
    before = batch.state
    batch.state, batch.failure, batch.ended_at = BATCH.after(before, "retried"), "", None
    batch.save(update_fields=["state", "failure", "ended_at"])
    record(
        actor=actor,
        action="contracts.import_requested",
        target=target_of_batch(batch),
        now=now,
        before={"state": before},
        after={"state": batch.state},
    )
    _queue(batch, actor=actor, now=now)


def load_batch(actor: Actor, batch_id: int, *, lock: bool = False) -> ImportBatch:
    """One batch within the reach of who registers. Raises NotAllowed, StepNotFound."""
    rows = batches_of(actor, REGISTER).filter(pk=batch_id)
    return found_batch(rows.select_for_update(of=("self",)) if lock else rows, batch_id)


def batches_of(actor: Actor, *permissions: str) -> QuerySet[ImportBatch]:
    """The batches within the reach of any of some permissions. Raises NotAllowed where none is held."""
    held = [each for each in permissions if actor.may(each)] or permissions[:1]
    condition = Q(pk__in=())
    for permission in held:
        condition |= actor.require(permission).condition(region="region_path", agency="agency_id")
    return ImportBatch.objects.filter(condition)


def found_batch(rows: QuerySet[ImportBatch], batch_id: int) -> ImportBatch:
    """The one there is. Raises StepNotFound."""
    found = rows.first()
    if found is None:
        raise StepNotFound(
            f"no batch {batch_id}", message_zh="没有这个导入批次，或者您不能查看", value=batch_id
        )
    return found


def _queue(batch: ImportBatch, *, actor: Actor, now: datetime) -> None:
    from ..jobs import import_contracts_job

    enqueue(
        import_contracts_job, actor=actor, title=f"导入合同：{batch.name}"[:200], now=now, batch_id=batch.pk
    )
