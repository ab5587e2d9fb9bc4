"""`yingshang bank-sim` as a real process: killed at every step, it keeps what it said it took."""

from __future__ import annotations

import contextlib
import json
import urllib.error
from collections.abc import Iterator

import pytest

from tests.areas.claims.banking.bank_process import TOKEN, Bank
from tests.areas.claims.banking.payments import PAYER, batch
from yingshang.areas.claims.banking.channels import Format, HttpChannel
from yingshang.areas.claims.banking.errors import ChannelRefused, ChannelUncertain
from yingshang.areas.claims.banking.status_reasons import Outcome
from yingshang.operations.bank_simulator.bank import DIE_AT


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
