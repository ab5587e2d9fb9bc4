"""Many rows at once: numbers as one parameter, rows by COPY. Triggers and guards hold as for any other statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BigIntegerField, BooleanField, Field, Func, JSONField, Model, Value

_NUMBERS: Field[Any, Any] = ArrayField(BigIntegerField())


class AnyOf(Func):
    """That a column holds one of some numbers: one parameter however many, where `IN` has one for each to be parsed."""

    template = "%(expressions)s"
    arg_joiner = " = "
    output_field = BooleanField()

    def __init__(self, column: str, numbers: Collection[int]) -> None:
        super().__init__(column, Func(Value(list(numbers), output_field=_NUMBERS), function="ANY"))


def copy_rows(
    model: type[Model],
    common: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
    *,
    numbered: bool = False,
) -> None:
    """Insert rows by COPY. `common` and the rows name attributes of the model; the rest are its defaults.

    `numbered`: the rows bring their numbers with them (see `new_numbers`). Raises what any insert does.
    """
    fields = [each for each in model._meta.concrete_fields if numbered or not each.primary_key]
    values = {each.attname: each.get_default() for each in fields} | dict(common)
    written = [place for place, each in enumerate(fields) if isinstance(each, JSONField)]
    names = [each.attname for each in fields]
    columns = ", ".join(f'"{each.column}"' for each in fields)
    # What is the same in all rows is written once.
    texts = {name: _json(values[name]) for name in (names[place] for place in written)}
    line = [texts.get(name, values[name]) for name in names]
    places = {name: place for place, name in enumerate(names)}
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            full = line.copy()
            for name, value in row.items():
                full[places[name]] = _json(value) if name in texts else value
            copy.write_row(full)


def new_numbers(model: type[Model], count: int) -> list[int]:
    """Numbers that nobody else gets, for rows that are copied in and named by others at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [number for (number,) in cursor.fetchall()]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
