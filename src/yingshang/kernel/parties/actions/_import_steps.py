"""Steps that imports of facts and of persons share: one run at a time, resumed, with the rows that were not taken."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import Reject, SubjectsFile
from yingshang.rules.errors import DomainError

from ..errors import ImportRunning
from ..models import FactImport, ImportReject, Region
from ..values import RejectReason

_LOCK_SPACE = 4_743
_HASHED_AT_ONCE = 1 << 20


@contextmanager
def begun(*, resume: bool, actor: Actor, now: datetime, **what: Any) -> Iterator[FactImport]:
    """The import of this very file, source and day, with nobody else at it."""
    with transaction.atomic():
        fact_import, created = find_or_create(actor=actor, now=now, **what)
        if created:
            note_import(actor, "import_started", fact_import, now, as_of=what["as_of"], source=what["source"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, fact_import.pk])
        if not cursor.fetchone()[0]:
            raise ImportRunning(
                f"{fact_import.file_name} is being imported at this moment",
                message_zh=f"{fact_import.file_name} 正在导入",
                value=fact_import.pk,
            )
    try:
        fact_import.refresh_from_db()
        if fact_import.state != FactImport.DONE and not resume and fact_import.rows_done:
            start_over(actor, fact_import, now)
        yield fact_import
    finally:
        # A lost connection has let go of the lock by itself; what broke it is the error to be told.
        with suppress(DatabaseError), connection.cursor() as cursor:
            if not connection.needs_rollback:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, fact_import.pk])


def find_or_create(
    *,
    actor: Actor,
    path: Path,
    as_of: date,
    now: datetime,
    file_name: str,
    source: str,
    demonstration: bool,
    rows: int | None,
    about: str = FactImport.ENTERPRISES,
) -> tuple[FactImport, bool]:
    """The import of this very file, source and day by somebody of this reach, and whether it is new."""
    return FactImport.objects.get_or_create(
        content_hash=content_hash(path),
        source=source,
        as_of=as_of,
        reach=reach_of(actor),
        about=about,
        defaults={
            "file_name": file_name[:200],
            "demonstration": demonstration,
            "started_by_name": actor.name[:120],
            "started_at": now,
            "rows_total": rows,
            "region": region_of(actor),
        },
    )


def fail(actor: Actor, fact_import: FactImport, error: Exception, now: datetime) -> None:
    """Say what stopped it; what was committed stays, and the next call continues behind it."""
    if connection.needs_rollback or not connection.is_usable():
        return
    message = error.message_zh if isinstance(error, DomainError) else type(error).__name__
    with transaction.atomic():
        FactImport.objects.filter(pk=fact_import.pk).update(state=FactImport.FAILED, message=message[:400])
        note_import(actor, "import_failed", fact_import, now, message=message[:400])


def start_over(actor: Actor, fact_import: FactImport, now: datetime) -> None:
    with transaction.atomic():
        fact_import.rejects.all().delete()
        fact_import.coverage.all().delete()
        for name in ("rows_done", "created", "changed", "unchanged", "confirmed", "rejected"):
            setattr(fact_import, name, 0)
        fact_import.state = FactImport.RUNNING
        fact_import.save()
        note_import(actor, "import_started_over", fact_import, now)


def note_import(actor: Actor, action: str, fact_import: FactImport, now: datetime, **after: Any) -> None:
    record(
        actor=actor,
        action=f"parties.{action}",
        target=Target(
            "fact_import",
            str(fact_import.pk),
            fact_import.file_name,
            region_path=fact_import.region.path if fact_import.region else "",
        ),
        now=now,
        after=after or None,
    )


def content_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASHED_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()


def region_of(actor: Actor) -> Region | None:
    """The region an import belongs to before its rows are known: the widest the actor may import for."""
    scope = actor.scope("parties.import")
    paths = sorted([*scope.subtrees, *scope.regions], key=len)
    return Region.objects.filter(path=paths[0]).first() if paths else None


def reach_of(actor: Actor) -> str:
    """Where an actor imports for, as the key of an import has it; empty for everywhere."""
    scope = actor.scope("parties.import")
    if scope.everywhere:
        return ""
    told = " ".join(sorted([*(f"{path}*" for path in scope.subtrees), *scope.regions]))
    return told if len(told) <= 64 else hashlib.sha256(told.encode()).hexdigest()


class NewRejects:
    """Those of a file's rejects that were not taken yet."""

    def __init__(self, file: SubjectsFile) -> None:
        self._file = file
        self._kept = 0
        self._rows = 0

    def take(self) -> tuple[list[Reject], int]:
        """The reasons that were kept since the last time, and how many rows were rejected."""
        rejects = self._file.rejects
        new, count = rejects.kept[self._kept :], rejects.rows - self._rows
        self._kept, self._rows = len(rejects.kept), rejects.rows
        return new, count


def store_rejects(fact_import: FactImport, rejects: Iterable[Reject]) -> None:
    rows = {
        row: list(reasons) for row, reasons in groupby(rejects, key=lambda each: (each.row, each.subject))
    }
    ImportReject.objects.bulk_create(
        [
            ImportReject(
                fact_import=fact_import,
                row=row,
                subject=storable(subject or "")[:60],
                reasons=[
                    {
                        name: text and storable(text)
                        for name, text in asdict(
                            RejectReason(each.column, each.value, each.code, each.message, each.message_zh)
                        ).items()
                    }
                    for each in reasons
                ],
                values={"line": reasons[0].line},
            )
            for (row, subject), reasons in rows.items()
        ],
        batch_size=5_000,
    )


def storable(text: str) -> str:
    """The text without U+0000, of which PostgreSQL keeps none."""
    return text.replace("\x00", "\ufffd")
