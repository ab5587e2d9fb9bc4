"""The bank simulator as a process of its own, for tests that kill it, and for journeys that are paid through it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.areas.claims.banking.payments import batch, instruction
from yingshang.areas.claims.banking.channels import Format, HttpChannel, payment_file
from yingshang.areas.claims.banking.status_reasons import Outcome

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
