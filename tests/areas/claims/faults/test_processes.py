"""The platform's own processes, killed with SIGKILL: a worker while it pays or draws a list up, and the web server
while somebody checks a batch. Whoever comes after them goes on, and nothing happens twice.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from django.conf import settings as the_settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from tests.areas.claims.automatic.list_factories import begun_list
from tests.areas.claims.banking.bank_process import TOKEN, Bank
from tests.areas.claims.factories import CHANNEL, prepared_batch
from tests.areas.claims.faults.test_killed import Office, bank  # noqa: F401  (a fixture)
from tests.forked import leave_connections
from tests.kernel.access.factories import NOW
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.claims.automatic import drawing
from yingshang.areas.claims.automatic.actions.draw_up_list import discard_list, draw_up_list
from yingshang.areas.claims.automatic.drawing import draw_up
from yingshang.areas.claims.automatic.removing import empty_list
from yingshang.areas.claims.models import Claim, EntitlementList, PaymentBatch
from yingshang.areas.claims.paying.jobs import queue_batch
from yingshang.areas.claims.paying.points import watched
from yingshang.kernel.jobs.api import get_job
from yingshang.kernel.jobs.tasks import take_up_stalled
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 40


def wait_for(condition: Callable[[], Any]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


def worker(watch: Callable[[str], None] = lambda point: None) -> int:
    """A real worker in a process of its own; its number."""
    # Neither of the two shares the other's connection.
    connection.close()
    child = os.fork()
    if child:
        return child
    try:
        leave_connections()
        with watched(watch), app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
            working.run_worker(fetch_job_polling_interval=0.1, update_heartbeat_interval=0.2)
    finally:
        os._exit(1)


def ended(child: int) -> int:
    """How a process of ours has ended; it does not outlive the test."""
    until = time.monotonic() + SECONDS
    while not (found := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError("nobody was killed where somebody should have been")
        time.sleep(0.02)
    return os.waitstatus_to_exitcode(found[1])


def killed(child: int) -> bool:
    return ended(child) == -signal.SIGKILL


@pytest.fixture
def _soon_missed(settings: Any) -> None:
    """A worker that is gone is missed after a second, and asked after every half: the schedule does so each minute."""
    settings.WORKER_DEAD_AFTER_SECONDS = 1
    for tenths in range(10, 150, 5):
        take_up_stalled.configure(
            schedule_in={"milliseconds": 100 * tenths}, queueing_lock=f"{uuid4()}"
        ).defer(timestamp=0)


def gone_on_with(job_id: int, actor: Any) -> None:
    """Another worker carries a job to its end, and is killed as well."""
    second = worker()
    try:
        wait_for(lambda: get_job(actor=actor, job_id=job_id).state == "succeeded")
    finally:
        os.kill(second, signal.SIGKILL)
        os.waitpid(second, 0)


@pytest.mark.usefixtures("_soon_missed")
def test_another_worker_takes_up_the_batch_of_one_that_was_killed_after_the_bank_had_it(
    bank: Bank,  # noqa: F811
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BANK_TOKEN", TOKEN)
    settings.PAYMENT_CHANNELS = {CHANNEL: {"type": "http", "url": bank.url, "token_variable": "BANK_TOKEN"}}
    office = Office(bank)
    batch = office.checked()
    actor = office.people.treasurer.actor()
    with transaction.atomic():
        job_id = queue_batch(actor=actor, batch_id=batch.pk, now=timezone.now())

    def die(point: str) -> None:
        if point == "send.answered":
            os.kill(os.getpid(), signal.SIGKILL)

    assert killed(worker(die))
    batch.refresh_from_db()
    # The bank has it, and nothing of ours says so.
    assert batch.state == "sending" and get_job(actor=actor, job_id=job_id).state == "running"
    gone_on_with(job_id, actor)
    batch.refresh_from_db()
    assert batch.state in {"sent", "answered"} and batch.file.attempts >= 2
    office.until_paid()
    assert office.sound()


@pytest.mark.usefixtures("_soon_missed")
def test_a_list_whose_worker_was_killed_is_drawn_up_to_the_same_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # Buckets of one enterprise each, as far as drawing up can tell.
    found = begun_list()
    whole, note = drawing.entitled_in_bucket, drawing.note_list
    numbers = [each.pk for each in found.parties]

    def one(**arguments: Any) -> Any:
        answer = whole(**{**arguments, "bucket": numbers[0] // 16_384})
        return type(answer)(
            tuple(each for each in answer.entitled if each.party_id == numbers[arguments["bucket"]])
        )

    class Three:
        buckets = (0, 1, 2)

    def dies(row: EntitlementList, what: str, **more: Any) -> int:
        # The rows of the second bucket are there, and not committed.
        if what == "list_drawn" and row.reached == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return note(row, what, **more)

    monkeypatch.setattr(drawing, "entitled_in_bucket", one)
    monkeypatch.setattr(drawing, "listable", lambda **_: Three)
    actor = found.desk.reviewer.actor()
    job_id = found.row.job_id
    assert job_id is not None
    with monkeypatch.context() as dying:
        dying.setattr(drawing, "note_list", dies)
        first = worker()
        assert killed(first)
    assert (found.row.state, found.row.reached) == ("computing", 1)
    assert Claim.objects.filter(entitlement_list=found.id).count() == 1
    gone_on_with(job_id, actor)
    resumed = found.row
    assert (resumed.state, resumed.total) == ("frozen", 3)
    assert AuditEvent.objects.filter(action="claims.list_drawn").count() == 3
    # The same list drawn up without anybody being killed.
    discard_list(actor=actor, list_id=found.id, reason="比较", now=NOW)
    empty_list(actor=actor, list_id=found.id, reason="比较", now=NOW)
    monkeypatch.setattr("yingshang.areas.claims.automatic.actions.draw_up_list.enqueue", lambda *_, **__: 0)
    again = draw_up_list(actor=actor, code="HIRING", now=NOW)
    draw_up(actor=actor, list_id=again, now=NOW)
    other = EntitlementList.objects.get(pk=again)
    assert (other.digest, other.total, other.amount_fen) == (resumed.digest, 3, resumed.amount_fen)


# --- the web server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The web server as the platform runs it, with one process that answers; its address."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}"
    host = database["HOST"] or database["OPTIONS"].get("host", "")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "yingshang.operations.process", "web", str(os.getpid())],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": f"{url}?host={host}&port={database['PORT']}",
            "TEST_EMBEDDED_DATABASE": "",
            "DATA_DIRECTORY": str(tmp_path),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "WEB_WORKERS": "1",
            "WEB_THREADS": "2",
        },
        cwd=Path(the_settings.PACKAGE).parent.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    process.kill()
    process.wait()


class Browser:
    """Somebody signed in, at the real server."""

    def __init__(self, address: str, cookies: dict[str, str]) -> None:
        self.address = address
        token = "a" * 32
        self.token = token
        cookies = {**cookies, the_settings.CSRF_COOKIE_NAME: token}
        self.cookies = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def post(self, path: str, **values: str) -> int:
        """The status, following no redirect; 0 where the connection broke."""
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": self.token, **values}).encode()
        headers = {
            "Cookie": self.cookies,
            "Host": "localhost",
            "Referer": "https://localhost/",
        }
        request = urllib.request.Request(self.address + path, data=body, headers=headers)
        opener = urllib.request.build_opener(_Stays)
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def test_a_web_server_killed_while_a_batch_is_checked_has_checked_nothing(
    served: tuple[str, psutil.Process],
) -> None:
    address, server = served
    batch, _, people = prepared_batch()
    cookies = {name: each.value for name, each in logged_in(people.checker).cookies.items()}
    browser = Browser(address, cookies)
    path = reverse("claims_desk:batch-check", args=[batch.pk])
    wait_for(lambda: browser.post("/health/live") != 0)
    [answering] = server.children()
    said: list[int] = []
    connection.close()
    with transaction.atomic():
        # Somebody else has the batch: the request stands in the middle of its transaction when its process dies.
        PaymentBatch.objects.select_for_update().get(pk=batch.pk)
        child = os.fork()
        if child == 0:
            os._exit(0 if browser.post(path, digest=batch.digest) == 0 else 1)
        wait_for(_somebody_waits)
        answering.kill()
        assert ended(child) == 0
    batch.refresh_from_db()
    assert batch.state == "prepared" and batch.checked_by == ""
    assert not AuditEvent.objects.filter(action="claims.batch_checked").exists()
    # The server has started another process: asked once more it checks, and a third time it says that it was.
    wait_for(lambda: said.append(browser.post(path, digest=batch.digest)) or said[-1] != 0)
    browser.post(path, digest=batch.digest)
    batch.refresh_from_db()
    assert said[-1] == 302 and batch.state == "checked"
    assert AuditEvent.objects.filter(action="claims.batch_checked").count() == 1


def _somebody_waits() -> bool:
    """Whether another one waits for what this transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])
