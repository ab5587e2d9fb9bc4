"""The portraits of all enterprises as Parquet, for the column evaluator: only what changed is written anew.

Enterprises lie in buckets by their numbers, a file a bucket. A bucket is written again when a portrait in it is newer
than its file. Files are replaced as a whole: who reads one keeps what it opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json
import pyarrow.parquet as pq
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import FactDefinition, FieldDefinition, arrow_type, facts, get_fact

from ..errors import SnapshotRunning
from ..facts import definition_of
from ..history import NAME
from ..models import Party, SnapshotPart
from ..values import SnapshotSummary

PARTY, PLACE, SUBJECT = "party", "place", "subject"
"""Columns that are no facts: the number of the party, the path of its region, its credit code."""

BUCKET_SIZE = 16_384
"""Numbers of parties in one bucket."""

_LOCK = 4_743_002
_YEAR_COLUMN = re.compile(r'"([a-z][a-z0-9_.]*\.[0-9]{4})":')
_LONG_DIGITS = 38
_MUCH = 1 << 20


def update_snapshot(*, actor: Actor, now: datetime, bucket_size: int = BUCKET_SIZE) -> SnapshotSummary:
    """Write the buckets whose portraits are newer than their files, and remove files that nothing points to.

    Needs `parties.update_snapshot`, which only the platform itself has. What it writes is derived from portraits, so
    it records no event. Raises SnapshotRunning while another update is under way.
    """
    actor.require("parties.update_snapshot")
    folder = snapshot_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone():
        parts = {part.bucket: part for part in SnapshotPart.objects.all()}
        present = _buckets(bucket_size)
        written = 0
        for bucket, revision in sorted(present.items()):
            part = parts.get(bucket)
            if part is None or part.revision < revision or not (folder / part.file_name).exists():
                _write_bucket(bucket, bucket_size, folder, now)
                written += 1
        SnapshotPart.objects.exclude(bucket__in=list(present)).delete()
        kept = list(SnapshotPart.objects.all())
        _remove_others(folder, {part.file_name for part in kept})
    return SnapshotSummary(
        parts_written=written,
        parts=len(kept),
        parties=sum(part.parties for part in kept),
        revision=max((part.revision for part in kept), default=0),
    )


def snapshot_files() -> tuple[Path, ...]:
    """The files of the snapshot, in the order of their buckets. Their columns differ in the years of series only."""
    names = SnapshotPart.objects.order_by("bucket").values_list("file_name", flat=True)
    return tuple(snapshot_folder() / name for name in names)


def write_snapshot(path: Path) -> int:
    """The whole snapshot as one file, as `yingshang match --subjects` reads it. How many enterprises are in it."""
    files = snapshot_files()
    if not files:
        pq.write_table(table_of([], []).drop_columns([PARTY, PLACE]), path)
        return 0
    schema = pa.unify_schemas([pq.read_schema(file) for file in files], promote_options="permissive")
    # Numbers of the register mean nothing outside of it.
    schema = pa.schema([field for field in schema if field.name not in (PARTY, PLACE)])
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for file in files:
            table = pq.read_table(file)
            writer.write_table(
                pa.table(
                    [
                        table.column(field.name).cast(field.type)
                        if field.name in table.column_names
                        else pa.nulls(len(table), field.type)
                        for field in schema
                    ],
                    schema=schema,
                )
            )
            rows += len(table)
    return rows


def snapshot_folder() -> Path:
    """Where the files lie."""
    return Path(settings.DATA_DIRECTORY) / "snapshot"


# --- buckets ----------------------------------------------------------------------------------------------------------


def _buckets(size: int) -> dict[int, int]:
    """Bucket → the newest revision in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT party_id / %s, max(revision) FROM parties_portrait GROUP BY 1", [size])
        return dict(cursor.fetchall())


def _write_bucket(bucket: int, size: int, folder: Path, now: datetime) -> None:
    with connection.cursor() as cursor:
        # One statement, so that rows and revisions are of one moment. The merged ones count for the revision only.
        cursor.execute(
            """
            SELECT party.id, region.path, party.credit_code, party.name, portrait.values::text, portrait.revision,
                   party.kind = %s AND party.merged_into_id IS NULL
            FROM parties_portrait AS portrait JOIN parties_party AS party ON party.id = portrait.party_id
                LEFT JOIN parties_region AS region ON region.code = party.region_id
            WHERE portrait.party_id >= %s AND portrait.party_id < %s
            ORDER BY portrait.party_id
            """,
            [Party.ENTERPRISE, bucket * size, (bucket + 1) * size],
        )
        rows = cursor.fetchall()
    revision = max(row[5] for row in rows)
    subjects = [row[:4] for row in rows if row[6]]
    table = table_of(subjects, [row[4] for row in rows if row[6]])
    file_name = f"part-{bucket:05d}-{revision}.parquet"
    partial = folder / f".{file_name}.partial"
    try:
        pq.write_table(table, partial, compression="zstd")
        partial.replace(folder / file_name)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
    with transaction.atomic():
        SnapshotPart.objects.update_or_create(
            bucket=bucket,
            defaults={
                "file_name": file_name,
                "revision": revision,
                "parties": len(subjects),
                "written_at": now,
            },
        )


def _remove_others(folder: Path, wanted: set[str]) -> None:
    for path in folder.glob("*part-*"):
        if path.name not in wanted:
            path.unlink(missing_ok=True)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise SnapshotRunning("the snapshot is being written at this moment", message_zh="快照正在更新")
    try:
        yield
    finally:
        # A lost connection has let go of the lock by itself; what broke it is the error to be told.
        with suppress(DatabaseError), connection.cursor() as cursor:
            if not connection.needs_rollback:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


# --- JSON to columns --------------------------------------------------------------------------------------------------


Subject = tuple[int, str | None, str, str]
"""Number of the party, path of its region, credit code, name."""


def table_of(subjects: Sequence[Subject], values: Sequence[str], more: Sequence[str] = ()) -> pa.Table:
    """Portraits as a table: the party, the path of its region, the subject and its name, every fact about parties,
    and the years that occur of series; `more` columns of facts that are about something else."""
    text = "\n".join(values)
    names = [
        each.code
        for each in facts().values()
        if each.about == "party" and not (each.series or each.series_of)
    ]
    names += [name for name in more if name not in names]
    names += sorted(
        {
            name
            for name in _YEAR_COLUMN.findall(text)
            if definition_of(name) and name not in {*facts(), *names}
        }
    )
    parsed = _parsed(text, names) if values else None
    columns = [
        pa.array([each[0] for each in subjects], pa.int64()),
        pa.array([each[1] or "" for each in subjects], pa.string()),
        pa.array([each[2] for each in subjects], pa.string()),
        pa.array([each[3] for each in subjects], pa.string()),
    ]
    for name in names:
        definition = get_fact(name)
        columns.append(
            pa.nulls(0, arrow_type(definition))
            if parsed is None
            else _typed(parsed.column(name).combine_chunks(), definition)
        )
    return pa.table(columns, names=[PARTY, PLACE, SUBJECT, NAME, *names])


def _parsed(text: str, names: Sequence[str]) -> pa.Table:
    data = text.encode()
    return pa_json.read_json(
        pa.BufferReader(data),
        # Handing a few enterprises to other threads takes longer than reading them.
        read_options=pa_json.ReadOptions(block_size=len(data) + 1, use_threads=len(data) > _MUCH),
        parse_options=pa_json.ParseOptions(
            explicit_schema=pa.schema([pa.field(name, _as_written(get_fact(name))) for name in names]),
            unexpected_field_behavior="ignore",
        ),
    )


def _as_written(definition: FactDefinition | FieldDefinition) -> pa.DataType:
    """The type a value has in JSON: numbers and dates are strings there."""
    match definition.type:
        case "boolean":
            return pa.bool_()
        case "list<string>":
            return pa.list_(pa.string())
        case "list<context>":
            assert isinstance(definition, FactDefinition)
            return pa.list_(pa.struct([pa.field(each.code, _as_written(each)) for each in definition.fields]))
        case _:
            return pa.string()


def _typed(column: Any, definition: FactDefinition | FieldDefinition) -> Any:
    """The column in the type the catalogue gives it, or a wider one where a number has more digits than declared."""
    kind = arrow_type(definition)
    if column.null_count == len(column):
        # Of one enterprise most is not known.
        return pa.nulls(len(column), kind)
    if definition.type == "list<context>":
        assert isinstance(definition, FactDefinition)
        lines = column.flatten()
        fields = [_typed(lines.field(place), each) for place, each in enumerate(definition.fields)]
        structs = pa.StructArray.from_arrays(
            fields,
            fields=[
                pa.field(each.code, values.type)
                for each, values in zip(definition.fields, fields, strict=True)
            ],
        )
        lengths = pc.list_value_length(column).fill_null(0)
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths).cast(pa.int32())])
        return pa.ListArray.from_arrays(offsets, structs, mask=column.is_null())
    if definition.type != "number":
        return column.cast(kind)
    try:
        return column.cast(kind)
    except pa.ArrowInvalid:
        decimals = pc.max(pc.utf8_length(pc.replace_substring_regex(column, r"^-?\d+\.?", ""))).as_py()
        return column.cast(pa.decimal128(_LONG_DIGITS, max(decimals, definition.decimals or 0)))
