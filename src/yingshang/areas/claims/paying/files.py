"""The file of a batch: made once, from rows that never change, and kept as it was sent."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from ..banking.channels import Format
from ..banking.channels import PaymentFile as SentFile
from ..banking.errors import BankingError, located
from ..banking.pain001 import write_pain001
from ..banking.plain_files import Encoding, to_order_file
from ..banking.values import (
    NAME_LENGTH,
    REMITTANCE_LENGTH,
    Bank,
    BatchHead,
    PaymentInstruction,
    one_line,
)
from ..banking.values import PaymentBatch as Message
from ..models import Claim, PayeeAccount, PaymentBatch, PaymentFile, PaymentOrder
from .channels import Way

PURPOSE = "惠企资金"
_KEEPERS = {"wallet": "商户钱包", "treasury": "国库"}
"""Who keeps an account that no branch of a bank is named for."""


def file_of(batch: PaymentBatch, way: Way, *, now: datetime) -> PaymentFile:
    """The kept file of a batch, made when there is none yet. Raises BankingError naming the order."""
    found = PaymentFile.objects.filter(batch=batch).first()
    if found is not None:
        return found
    content = content_of(batch, way.format, encoding=way.encoding)
    return PaymentFile.objects.create(
        batch=batch,
        format=str(way.format),
        encoding=str(way.encoding),
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=_text(content, way.encoding),
        made_at=now,
    )


def kept_file(kept: PaymentFile) -> SentFile:
    """What goes to the bank, byte for byte as it was made."""
    content = _bytes(kept)
    if hashlib.sha256(content).hexdigest() != kept.digest:
        raise BankingError(
            f"the kept file of {kept.batch.message_id} is not the one that was made",
            message_zh=f"批次 {kept.batch.message_id} 的报文与制作时不一致，已停止发送",
        )
    return SentFile(kept.batch.message_id, Format(kept.format), content)


def content_of(batch: PaymentBatch, format: Format, *, encoding: Encoding = Encoding.UTF_8) -> bytes:
    """The batch as a file of a format; the same rows give the same bytes. Raises BankingError naming the order."""
    fund = batch.fund
    head = BatchHead(
        message_id=batch.message_id,
        created=batch.checked_at or batch.made_at,
        requested_execution_date=batch.execute_on,
        debtor_name=_name(fund.payer_name),
        debtor_account=fund.payer_account,
        debtor_bank=Bank(_name(fund.payer_bank_name or fund.payer_name), fund.payer_bank_code),
        number=batch.orders_count,
        sum_fen=batch.amount_fen,
    )
    rows = batch.orders.select_related("account", "claim").order_by("pk").iterator(chunk_size=2000)
    if format is Format.XML:
        file = io.BytesIO()
        write_pain001(file, head, _instructions(rows))
        return file.getvalue()
    return to_order_file(Message.of(head, _instructions(rows)), encoding=encoding)


def instruction_of(order_id: str, amount_fen: int, account: PayeeAccount, claim: Claim) -> PaymentInstruction:
    """One order as the bank reads it. Raises BankingError for an account no bank could be asked to pay to."""
    return PaymentInstruction(
        end_to_end_id=order_id,
        amount_fen=amount_fen,
        creditor_name=_name(account.name),
        creditor_account=account.number,
        creditor_bank=Bank(
            _name(account.bank_name or _KEEPERS.get(account.channel, account.name)), account.bank_code
        ),
        purpose=PURPOSE,
        remittance=one_line(f"{claim.number} {claim.item_name}", REMITTANCE_LENGTH),
    )


def _instructions(rows: Iterable[PaymentOrder]) -> Iterator[PaymentInstruction]:
    for row in rows:
        try:
            yield instruction_of(row.end_to_end_id, row.amount_fen, row.account, row.claim)
        except BankingError as error:
            raise located(error, end_to_end_id=row.end_to_end_id, claim=row.claim.number) from None


def _name(text: str) -> str:
    return one_line(text, NAME_LENGTH)


def _text(content: bytes, encoding: Encoding) -> str:
    """Bytes as text that gives the same bytes back."""
    return content.decode("latin-1") if encoding is not Encoding.UTF_8 else content.decode("utf-8")


def _bytes(kept: PaymentFile) -> bytes:
    return kept.content.encode("utf-8" if kept.encoding == Encoding.UTF_8 else "latin-1")
