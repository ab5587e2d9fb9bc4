"""New rows by the thousand, written as a stream: a third of the work of one large statement with as many parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

_INCOMING = "contracts_incoming"
_JSON = DjangoJSONEncoder(ensure_ascii=False)
Row = TypeVar("Row", bound=models.Model)


class Blank(Generic[Row]):
    """Makes new rows of one table, as its model does, a third as long: that asks each field in turn what was given by
    its name, and what the field begins with. Here the latter is asked once, and all values are given by their places.
    """

    def __init__(self, model: type[Row]) -> None:
        fields = model._meta.concrete_fields
        self._model = model
        self._begins = {each.attname: each.get_default() for each in fields}
        # A list or an object of its own for each row.
        self._own = [each for each in fields if each.has_default() and callable(each.default)]

    def row(self, **values: Any) -> Row:
        """One with these values, by the names of its columns (`agency_id`); all others are as they begin."""
        given = self._begins | {each.attname: each.get_default() for each in self._own} | values
        if len(given) != len(self._begins):
            strange = ", ".join(sorted(set(given) - set(self._begins)))
            raise TypeError(f"{self._model.__name__} has no column {strange}")
        return self._model(*given.values())


def array_of(values: Iterable[Any]) -> str:
    """A column of values as one parameter, an array as the server reads it: texts, numbers, days or truths, of which
    none is missing. The driver, which asks of each what it is, takes several times as long.
    """
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: Any) -> str:
    if not isinstance(value, str):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


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
    return ("[]" if isinstance(value, list) else "{}") if not value else _JSON.encode(value)


def _written(rows: Sequence[models.Model]) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
