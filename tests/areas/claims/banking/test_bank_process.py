"""`yingshang bank-sim` as a real process: killed at every step, it keeps what it said it took."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.areas.claims.banking.payments import PAYER, batch, instruction
from yingshang.areas.claims.banking.channels import Format, HttpChannel, payment_file
from yingshang.areas.claims.banking.errors import ChannelRefused, ChannelUncertain
from yingshang.areas.claims.banking.status_reasons import Outcome
from yingshang.operations.bank_simulator.bank import DIE_AT

TOKEN = "only-for-tests"


class Bank:
    """The process, started again when it is gone. Not pytest's own: it is killed on purpose."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.process: subprocess.Popen[str] | None = None
        self.batches = 0
        self.cursor = ""

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "yingshang.cli.main",
            "bank-sim",
            "--data",
            str(self.folder / "bank.sqlite"),
        ]
        command += ["--port", "0", "--folder", str(self.folder / "exchange"), "--control", "--json"]
        environment = {**os.environ, "BANK_SIMULATOR_TOKEN": TOKEN}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        with self.process:
            return self.process.wait(10)

    def wait_until_dead(self) -> None:
        assert self.process is not None
        with self.process:
            assert self.process.wait(10) == -9

    @property
    def channel(self) -> HttpChannel:
        return HttpChannel(self.url, TOKEN, timeout=10)

    def control(self, what: str, content: Any) -> Any:
        body = content if isinstance(content, str) else json.dumps(content)
        return self.ask(f"control/{what}", body.encode())

    def ask(self, path: str, body: bytes | None = None, token: str = TOKEN) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"{self.url}/{path}", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def file(self, *numbers: int) -> Any:
        """A new batch of orders that no other test uses."""
        self.batches += 1
        orders = (instruction(f"{self.batches}-{number}") for number in numbers)
        return payment_file(batch(*orders, message_id=f"BATCH-{self.batches}"), Format.XML)

    def answers(self, message_id: str, number: int) -> dict[str, Outcome]:
        """Ask until so many orders of a batch are answered."""
        found: dict[str, Outcome] = {}
        until = time.monotonic() + 10
        while len(found) < number and time.monotonic() < until:
            fetched = self.channel.fetch(self.cursor)
            self.cursor = fetched.cursor
            for each in fetched.reports:
                assert each.report is not None
                if each.report.original_message_id == message_id:
                    found |= {one.end_to_end_id: one.outcome for one in each.report.transactions}
        return found

    def was_paid(self, message_id: str) -> list[int]:
        """For each order of a batch, whether it was paid."""
        books = self.ask("books")
        assert books["sum"] == 0
        assert books["accounts_that_disagree"] == 0
        assert books["paid_twice"] == []
        return [each["was_paid"] for each in books["payments"] if each["message_id"] == message_id]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    made = Bank(tmp_path_factory.mktemp("bank"))
    made.start()
    yield made
    assert made.stop() == 0


@pytest.mark.parametrize("point", DIE_AT)
def test_killed_at_every_step(bank: Bank, point: str) -> None:
    """Who got no answer sends the same again; each order is paid once and answered."""
    file = bank.file(1, 2, 3)
    bank.control("die", {"at": point})
    if point in ("received", "taken"):
        with pytest.raises(ChannelUncertain):
            bank.channel.send(file)
    else:
        # It said it took it, or died paying before it could: both are the same to whoever sends again.
        with contextlib.suppress(ChannelUncertain):
            assert not bank.channel.send(file).repeated
    bank.wait_until_dead()
    bank.start()
    assert bank.channel.send(file).repeated == (point != "received")
    assert set(bank.answers(file.message_id, 3).values()) == {Outcome.SETTLED}
    assert bank.was_paid(file.message_id) == [True, True, True]


def test_some_now_some_later_and_all_twice(bank: Bank) -> None:
    bank.control(
        "behaviour", "rules: [{end_to_end_id: '*-2', asks: 2}]\nanswers: {repeat: 2, out_of_order: true}"
    )
    file = bank.file(1, 2)
    bank.channel.send(file)
    assert bank.answers(file.message_id, 2) == dict.fromkeys(
        (f"ORDER-{bank.batches}-1", f"ORDER-{bank.batches}-2"), Outcome.SETTLED
    )
    bank.control("behaviour", "{}")


def test_the_statement_and_the_day(bank: Bank) -> None:
    bank.control("behaviour", "rules: [{do: return, reason: AC04}]")
    file = bank.file(1)
    bank.channel.send(file)
    bank.answers(file.message_id, 1)
    bank.control("behaviour", "{}")
    day = type(batch().requested_execution_date).fromisoformat(bank.control("days", {"days": 1})["today"])
    for format in Format:
        statement = HttpChannel(bank.url, TOKEN, format).statement(day, PAYER)
        assert statement is not None
        assert [
            each.return_reason
            for each in statement.entries
            if each.end_to_end_id == f"ORDER-{bank.batches}-1"
        ] == ["AC04"]
    assert bank.channel.statement(day.replace(year=day.year + 1), PAYER) is None


def test_files_as_well(bank: Bank) -> None:
    file = bank.file(1)
    exchange = bank.folder / "exchange"
    (exchange / "in" / "late.xml").write_bytes(file.content)
    assert set(bank.answers(file.message_id, 1).values()) == {Outcome.SETTLED}
    assert bank.was_paid(file.message_id) == [True]


@pytest.mark.parametrize(
    ("path", "body", "token", "status"),
    [
        ("books", None, "wrong", 401),
        ("nowhere", None, TOKEN, 404),
        ("reports?since=x", None, TOKEN, 400),
        ("statement?day=yesterday", None, TOKEN, 400),
        ("statement?day=2026-01-01&account=12345", None, TOKEN, 404),
        ("payments", b"x", TOKEN, 415),
        ("control/days", b"{}", TOKEN, 400),
        ("control/die", b"[]", TOKEN, 400),
        ("control/behaviour", b"sed: 1", TOKEN, 422),
    ],
)
def test_what_it_refuses(bank: Bank, path: str, body: bytes | None, token: str, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        bank.ask(path, body, token)
    with raised.value as error:
        assert error.code == status
        assert json.loads(error.read())["detail"]


def test_an_unreadable_batch_is_refused_with_its_line(bank: Bank) -> None:
    file = bank.file(1)
    broken = type(file)(file.message_id, file.format, file.content[:-30])
    with pytest.raises(ChannelRefused, match="broken XML") as raised:
        bank.channel.send(broken)
    assert raised.value.details == {"status": 422, "bank_code": "claims.banking.unreadable_message"}
    assert bank.ask("health")["status"] == "ok"
