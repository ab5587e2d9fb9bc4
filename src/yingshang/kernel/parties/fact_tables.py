"""Portraits as Arrow tables, for whoever decides by them: of some parties from the register, of all from the snapshot.

Both come from the same conversion, so that one party decided by itself sees what it sees among all others.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import connection
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


@dataclass(frozen=True, slots=True)
class ToldFact:
    """A fact as records have it: the value as JSON keeps it, who told it, and of which day."""

    value: Any
    source: str
    as_of: date


def told_facts(
    *, parties: Collection[int], columns: Collection[str]
) -> tuple[pa.Table, dict[int, dict[str, ToldFact]]]:
    """Some facts of enterprises with where they come from, and the same as a table like `fact_table`; two queries.

    For whoever keeps what a decision read: table and facts are of the same rows. Merged ones are not in it; what was
    told of those merged into an enterprise is. Whoever calls it has found the parties within somebody's scope.
    """
    rows = Party.objects.filter(kind=Party.ENTERPRISE, merged_into=None).extra(
        where=["parties_party.id = ANY(%s)"], params=[list(parties)]
    )
    found = list(rows.order_by("pk").values_list("pk", "region__path", "credit_code", "name"))
    told: dict[int, dict[str, ToldFact]] = {}
    if columns and found:
        with connection.cursor() as cursor:
            cursor.execute(_TOLD, [list(columns), [row[0] for row in found], [row[0] for row in found]])
            # The latest comes last, and holds.
            for party, as_of, source, column, value in cursor:
                told.setdefault(party, {})[column] = ToldFact(json.loads(value), source, as_of)
    texts = [
        json.dumps({name: fact.value for name, fact in told.get(row[0], {}).items()}, ensure_ascii=False)
        for row in found
    ]
    subjects = [(number, place, code or "", name) for number, place, code, name in found]
    return table_of(subjects, texts, tuple(columns)), told


_TOLD = """
SELECT record.party, record.as_of, said.key, wanted.name, (said.value -> wanted.name)::text
  FROM unnest(%s::text[]) AS wanted(name),
       (SELECT id, as_of, received_at, values, party_id AS party FROM parties_factrecord WHERE party_id = ANY(%s)
        UNION ALL
        SELECT one.id, one.as_of, one.received_at, one.values, merged.merged_into_id
          FROM parties_factrecord AS one JOIN parties_party AS merged ON merged.id = one.party_id
         WHERE merged.merged_into_id = ANY(%s)) AS record,
       LATERAL jsonb_each(record.values) AS said
 WHERE said.value ? wanted.name
 ORDER BY record.as_of, record.received_at, record.id
"""


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


def changed_among(party_ids: Collection[int], *, after_revision: int) -> set[int]:
    """Those of some parties whose portraits are newer than a revision. One query, however many there are."""
    rows = Portrait.objects.filter(revision__gt=after_revision)
    rows = rows.extra(where=["parties_portrait.party_id = ANY(%s)"], params=[list(party_ids)])
    return set(rows.values_list("party", flat=True))


def changed_portraits(
    *, after_revision: int, bucket: int | None = None, limit: int | None = None
) -> tuple[tuple[int, int], ...]:
    """(party, revision) of enterprises with portraits newer than a revision, oldest first, merged ones included."""
    rows = Portrait.objects.filter(revision__gt=after_revision, party__kind=Party.ENTERPRISE)
    if bucket is not None:
        rows = rows.filter(party__gte=bucket * BUCKET_SIZE, party__lt=(bucket + 1) * BUCKET_SIZE)
    return tuple(rows.order_by("revision", "party").values_list("party", "revision")[:limit])
