"""The bank in the same process, behind the door every channel has: for tests of thousands of schedules."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from yingshang.areas.claims.banking.camt053 import read_camt053, write_camt053
from yingshang.areas.claims.banking.channels import (
    Acknowledgement,
    Fetched,
    PaymentFile,
    StatementReading,
    received,
)
from yingshang.areas.claims.banking.errors import BankingError, ChannelRefused, ChannelUncertain
from yingshang.areas.claims.banking.values import Statement
from yingshang.operations.bank_simulator.bank import LineBroken, LineDown, MessageConflict, SimulatedBank


@dataclass(frozen=True, slots=True)
class DirectChannel:
    """A channel without a network; what is said is written and read as it would be."""

    bank: SimulatedBank

    def send(self, file: PaymentFile) -> Acknowledgement:
        """Hand in a batch."""
        try:
            with file.opened() as content:
                receipt = self.bank.receive(content, file.format)
        except (LineDown, LineBroken) as error:
            raise ChannelUncertain(error.message, message_zh=error.message_zh) from None
        except MessageConflict as error:
            raise ChannelRefused(
                error.message, message_zh=error.message_zh, status=409, bank_code=error.code
            ) from None
        except BankingError as error:
            raise ChannelRefused(
                error.message, message_zh=error.message_zh, status=422, bank_code=error.code
            ) from None
        return Acknowledgement(receipt.message_id, taken=True, repeated=receipt.repeated)

    def fetch(self, cursor: str = "") -> Fetched:
        """The answers since a cursor."""
        found = self.bank.reports(int(cursor or 0))
        return Fetched(
            tuple(received(each.reference, each.content, each.format) for each in found),
            str(found[-1].sequence) if found else cursor,
        )

    def statement(self, day: date, account: str) -> Statement | None:
        """The statement of a day, as camt.053 tells it."""
        with self.open_statement(day, account) as reading:
            return reading.whole() if reading else None

    @contextmanager
    def open_statement(self, day: date, account: str) -> Iterator[StatementReading | None]:
        """The same, as it is read."""
        found = self.bank.read_statement(day, account)
        if found is None:
            yield None
            return
        file = io.BytesIO()
        write_camt053(file, *found)
        file.seek(0)
        yield StatementReading(*read_camt053(file))
