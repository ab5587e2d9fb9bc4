"""The tree of processes is started for real, and its members are killed. Without web and worker it needs no schema."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psutil
import pytest

from yingshang.operations.embedded_database import EmbeddedDatabase
from yingshang.operations.errors import AddressTaken
from yingshang.operations.supervisor import Serving, serve

YINGSHANG = Path(sys.executable).with_name("yingshang")


class Served:
    """A running `yingshang serve`, and what its log said so far."""

    def __init__(self, directory: Path, *arguments: str, **environment: str) -> None:
        self.directory = directory
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "EMAIL_URL", "SECRET_KEY")}
        self.log = directory.parent / f"{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [YINGSHANG, "serve", *arguments],
                env=kept
                | {"DATA_DIRECTORY": str(directory), "LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}
                | environment,
                stderr=log,
            )

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def waits(self, condition: Callable[[], Any]) -> Any:
        """Waits until something is so; a test that waits for ever is stopped by the end of the process."""
        while not (found := condition()):
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        return found

    def said(self, event: str, **details: str) -> list[dict[str, Any]]:
        wanted = {"event": event, **details}
        return [line for line in self.lines() if wanted.items() <= line.items()]

    def started(self, service: str) -> int:
        return int(self.waits(lambda: self.said("process started", service=service))[-1]["process"])

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def _serve(*arguments: str, **environment: str) -> Served:
        started.append(Served(tmp_path / "platform", *arguments, **environment))
        return started[-1]

    yield _serve
    for served in started:
        if served.process.poll() is None:
            served.end()
    EmbeddedDatabase(tmp_path / "platform" / "database").destroy()


def _send(port: int) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "../b@example.org", "验证码"
    message.set_content("您的验证码是 123456。")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message)


def _port_of(process: int) -> int:
    return int(
        next(
            c.laddr.port for c in psutil.Process(process).net_connections() if c.status == psutil.CONN_LISTEN
        )
    )


def test_mail_is_kept_in_a_folder_and_a_killed_catcher_comes_back_at_the_same_port(
    serving: Callable[..., Served],
) -> None:
    served = serving("--no-web", "--no-worker")
    first = served.started("mail")
    served.waits(lambda: served.said("ready"))
    port = _port_of(first)
    _send(port)
    os.kill(first, signal.SIGKILL)
    served.waits(lambda: served.said("process died", service="mail"))
    second = served.waits(lambda: served.started("mail") != first and served.started("mail"))
    assert _port_of(second) == port
    _send(port)
    folder = served.directory / "mail"
    files = served.waits(lambda: len(list(folder.glob("*.eml"))) == 2 and sorted(folder.glob("*.eml")))
    message = message_from_bytes(files[0].read_bytes(), policy=policy.default)
    assert (message["Subject"], message.get_content().strip()) == ("验证码", "您的验证码是 123456。")
    assert files[0].stat().st_mode & 0o077 == 0
    assert served.end() == 0
    assert not psutil.pid_exists(second)


def test_a_stop_stops_the_database_too_and_keeps_it(serving: Callable[..., Served]) -> None:
    served = serving("--no-web", "--no-worker", "--no-mail-catcher")
    served.waits(lambda: served.said("ready"))
    database = EmbeddedDatabase(served.directory / "database")
    assert database.is_running()
    assert served.end(signal.SIGINT) == 0
    assert not database.is_running()
    again = serving("--no-web", "--no-worker", "--no-mail-catcher")
    again.waits(lambda: again.said("ready"))
    assert database.is_running()


def test_a_database_that_dies_is_started_again(serving: Callable[..., Served]) -> None:
    served = serving("--no-web", "--no-worker", "--no-mail-catcher")
    served.waits(lambda: served.said("ready"))
    database = EmbeddedDatabase(served.directory / "database")
    killed = database._postmaster()
    assert killed is not None
    killed.kill()
    served.waits(lambda: served.said("the database died; starting it again"))
    served.waits(
        lambda: (found := database._postmaster()) and found.pid != killed.pid and database.is_running()
    )


def test_a_killed_supervisor_leaves_nothing_in_the_way(serving: Callable[..., Served]) -> None:
    served = serving("--no-web", "--no-worker")
    child = psutil.Process(served.started("mail"))
    served.end(signal.SIGKILL)
    psutil.wait_procs([child], timeout=60)
    assert not child.is_running()
    again = serving("--no-web", "--no-worker")
    again.waits(lambda: again.said("ready"))
    assert again.end() == 0


def test_a_second_one_is_refused(serving: Callable[..., Served]) -> None:
    served = serving("--no-web", "--no-worker")
    served.waits(lambda: served.said("ready"))
    second = serving("--no-web", "--no-worker")
    assert second.process.wait(60) == 3
    assert f"进程 {served.process.pid}" in second.log.read_text()
    assert served.process.poll() is None


def test_a_process_that_keeps_dying_is_started_after_growing_pauses(serving: Callable[..., Served]) -> None:
    # Django cannot start with these settings, so the worker ends at once.
    served = serving("--no-web", "--no-mail-catcher", DJANGO_SETTINGS_MODULE="no.such.settings")
    served.waits(lambda: len(served.said("process died", service="worker")) >= 3)
    pauses = [line["again_in_seconds"] for line in served.said("process died", service="worker")]
    assert pauses[:3] == [0.5, 1.0, 2.0]
    assert served.end() == 0


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(AddressTaken) as told:
            serve(Serving(tmp_path / "platform", port=port))
    assert f"PORT={port + 1}" in told.value.message
    assert "占用" in told.value.message_zh
    assert not (tmp_path / "platform" / "database").exists()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://localhost:80"),
        ("0.0.0.0", "http://localhost:80"),
        ("::2", "http://[::2]:80"),
        ("example.org", "http://example.org:80"),
    ],
)
def test_the_address_is_one_to_type_into_a_browser(host: str, address: str) -> None:
    assert Serving(Path(), host, 80).address == address
