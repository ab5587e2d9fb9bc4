"""Sums of prefectures (models.RegionDueCell), for those who look at a whole province.

Rows are added, by the transaction that changes the cells of units, and never changed: a payment in one unit waits for
none in another. What counts is the sum of all rows of a day; a job puts them together from time to time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from ..copying import array_of
from .counting import Due, DueKey

PREFECTURE = 4
"""How long the path of a prefecture is: that of all that lies in it begins with it."""
_KEY = ("region_path", "side", "money", "due_on")
_SUMS: dict[str, tuple[str, str]] = {
    "open_count": ("int", "count"),
    "open_fen": ("bigint", "fen"),
    "disagreed_count": ("int", "disagreed"),
    "unreserved_count": ("int", "unreserved"),
    "unrated_count": ("int", "unrated"),
    "accrued_fen": ("bigint", "accrued"),
    "growth": ("numeric", "growth"),
    "origin": ("numeric", "origin"),
}
"""Each sum with its type, and what it is called of a change."""
_COLUMNS = ", ".join((*_KEY, *_SUMS))
_ADDED = ", ".join(f"sum({name}) AS {name}" for name in _SUMS)
_NOTHING = " AND ".join(f"sum({name}) = 0" for name in _SUMS)
_OF_UNITS = f"""
SELECT left(region_path, {PREFECTURE}) AS region_path, side, money, due_on, {_ADDED}
FROM contracts_duecell WHERE region_path LIKE %(path)s
GROUP BY 1, 2, 3, 4 HAVING NOT ({_NOTHING})
"""


def add(due: Mapping[DueKey, Due]) -> None:
    """Add what the cells of units change by."""
    by_key: dict[tuple[Any, ...], list[Any]] = {}
    for (_, *key), cell in due.items():
        sums = by_key.setdefault((cell.region_path[:PREFECTURE], *key), [0] * len(_SUMS))
        for number, (_, name) in enumerate(_SUMS.values()):
            sums[number] += getattr(cell, name)
    rows = [(*key, *sums) for key, sums in by_key.items() if any(sums)]
    if not rows:
        return
    kinds = ("text", "text", "bool", "date", *(kind for kind, _ in _SUMS.values()))
    arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO contracts_regionduecell ({_COLUMNS}) SELECT * FROM unnest({arrays})",
            [array_of(column) for column in zip(*rows, strict=True)],
        )


def add_unit(agency_id: int, times: int) -> None:
    """Take all of a unit out of the sums of where it is (-1), or put it in: it moves to another region."""
    added = ", ".join(f"%(times)s * {name}" for name in _SUMS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO contracts_regionduecell ({_COLUMNS})
            SELECT left(region_path, {PREFECTURE}), side, money, due_on, {added}
            FROM contracts_duecell WHERE agency_id = %(agency)s
            """,
            {"times": times, "agency": agency_id},
        )


@transaction.atomic
def fold() -> int:
    """Put rows of the same day together, and remove those that come to nothing. Who reads or adds meanwhile is not
    kept waiting, and sees the same sums. Answers how many rows were put together.
    """
    same = " AND ".join(f"cell.{name} = several.{name}" for name in _KEY)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH several AS (
                SELECT {", ".join(_KEY)} FROM contracts_regionduecell
                GROUP BY {", ".join(_KEY)} HAVING count(*) > 1 OR ({_NOTHING})
            ), gone AS (
                DELETE FROM contracts_regionduecell AS cell USING several WHERE {same} RETURNING cell.*
            ), put AS (
                INSERT INTO contracts_regionduecell ({_COLUMNS})
                SELECT {", ".join(_KEY)}, {_ADDED} FROM gone GROUP BY {", ".join(_KEY)} HAVING NOT ({_NOTHING})
            )
            SELECT count(*) FROM gone
            """
        )
        return int(cursor.fetchone()[0])


def rebuild_region_cells(cursor: Any, region_path: str) -> int:
    """Bring them to what the cells of units come to, which were made anew before; answers how many were wrong.

    Of a county the whole prefecture is added up, for that is what its sums are of.
    """
    within = {"path": f"{region_path[:PREFECTURE]}%"}
    same = " AND ".join(f"cell.{name} = wrong.{name}" for name in _KEY)
    cursor.execute(
        f"""
        WITH fresh AS ({_OF_UNITS}), kept AS (
            SELECT {", ".join(_KEY)}, {_ADDED} FROM contracts_regionduecell WHERE region_path LIKE %(path)s
            GROUP BY {", ".join(_KEY)} HAVING NOT ({_NOTHING})
        ), wrong AS MATERIALIZED (
            SELECT DISTINCT {", ".join(_KEY)} FROM (
                (SELECT {_COLUMNS} FROM fresh EXCEPT SELECT {_COLUMNS} FROM kept)
                UNION ALL (SELECT {_COLUMNS} FROM kept EXCEPT SELECT {_COLUMNS} FROM fresh)
            ) AS differing
        ), gone AS (
            DELETE FROM contracts_regionduecell AS cell USING wrong WHERE {same}
        ), put AS (
            INSERT INTO contracts_regionduecell ({_COLUMNS})
            SELECT {_COLUMNS} FROM fresh JOIN wrong USING ({", ".join(_KEY)})
        )
        SELECT count(*) FROM wrong
        """,
        within,
    )
    return int(cursor.fetchone()[0])
