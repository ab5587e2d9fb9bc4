"""Many claims at once: rows copied in, states moved on. The tables of states are asked as for a single one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import JSONField, Model

from ..lifecycle import CLAIM
from ..models import Claim


def copy_claims(common: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert claims by COPY. `common` and the rows name attributes of the model; the rest are its defaults."""
    fields = [each for each in Claim._meta.concrete_fields if not each.primary_key]
    values = {each.attname: each.get_default() for each in fields} | dict(common)
    written = {each.attname for each in fields if isinstance(each, JSONField)}
    names = [each.attname for each in fields]
    columns = ", ".join(f'"{each.column}"' for each in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {Claim._meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            full = {**values, **row}
            copy.write_row(
                [
                    json.dumps(full[name], ensure_ascii=False) if name in written else full[name]
                    for name in names
                ]
            )


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
    rows = Claim.objects.filter(pk__in=list(claims), state=source)
    return rows.update(state=target, state_before=source, **values), target
