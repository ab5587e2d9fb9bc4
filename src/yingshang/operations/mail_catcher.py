"""A mail server that delivers to a folder: in a demonstration the codes sent by mail can be read there.

It speaks real SMTP, so that the platform sends as it would anywhere. Every message becomes one `.eml` file, which
mail programs open; nothing leaves the machine.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

LONGEST_MESSAGE = 10 * 1024 * 1024


class MailFolder:
    """Writes each message as `<time>-<recipient>.eml`, readable by its owner alone."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd with a whole message; the answer goes back to the sender."""
        content = envelope.content or b""
        if isinstance(content, str):
            content = content.encode("utf-8")
        recipient = re.sub(r"[^\w.@+-]", "_", envelope.rcpt_tos[0])[:80]
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        handle, name = tempfile.mkstemp(dir=self.directory, prefix=".")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # Renamed when complete: whoever watches the folder never reads half a message.
        Path(name).replace(self.directory / f"{moment}-{recipient}.eml")
        return "250 OK"


def listen() -> socket.socket:
    """A socket on this machine's loopback, at a port that was free."""
    return socket.create_server(("127.0.0.1", 0))


def catch_mail(descriptor: int, directory: Path) -> None:
    """Take mail at a listening socket until SIGTERM or SIGINT."""
    asyncio.run(_serve(socket.socket(fileno=descriptor), MailFolder(directory)))


async def _serve(listening: socket.socket, folder: MailFolder) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(folder, hostname="localhost", enable_SMTPUTF8=True, data_size_limit=LONGEST_MESSAGE),
        sock=listening,
    )
    await stopped.wait()
    server.close()
