"""Numbers of official documents 文号: without gaps in a series and a year, whoever takes them at the same time."""

from __future__ import annotations

from django.db import connection

from .models import SeriesNumber


def take_number(series: str, year: int, count: int = 1) -> int:
    """The next number of a series in a year; the first, where several are taken. The row stays locked until the
    transaction ends, and one that fails gives its numbers back: so there are no gaps, and two never get the same.
    """
    table = SeriesNumber._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (series, year, last) VALUES (%s, %s, %s) "
            f"ON CONFLICT (series, year) DO UPDATE SET last = {table}.last + EXCLUDED.last RETURNING last",
            [series, year, count],
        )
        return int(cursor.fetchone()[0]) - count + 1
