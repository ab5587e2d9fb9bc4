"""pain.001.001.09, CustomerCreditTransferInitiationV09: the order to a bank to pay.

One message is one batch out of one account (one PmtInf block). Branches are named by their CNAPS number.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from xml.sax.saxutils import escape

from yingshang.areas.claims.banking.errors import BankingError, InvalidPayment, MessageDisagrees
from yingshang.areas.claims.banking.values import (
    CURRENCY,
    Bank,
    BatchHead,
    PaymentBatch,
    PaymentInstruction,
    check_totals,
    fen,
    yuan,
)
from yingshang.areas.claims.banking.xml_messages import (
    MAX_MESSAGE_BYTES,
    PAIN_001,
    UNREADABLE,
    Element,
    elements,
    namespace,
    opened,
)
from yingshang.areas.claims.banking.xml_values import moment, parsed_day, parsed_moment, reader, tags

CLEARING_SYSTEM = "CNAPS"
"""ISO 20022 external code of China's clearing system: a bank branch's 12-digit number."""

_AT_ONCE = 2000
"""Instructions gathered before they are written."""


def to_pain001(batch: PaymentBatch) -> bytes:
    """A batch as pain.001.001.09, in UTF-8."""
    file = io.BytesIO()
    write_pain001(file, batch.head, batch.instructions)
    return file.getvalue()


def write_pain001(file: BinaryIO, head: BatchHead, instructions: Iterable[PaymentInstruction]) -> None:
    """Write a batch of any length without holding it: number and sum must be known before.

    Raises MessageDisagrees when the instructions are not as many, or not as much, as the head says; the file then lacks
    its end and must be thrown away. That no identifier stands in it twice is for the caller to see to.
    """
    file.write(_opening(head).encode())
    number = sum_fen = 0
    waiting: list[str] = []
    for instruction in instructions:
        number += 1
        sum_fen += instruction.amount_fen
        waiting.append(_transaction(instruction))
        if len(waiting) >= _AT_ONCE:
            file.write("".join(waiting).encode())
            waiting.clear()
    check_totals(head, number, sum_fen)
    waiting.append("</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n")
    file.write("".join(waiting).encode())


def _opening(head: BatchHead) -> str:
    name = escape(head.debtor_name)
    totals = f"<NbOfTxs>{head.number}</NbOfTxs><CtrlSum>{yuan(head.sum_fen)}</CtrlSum>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="{namespace(PAIN_001)}">\n<CstmrCdtTrfInitn>\n'
        f"<GrpHdr><MsgId>{head.message_id}</MsgId><CreDtTm>{moment(head.created)}</CreDtTm>{totals}"
        f"<InitgPty><Nm>{name}</Nm></InitgPty></GrpHdr>\n"
        f"<PmtInf><PmtInfId>{head.message_id}</PmtInfId><PmtMtd>TRF</PmtMtd>{totals}"
        f"<ReqdExctnDt><Dt>{head.requested_execution_date.isoformat()}</Dt></ReqdExctnDt>"
        f"<Dbtr><Nm>{name}</Nm></Dbtr>"
        f"<DbtrAcct><Id><Othr><Id>{head.debtor_account}</Id></Othr></Id><Ccy>{CURRENCY}</Ccy></DbtrAcct>"
        f"<DbtrAgt>{_agent(head.debtor_bank)}</DbtrAgt>\n"
    )


def _transaction(instruction: PaymentInstruction) -> str:
    purpose, remittance = instruction.purpose, instruction.remittance
    return (
        f"<CdtTrfTxInf><PmtId><EndToEndId>{instruction.end_to_end_id}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="{instruction.currency}">{yuan(instruction.amount_fen)}</InstdAmt></Amt>'
        f"<CdtrAgt>{_agent(instruction.creditor_bank)}</CdtrAgt>"
        f"<Cdtr><Nm>{escape(instruction.creditor_name)}</Nm></Cdtr>"
        f"<CdtrAcct><Id><Othr><Id>{instruction.creditor_account}</Id></Othr></Id></CdtrAcct>"
        + (f"<Purp><Prtry>{escape(purpose)}</Prtry></Purp>" if purpose else "")
        + (f"<RmtInf><Ustrd>{escape(remittance)}</Ustrd></RmtInf>" if remittance else "")
        + "</CdtTrfTxInf>\n"
    )


def _agent(bank: Bank) -> str:
    number = (
        f"<ClrSysMmbId><ClrSysId><Cd>{CLEARING_SYSTEM}</Cd></ClrSysId><MmbId>{bank.cnaps}</MmbId></ClrSysMmbId>"
        if bank.cnaps
        else ""
    )
    return f"<FinInstnId>{number}<Nm>{escape(bank.name)}</Nm></FinInstnId>"


def from_pain001(content: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES) -> PaymentBatch:
    """Read a batch. Raises UnreadableMessage, MessageTooLarge, InvalidPayment, MessageDisagrees."""
    head, instructions = read_pain001(opened(content, max_bytes), max_bytes=max_bytes)
    return PaymentBatch.of(head, instructions)


def read_pain001(
    file: BinaryIO, *, max_bytes: int = MAX_MESSAGE_BYTES
) -> tuple[BatchHead, Iterator[PaymentInstruction]]:
    """Read a batch of any length without holding it: its head, and its instructions one by one.

    The file must be able to seek. Only when the instructions have ended without an error was the message sound: use
    them within a transaction. Raises what `from_pain001` does, but lets an identifier stand in it twice.
    """
    reading = _instructions(file, max_bytes)
    head = next(reading)
    assert isinstance(head, BatchHead)
    return head, reading  # type: ignore[return-value]  # the head came first and only once


def _instructions(file: BinaryIO, max_bytes: int) -> Iterator[BatchHead | PaymentInstruction]:
    head: BatchHead | None = None
    number = sum_fen = 0
    found = elements(file, PAIN_001, "CdtTrfTxInf", max_bytes)
    block: Element = None
    for element in found:
        try:
            if element.getparent() is None:
                break
            if head is None:
                block = element.getparent()
                head = _head(block)
                yield head
            elif element.getparent() is not block:
                raise MessageDisagrees(
                    "pays out of several blocks (PmtInf); send one message for each",
                    message_zh="含有多个支付信息块（PmtInf）；请每块单独成批",
                    field="PmtInf",
                )
            instruction = _instruction(element)
        except (BankingError, *UNREADABLE) as error:
            found.throw(error)
            raise
        number += 1
        sum_fen += instruction.amount_fen
        yield instruction
    # Once more: the schema's verdict on the whole comes after the root.
    for _ in found:
        pass
    if head is None:
        raise MessageDisagrees("has no payment", message_zh="没有任何支付指令", field="CdtTrfTxInf")
    check_totals(head, number, sum_fen)


_TAG = tags(PAIN_001)
_text = reader(PAIN_001)


def _head(block: Element) -> BatchHead:
    header = block.getparent().find(_TAG("GrpHdr"))
    number, total = _text(header, "NbOfTxs"), _text(header, "CtrlSum")
    if not total:
        raise InvalidPayment("CtrlSum: is missing", message_zh="CtrlSum：缺少控制总额", field="CtrlSum")
    head = BatchHead(
        message_id=_text(header, "MsgId"),
        created=parsed_moment(_text(header, "CreDtTm"), "CreDtTm"),
        requested_execution_date=parsed_day(
            _text(block, "ReqdExctnDt/Dt") or _text(block, "ReqdExctnDt/DtTm"), "ReqdExctnDt"
        ),
        debtor_name=_text(block, "Dbtr/Nm"),
        debtor_account=_text(block, "DbtrAcct/Id/Othr/Id") or _text(block, "DbtrAcct/Id/IBAN"),
        debtor_bank=_bank(block.find(_TAG("DbtrAgt"))),
        number=int(number) if number.isdigit() else 0,
        sum_fen=fen(total, "CtrlSum"),
    )
    own_number, own_sum = _text(block, "NbOfTxs"), _text(block, "CtrlSum")
    differs = "NbOfTxs" if own_number and int(own_number) != head.number else ""
    differs = "CtrlSum" if own_sum and fen(own_sum, "CtrlSum") != head.sum_fen else differs
    if differs:
        raise MessageDisagrees(
            f"{differs} of the block is not that of the message",
            message_zh=f"支付信息块的 {differs} 与报文头不一致",
            field=differs,
        )
    return head


def _bank(agent: Element) -> Bank:
    system = _text(agent, "FinInstnId/ClrSysMmbId/ClrSysId/Cd")
    number = _text(agent, "FinInstnId/ClrSysMmbId/MmbId")
    if number and system and system != CLEARING_SYSTEM:
        raise InvalidPayment(
            f"cnaps: a branch is named by its number in {CLEARING_SYSTEM}, not in {system}",
            message_zh=f"联行号：须为 {CLEARING_SYSTEM} 行号，不能是 {system}",
            field="cnaps",
        )
    return Bank(_text(agent, "FinInstnId/Nm"), number)


def _instruction(element: Element) -> PaymentInstruction:
    amount = element.find(f"{_TAG('Amt')}/{_TAG('InstdAmt')}")
    agent = element.find(_TAG("CdtrAgt"))
    if amount is None or agent is None:
        missing = "InstdAmt" if amount is None else "CdtrAgt"
        raise InvalidPayment(f"{missing}: is missing", message_zh=f"{missing}：必须填写", field=missing)
    currency = amount.get("Ccy")
    if currency != CURRENCY:
        raise InvalidPayment(
            f"currency: only {CURRENCY}, not {currency!r}",
            message_zh=f"币种：仅支持人民币 {CURRENCY}，不能是 {currency!r}",
            field="currency",
        )
    remittances = element.findall(f"{_TAG('RmtInf')}/{_TAG('Ustrd')}")
    return PaymentInstruction(
        end_to_end_id=_text(element, "PmtId/EndToEndId"),
        amount_fen=fen(amount.text or ""),
        currency=currency,
        creditor_name=_text(element, "Cdtr/Nm"),
        creditor_account=_text(element, "CdtrAcct/Id/Othr/Id") or _text(element, "CdtrAcct/Id/IBAN"),
        creditor_bank=_bank(agent),
        purpose=_text(element, "Purp/Prtry") or _text(element, "Purp/Cd"),
        remittance="".join(each.text or "" for each in remittances),
    )
