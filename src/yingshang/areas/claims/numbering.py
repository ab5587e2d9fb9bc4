"""Numbers of claims, each given once: the day and the number in the register."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.utils import timezone

from .models import Claim


def take_claim_ids(count: int) -> list[int]:
    """So many new numbers of the register, never given again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [Claim._meta.db_table, count],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def claim_number(claim_id: int, now: datetime) -> str:
    """How a claim is called: DX, the day, and its number in the register."""
    return f"DX{timezone.localtime(now):%Y%m%d}{claim_id:010d}"
