"""Numbers of appeals, each given once, and the series of the documents about them: `data/numbers.yaml`."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from django.db import connection
from django.utils import timezone

from yingshang.kernel.documents.api import Series

from .dispatching.parameters import read_data
from .models import Appeal

# By which they are counted in the register, each with the number of an agency behind it.
_KEYS = {"replies": "reply", "notices": "supervision", "suggestions": "suggestion"}


@cache
def series_of(documents: str) -> Series:
    """The series of replies, notices or suggestions."""
    return Series.from_dict(_KEYS[documents], read_data("numbers.yaml")[documents])


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
