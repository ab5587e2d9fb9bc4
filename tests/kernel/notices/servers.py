"""Real servers at the other end: one for mail that can be slow, refuse, or take a message twice; one for HTTP."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from django.test import override_settings


@dataclass
class Mailbox:
    """What the server has taken, and what it answers: a function of the number of the attempt.

    `says` are answers to other commands: MAIL, and DATA after the message was sent.
    """

    says: dict[str, str] = field(default_factory=dict)
    answer: Callable[[int], str] = lambda attempt: "250 OK"
    delay: float = 0
    attempts: int = 0
    received: list[Message] = field(default_factory=list)

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = self.says.get("MAIL", "250 OK")
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.attempts += 1
        answer = self.answer(self.attempts)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if "DATA" in self.says:
            return self.says["DATA"]
        self.received.append(message_from_bytes(envelope.content, policy=default))
        await asyncio.sleep(self.delay)
        return "250 OK"


class _OnAnyPort(Controller):
    """The library connects to its own port once to see that it listens; it has to know which port it was given."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[Mailbox]:
    """A mail server on a free port, and the platform set to use it."""
    controller = _OnAnyPort(mailbox, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        with override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=controller.port,
            DEFAULT_FROM_EMAIL="营商 <noreply@example.org>",
        ):
            yield mailbox
    finally:
        controller.stop()


@dataclass
class Gateway:
    """What the HTTP server was asked, and what it answers: a status and headers for the number of the request.

    Like a real one it carries out each idempotency key once: `sent` are the messages it has passed on. `behave` may write
    whatever it likes to the connection instead of an answer, and say so by True.
    """

    answer: Callable[[int], tuple[int, dict[str, str]]] = lambda number: (200, {})
    body: Callable[[dict[str, Any]], bytes] = lambda message: b""
    behave: Callable[[int, BaseHTTPRequestHandler], bool] = lambda number, handler: False
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[dict[str, str], dict[str, Any], bytes]] = field(default_factory=list)
    url: str = ""


@contextmanager
def http_server(gateway: Gateway) -> Iterator[Gateway]:
    """An HTTP server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gateway.requests.append((dict(self.headers), json.loads(body), body))
            number = len(gateway.requests)
            status, headers = gateway.answer(number)
            message = json.loads(body)
            if status < 300:
                gateway.sent.setdefault(self.headers["Idempotency-Key"], message)
            if gateway.behave(number, self):
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(gateway.body(message))

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}/messages"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
