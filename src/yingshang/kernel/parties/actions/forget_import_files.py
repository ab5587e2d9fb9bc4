"""What came in a file and is no longer needed beside the register is taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ..imports import rejects_path
from ..models import FactImport, ImportReject
from ..retention import import_keep_days
from ._import_steps import note_import

FOLDER = "imports"
_REJECTS = re.compile(r"rejects-(\d+)\.csv\Z")
# Their files go when they have been imported.
_REMOVED_BEFORE = Q(about=FactImport.PERSONS, state=FactImport.DONE)


def forget_import_files(*, actor: Actor, now: datetime, limit: int = 1_000) -> int:
    """Remove uploaded files and rejected rows that were kept long enough; of how many imports.

    What an import came to stays: its figures, its digest, its events. Each import is a transaction and an event of
    its own. Files that belong to no import, left behind by a request that was cut off, go with the same days.
    """
    scope = actor.require("parties.import")
    days, today = import_keep_days(), timezone.localdate(now)
    first_kept = {name: today - timedelta(days=count) for name, count in days.items()}
    due = scope.filter(_due(first_kept), region="region__path").order_by("pk").values_list("pk", flat=True)
    forgotten = sum(_forget(actor, pk, first_kept, now) for pk in list(due[:limit]))
    for path in _left_behind(first_kept):
        path.unlink(missing_ok=True)
    return forgotten


def _due(first_kept: dict[str, date]) -> QuerySet[FactImport]:
    """Imports of which something is kept that is old enough."""
    rows = FactImport.objects.annotate(
        ended=Coalesce("finished_at", "started_at"),
        has_rejects=Exists(ImportReject.objects.filter(fact_import=OuterRef("pk"))),
    )
    return rows.filter(
        (~Q(stored_as="") & ~_REMOVED_BEFORE & Q(ended__date__lt=first_kept["uploads"]))
        | Q(has_rejects=True, ended__date__lt=first_kept["rejects"])
    )


@transaction.atomic
def _forget(actor: Actor, import_id: int, first_kept: dict[str, date], now: datetime) -> bool:
    """Of one import. The file goes before the commit: cut off in between, the next run finds the row again."""
    row = (
        FactImport.objects.select_for_update(skip_locked=True, of=("self",))
        .annotate(ended=Coalesce(F("finished_at"), F("started_at")))
        .select_related("region")
        .filter(pk=import_id)
        .first()
    )
    if row is None:
        return False
    ended = timezone.localdate(row.ended)
    gone: dict[str, int] = {}
    removed_before = row.about == FactImport.PERSONS and row.state == FactImport.DONE
    due = row.stored_as and not removed_before and ended < first_kept["uploads"]
    if due and _old(row.stored_as, first_kept["uploads"]):
        default_storage.delete(row.stored_as)
        row.stored_as = ""
        row.save(update_fields=["stored_as"])
        gone["files"] = 1
    if ended < first_kept["rejects"]:
        path = rejects_path(row.pk)
        if path.exists():
            path.unlink()
            gone["files"] = gone.get("files", 0) + 1
        if rows := row.rejects.all().delete()[0]:
            gone["rejected_rows"] = rows
    if gone:
        note_import(actor, "import_files_forgotten", row, now, **gone)
    return bool(gone)


def _old(name: str, first_kept: date) -> bool:
    """Whether a file has lain long enough: one sent a second time is needed again. One that is gone is."""
    try:
        return timezone.localdate(default_storage.get_modified_time(name)) < first_kept
    except FileNotFoundError:
        return True


def _left_behind(first_kept: dict[str, date]) -> Iterator[Path]:
    """Old files of this room that no import names."""
    folder = rejects_path(0).parent
    rejects = {
        int(found[1]): path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (found := _REJECTS.match(path.name)) and _written(path) < first_kept["rejects"]
    }
    kept = ImportReject.objects.filter(fact_import__in=rejects).values_list("fact_import", flat=True)
    yield from (rejects[number] for number in rejects.keys() - set(kept.distinct()))
    uploads = Path(default_storage.path(FOLDER))
    names = {path.name: path for path in (uploads.iterdir() if uploads.is_dir() else ()) if path.is_file()}
    old = [f"{FOLDER}/{name}" for name, path in names.items() if _written(path) < first_kept["uploads"]]
    named = FactImport.objects.filter(stored_as__in=old).exclude(_REMOVED_BEFORE)
    wanted = set(named.values_list("stored_as", flat=True))
    yield from (names[Path(name).name] for name in old if name not in wanted)


def _written(path: Path) -> date:
    return timezone.localdate(
        datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone())
    )
