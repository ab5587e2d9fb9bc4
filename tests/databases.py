"""Quick databases for tests: made from a template that is kept, emptied table by table.

Applying every migration takes far longer than most runs of a few tests, and two workers would both do it. The
embedded server therefore keeps one migrated database, named for what its tables come from; each worker copies it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import psycopg
from django.apps import apps
from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

from tests.environment import ROOT, SERVER
from yingshang.kernel.ledger import guards
from yingshang.operations.embedded_database import ROLE
from yingshang.operations.migrating import migrate

_UNFINISHED = "template_unfinished"
_KEPT = 3

_QUEUE = [f"procrastinate_{each}" for each in ("jobs", "events", "periodic_defers", "workers")]

_FILLED = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND pg_table_is_visible(oid) AND relname = ANY(%s) AND pg_relation_size(oid) > 0 ORDER BY relname
"""
"""Tables that a row was ever put into since they were last made small, and how many bytes they take."""

_LARGE = 256 * 1024
"""Bytes from which on a table's dead rows are swept out: reading past them costs more than that."""


def template() -> str:
    """The name of a database of the embedded server with every migration applied; made when there is none."""
    name = f"template_{_origin()}"
    with _alone(), psycopg.connect(SERVER.url("postgres"), autocommit=True) as server:
        kept = [
            row[0]
            for row in server.execute(
                r"SELECT datname FROM pg_database WHERE datname LIKE 'template\_%' ORDER BY oid DESC"
            )
        ]
        if name not in kept:
            # Another run may be about to copy a recent one.
            for old in [each for each in kept if each == _UNFINISHED or each in kept[_KEPT:]]:
                server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_UNFINISHED)))
            _migrate(_UNFINISHED)
            server.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(_UNFINISHED), sql.Identifier(name)
                )
            )
    return name


def may_leave_out_triggers() -> None:
    """The platform's role may put kept situations back without their triggers, on the server of the tests."""
    with _alone(), SERVER._superuser() as server:
        server.execute(
            sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(sql.Identifier(ROLE))
        )


def _origin() -> str:
    """A digest of all that decides what the tables look like: every migration, ours and others', the guards, and the
    way the template is made.
    """
    digest = hashlib.sha256(Path(guards.__file__).read_bytes() + Path(__file__).read_bytes())
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(f"{app.label}/{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone() -> Iterator[None]:
    """Workers take turns; the second finds what the first has made."""
    with (SERVER.directory.parent / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(name: str) -> None:
    # Between two tests with real commits tables are emptied by TRUNCATE, which the ledger refuses.
    guards.guard_truncation = lambda using="default": None
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        migrate(run_syncdb=True)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


class Pristine:
    """The test database as its making left it, and how to make it so again after a test with real commits.

    Django truncates every table and then has its applications do again what they do after migrating: half a second,
    for a test that wrote to five tables. What stands in a new database is a few hundred rows, kept here. Truncating the
    tables that were written to takes as long, since all that refer to them have to be truncated too, and each gets new
    files: their rows are deleted.
    """

    def __init__(self) -> None:
        self._rows: dict[str, bytes] = {}
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
            self._may_leave_out_triggers = cursor.fetchone()[0]
            for table in self._filled(cursor):
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    self._rows[table] = b"".join(bytes(part) for part in copy)

    def restore(self) -> None:
        """Empty what was written to; put back what was there."""
        with connection.cursor() as cursor:
            filled = self._filled(cursor)
            with transaction.atomic():
                self._empty(cursor, [*filled])
                for table, rows in self._rows.items():
                    with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                        copy.write(rows)
            if large := [f'"{table}"' for table, size in filled.items() if size > _LARGE]:
                cursor.execute("VACUUM " + ", ".join(large))

    def _empty(self, cursor: Any, tables: list[str]) -> None:
        if not tables:
            return
        if not self._may_leave_out_triggers:
            cursor.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in tables) + " CASCADE")
            return
        # Neither keys nor guards have anything to say where everything goes.
        parts = [f'DELETE FROM "{table}"' for table in tables]
        role = "SET LOCAL session_replication_role = "
        cursor.execute("; ".join([f"{role}replica", *parts, f"{role}origin"]))

    @staticmethod
    def _filled(cursor: Any) -> dict[str, int]:
        # The same tables as Django's: those of its models, without the record of migrations. And those of the queue,
        # where whoever runs a worker would find what all tests before have left to be done.
        tables = connection.introspection.django_table_names(only_existing=False, include_views=False)
        cursor.execute(_FILLED, [tables + _QUEUE])
        return dict(cursor.fetchall())

    def use(self) -> None:
        """From now on Django's test cases restore in this way."""

        def restored(case: TransactionTestCase) -> None:
            assert not case.serialized_rollback and case.available_apps is None, (
                "not foreseen: Django's own way"
            )
            self.restore()

        TransactionTestCase._fixture_teardown = restored  # type: ignore[attr-defined]


def begin_template() -> None:
    """Have the template made beside whatever else is begun: in a process of its own, that nobody waits for.

    Whoever needs it meanwhile waits for the lock, and makes what is missing should that process have failed.
    """
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    subprocess.Popen(
        [sys.executable, "-m", "tests.databases"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    django.setup()
    with SERVER.in_use():
        template()
