"""Situations of the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from yingshang.kernel.access.api import system_actor
from yingshang.kernel.ledger.api import NewEvent, Target, record_many
from yingshang.kernel.ledger.guards import APPEND_ONLY

NOW = datetime(2026, 3, 2, 1, 30, 0, 123456, tzinfo=UTC)


def events(count: int, *, start: int = 0, **changes: Any) -> list[int]:
    """So many events in one transaction; their numbers."""
    made = [
        NewEvent(
            action="ledger.tried",
            target=Target("thing", str(start + number), f"演示“对象”\\{start + number}", "2301", 7, None),
            before={"rate": 1.10, "名称": "旧"} if number % 2 else None,
            after={"rate": 2, "list": [1, None, "a\nb"]} if number % 3 else None,
            reason="因为\t如此" if number % 5 == 0 else "",
        )
        for number in range(count)
    ]
    return record(made)


def record(made: Sequence[NewEvent]) -> list[int]:
    with transaction.atomic():
        return record_many(actor=system_actor("test"), events=made, now=NOW)


def tamper(*statements: str) -> None:
    """What somebody does who owns the tables: they switch the triggers off and on again."""
    tables = ("ledger_auditevent", *(each for each in APPEND_ONLY if each.startswith("ledger_")))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
