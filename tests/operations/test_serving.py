"""The whole platform as `yingshang serve` runs it, with parts of it taken away and given back."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.urls import Resolver404, resolve

from tests.databases import template
from tests.environment import SERVER
from yingshang.operations.embedded_database import EmbeddedDatabase, wheel_programs

YINGSHANG = Path(sys.executable).with_name("yingshang")


@dataclass
class Place:
    """A platform with tables, and a database that the test starts and stops."""

    directory: Path
    database: EmbeddedDatabase
    environment: dict[str, str]
    port: int

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [YINGSHANG, *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, ConnectionError) as error:
            return 0, str(error)


def _fill(url: str) -> None:
    """Put the tables of the tests' own template in; where there is none, the migrations make them."""
    if not os.environ["TEST_EMBEDDED_DATABASE"]:
        return
    programs = wheel_programs()
    dump = [f"{programs / 'pg_dump'}", "--no-owner", "--no-privileges", "--dbname", SERVER.url(template())]
    fill = [f"{programs / 'psql'}", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", url]
    with subprocess.Popen(dump, stdout=subprocess.PIPE) as dumping:
        subprocess.run(fill, stdin=dumping.stdout, stdout=subprocess.DEVNULL, check=True)
    assert dumping.returncode == 0


@pytest.fixture(scope="module")
def place(django_db_setup: None) -> Iterator[Place]:
    try:
        resolve("/health/live", "yingshang.config.urls")
    except Resolver404:
        pytest.skip("config/urls.py does not include web.health.urls yet")
    folder = Path(tempfile.mkdtemp(prefix="ys-", dir="/tmp"))
    folder.chmod(0o711)
    database = EmbeddedDatabase(folder / "db", durable=False)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": database.start(),
        "DATA_DIRECTORY": str(folder / "platform"),
        "DJANGO_SETTINGS_MODULE": "yingshang.config.settings",
        "METRICS_TOKEN": "secret",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
        "WEB_WORKERS": "2",
        "WORKER_DEAD_AFTER_SECONDS": "6",
    }
    made = Place(folder / "platform", database, environment, port)
    _fill(environment["DATABASE_URL"])
    script = (
        "import django; from django.core.management import call_command as call; django.setup(); "
        "call('migrate', verbosity=0); call('createcachetable'); call('collectstatic', verbosity=0, interactive=False)"
    )
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    yield made
    database.destroy()
    shutil.rmtree(folder)


@dataclass
class Running:
    """A running `yingshang serve`."""

    process: subprocess.Popen[bytes]
    log: Path

    def waits(self, condition: Callable[[], Any]) -> Any:
        while not (found := condition()):
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        return found

    def child(self, name: str) -> psutil.Process | None:
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):  # it may be ending just now
                if name in child.cmdline():
                    return child
        return None


@pytest.fixture(scope="module")
def running(place: Place) -> Iterator[Running]:
    """One for all tests of this module, in their order: the last of them kills it."""
    place.directory.mkdir(exist_ok=True)
    file = place.directory / "log"
    with file.open("wb") as log:
        process = subprocess.Popen(
            [YINGSHANG, "serve", "--port", str(place.port)], env=place.environment, stderr=log
        )
    served = Running(process, file)
    served.waits(lambda: place.get("/health/ready")[0] == 200)
    yield served
    if process.poll() is None:
        process.terminate()
        process.wait(60)


def _works(place: Place) -> bool:
    """Whether a worker is alive, as the doctor asks: without a process of its own for each look."""
    query = "SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '6 seconds'"
    with psycopg.connect(place.database.url()) as database:
        return database.execute(query).fetchone() is not None


def _doctor(place: Place) -> tuple[int, dict[str, str]]:
    done = place.command("doctor", "--json")
    told = json.loads(done.stdout)
    return done.returncode, {finding["code"]: finding["status"] for finding in told["findings"]}


def test_the_platform_serves_and_is_well(place: Place, running: Running) -> None:
    assert place.get("/health/live")[0] == 200
    assert place.get("/metrics")[0] == 401
    running.waits(lambda: _works(place))
    code, findings = _doctor(place)
    assert code == 0
    assert set(findings.values()) == {"ok"}
    # Whichever process is asked adds up what all of them counted.
    asked = 12
    for _ in range(asked):
        place.get("/health/live")
    text = place.get("/metrics", Authorization="Bearer secret")[1]
    if found := re.search(r'yingshang_http_requests_total\{.*view="health:live".*\} ([\d.]+)', text):
        assert float(found[1]) >= asked


def test_without_its_database_it_lives_and_is_not_ready(place: Place, running: Running) -> None:
    place.database.stop()
    try:
        running.waits(lambda: place.get("/health/ready")[0] == 503)
        assert place.get("/health/live")[0] == 200
        code, findings = _doctor(place)
        assert (code, findings["database"]) == (1, "failure")
    finally:
        place.database.start()
    running.waits(lambda: place.get("/health/ready")[0] == 200)


def test_killed_processes_come_back(place: Place, running: Running) -> None:
    for name in ("worker", "web"):
        killed = running.waits(lambda name=name: running.child(name))
        group = killed.children()
        killed.kill()
        running.waits(lambda name=name, killed=killed: (c := running.child(name)) and c.pid != killed.pid)
        alive = psutil.wait_procs(group, timeout=60)[1]
        assert alive == []
    running.waits(lambda: place.get("/health/ready")[0] == 200)
    running.waits(lambda: _works(place))
    assert _doctor(place)[1]["worker"] == "ok"


def test_after_a_killed_supervisor_the_next_one_finds_the_port_free(place: Place, running: Running) -> None:
    family = psutil.Process(running.process.pid).children(recursive=True)
    running.process.kill()
    running.process.wait()
    assert psutil.wait_procs(family, timeout=60)[1] == []
    again = subprocess.Popen(
        [YINGSHANG, "serve", "--no-worker", "--port", str(place.port)],
        env=place.environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        while place.get("/health/ready")[0] != 200:
            assert again.poll() is None
            time.sleep(0.05)
    finally:
        again.terminate()
    assert again.wait(60) == 0
    assert place.get("/health/live")[0] == 0


def test_a_stop_while_it_is_starting_is_heard(place: Place, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [YINGSHANG, "serve", "--port", str(place.port)], env=place.environment, stderr=log
        )
    served = Running(process, tmp_path / "log")
    # Two processes of granian's own are loading the application.
    served.waits(lambda: (web := served.child("web")) and len(web.children()) == 2)
    process.terminate()
    assert process.wait(60) == 0
    assert "refused to gracefully stop" not in served.log.read_text()


def test_the_platform_comes_back_from_a_backup(place: Place, tmp_path: Path) -> None:
    (place.directory / "files").mkdir()
    (place.directory / "files" / "a.pdf").write_bytes(b"a file")
    saved = place.command("backup", "--out", str(tmp_path / "a.backup"), "--json")
    assert saved.returncode == 0, saved.stderr
    assert json.loads(saved.stdout)["files"] == 1
    refused = place.command("restore", str(tmp_path / "a.backup"), "--json")
    assert refused.returncode == 3
    assert json.loads(refused.stdout)["error"]["code"] == "operations.restore_refused"
    place.database.drop_database("other")
    other = place.database.create_database("other")
    done = place.command("restore", str(tmp_path / "a.backup"), "--to", other)
    assert done.returncode == 0, done.stderr
    assert not list(place.directory.glob("files.before-*"))
    assert place.command("restore", str(tmp_path / "a.backup"), "--yes").returncode == 0
    assert (place.directory / "files" / "a.pdf").read_bytes() == b"a file"
    with psycopg.connect(other) as theirs, psycopg.connect(place.database.url()) as ours:
        query = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
        guards = theirs.execute(query).fetchall()
        assert guards
        assert guards == ours.execute(query).fetchall()
    doctor = place.command("doctor", "--json", DATABASE_URL=other)
    findings = json.loads(doctor.stdout)["findings"]
    # Everything but the worker, which serves the other database and has been killed there too.
    assert {each["code"] for each in findings if each["status"] == "failure"} <= {"worker"}
