"""A web server whose process dies by SIGKILL where it is told to, in the middle of a request.

The application is loaded once and forked for each request, as servers fork before they answer: a process costs
milliseconds. A request reaches it through a socket, goes through everything that stands before a page, and has its own
connection to the database; nothing of it outlives the kill.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import get_resolver

from tests.kernel.access.factories import Person
from tests.web.desk.factories import session_of
from yingshang.kernel.ledger.guards import guarded_tables

SECONDS = 40
PLACES = ("written", "committing", "committed")
"""Where a process dies: it has written what the step is known by; everything is written, and it is about to commit;
it has committed, and has told nobody."""

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|COPY)\b", re.IGNORECASE)


class DyingServer:
    """Answers a request by a process of its own, which may be told where to die."""

    def __init__(self) -> None:
        self._application = get_wsgi_application()
        # Read when they are first asked for: each process would do it again.
        assert get_resolver().reverse_dict
        self._server = make_server(
            "127.0.0.1", 0, self._application, server_class=WSGIServer, handler_class=_Quiet
        )
        self._inherited: Any = None
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.server_close()

    def answers(self, browser: Browser, path: str, values: Mapping[str, Any]) -> int:
        """The status of an answer."""
        with self._process(None) as child:
            status = browser.post(self.address + path, values)
        assert child.ended == 0
        return status

    def dies(self, browser: Browser, path: str, values: Mapping[str, Any], *, at: str, mark: str) -> bool:
        """Whether the process of this request died there, and the browser got no answer."""
        with self._process(_Death(at, mark)) as child:
            status = browser.post(self.address + path, values)
        return child.ended == -signal.SIGKILL and status == 0

    @contextmanager
    def _process(self, death: _Death | None) -> Iterator[_Child]:
        child = _Child(os.fork())
        if child.number == 0:
            try:
                # The connection of the test is none of its business: it is left alone, and lives as long as this does.
                self._inherited, connection.connection = connection.connection, None
                if death is not None:
                    death.wait_here()
                self._server.handle_request()
                connection.close()
                os._exit(0)
            finally:
                os._exit(1)
        try:
            yield child
        finally:
            child.end()
        # What it had written and not committed is gone when the database has noticed that it is.
        until = time.monotonic() + SECONDS
        while _others():
            assert time.monotonic() < until, "somebody is still connected"
            time.sleep(0.002)


class _Child:
    """A process that answers, and how it ended."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.ended: int | None = None

    def end(self) -> None:
        until = time.monotonic() + SECONDS
        while not (found := os.waitpid(self.number, os.WNOHANG))[0]:
            if time.monotonic() > until:
                os.kill(self.number, signal.SIGKILL)
            time.sleep(0.002)
        self.ended = os.waitstatus_to_exitcode(found[1])


class _Death:
    """Kills its own process at a place: once something that holds `mark` (an audit action, a function) was written."""

    def __init__(self, at: str, mark: str) -> None:
        assert at in PLACES
        self.at = at
        self.mark = mark
        self.marked = False

    def wait_here(self) -> None:
        commit = connection.commit

        def committing() -> None:
            if self.marked and self.at == "committing":
                _die()
            commit()
            if self.marked and self.at == "committed":
                _die()

        connection.commit = committing  # type: ignore[method-assign]
        connection.execute_wrappers.append(self._watch)

    def _watch(
        self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        found = execute(sql, parameters, many, context)
        if not self.marked and self.mark in f"{sql} {parameters}" and self._writes(sql):
            assert connection.in_atomic_block
            self.marked = True
            if self.at == "written":
                _die()
        return found

    def _writes(self, sql: str) -> bool:
        return bool(_WRITES.match(sql)) or self.mark in sql


class Browser:
    """Somebody signed in, whose requests go to a real server."""

    def __init__(self, who: Person) -> None:
        self._token = "a" * 32
        cookies = {settings.SESSION_COOKIE_NAME: session_of(who), settings.CSRF_COOKIE_NAME: self._token}
        self._cookies = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def post(self, address: str, values: Mapping[str, Any]) -> int:
        """The status, following no redirect; 0 where the connection broke. The same sent to the API has the same key."""
        headers = {"Cookie": self._cookies, "Host": "localhost", "Referer": "https://localhost/"}
        if "/api/" in address:
            body = json.dumps(values).encode()
            key = hashlib.sha256(address.encode() + body).hexdigest()
            headers |= {
                "Content-Type": "application/json",
                "X-CSRFToken": self._token,
                "Idempotency-Key": key,
            }
        else:
            body = urllib.parse.urlencode({"csrfmiddlewaretoken": self._token, **values}, doseq=True).encode()
        request = urllib.request.Request(address, data=body, headers=headers)
        try:
            with urllib.request.build_opener(_Stays).open(request, timeout=SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        return None


BESIDES = ("ledger_auditevent", "procrastinate_jobs", "jobs_jobprogress", "notices_delivery")
"""The log, the queue, and how far jobs and messages have come: not audited, but nothing to be left half done."""


def everything() -> dict[str, str]:
    """Every table of ours that is audited, and those besides: each with a digest of its rows."""
    tables = [*guarded_tables(), *BESIDES]
    parts = " UNION ALL ".join(
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t"
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(parts)
        return dict(cursor.fetchall())


def changed(before: Mapping[str, str]) -> list[str]:
    """The tables that are not what they were."""
    return sorted(table for table, digest in everything().items() if before[table] != digest)


def _others() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend')"
        )
        return bool(cursor.fetchone()[0])


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
