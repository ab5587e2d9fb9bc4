"""Facts from a file into the register: any number of rows, resumed after an interruption, repeated without effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Scope
from yingshang.kernel.jobs.api import enqueue
from yingshang.kernel.reference.api import COUNTRY, Reject, SubjectsFile, find_region, open_subjects
from yingshang.rules.errors import SubjectsError

from ..batches import Delivery, Refusal, write_batch
from ..catalogue import party_catalogue
from ..changes import tell_portraits_changed
from ..errors import InvalidImport
from ..imports import rejects_path, summary_of
from ..incoming import REMARKABLE, Incoming, Layout, incoming, layout_of
from ..models import Coverage, FactImport, Region
from ..values import ImportSummary
from ._import_steps import NewRejects, begun, fail, find_or_create, note_import, store_rejects

ROWS_PER_BATCH = 5_000
ID_COLUMNS = ("subject", "统一社会信用代码", "社会信用代码", "信用代码", "credit_code", "uscc")

Progress = Callable[[int, int | None], None]
"""Called with the rows done and, if known, the rows of the file."""


def import_facts(
    *,
    actor: Actor,
    path: Path | str,
    as_of: date,
    now: datetime,
    file_name: str = "",
    source: str | None = None,
    demonstration: bool = False,
    progress: Progress | None = None,
    resume: bool = True,
    rows_per_batch: int = ROWS_PER_BATCH,
) -> ImportSummary:
    """Import a CSV, Excel or Parquet file whose rows are about enterprises, by their credit codes.

    `as_of` is the day the facts are of. With `source` that agency said all of them, otherwise each comes from the
    agency the catalogue names. Rows with anything wrong are rejected with their reasons; the others are taken, in
    batches of one transaction and one audit event each. After an interruption the same call continues behind the last
    batch; after its end it does nothing. With `resume` off a file that was begun is read from its start again, which
    is safe and counts anew.

    Not inside a transaction. Needs `parties.import`; rows about parties outside its scope are rejected. Raises
    SubjectsError for a file that cannot be read, InvalidImport, and ImportRunning while the same import runs.
    """
    scope = actor.require("parties.import")
    path = Path(path)
    file, layout = open_facts(path, as_of=as_of, source=source, now=now)
    with begun(
        actor=actor,
        path=path,
        as_of=as_of,
        now=now,
        file_name=file_name or path.name,
        source=source or "",
        demonstration=demonstration,
        resume=resume,
        rows=file.row_count,
    ) as fact_import:
        if fact_import.state == FactImport.DONE:
            return summary_of(fact_import, already_imported=True)
        try:
            _run(actor, scope, fact_import, file, layout, now, progress, rows_per_batch)
        except Exception as error:
            fail(actor, fact_import, error, now)
            raise
        return summary_of(fact_import)


def open_facts(path: Path, *, as_of: date, source: str | None, now: datetime) -> tuple[SubjectsFile, Layout]:
    """The file, opened and found fit to be imported as far as its header tells. Raises as `import_facts` does."""
    if as_of > timezone.localdate(now):
        raise InvalidImport(
            f"facts as of {as_of}, which has not come yet",
            message_zh=f"数据日期 {as_of} 还没有到",
            field="as_of",
            value=as_of.isoformat(),
        )
    file = _open(path, as_of)
    not_facts = [each.name for each in file.ignored]
    layout = layout_of(file.id_column, file.columns, not_facts, source or "")
    if not (layout.facts or layout.name):
        raise InvalidImport(
            f"{path.name}: no column is a fact of the catalogue",
            message_zh=f"{path.name}：没有一列是事实目录中的事实",
            file=str(path),
            columns=file.columns,
        )
    # Names and contacts are no facts, and yet not ignored.
    file.ignored[:] = [each for each in file.ignored if each.name not in REMARKABLE]
    return file, layout


def request_import(
    *,
    actor: Actor,
    file: File[Any],
    file_name: str,
    as_of: date,
    now: datetime,
    source: str | None = None,
    demonstration: bool = False,
) -> tuple[int, int]:
    """Keep an uploaded file and queue its import. Returns the numbers of the import and of the job.

    Raises as `import_facts` does for what the header of the file shows.
    """
    from ..tasks import import_facts_job

    actor.require("parties.import")
    suffix = Path(file_name).suffix.lower()
    kept = default_storage.save(f"imports/{now:%Y%m%d-%H%M%S}{suffix}", file)
    path = Path(default_storage.path(kept))
    try:
        opened, _ = open_facts(path, as_of=as_of, source=source, now=now)
        with transaction.atomic():
            fact_import, _ = find_or_create(
                actor=actor,
                path=path,
                as_of=as_of,
                now=now,
                file_name=file_name,
                source=source or "",
                demonstration=demonstration,
                rows=opened.row_count,
            )
            if fact_import.stored_as and fact_import.stored_as != kept:
                default_storage.delete(kept)
            else:
                fact_import.stored_as = kept
                fact_import.save(update_fields=["stored_as"])
            note_import(actor, "import_requested", fact_import, now, as_of=as_of, source=source or "")
            job = enqueue(
                import_facts_job,
                actor=actor,
                title=f"导入 {file_name}"[:200],
                now=now,
                import_id=fact_import.pk,
            )
    except BaseException:
        default_storage.delete(kept)
        raise
    return fact_import.pk, job


# --- one import -------------------------------------------------------------------------------------------------------


def _open(path: Path, as_of: date) -> SubjectsFile:
    """By the first id column we know that the file has."""
    catalogue = party_catalogue()
    try:
        return open_subjects(path, catalogue=catalogue, year=as_of.year)
    except SubjectsError as error:
        for column in ID_COLUMNS:
            if column in error.details.get("suggestions", ()):
                return open_subjects(path, catalogue=catalogue, year=as_of.year, id_column=column)
        raise


def _run(
    actor: Actor,
    scope: Scope,
    fact_import: FactImport,
    file: SubjectsFile,
    layout: Layout,
    now: datetime,
    progress: Progress | None,
    rows_per_batch: int,
) -> None:
    delivery = Delivery(fact_import.pk, fact_import.as_of, now, fact_import.demonstration, scope)
    rejects = NewRejects(file)
    reader = _Reader(file, layout, rejects, fact_import.rows_done, rows_per_batch)
    for piece in _one_ahead(reader):
        created = _commit(actor, fact_import, piece, delivery)
        reader.expects_new = bool(created)
        if progress is not None:
            progress(fact_import.rows_done, file.row_count)
    _finish(actor, fact_import, file, rejects, now)


@dataclass(slots=True)
class _Piece:
    """A batch that is ready to be written: its rows, how far the file is read, and what was rejected on the way."""

    rows: Incoming
    read: int
    rejected: list[Reject]
    rejected_rows: int


class _Reader:
    """Reads a file piece by piece, in a thread of its own; it touches no database."""

    def __init__(
        self, file: SubjectsFile, layout: Layout, rejects: NewRejects, done: int, rows_per_batch: int
    ) -> None:
        self._file, self._layout, self._rejects = file, layout, rejects
        self._done, self._rows_per_batch = done, rows_per_batch
        self.expects_new = True

    def __iter__(self) -> Iterator[_Piece]:
        for batch in self._file.batches(self._layout.columns, self._rows_per_batch):
            rejected, count = self._rejects.take()
            if self._file.rows_read <= self._done:
                # Committed by an earlier run, with what was rejected until there.
                continue
            rows = incoming(batch, self._layout)
            if self.expects_new:
                rows.work_out()
            yield _Piece(rows, self._file.rows_read, rejected, count)


def _one_ahead(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """The same pieces; the next one is made ready while the last one is written."""
    source = iter(pieces)
    with ThreadPoolExecutor(1, thread_name_prefix="import") as pool:
        coming = pool.submit(next, source, None)
        while (piece := coming.result()) is not None:
            coming = pool.submit(next, source, None)
            yield piece


def _commit(actor: Actor, fact_import: FactImport, piece: _Piece, delivery: Delivery) -> int:
    """One batch, one transaction, one event. How many parties are new."""
    first = fact_import.rows_done
    with transaction.atomic():
        outcome = write_batch(piece.rows, delivery)
        store_rejects(fact_import, piece.rejected)
        store_rejects(fact_import, _as_rejects(piece, first, outcome.refusals))
        rejected = piece.rejected_rows + len(outcome.refusals)
        fact_import.rows_done = piece.read
        fact_import.rejected += rejected
        for name in ("created", "changed", "unchanged", "confirmed"):
            setattr(fact_import, name, getattr(fact_import, name) + getattr(outcome, name))
        fact_import.state = FactImport.RUNNING
        fact_import.save()
        note_import(
            actor,
            "batch_imported",
            fact_import,
            delivery.now,
            rows=[first + 1, piece.read],
            created=outcome.created,
            changed=outcome.changed,
            unchanged=outcome.unchanged,
            confirmed=outcome.confirmed,
            rejected=rejected,
        )
    return outcome.created


def _finish(
    actor: Actor, fact_import: FactImport, file: SubjectsFile, rejects: NewRejects, now: datetime
) -> None:
    with transaction.atomic():
        # What came after the last good row.
        rejected, count = rejects.take()
        store_rejects(fact_import, rejected)
        fact_import.rejected += count
        fact_import.rows_done = file.rows_read
        fact_import.rows_total = file.rows_read
        fact_import.state = FactImport.DONE
        # Not `now`, which is when the import began: a million rows take minutes.
        fact_import.finished_at = max(timezone.now(), now)
        fact_import.message = ""
        fact_import.region = _region_around(fact_import) or fact_import.region
        fact_import.save()
        summary = summary_of(fact_import)
        note_import(
            actor,
            "import_finished",
            fact_import,
            now,
            **{
                name: getattr(summary, name)
                for name in ("rows_done", "created", "changed", "unchanged", "confirmed", "rejected")
            },
        )
        if fact_import.created or fact_import.changed:
            tell_portraits_changed(now)
    if fact_import.rejected:
        _write_rejects(fact_import, file)


def _region_around(fact_import: FactImport) -> Region | None:
    """The smallest region that holds every party of the import, so that its officials see it."""
    codes = Coverage.objects.filter(fact_import=fact_import).values_list("region_id", flat=True).distinct()
    chains = []
    for code in codes:
        chain, region = [], find_region(code) if code else None
        while region is not None and region.code != COUNTRY:
            chain.append(region.code)
            region = find_region(region.parent_code) if region.parent_code else None
        chains.append(chain)
    if not chains:
        return None
    shared = [code for code in chains[0] if all(code in chain for chain in chains)]
    return Region.objects.filter(pk=shared[0]).first() if shared else None


# --- rows that were not taken -----------------------------------------------------------------------------------------


def _as_rejects(piece: _Piece, first: int, refusals: Sequence[Refusal]) -> list[Reject]:
    """What the register refused, with the numbers of the rows in the file."""
    if not refusals:
        return []
    rejected = {each.row for each in piece.rejected}
    numbers = [row for row in range(first + 1, piece.read + 1) if row not in rejected]
    # Beyond the limit of kept reasons the rows cannot be told any more.
    known = len(numbers) == len(piece.rows)
    return [
        Reject(
            row=numbers[each.position] if known else 0,
            line=None,
            subject=piece.rows.codes[each.position],
            column=each.column,
            value=each.value,
            code=each.code,
            message=each.message,
            message_zh=each.message_zh,
        )
        for each in refusals
    ]


def _write_rejects(fact_import: FactImport, file: SubjectsFile) -> None:
    """The rejected rows as they were in the file, with the reasons, to be mended and sent again."""
    file.rejects.kept[:] = [
        Reject(row.row, row.values.get("line"), row.subject or None, **reason)
        for row in fact_import.rejects.order_by("row")
        for reason in row.reasons
        if row.row
    ]
    path = rejects_path(fact_import.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Nobody else on the machine reads it, not even while it is written.
    path.touch(mode=0o600)
    path.chmod(0o600)
    file.write_rejects(path)
