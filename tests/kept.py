"""Situations that many tests begin with: made once a process, then put back as the rows they left.

A claim that waits for its payment comes about in four hundred statements of a dozen actions. The first test that asks
for it has it made so; what that wrote is read back out of the tables. The next test that asks for the same, in the same
position, gets these very rows by one statement, and the same answer.

The position is what makes it safe: the database as it was made and nothing written yet by this test, or that and
nothing but kept situations. The database itself says so at every call. After any other write, under changed settings,
or once a test has patched something, the factory simply runs. What ends at a time of day is not kept. The first time a situation is put back, the tables are
compared with what they were when it was made.

Rows are put back without triggers, which were pulled when they were made. That takes a right which the role of the
platform does not have: tests give it on their own server. On another one, without it, nothing is kept.
"""

from __future__ import annotations

import pickle
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from unittest import mock

import pytest
from django.conf import UserSettingsHolder, settings
from django.db import connection, models
from django.utils import timezone, translation
from psycopg import sql

_SETTING = "tests.position"

_TABLES = "relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'ledger_unaudited'"

_WRITTEN = f"""
(SELECT coalesce(sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
                     + pg_stat_get_xact_tuples_deleted(oid)), 0)::text FROM pg_class WHERE {_TABLES})
"""
"""How many rows this transaction has written so far. It only rises, whatever is taken back."""

_POSITION = f"""
SELECT pg_current_xact_id_if_assigned() IS NULL, coalesce(current_setting('{_SETTING}', true), ''), {_WRITTEN}
"""

_ARRIVED = f"SELECT set_config('{_SETTING}', {{}} || ':' || {_WRITTEN}, true)"
"""Where this transaction stands now; taken back with the savepoint it was said in."""

_TOUCHED = f"""
SELECT relname, pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
                + pg_stat_get_xact_tuples_deleted(oid)
FROM pg_class WHERE {_TABLES} AND pg_stat_get_xact_tuples_inserted(oid) > 0
"""
"""Tables that this transaction put rows into, and how many it has written there."""

_CHANGED = f"""
SELECT relname FROM pg_class WHERE {_TABLES}
AND pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid) > 0
"""

_FILLED = f"SELECT relname FROM pg_class WHERE {_TABLES} AND pg_relation_size(oid) > 0"

_COLUMNS = f"""
SELECT c.relname, array_agg(attname::text ORDER BY attnum)
FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
WHERE {_TABLES} GROUP BY c.relname
"""

_OF_THE_TRANSACTION = {"ledger_auditevent": {"transaction", "recorded_at"}}
"""Columns that the database fills in: an event belongs to the transaction that it is put back in."""

_ROLE = "session_replication_role"
"""The setting that leaves triggers out."""

_PATCHING = [
    *((pytest.MonkeyPatch, name) for name in ("setattr", "delattr", "setitem", "delitem")),
    (mock._patch, "__enter__"),  # type: ignore[attr-defined]
    (mock._patch_dict, "__enter__"),  # type: ignore[attr-defined]
]
"""What changes code or the environment; `setenv` is one of `setitem`."""

_SETTING_UP = {"pytest_django.plugin", "unittest.case"}
"""Who patches for every test, and nothing that a situation is made of: the name of the mail server, and connections to
databases that the test may not use."""

P = ParamSpec("P")
T = TypeVar("T")

Rows = dict[str, Counter[str]]
"""The rows of each table, as JSON."""


@dataclass
class _Kept:
    """What a factory left behind, the statement that puts it back, and its answer."""

    rows: Rows
    statement: bytes
    answer: bytes
    compared: bool = False


class _Unclear(Exception):
    """An argument that does not say all about itself."""


class Keeper:
    """The situations of this process."""

    def __init__(self) -> None:
        self.on = self._allowed = False
        self._kept: dict[Any, _Kept | None] = {}
        self._positions: list[Rows] = [{}]
        # The position that this test has read rows at last, and how many rows it had written to each table by then.
        self._last: int | None = None
        self._written: dict[str, int] = {}
        self._columns: dict[str, list[str]] = {}
        # Tables that are not empty in a new database.
        self._given: set[str] = set()

    def begin(self) -> None:
        """Once the database is there."""
        self._allowed = _asked(f"SELECT has_parameter_privilege('{_ROLE}', 'SET')")[0][0]
        self._given = {table for (table,) in _asked(_FILLED)}

    @contextmanager
    def at_work(self, wanted: bool) -> Iterator[None]:
        """For one test. One that changes code or settings has its situations made under these."""
        before, self.on, self._last = self.on, wanted, None
        try:
            yield
        finally:
            self.on = before

    def hear_of_patches(self) -> None:
        """A test may patch in its body, which no fixture tells of: from then on nothing is put back or kept for it."""
        for owner, name in _PATCHING:
            setattr(owner, name, self._heard(getattr(owner, name)))

    def _heard(self, patching: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(patching)
        def heard(*arguments: Any, **named: Any) -> Any:
            if self.on and sys._getframe(1).f_globals.get("__name__") not in _SETTING_UP:
                self.on = False
            return patching(*arguments, **named)

        return heard

    def call(self, factory: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """The answer of the factory, with its rows in the database."""
        if not self.on or not self._allowed or not connection.in_atomic_block or _settings_changed():
            return factory(*arguments, **named)
        position = self._position()
        try:
            key = (position, factory, _plain(arguments), _plain(named), _surroundings())
        except _Unclear:
            position = None
        if position is None:
            return factory(*arguments, **named)
        if key not in self._kept:
            return self._make(key, factory, arguments, named)
        if (kept := self._kept[key]) is None:
            return factory(*arguments, **named)
        return self._put_back(kept, factory)

    def _position(self) -> int | None:
        """Where this transaction stands: at the beginning (0), after kept situations, or at no known place."""
        untouched, arrived, written = _asked(_POSITION)[0]
        if untouched:
            return 0
        number, _, then = arrived.partition(":")
        return int(number) if then == written else None

    def _make(
        self, key: Any, factory: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]
    ) -> Any:
        self._kept[key] = None
        answer = factory(*arguments, **named)
        if not self.on:
            # It has patched something itself.
            return answer
        try:
            written = pickle.dumps(answer)
        except (pickle.PicklingError, TypeError, AttributeError):
            return answer
        # What was there before any test can be neither changed nor removed by putting rows back. The transaction
        # before may be counted still, so another try is worth it.
        if any(table in self._given for (table,) in _asked(_CHANGED)):
            del self._kept[key]
            return answer
        before, rows, number = self._positions[key[0]], self._rows(), len(self._positions)
        self._positions.append(rows)
        self._kept[key] = _Kept(rows, self._statement(before, rows, number), written)
        _asked(_ARRIVED.format(f"'{number}'"))
        self._last = number
        return answer

    def _put_back(self, kept: _Kept, factory: Callable[..., Any]) -> Any:
        # As bytes and without arguments: many statements in one go.
        assert connection.connection is not None
        connection.connection.execute(kept.statement)
        if not kept.compared:
            self._last = None
            assert self._rows() == kept.rows, f"{factory.__qualname__} left what cannot be put back"
            kept.compared = True
        return pickle.loads(kept.answer)

    def _rows(self) -> Rows:
        """All that this transaction has written and that is there."""
        rows: Rows = {}
        written = dict(_asked(_TOUCHED))
        known = self._positions[self._last] if self._last is not None else {}
        for table, count in written.items():
            if self._last is not None and self._written.get(table) == count:
                # Read before, by this very test.
                if table in known:
                    rows[table] = known[table]
                continue
            statement = sql.SQL(
                "SELECT row_to_json(r)::text FROM (SELECT {} FROM {} WHERE xmin::text::bigint"
                " >= pg_current_xact_id()::text::bigint) r"
            ).format(self._columns_of(table), sql.Identifier(table))
            if found := Counter(row[0] for row in _asked(statement)):
                rows[table] = found
        self._written = written
        return rows

    def _statement(self, before: Rows, after: Rows, number: int) -> bytes:
        """What makes the one of the other."""
        parts: list[sql.Composable] = [sql.SQL(f"SET LOCAL {_ROLE} = replica")]
        for table in sorted(before.keys() | after.keys()):
            then, now = before.get(table, Counter()), after.get(table, Counter())
            name, columns = sql.Identifier(table), self._columns_of(table)
            if gone := then - now:
                parts.append(
                    sql.SQL(
                        "DELETE FROM {} WHERE ctid IN (SELECT c FROM (SELECT ctid AS c, {} FROM {}) a, LATERAL"
                        " (SELECT {}) r WHERE row_to_json(r)::text = ANY ({}))"
                    ).format(name, columns, name, columns, sql.Literal(list(gone.elements())))
                )
            if new := now - then:
                parts.append(
                    sql.SQL(
                        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {}"
                        " FROM json_populate_recordset(NULL::{}, {})"
                    ).format(name, columns, columns, name, sql.Literal(f"[{','.join(new.elements())}]"))
                )
        parts.append(sql.SQL(f"SET LOCAL {_ROLE} = origin"))
        parts.append(sql.SQL(_ARRIVED).format(sql.Literal(str(number))))
        return sql.SQL(";\n").join(parts).as_bytes(connection.connection)

    def _columns_of(self, table: str) -> sql.Composable:
        if not self._columns:
            self._columns = dict(_asked(_COLUMNS))
        left_out = _OF_THE_TRANSACTION.get(table, set())
        return sql.SQL(", ").join(
            sql.Identifier(column) for column in self._columns[table] if column not in left_out
        )


def _asked(statement: Any) -> list[Any]:
    """Rows of a statement that counts as none of the platform's."""
    assert connection.connection is not None
    cursor = connection.connection.execute(statement)
    rows: list[Any] = cursor.fetchall()
    return rows


def _plain(value: Any) -> Any:
    """The value in a form that tells it from every other one."""
    match value:
        case None | bool() | int() | float() | str() | date() | datetime() | time() | Decimal():
            return type(value).__name__, value
        case tuple() | list():
            return type(value).__name__, *map(_plain, value)
        case models.Model():
            values = sorted((name, each) for name, each in vars(value).items() if not name.startswith("_"))
            return type(value), *((name, _plain(each)) for name, each in values)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return type(value), *(_plain(getattr(value, each.name)) for each in fields(value))
        case Mapping():
            return "mapping", *((name, _plain(each)) for name, each in value.items())
    raise _Unclear


def _settings_changed() -> bool:
    return isinstance(settings._wrapped, UserSettingsHolder)


def _surroundings() -> tuple[Any, ...]:
    """What else an answer depends on."""
    return translation.get_language(), timezone.get_current_timezone_name(), date.today()


KEEPER = Keeper()


def kept(factory: Callable[P, T]) -> Callable[P, T]:
    """A factory whose situation is put back where it was made before."""

    @wraps(factory)
    def found(*arguments: P.args, **named: P.kwargs) -> T:
        answer: T = KEEPER.call(factory, arguments, named)
        return answer

    return found
