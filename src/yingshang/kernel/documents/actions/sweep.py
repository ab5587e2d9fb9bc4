"""What nobody needs is taken away: half-written files, bytes without a row, bytes of removed documents."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from .. import locks, storage
from ..models import Document, StoredFile
from ..values import SweepResult

AGE = timedelta(days=1)
"""Younger files may belong to a transaction that is still open."""

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def sweep_files(*, actor: Actor, now: datetime, limit: int = 10_000) -> SweepResult:
    """Take away what is older than a day and belongs to nothing. Each file in a transaction of its own."""
    removed = 0
    live = Document.objects.filter(file=OuterRef("pk"), removed_at__isnull=True)
    young = Document.objects.filter(file=OuterRef("pk"), removed_at__gt=now - AGE)
    unused = StoredFile.objects.filter(~Exists(live), ~Exists(young), created_at__lt=now - AGE)
    for sha256 in unused.order_by("pk").values_list("pk", flat=True)[:limit]:
        removed += _drop(actor, sha256, now)
    orphans = half_written = 0
    for name, last, written in storage.everything():
        if written > now - AGE:
            continue
        if last.endswith(storage.HALF_WRITTEN):
            storage.delete(name)
            half_written += 1
        elif _DIGEST.match(last):
            orphans += _drop_orphan(name, last)
        if orphans + half_written >= limit:
            break
    return SweepResult(orphans, half_written, removed)


@transaction.atomic
def _drop(actor: Actor, sha256: str, now: datetime) -> bool:
    """The bytes of removed documents; their rows stay."""
    if not locks.take(sha256) or Document.objects.filter(file=sha256, removed_at__isnull=True).exists():
        return False
    Document.objects.filter(file=sha256).update(file=None)
    StoredFile.objects.filter(pk=sha256).delete()
    record(actor=actor, action="documents.swept", target=Target("file", sha256), now=now)
    # Before the commit, under the lock. Cut off here, the row is left without bytes and without documents: the next
    # sweep finds it again, and whoever brings the same bytes writes them anew.
    storage.delete(storage.place(sha256))
    return True


@transaction.atomic
def _drop_orphan(name: str, sha256: str) -> bool:
    """Bytes whose transaction never came to its end."""
    if not locks.take(sha256) or StoredFile.objects.filter(pk=sha256).exists():
        return False
    storage.delete(name)
    return True
