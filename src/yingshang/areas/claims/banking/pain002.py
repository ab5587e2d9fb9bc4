"""pain.002.001.10, CustomerPaymentStatusReportV10: what the bank says of a batch (the answer to pain.001.001.09)."""

from __future__ import annotations

import io
from typing import BinaryIO
from xml.sax.saxutils import escape

from yingshang.areas.claims.banking.errors import BankingError, InvalidPayment
from yingshang.areas.claims.banking.values import (
    CURRENCY,
    REASON_TEXT_LENGTH,
    StatusReport,
    TransactionReport,
    fen,
    one_line,
    yuan,
)
from yingshang.areas.claims.banking.xml_messages import (
    MAX_MESSAGE_BYTES,
    PAIN_001,
    PAIN_002,
    UNREADABLE,
    Element,
    elements,
    namespace,
)
from yingshang.areas.claims.banking.xml_values import moment, parsed_moment, reader, tags

_TAG = tags(PAIN_002)
_raw = reader(PAIN_002)


def to_pain002(report: StatusReport) -> bytes:
    """An answer as pain.002.001.10, in UTF-8."""
    file = io.BytesIO()
    original = escape(report.original_message_id)
    status = f"<GrpSts>{report.group_status}</GrpSts>" if report.group_status else ""
    file.write(
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<Document xmlns="{namespace(PAIN_002)}">\n<CstmrPmtStsRpt>\n'
            f"<GrpHdr><MsgId>{escape(report.message_id)}</MsgId>"
            f"<CreDtTm>{moment(report.created)}</CreDtTm></GrpHdr>\n"
            f"<OrgnlGrpInfAndSts><OrgnlMsgId>{original}</OrgnlMsgId><OrgnlMsgNmId>{PAIN_001}</OrgnlMsgNmId>"
            f"{status}{_reason(report.group_reason, report.group_reason_text)}</OrgnlGrpInfAndSts>\n"
        ).encode()
    )
    if report.transactions:
        file.write(f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{original}</OrgnlPmtInfId>\n".encode())
        file.write("".join(_transaction(each) for each in report.transactions).encode())
        file.write(b"</OrgnlPmtInfAndSts>\n")
    file.write(b"</CstmrPmtStsRpt>\n</Document>\n")
    return file.getvalue()


def _reason(code: str, words: str) -> str:
    if not code and not words:
        return ""
    named = f"<Rsn><Cd>{escape(code)}</Cd></Rsn>" if code else ""
    told = f"<AddtlInf>{escape(words)}</AddtlInf>" if words else ""
    return f"<StsRsnInf>{named}{told}</StsRsnInf>"


def _transaction(report: TransactionReport) -> str:
    amount = report.amount_fen
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{escape(report.end_to_end_id)}</OrgnlEndToEndId>"
        f"<TxSts>{report.status}</TxSts>{_reason(report.reason, report.reason_text)}"
        + (f"<AccptncDtTm>{moment(report.accepted_at)}</AccptncDtTm>" if report.accepted_at else "")
        + (f"<AcctSvcrRef>{escape(report.bank_reference)}</AcctSvcrRef>" if report.bank_reference else "")
        + (
            f'<OrgnlTxRef><Amt><InstdAmt Ccy="{CURRENCY}">{yuan(amount)}</InstdAmt></Amt></OrgnlTxRef>'
            if amount is not None
            else ""
        )
        + "</TxInfAndSts>\n"
    )


def from_pain002(content: bytes | BinaryIO, *, max_bytes: int = MAX_MESSAGE_BYTES) -> StatusReport:
    """Read an answer. Raises UnreadableMessage, MessageTooLarge, InvalidPayment, UnknownStatus."""
    found = elements(content, PAIN_002, "TxInfAndSts", max_bytes)
    transactions: list[TransactionReport] = []
    report: StatusReport | None = None
    for element in found:
        try:
            if element.getparent() is not None:
                transactions.append(_read_transaction(element))
            else:
                report = _read_report(element, tuple(transactions))
        except (BankingError, *UNREADABLE) as error:
            found.throw(error)
            raise
    assert report is not None  # the root always comes, or an error
    return report


def _text(element: Element, path: str) -> str:
    return _raw(element, path).strip()


def _read_reason(element: Element) -> tuple[str, str]:
    """The first code, and all the words there are, as far as they fit."""
    code, words = "", ""
    for each in element.findall(_TAG("StsRsnInf")):
        code = code or _text(each, "Rsn/Cd") or _text(each, "Rsn/Prtry")[:4]
        for told in each.findall(_TAG("AddtlInf")):
            words = f"{words} {(told.text or '').strip()}".strip()
    return code, one_line(words, REASON_TEXT_LENGTH)


def _read_transaction(element: Element) -> TransactionReport:
    end_to_end_id = _text(element, "OrgnlEndToEndId")
    if not end_to_end_id:
        raise InvalidPayment(
            "OrgnlEndToEndId: is missing, so nobody knows which payment is meant",
            message_zh="OrgnlEndToEndId：缺少原指令编号，无法确定是哪一笔",
            field="OrgnlEndToEndId",
        )
    status = _text(element, "TxSts")
    if not status:
        raise InvalidPayment(
            f"TxSts: the status of {end_to_end_id} is missing",
            message_zh=f"TxSts：{end_to_end_id} 缺少状态",
            field="TxSts",
            end_to_end_id=end_to_end_id,
        )
    code, words = _read_reason(element)
    accepted = _text(element, "AccptncDtTm")
    amount = element.find(f"{_TAG('OrgnlTxRef')}/{_TAG('Amt')}/{_TAG('InstdAmt')}")
    if amount is not None and amount.get("Ccy") != CURRENCY:
        raise InvalidPayment(
            f"currency: only {CURRENCY}, not {amount.get('Ccy')!r}",
            message_zh=f"币种：仅支持人民币 {CURRENCY}，不能是 {amount.get('Ccy')!r}",
            field="currency",
            end_to_end_id=end_to_end_id,
        )
    try:
        return TransactionReport(
            end_to_end_id=end_to_end_id,
            status=status,
            reason=code,
            reason_text=words,
            bank_reference=_text(element, "AcctSvcrRef"),
            accepted_at=parsed_moment(accepted, "AccptncDtTm") if accepted else None,
            amount_fen=fen(amount.text or "") if amount is not None else None,
        )
    except BankingError as error:
        error.details = {"end_to_end_id": end_to_end_id, **error.details}
        raise


def _read_report(root: Element, transactions: tuple[TransactionReport, ...]) -> StatusReport:
    body = root.find(_TAG("CstmrPmtStsRpt"))
    original = body.find(_TAG("OrgnlGrpInfAndSts"))
    status = _text(original, "GrpSts")
    code, words = _read_reason(original)
    blocks = body.findall(_TAG("OrgnlPmtInfAndSts"))
    if not status and len(blocks) == 1:
        # Some banks say it of the block: a batch of ours has one.
        status = _text(blocks[0], "PmtInfSts")
        code, words = _read_reason(blocks[0]) if not code and not words else (code, words)
    return StatusReport(
        message_id=_text(body, "GrpHdr/MsgId"),
        created=parsed_moment(_text(body, "GrpHdr/CreDtTm"), "CreDtTm"),
        original_message_id=_text(original, "OrgnlMsgId"),
        group_status=status,
        group_reason=code,
        group_reason_text=words,
        transactions=transactions,
    )
