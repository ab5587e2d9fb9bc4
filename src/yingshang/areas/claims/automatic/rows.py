"""Many claims at once: states moved on. The tables of states are asked as for a single one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from ..bulk import AnyOf
from ..lifecycle import CLAIM
from ..models import Claim


def refresh_statistics(step: int, *models: type[Model]) -> None:
    """After the first, second, fourth, eighth … of many transactions that fill tables: tell the database how full.

    It plans what triggers and keys look up once a connection. A plan from when the tables were empty reads them from
    end to end for every row; new statistics give it up.
    """
    if step & (step - 1) == 0:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE " + ", ".join(model._meta.db_table for model in models))


def move_claims(
    claims: Collection[int], event: str, *, source: str, now: datetime, **values: Any
) -> tuple[int, str]:
    """Claims of one state in the state an event leads to; how many there were, and that state. Raises NotPossibleNow.

    The caller has locked them, and records the one event of the action.
    """
    target = CLAIM.after(source, event)
    if not CLAIM.states[target].open:
        values["ended_at"] = now
    rows = Claim.objects.filter(AnyOf("id", claims), state=source)
    return rows.update(state=target, state_before=source, **values), target
