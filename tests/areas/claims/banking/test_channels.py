"""Channels against a bank that answers as real ones do: well, badly, or not at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.areas.claims.banking.payments import PAYER, batch, later
from yingshang.areas.claims.banking.channels import (
    FOLDER,
    HTTP,
    Channel,
    ChannelKind,
    ChannelType,
    FolderChannel,
    Format,
    HttpChannel,
    PaymentFile,
    channel_types,
    declare_channel,
    open_channel,
    payment_file,
    report_name,
)
from yingshang.areas.claims.banking.errors import ChannelMisconfigured, ChannelRefused, ChannelUncertain

FILE = payment_file(batch(), Format.XML)


@contextmanager
def bank_answering(status: int, body: bytes, **headers: str) -> Iterator[str]:
    """Something at an address that always answers the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (500, b"oops", {}),
        (503, b"", {}),
        (429, b"slowly", {}),
        (302, b"", {"Location": "http://127.0.0.1:1/elsewhere"}),
        (202, b"<html>", {}),
        (202, b"[]", {}),
        (202, b'{"message_id": "ANOTHER"}', {}),
        (202, b'{"message_id": "BATCH-1"', {"Content_Length": "400"}),
    ],
)
def test_an_unclear_answer_is_uncertain(status: int, body: bytes, headers: dict[str, str]) -> None:
    with bank_answering(status, body, **headers) as url, pytest.raises(ChannelUncertain) as raised:
        HttpChannel(url, "token", timeout=2).send(FILE)
    assert raised.value.message_zh


def test_a_clear_no_is_a_refusal() -> None:
    told = b'{"code": "DU01", "detail": "the identifier is taken"}'
    with (
        bank_answering(409, told) as url,
        pytest.raises(ChannelRefused, match="the identifier is taken") as raised,
    ):
        HttpChannel(url, "token").send(FILE)
    assert raised.value.details == {"status": 409, "bank_code": "DU01"}


def test_nobody_there_and_nobody_answering() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ChannelUncertain):
            HttpChannel(url, "token", timeout=0.1).send(FILE)
    with pytest.raises(ChannelUncertain):
        HttpChannel(url, "token", timeout=1).fetch()


def test_an_answer_without_reports() -> None:
    with bank_answering(200, b'{"reports": [{}], "next": 1}') as url, pytest.raises(ChannelUncertain):
        HttpChannel(url, "token").fetch()


def test_one_answer_that_cannot_be_read_does_not_hold_up_the_others(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for number, content in ((1, b"<nonsense"), (2, b"also not"), (10, b"")):
        (out / report_name(number, Format.XML)).write_bytes(content)
    (out / ".report-000000000011.xml.part").write_bytes(b"half")
    (out / "readme.txt").write_bytes(b"")
    channel = FolderChannel(tmp_path)
    first = channel.fetch()
    assert [each.error is not None for each in first.reports] == [True, True, True]
    assert first.cursor == "report-000000000010.xml"
    assert channel.fetch(first.cursor).reports == ()
    assert channel.fetch(report_name(2, Format.XML)).cursor == "report-000000000010.xml"


def test_a_batch_is_laid_down_whole(tmp_path: Path) -> None:
    channel = FolderChannel(tmp_path)
    assert channel.fetch("x").cursor == "x"
    assert channel.statement(later(0), PAYER) is None
    big = tmp_path / "batch"
    big.write_bytes(FILE.content if isinstance(FILE.content, bytes) else b"")
    for _ in range(2):
        assert not channel.send(PaymentFile("BATCH-1", Format.XML, big)).taken
    assert [each.name for each in (tmp_path / "in").iterdir()] == ["BATCH-1.xml"]
    assert (tmp_path / "in" / "BATCH-1.xml").read_bytes() == FILE.content


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"a file, not a folder")
    with pytest.raises(ChannelUncertain):
        FolderChannel(tmp_path).send(FILE)


def test_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {HTTP, FOLDER} <= set(channel_types())
    monkeypatch.setenv("PRACTICE_TOKEN", "secret")
    opened = open_channel(
        "http", {"url": "https://bank.example.com", "token_variable": "PRACTICE_TOKEN", "timeout": "5"}
    )
    assert opened == HttpChannel("https://bank.example.com", "secret", timeout=5)
    assert isinstance(opened, Channel)
    assert isinstance(open_channel("folder", {"folder": "/exchange", "format": "csv"}), Channel)
    another = ChannelType("http", "x", "x", frozenset({ChannelKind.WALLET}), (), lambda _: opened)
    with pytest.raises(ChannelMisconfigured):
        declare_channel(another)


@pytest.mark.parametrize(
    ("code", "settings", "field"),
    [
        ("fax", {}, "channel"),
        ("http", {"url": "https://bank.example.com"}, "token_variable"),
        ("http", {"url": "ftp://bank.example.com", "token_variable": "PRACTICE_TOKEN"}, "url"),
        ("http", {"url": "https://bank.example.com", "token_variable": "SECRET_KEY"}, "token"),
        ("http", {"url": "https://bank.example.com", "token_variable": "NO_SUCH_TOKEN"}, "token"),
        ("http", {"url": "https://u:p@bank.example.com", "token_variable": "PRACTICE_TOKEN"}, "url"),
        (
            "http",
            {"url": "https://bank.example.com", "token_variable": "PRACTICE_TOKEN", "timeout": "no"},
            "timeout",
        ),
        ("folder", {"folder": "relative"}, "folder"),
        ("folder", {"folder": "/x", "format": "pdf"}, "format"),
        ("folder", {"folder": "/x", "colour": "red"}, "colour"),
    ],
)
def test_settings_that_cannot_be(
    code: str, settings: dict[str, str], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRACTICE_TOKEN", "secret")
    with pytest.raises(ChannelMisconfigured) as raised:
        open_channel(code, settings)
    assert raised.value.details["field"] == field
