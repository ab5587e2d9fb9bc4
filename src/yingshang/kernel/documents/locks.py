"""Between those who keep bytes and the sweep that takes bytes away.

Who keeps bytes holds a shared lock on their digest until the commit; the sweep takes a digest only when nobody does.
"""

from __future__ import annotations

from django.db import connection

_SPACE = 0x646F6373  # "docs": keeps these locks apart from others of the platform


def _key(sha256: str) -> int:
    number = int(sha256[:16], 16) ^ _SPACE
    return number - (1 << 64) if number >= 1 << 63 else number


def keep(sha256: str) -> None:
    """Hold the sweep off these bytes until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_key(sha256)])


def take(sha256: str) -> bool:
    """Whether the sweep may have them: nobody is keeping them at this moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_key(sha256)])
        row = cursor.fetchone()
    return bool(row and row[0])
