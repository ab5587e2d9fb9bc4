"""Numbers of appeals, each given once."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.utils import timezone

from .models import Appeal


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
