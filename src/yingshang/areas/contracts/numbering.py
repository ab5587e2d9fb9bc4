"""How contracts are called."""

from __future__ import annotations

from django.db import connection, models

from .models import Contract


def take_ids(model: type[models.Model], count: int) -> list[int]:
    """Numbers for so many new rows of a table, never given again."""
    with connection.cursor() as cursor:
        # Which sequence that is, is asked once, not for each of them.
        cursor.execute(
            "SELECT nextval((SELECT pg_get_serial_sequence(%s, 'id')::regclass)) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def take_contract_ids(count: int) -> list[int]:
    """So many new numbers of the register."""
    return take_ids(Contract, count)


def contract_number(contract_id: int, year: int) -> str:
    """HT, the year it was signed in, and its number in the register."""
    return f"HT{year:04d}{contract_id:010d}"
