"""What can be wrong with what goes to a bank or comes from it, each with a stable code and both languages.

`details` names the place: `line` and `field` (the column or element), and `end_to_end_id` where one is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yingshang.rules.errors import DomainError

MAX_ROWS_TOLD = 100


class BankingError(DomainError):
    """Anything of this room."""

    code = "claims.banking"


class InvalidPayment(BankingError):
    """A payment instruction, a batch or an entry cannot be what it says; `field` names the value."""

    code = "claims.banking.invalid_payment"


class UnreadableMessage(BankingError):
    """Not the message it should be: broken XML, another namespace, a DTD, or against its schema."""

    code = "claims.banking.unreadable_message"


class MessageTooLarge(BankingError):
    """More bytes than anybody reads at once."""

    code = "claims.banking.too_large"


class MessageDisagrees(BankingError):
    """Well formed, and contradicts itself: sums, numbers of transactions, an identifier twice."""

    code = "claims.banking.disagrees"


class UnknownStatus(BankingError):
    """A status no list has: what it means for the money cannot be guessed."""

    code = "claims.banking.unknown_status"


class RowErrors(BankingError):
    """A plain file with rows that cannot be used. `rows` has the first of them, each with line and field."""

    code = "claims.banking.rows"

    def __init__(self, rows: Sequence[BankingError], total: int) -> None:
        first = rows[0]
        line = first.details.get("line")
        super().__init__(
            f"{total} rows cannot be used; line {line}: {first.message}",
            message_zh=f"{total} 行无法使用；第 {line} 行：{first.message_zh}",
            total=total,
            rows=[each.as_dict() for each in rows[:MAX_ROWS_TOLD]],
        )
        self.rows = tuple(rows[:MAX_ROWS_TOLD])


class ChannelMisconfigured(BankingError):
    """The settings of a channel cannot be used, or there is no such channel."""

    code = "claims.banking.channel_misconfigured"


class ChannelRefused(BankingError):
    """The bank said no: it has taken nothing. `status` has its number, `bank_code` its reason."""

    code = "claims.banking.channel_refused"


class ChannelUncertain(BankingError):
    """No answer, or a broken one: the bank may have taken the batch or not. Send the same file again, never another."""

    code = "claims.banking.channel_uncertain"


def located(error: BankingError, **place: Any) -> BankingError:
    """The error with its place added to its details; what it names already stays."""
    error.details = {**place, **error.details}
    return error
