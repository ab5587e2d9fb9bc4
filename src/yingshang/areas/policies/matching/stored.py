"""The table of stored matches, read and written a bucket at a time, in binary: a thousand rows take milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

from ..models import MatchPart
from .planes import Stored

_COLUMNS = "version_id, planes, amounts, entitled, undecided, errors, certain_fen"
_NOTHING = Stored()
_TYPES = ("int8", "int4", "bytea", "bytea", "int4", "int4", "int4", "int8")


def read_bucket(bucket: int, versions: Sequence[int]) -> dict[int, Stored]:
    """What is stored of some versions in one bucket; nothing where nobody is concerned."""
    with _binary() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM policies_matchpart WHERE bucket = %s AND version_id = ANY(%s)",
            [bucket, list(versions)],
            binary=True,
        )
        return {row[0]: Stored(bytes(row[1]), bytes(row[2]), *row[3:]) for row in cursor}


def read_version(version_id: int) -> dict[int, Stored]:
    """Bucket → what is stored of one version."""
    rows = MatchPart.objects.filter(version=version_id).order_by("bucket")
    return {
        row[0]: Stored(bytes(row[1]), bytes(row[2]), *row[3:])
        for row in rows.values_list(
            "bucket", "planes", "amounts", "entitled", "undecided", "errors", "certain_fen"
        )
    }


def read_whole_bucket(bucket: int) -> dict[int, Stored]:
    """Version → what is stored of it in one bucket."""
    with _binary() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM policies_matchpart WHERE bucket = %s",
            [bucket],
            binary=True,
        )
        return {row[0]: Stored(bytes(row[1]), bytes(row[2]), *row[3:]) for row in cursor}


def write_bucket(bucket: int, changed: Mapping[int, Stored], *, replaced: Sequence[int]) -> None:
    """Store these versions anew, `replaced` in the place of what is stored of them.

    Must run in a transaction that has locked the bucket.
    """
    if replaced:
        with connection.cursor() as plain:
            plain.execute(
                "DELETE FROM policies_matchpart WHERE bucket = %s AND version_id = ANY(%s)",
                [bucket, list(replaced)],
            )
    if not any(each != _NOTHING for each in changed.values()):
        return
    with (
        _binary() as cursor,
        cursor.copy(
            "COPY policies_matchpart (version_id, bucket, planes, amounts, entitled, undecided, errors, "
            "certain_fen) FROM STDIN (FORMAT BINARY)"
        ) as copy,
    ):
        copy.set_types(_TYPES)
        for version, each in changed.items():
            if each != _NOTHING:
                copy.write_row(
                    (
                        version,
                        bucket,
                        each.planes,
                        each.amounts,
                        each.entitled,
                        each.undecided,
                        each.errors,
                        each.certain_fen,
                    )
                )


def _binary() -> psycopg.Cursor[Any]:
    """A cursor that can answer in bytes rather than in text made of them, which Django's own does not."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)
