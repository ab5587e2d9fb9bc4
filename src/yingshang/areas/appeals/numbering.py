"""Numbers: of appeals, each given once; of official notices, without gaps."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.utils import timezone

from .models import Appeal, NoticeNumber


def take_appeal_ids(count: int) -> list[int]:
    """So many new numbers of the register, never given again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [Appeal._meta.db_table, count],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def appeal_number(appeal_id: int, now: datetime) -> str:
    """How an appeal is called: SQ, the day, and its number in the register."""
    return f"SQ{timezone.localtime(now):%Y%m%d}{appeal_id:010d}"


def take_notice_number(series: str, year: int) -> int:
    """The next number of a series in a year. The row stays locked until the transaction ends, and one that fails gives
    its number back: so there are no gaps, and two never get the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {NoticeNumber._meta.db_table} (series, year, last) VALUES (%s, %s, 1) "
            "ON CONFLICT (series, year) DO UPDATE SET last = "
            f"{NoticeNumber._meta.db_table}.last + 1 RETURNING last",
            [series, year],
        )
        return int(cursor.fetchone()[0])
