"""Portraits as Arrow tables, for whoever decides by them: of some parties from the register, of all from the snapshot.

Both come from the same conversion, so that one party decided by itself sees what it sees among all others.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db.models import Max, TextField
from django.db.models.functions import Cast

from yingshang.kernel.access.api import Scope

from .actions.update_snapshot import BUCKET_SIZE, snapshot_folder, table_of
from .models import Party, Portrait, SnapshotPart


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """One file of the snapshot: the enterprises with numbers from `bucket * BUCKET_SIZE` on, as of a revision."""

    bucket: int
    path: Path
    revision: int
    parties: int


def snapshot_parts() -> tuple[SnapshotFile, ...]:
    """The files of the snapshot with what they hold, in the order of their buckets."""
    folder = snapshot_folder()
    return tuple(
        SnapshotFile(part.bucket, folder / part.file_name, part.revision, part.parties)
        for part in SnapshotPart.objects.order_by("bucket")
    )


def fact_table(*, scope: Scope, parties: Collection[int]) -> pa.Table:
    """What is known of some enterprises within a scope, with the columns of the snapshot; one query.

    Merged ones and persons are not in it, as they are not in the snapshot; of one that nobody has told anything of
    everything is unknown. Ascending by number.
    """
    rows = scope.filter(Party.objects.all(), region="region__path", party="id").filter(
        pk__in=list(parties), kind=Party.ENTERPRISE, merged_into=None
    )
    found = list(
        rows.order_by("pk")
        .annotate(text=Cast("portrait__values", TextField()))
        .values_list("pk", "region__path", "credit_code", "name", "text")
    )
    subjects = [(number, place, code or "", name) for number, place, code, name, _ in found]
    return table_of(subjects, [row[4] or "{}" for row in found])


def table_from_values(values: Mapping[str, Any]) -> pa.Table:
    """One row with facts as portraits keep them (numbers as text, days as ISO 8601), about nobody in the register."""
    return table_of([(0, "", "", "")], [json.dumps(dict(values), ensure_ascii=False)], tuple(values))


def portrait_values(*, scope: Scope, party_id: int, columns: Collection[str]) -> dict[str, Any]:
    """Some facts of a party as its portrait keeps them. Empty outside the scope."""
    found = (
        Portrait.objects.filter(scope.condition(region="party__region__path", party="party"), party=party_id)
        .values_list("values", flat=True)
        .first()
    )
    return {name: value for name, value in (found or {}).items() if name in columns}


def portrait_revision() -> int:
    """The newest revision of any portrait: whatever is committed later has a greater one."""
    return int(Portrait.objects.aggregate(newest=Max("revision"))["newest"] or 0)


def changed_portraits(
    *, after_revision: int, bucket: int | None = None, limit: int | None = None
) -> tuple[tuple[int, int], ...]:
    """(party, revision) of enterprises with portraits newer than a revision, oldest first, merged ones included."""
    rows = Portrait.objects.filter(revision__gt=after_revision, party__kind=Party.ENTERPRISE)
    if bucket is not None:
        rows = rows.filter(party__gte=bucket * BUCKET_SIZE, party__lt=(bucket + 1) * BUCKET_SIZE)
    return tuple(rows.order_by("revision", "party").values_list("party", "revision")[:limit])
