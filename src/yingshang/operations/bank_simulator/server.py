"""The bank over HTTP, as `yingshang bank-sim` runs it.

POST /payments       pain.001.001.09 (application/xml) or a plain file (text/csv) → 202 {"message_id", "repeated"}
GET  /reports?since= {"reports": [{"reference", "format", "content"}], "next"}: some after a number, oldest first
GET  /statement?day=&account=&format=xml|csv   camt.053.001.08 or a plain file; account needed if there are several
GET  /books          its own books; ?payments=0 without the single payments
GET  /health         {"status": "ok"}, for anybody
POST /control/behaviour (YAML), /control/days {"days": 2}, /control/die {"at": "taken"}: only when started with control
"""

from __future__ import annotations

import hmac
import json
import socket
import tempfile
import threading
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from yingshang.areas.claims.banking.camt053 import write_camt053
from yingshang.areas.claims.banking.channels import Format, write_statement
from yingshang.areas.claims.banking.errors import BankingError, MessageTooLarge
from yingshang.areas.claims.banking.values import Statement
from yingshang.operations.bank_simulator.bank import (
    DIE_AT,
    MAX_BATCH_BYTES,
    LineBroken,
    LineDown,
    MessageConflict,
    SimulatedBank,
)
from yingshang.rules.errors import DomainError

_TIMEOUT = 60
_FORMATS = {"application/xml": Format.XML, "text/xml": Format.XML, "text/csv": Format.CSV}


class BankServer(ThreadingHTTPServer):
    """Answers with what the bank says; whoever asks needs the token."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        bank: SimulatedBank,
        token: str,
        *,
        control: bool,
        listening: socket.socket | None = None,
    ) -> None:
        """`listening` is a socket that listens already, instead of an address."""
        self.bank = bank
        self.token = token
        self.control = control
        super().__init__(address, _Handler, bind_and_activate=listening is None)
        if listening is not None:
            self.socket.close()
            self.socket = listening
            self.server_address = listening.getsockname()[:2]

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"


class _Refusal(Exception):
    """A status and a problem to answer with."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.problem = {"status": status, "code": code, "detail": detail, **more}


class _Handler(BaseHTTPRequestHandler):
    server: BankServer
    server_version = "YingshangBankSimulator"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = _TIMEOUT

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the books tell what happened."""

    def do_GET(self) -> None:
        self._answer(
            {
                "/reports": self._reports,
                "/statement": self._statement,
                "/books": self._books,
            }
        )

    def do_POST(self) -> None:
        found: dict[str, Callable[[], None]] = {"/payments": self._payments}
        if self.server.control:
            found |= {
                "/control/behaviour": self._change,
                "/control/days": self._days,
                "/control/die": self._die,
            }
        self._answer(found)

    def _answer(self, doors: dict[str, Callable[[], None]]) -> None:
        parts = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        try:
            if parts.path == "/health":
                return self._json(200, {"status": "ok", "today": self.server.bank.today.isoformat()})
            given = self.headers.get("Authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self.server.token}".encode()):
                raise _Refusal(401, "unauthorized", "the token is missing or wrong")
            if parts.path not in doors:
                raise _Refusal(404, "not_found", f"there is nothing at {parts.path}")
            doors[parts.path]()
        except _Refusal as refusal:
            self._refuse(refusal)
        except MessageTooLarge as error:
            self._refuse(_Refusal(413, error.code, error.message, details=error.as_dict()))
        except MessageConflict as error:
            self._refuse(_Refusal(409, error.code, error.message, details=error.as_dict()))
        except LineDown as error:
            self._refuse(_Refusal(503, error.code, error.message))
        except LineBroken:
            self._break_off()
        except (BankingError, DomainError) as error:
            self._refuse(_Refusal(422, error.code, error.message, details=error.as_dict()))
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _refuse(self, refusal: _Refusal) -> None:
        # What is left of the body is not read: the connection cannot be used again.
        self.close_connection = True
        self._json(refusal.status, refusal.problem)

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _json(self, status: int, content: Any) -> None:
        self._send(status, json.dumps(content, ensure_ascii=False).encode(), "application/json")

    def _send(self, status: int, content: bytes, media_type: str) -> None:
        self._head(status, len(content), media_type)
        self.wfile.write(content)

    def _head(self, status: int, length: int, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _body(self, file: Any, longest: int) -> None:
        """The body into a file."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise _Refusal(411, "length_required", "say the length of the body")
        left = int(length)
        if left > longest:
            raise _Refusal(413, "too_large", f"at most {longest} bytes")
        while left:
            piece = self.rfile.read(min(left, 1 << 20))
            if not piece:
                raise ConnectionError("the body ended too early")
            file.write(piece)
            left -= len(piece)
        file.seek(0)

    def _text(self) -> str:
        with tempfile.SpooledTemporaryFile(1 << 20) as file:
            self._body(file, 1 << 20)
            return file.read().decode("utf-8", "replace")

    def _payments(self) -> None:
        named = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        format = _FORMATS.get(named)
        if format is None:
            raise _Refusal(415, "unsupported_media_type", "send application/xml or text/csv")
        with tempfile.SpooledTemporaryFile(8 << 20) as file:
            self._body(file, MAX_BATCH_BYTES)
            receipt = self.server.bank.receive(file, format)  # type: ignore[arg-type]  # it reads and seeks
        self._json(202, {"message_id": receipt.message_id, "repeated": receipt.repeated})

    def _reports(self) -> None:
        since = self.query.get("since", "") or "0"
        if not since.isdigit():
            raise _Refusal(400, "invalid", "since is the number `next` of an earlier answer")
        found = self.server.bank.reports(int(since))
        self._json(
            200,
            {
                "reports": [
                    {
                        "reference": each.reference,
                        "format": each.format,
                        "content": each.content.decode("utf-8"),
                    }
                    for each in found
                ],
                "next": str(found[-1].sequence if found else since),
            },
        )

    def _statement(self) -> None:
        bank = self.server.bank
        try:
            day = date.fromisoformat(self.query.get("day", ""))
            format = Format(self.query.get("format", "xml"))
        except ValueError:
            raise _Refusal(
                400, "invalid", "day as 2026-11-22, format xml or csv, account when there are several"
            ) from None
        account = self.query.get("account", "")
        if not account:
            debtors = [
                each["number"] for each in bank.books(payments=False)["accounts"] if each["kind"] == "debtor"
            ]
            if len(debtors) != 1:
                raise _Refusal(400, "invalid", f"there are {len(debtors)} accounts: say which")
            account = debtors[0]
        found = bank.read_statement(day, account)
        if found is None:
            raise _Refusal(404, "not_found", "no such account, or the day has not come")
        if format is Format.CSV:
            return self._send(200, write_statement(Statement.of(*found), format), format.media_type)
        with tempfile.SpooledTemporaryFile(8 << 20) as file:
            write_camt053(file, *found)  # type: ignore[arg-type]  # it writes
            self._head(200, file.tell(), format.media_type)
            file.seek(0)
            while piece := file.read(1 << 20):
                self.wfile.write(piece)

    def _books(self) -> None:
        self._json(200, self.server.bank.books(payments=self.query.get("payments") != "0"))

    def _change(self) -> None:
        self.server.bank.change(self._text())
        self._json(200, {"status": "ok"})

    def _days(self) -> None:
        days = self._told().get("days")
        if not isinstance(days, int) or not 0 <= days <= 3660:
            raise _Refusal(400, "invalid", "days from 0 to 3660")
        self._json(200, {"today": self.server.bank.pass_days(days).isoformat()})

    def _die(self) -> None:
        at = self._told().get("at")
        if at not in DIE_AT:
            raise _Refusal(400, "invalid", f"at: one of {', '.join(DIE_AT)}")
        self.server.bank.die_at = at
        self._json(200, {"status": "ok"})

    def _told(self) -> dict[str, Any]:
        try:
            told = json.loads(self._text())
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise _Refusal(400, "invalid", "send a JSON object")
        return told


def run(
    server: BankServer, stop: threading.Event, look: Callable[[], None] | None = None, *, pause: float = 0.1
) -> None:
    """Serve and work until told to stop. The pause is how long an idle bank waits before it looks again."""
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    serving.start()
    try:
        while not stop.is_set():
            busy = server.bank.work()
            if look is not None:
                look()
            if not busy:
                stop.wait(pause)
    finally:
        server.shutdown()
        server.server_close()
        serving.join(5)
        server.bank.close()
