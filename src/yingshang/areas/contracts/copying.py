"""New rows by the thousand, written as a stream: a third of the work of one large statement with as many parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

_INCOMING = "contracts_incoming"


def copy_new(rows: Sequence[models.Model]) -> None:
    """Write new rows of one table. They have their numbers, and all values are there: none is an expression."""
    if rows:
        _copy(rows, rows[0]._meta.db_table, _fields(rows[0]))
        _written(rows)


def copy_new_found_by(rows: Sequence[models.Model], said: Sequence[str], *, vector: str, config: str) -> None:
    """The same where a column (`vector`) holds what each row is found by: of the text `said` of each, in this search
    configuration. They pass through a table of this session, from which the server makes it.
    """
    if not rows:
        return
    table = rows[0]._meta.db_table
    fields = [each for each in _fields(rows[0]) if each.name != vector]
    names = ", ".join(f'"{each.column}"' for each in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {_INCOMING} ON COMMIT DELETE ROWS AS "
            f"SELECT {names}, ''::text AS said FROM {table} WITH NO DATA"
        )
        cursor.execute(f"TRUNCATE {_INCOMING}")
    _copy(rows, _INCOMING, fields, said)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO {table} ({names}, "{vector}") '
            f"SELECT {names}, to_tsvector(%s::regconfig, said) FROM {_INCOMING}",
            [config],
        )
    _written(rows)


def _copy(
    rows: Sequence[models.Model],
    table: str,
    fields: Sequence[models.Field[Any, Any]],
    said: Sequence[str] = (),
) -> None:
    columns = [f'"{each.column}"' for each in fields] + (["said"] if said else [])
    readers = [(each.attname, _as_kept(each)) for each in fields]
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for place, row in enumerate(rows):
            # By the instance's own dictionary: no descriptor has anything to add.
            values = row.__dict__
            line = [values[name] if kept is None else kept(values[name]) for name, kept in readers]
            if said:
                line.append(said[place])
            copy.write_row(line)


def _fields(row: models.Model) -> Sequence[models.Field[Any, Any]]:
    return row._meta.concrete_fields


def _as_kept(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    """How a value is written into the column; None where it is written as it is."""
    if isinstance(field, models.JSONField):
        return _json
    if type(field).get_prep_value is not models.TextField.get_prep_value and isinstance(
        field, models.TextField
    ):
        # Encrypted.
        return field.get_prep_value
    return None


def _json(value: Any) -> str:
    # Empty ones are most of them.
    return (
        ("[]" if isinstance(value, list) else "{}") if not value else json.dumps(value, cls=DjangoJSONEncoder)
    )


def _written(rows: Sequence[models.Model]) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
