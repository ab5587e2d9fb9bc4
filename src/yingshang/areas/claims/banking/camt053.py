"""camt.053.001.08, BankToCustomerStatementV08: a day of an account in the bank's words."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import BinaryIO
from xml.sax.saxutils import escape

from yingshang.areas.claims.banking.errors import BankingError, InvalidPayment
from yingshang.areas.claims.banking.values import (
    CHINA,
    CURRENCY,
    REMITTANCE_LENGTH,
    EntryKind,
    Statement,
    StatementEntry,
    StatementHead,
    fen,
    one_line,
    yuan,
)
from yingshang.areas.claims.banking.xml_messages import (
    CAMT_053,
    MAX_MESSAGE_BYTES,
    MAX_STATEMENT_BYTES,
    UNREADABLE,
    Element,
    elements,
    namespace,
    opened,
)
from yingshang.areas.claims.banking.xml_values import (
    moment,
    parsed_day,
    parsed_moment,
    reader,
    tags,
)

_TAG = tags(CAMT_053)
_raw = reader(CAMT_053)
# Bank transaction codes of ISO 20022: domain PMNT, family (issued or received credit transfers), sub-family.
_CODES = {
    EntryKind.PAYMENT: ("ICDT", "DMCT"),
    EntryKind.RETURN: ("ICDT", "RRTN"),
    EntryKind.DEPOSIT: ("RCDT", "DMCT"),
    EntryKind.OTHER: ("MDOP", "OTHR"),
}
_KINDS = {code: kind for kind, code in _CODES.items()}


_AT_ONCE = 2000
"""Entries gathered before they are written."""


def to_camt053(statement: Statement) -> bytes:
    """A statement as camt.053.001.08, in UTF-8."""
    file = io.BytesIO()
    write_camt053(file, statement.head, statement.entries)
    return file.getvalue()


def write_camt053(file: BinaryIO, head: StatementHead, entries: Iterable[StatementEntry]) -> None:
    """Write a statement of any length without holding it.

    Raises MessageDisagrees when it does not add up; the file then lacks its end and must be thrown away.
    """
    begins = datetime.combine(head.day, time(0, 0, 0), CHINA)
    ends = datetime.combine(head.day, time(23, 59, 59), CHINA)
    name = escape(head.statement_id)
    created = moment(head.created)
    file.write(
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<Document xmlns="{namespace(CAMT_053)}">\n<BkToCstmrStmt>\n'
            f"<GrpHdr><MsgId>{name}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr>\n"
            f"<Stmt><Id>{name}</Id><CreDtTm>{created}</CreDtTm>"
            f"<FrToDt><FrDtTm>{moment(begins)}</FrDtTm><ToDtTm>{moment(ends)}</ToDtTm></FrToDt>"
            f"<Acct><Id><Othr><Id>{head.account}</Id></Othr></Id><Ccy>{CURRENCY}</Ccy></Acct>\n"
            f"{_balance('OPBD', head.opening_fen, head.day)}"
            f"{_balance('CLBD', head.closing_fen, head.day)}"
        ).encode()
    )
    moved = 0
    waiting: list[str] = []
    for entry in entries:
        moved += entry.amount_fen
        waiting.append(_entry(entry))
        if len(waiting) >= _AT_ONCE:
            file.write("".join(waiting).encode())
            waiting.clear()
    head.check(moved)
    waiting.append("</Stmt>\n</BkToCstmrStmt>\n</Document>\n")
    file.write("".join(waiting).encode())


def _side(value: int) -> str:
    return "DBIT" if value < 0 else "CRDT"


def _balance(code: str, value: int, day: date) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{CURRENCY}">{yuan(abs(value))}</Amt>'
        f"<CdtDbtInd>{_side(value)}</CdtDbtInd><Dt><Dt>{day.isoformat()}</Dt></Dt></Bal>\n"
    )


def _entry(entry: StatementEntry) -> str:
    side = _side(entry.amount_fen)
    amount = f'<Amt Ccy="{CURRENCY}">{yuan(abs(entry.amount_fen))}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
    family, part = _CODES[entry.kind]
    # The other side is the creditor of what we pay (and of what comes back), the debtor of what we get.
    other = "Dbtr" if entry.kind is EntryKind.DEPOSIT else "Cdtr"
    name, account = escape(entry.counterparty_name), escape(entry.counterparty_account)
    parties = (f"<{other}><Pty><Nm>{name}</Nm></Pty></{other}>" if name else "") + (
        f"<{other}Acct><Id><Othr><Id>{account}</Id></Othr></Id></{other}Acct>" if account else ""
    )
    end_to_end = f"<EndToEndId>{escape(entry.end_to_end_id)}</EndToEndId>" if entry.end_to_end_id else ""
    reference = escape(entry.reference)
    return (
        f"<Ntry><NtryRef>{reference}</NtryRef>{amount}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{entry.day.isoformat()}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{part}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef>{end_to_end}</Refs>{amount}"
        + (f"<RltdPties>{parties}</RltdPties>" if parties else "")
        + (f"<RmtInf><Ustrd>{escape(entry.text)}</Ustrd></RmtInf>" if entry.text else "")
        + (
            f"<RtrInf><Rsn><Cd>{escape(entry.return_reason)}</Cd></Rsn></RtrInf>"
            if entry.return_reason
            else ""
        )
        + "</TxDtls></NtryDtls></Ntry>\n"
    )


def from_camt053(content: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES) -> Statement:
    """Read a statement of one account and one day. Entries with several payments are taken apart.

    Raises UnreadableMessage, MessageTooLarge, InvalidPayment, MessageDisagrees.
    """
    head, entries = read_camt053(opened(content, max_bytes), max_bytes=max_bytes)
    return Statement.of(head, entries)


def read_camt053(
    file: BinaryIO, *, max_bytes: int = MAX_STATEMENT_BYTES
) -> tuple[StatementHead, Iterator[StatementEntry]]:
    """Read a statement of any length without holding it: its head, and its entries one by one.

    The file must be able to seek. Only when the entries have ended without an error was the statement sound. Raises
    what `from_camt053` does, but lets a reference stand in it twice.
    """
    reading = _reading(file, max_bytes)
    head = next(reading)
    assert isinstance(head, StatementHead)
    return head, reading  # type: ignore[return-value]  # the head came first and only once


def _reading(file: BinaryIO, max_bytes: int) -> Iterator[StatementHead | StatementEntry]:
    found = elements(file, CAMT_053, "Ntry", max_bytes)
    head: StatementHead | None = None
    moved = 0
    for element in found:
        try:
            block = element.getparent()
            if head is None:
                head = _read_head(block if block is not None else _only_statement(element))
                yield head
            entries = _read_entry(element) if block is not None else []
            if block is None:
                _only_statement(element)
                head.check(moved)
        except (BankingError, *UNREADABLE) as error:
            found.throw(error)
            raise
        moved += sum(each.amount_fen for each in entries)
        yield from entries


def _only_statement(root: Element) -> Element:
    statements = root.findall(f"{_TAG('BkToCstmrStmt')}/{_TAG('Stmt')}")
    if len(statements) != 1:
        raise InvalidPayment(
            f"Stmt: one statement a file, not {len(statements)}",
            message_zh=f"Stmt：每个文件一份对账单，不能是 {len(statements)} 份",
            field="Stmt",
        )
    return statements[0]


def _text(element: Element, path: str) -> str:
    return _raw(element, path).strip()


def _signed(element: Element) -> int:
    amount = element.find(_TAG("Amt"))
    if amount.get("Ccy") != CURRENCY:
        raise InvalidPayment(
            f"currency: only {CURRENCY}, not {amount.get('Ccy')!r}",
            message_zh=f"币种：仅支持人民币 {CURRENCY}，不能是 {amount.get('Ccy')!r}",
            field="currency",
        )
    value = fen(amount.text or "")
    return -value if _text(element, "CdtDbtInd") == "DBIT" else value


def _read_entry(element: Element) -> list[StatementEntry]:
    if _text(element, "Sts/Cd") not in ("BOOK", ""):
        return []  # announced, not yet booked: it is in no balance
    day = parsed_day(_text(element, "BookgDt/Dt") or _text(element, "BookgDt/DtTm"), "BookgDt")
    reference = _text(element, "AcctSvcrRef") or _text(element, "NtryRef")
    total = _signed(element)
    family = _text(element, "BkTxCd/Domn/Fmly/Cd"), _text(element, "BkTxCd/Domn/Fmly/SubFmlyCd")
    details = element.findall(f"{_TAG('NtryDtls')}/{_TAG('TxDtls')}")
    if (
        len(details) > 1
        and sum(_signed(each) for each in details if each.find(_TAG("Amt")) is not None) == total
    ):
        return [
            _read_details(each, day, f"{reference[:30]}-{number}", _signed(each), family)
            for number, each in enumerate(details, 1)
        ]
    return [_read_details(details[0] if len(details) == 1 else None, day, reference, total, family)]


def _read_details(
    details: Element | None, day: date, reference: str, amount_fen: int, code: tuple[str, str]
) -> StatementEntry:
    def read(path: str) -> str:
        return _text(details, path) if details is not None else ""

    returned = read("RtrInf/Rsn/Cd")
    kind = EntryKind.RETURN if returned and amount_fen > 0 else _KINDS.get(code, EntryKind.OTHER)
    if kind is EntryKind.PAYMENT and amount_fen > 0:
        kind = EntryKind.RETURN
    if kind in (EntryKind.DEPOSIT, EntryKind.RETURN) and amount_fen < 0:
        kind = EntryKind.OTHER
    other = "Dbtr" if kind is EntryKind.DEPOSIT else "Cdtr"
    end_to_end_id = read("Refs/EndToEndId")
    return StatementEntry(
        reference=reference,
        day=day,
        amount_fen=amount_fen,
        kind=kind,
        end_to_end_id="" if end_to_end_id == "NOTPROVIDED" else end_to_end_id,
        counterparty_name=read(f"RltdPties/{other}/Pty/Nm"),
        counterparty_account=read(f"RltdPties/{other}Acct/Id/Othr/Id"),
        return_reason=returned,
        text=one_line(read("RmtInf/Ustrd"), REMITTANCE_LENGTH),
    )


def _read_head(statement: Element) -> StatementHead:
    balances = {
        _text(each, "Tp/CdOrPrtry/Cd"): (
            _signed(each),
            parsed_day(_text(each, "Dt/Dt") or _text(each, "Dt/DtTm"), "Dt"),
        )
        for each in statement.findall(_TAG("Bal"))
    }
    opening = balances.get("OPBD") or balances.get("PRCD")
    closing = balances.get("CLBD")
    if opening is None or closing is None:
        missing = "CLBD" if closing is None else "OPBD"
        raise InvalidPayment(
            f"Bal: the balance {missing} is missing", message_zh=f"Bal：缺少余额 {missing}", field="Bal"
        )
    return StatementHead(
        statement_id=_text(statement, "Id"),
        created=parsed_moment(_text(statement, "CreDtTm"), "CreDtTm"),
        account=_text(statement, "Acct/Id/Othr/Id") or _text(statement, "Acct/Id/IBAN"),
        day=closing[1],
        opening_fen=opening[0],
        closing_fen=closing[0],
    )
