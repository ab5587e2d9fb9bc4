"""Plain files (CSV) for banks without ISO 20022: the order, its answer, the statement.

Each begins with one row 汇总 that says how many rows follow and what they add up to; the rows 明细 follow. A text a
spreadsheet would take for a formula is written with an apostrophe before it, and read without it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from yingshang.areas.claims.banking.errors import (
    MAX_ROWS_TOLD,
    BankingError,
    InvalidPayment,
    MessageDisagrees,
    RowErrors,
    UnreadableMessage,
    located,
)
from yingshang.areas.claims.banking.values import (
    CURRENCY,
    Bank,
    BatchHead,
    EntryKind,
    PaymentBatch,
    PaymentInstruction,
    Statement,
    StatementEntry,
    StatusReport,
    TransactionReport,
    fen,
    twice,
    yuan,
)
from yingshang.areas.claims.banking.xml_messages import MAX_MESSAGE_BYTES, too_large
from yingshang.areas.claims.banking.xml_values import moment, parsed_day, parsed_moment

MAX_ROWS = 1_000_000
HEAD = "汇总"
ROW = "明细"

ORDER_COLUMNS = (
    "记录类型",
    "批次号",
    "指令编号",
    "户名",
    "账号",
    "开户行",
    "联行号",
    "金额",
    "币种",
    "笔数",
    "日期",
    "用途",
    "附言",
    "制单时间",
)
"""The row 汇总 has the payer's account; the rows 明细 those of the payees."""
ANSWER_COLUMNS = (
    "记录类型",
    "批次号",
    "回执号",
    "指令编号",
    "状态",
    "原因代码",
    "原因说明",
    "银行流水号",
    "金额",
    "笔数",
    "时间",
)
STATEMENT_COLUMNS = (
    "记录类型",
    "对账单号",
    "账号",
    "日期",
    "期初余额",
    "期末余额",
    "笔数",
    "流水号",
    "类型",
    "金额",
    "指令编号",
    "对方户名",
    "对方账号",
    "退汇原因",
    "摘要",
    "时间",
)
KIND_WORDS = {
    EntryKind.PAYMENT: "付款",
    EntryKind.RETURN: "退汇",
    EntryKind.DEPOSIT: "入账",
    EntryKind.OTHER: "其他",
}
_KINDS = {word: kind for kind, word in KIND_WORDS.items()}
_FORMULA = "=+-@＝＋－＠'\t"


class Encoding(StrEnum):
    """How a plain file is written. Spreadsheets in China read both; a bank names the one it takes."""

    UTF_8 = "utf-8-sig"
    GB18030 = "gb18030"


def safe_cell(text: str) -> str:
    """A text no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] and text[0] in _FORMULA else text


def plain_cell(cell: str) -> str:
    """The text of a safe cell."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in _FORMULA else cell


def _write(columns: tuple[str, ...], rows: Iterable[Mapping[str, str]], encoding: Encoding) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(column, "") for column in columns])
    return text.getvalue().encode(encoding)


def decoded(content: bytes) -> str:
    """The text of a plain file: UTF-8, with or without a mark, else GB18030. Raises UnreadableMessage."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableMessage(
        "is neither UTF-8 nor GB18030 text", message_zh="文件不是 UTF-8 或 GB18030 编码的文本", line=1
    )


class _Row:
    """One row, asked by the name of its columns."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        self.line = line
        self._cells = cells

    def __getitem__(self, column: str) -> str:
        return plain_cell(self._cells[column].strip())

    def amount(self, column: str) -> int:
        """Yuan in fen; the apostrophe before a minus does not matter."""
        return fen(self[column], column)


def _rows(content: bytes, columns: tuple[str, ...], max_bytes: int) -> Iterator[_Row]:
    if len(content) > max_bytes:
        raise too_large(max_bytes)
    reader = csv.reader(io.StringIO(decoded(content), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        while header and not header[-1]:
            header.pop()
        missing = [column for column in columns if column not in header]
        if missing or len(set(header)) != len(header):
            raise UnreadableMessage(
                f"the first row must name the columns {', '.join(columns)}; missing: {', '.join(missing) or 'none'}",
                message_zh=f"首行须为列名：{'、'.join(columns)}；缺少：{'、'.join(missing) or '无（有列名重复）'}",
                line=1,
                field=missing[0] if missing else "",
            )
        before = reader.line_num
        for number, cells in enumerate(reader):
            line, before = before + 1, reader.line_num
            if number >= MAX_ROWS:
                raise UnreadableMessage(
                    f"more than {MAX_ROWS:,} rows", message_zh=f"超过 {MAX_ROWS:,} 行", line=line
                )
            if not any(cells):
                continue
            # Spreadsheets add empty cells at the end.
            while len(cells) > len(header) and not cells[-1]:
                cells.pop()
            if len(cells) != len(header):
                raise UnreadableMessage(
                    f"line {line} has {len(cells)} cells, the header {len(header)}",
                    message_zh=f"第 {line} 行有 {len(cells)} 格，表头有 {len(header)} 格",
                    line=line,
                )
            yield _Row(line, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise UnreadableMessage(
            f"line {reader.line_num} is no CSV: {error}",
            message_zh=f"第 {reader.line_num} 行不是有效的 CSV：{error}",
            line=reader.line_num,
        ) from None


Read = TypeVar("Read")


def _read(
    content: bytes, columns: tuple[str, ...], max_bytes: int, read: Callable[[_Row], Read]
) -> tuple[_Row, list[Read]]:
    """The row 汇总 and what each row 明细 was read as. Raises RowErrors with every row that cannot be used."""
    rows = _rows(content, columns, max_bytes)
    head = next(rows, None)
    if head is None or head["记录类型"] != HEAD:
        raise UnreadableMessage(
            f"the second row must be the one with {HEAD} in 记录类型",
            message_zh=f"第二行的“记录类型”须为“{HEAD}”",
            line=head.line if head else 2,
            field="记录类型",
        )
    found: list[Read] = []
    wrong: list[BankingError] = []
    total = 0
    for row in rows:
        try:
            if row["记录类型"] != ROW:
                raise InvalidPayment(
                    f"记录类型: must be {ROW}, not {row['记录类型']!r}",
                    message_zh=f"记录类型：须为“{ROW}”，不能是 {row['记录类型']!r}",
                    field="记录类型",
                )
            found.append(read(row))
        except BankingError as error:
            total += 1
            if len(wrong) < MAX_ROWS_TOLD:
                wrong.append(located(error, line=row.line))
    if wrong:
        raise RowErrors(wrong, total)
    if head["笔数"] != str(len(found)):
        raise MessageDisagrees(
            f"{HEAD} says {head['笔数']} rows, there are {len(found)}",
            message_zh=f"汇总为 {head['笔数']} 笔，明细实有 {len(found)} 笔",
            field="笔数",
            line=head.line,
        )
    return head, found


def to_order_file(batch: PaymentBatch, *, encoding: Encoding = Encoding.UTF_8) -> bytes:
    """A batch as a plain file."""

    def rows() -> Iterator[dict[str, str]]:
        yield {
            "记录类型": HEAD,
            "批次号": batch.message_id,
            "户名": safe_cell(batch.debtor_name),
            "账号": batch.debtor_account,
            "开户行": safe_cell(batch.debtor_bank.name),
            "联行号": batch.debtor_bank.cnaps,
            "金额": yuan(batch.sum_fen),
            "币种": CURRENCY,
            "笔数": str(len(batch.instructions)),
            "日期": batch.requested_execution_date.isoformat(),
            "制单时间": moment(batch.created),
        }
        for each in batch.instructions:
            yield {
                "记录类型": ROW,
                "批次号": batch.message_id,
                "指令编号": each.end_to_end_id,
                "户名": safe_cell(each.creditor_name),
                "账号": each.creditor_account,
                "开户行": safe_cell(each.creditor_bank.name),
                "联行号": each.creditor_bank.cnaps,
                "金额": yuan(each.amount_fen),
                "币种": each.currency,
                "用途": safe_cell(each.purpose),
                "附言": safe_cell(each.remittance),
            }

    return _write(ORDER_COLUMNS, rows(), encoding)


def from_order_file(content: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES) -> PaymentBatch:
    """Read a plain file of payments.

    Raises UnreadableMessage, MessageTooLarge, MessageDisagrees; RowErrors with line and field of every wrong row.
    """
    seen: set[str] = set()

    def read(row: _Row) -> PaymentInstruction:
        instruction = PaymentInstruction(
            end_to_end_id=row["指令编号"],
            amount_fen=row.amount("金额"),
            currency=row["币种"],
            creditor_name=row["户名"],
            creditor_account=row["账号"],
            creditor_bank=Bank(row["开户行"], row["联行号"]),
            purpose=row["用途"],
            remittance=row["附言"],
        )
        if instruction.end_to_end_id in seen:
            raise twice("end_to_end_id", instruction.end_to_end_id)
        seen.add(instruction.end_to_end_id)
        return instruction

    head, instructions = _read(content, ORDER_COLUMNS, max_bytes, read)
    try:
        told = BatchHead(
            message_id=head["批次号"],
            created=parsed_moment(head["制单时间"], "制单时间"),
            requested_execution_date=parsed_day(head["日期"], "日期"),
            debtor_name=head["户名"],
            debtor_account=head["账号"],
            debtor_bank=Bank(head["开户行"], head["联行号"]),
            number=len(instructions),
            sum_fen=head.amount("金额"),
        )
        return PaymentBatch.of(told, instructions)
    except BankingError as error:
        raise located(error, line=head.line) from None


def to_answer_file(report: StatusReport, *, encoding: Encoding = Encoding.UTF_8) -> bytes:
    """An answer as a plain file; the row 汇总 has the status of the whole, or none."""

    def rows() -> Iterator[dict[str, str]]:
        yield {
            "记录类型": HEAD,
            "批次号": safe_cell(report.original_message_id),
            "回执号": safe_cell(report.message_id),
            "状态": report.group_status,
            "原因代码": safe_cell(report.group_reason),
            "原因说明": safe_cell(report.group_reason_text),
            "笔数": str(len(report.transactions)),
            "时间": moment(report.created),
        }
        for each in report.transactions:
            yield {
                "记录类型": ROW,
                "批次号": safe_cell(report.original_message_id),
                "指令编号": safe_cell(each.end_to_end_id),
                "状态": each.status,
                "原因代码": safe_cell(each.reason),
                "原因说明": safe_cell(each.reason_text),
                "银行流水号": safe_cell(each.bank_reference),
                "金额": yuan(each.amount_fen) if each.amount_fen is not None else "",
                "时间": moment(each.accepted_at) if each.accepted_at else "",
            }

    return _write(ANSWER_COLUMNS, rows(), encoding)


def from_answer_file(content: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES) -> StatusReport:
    """Read a plain answer. Raises UnreadableMessage, MessageTooLarge, MessageDisagrees, UnknownStatus, RowErrors."""

    def read(row: _Row) -> TransactionReport:
        return TransactionReport(
            end_to_end_id=row["指令编号"],
            status=row["状态"],
            reason=row["原因代码"],
            reason_text=row["原因说明"],
            bank_reference=row["银行流水号"],
            amount_fen=row.amount("金额") if row["金额"] else None,
            accepted_at=parsed_moment(row["时间"], "时间") if row["时间"] else None,
        )

    head, transactions = _read(content, ANSWER_COLUMNS, max_bytes, read)
    try:
        return StatusReport(
            message_id=head["回执号"],
            created=parsed_moment(head["时间"], "时间"),
            original_message_id=head["批次号"],
            group_status=head["状态"],
            group_reason=head["原因代码"],
            group_reason_text=head["原因说明"],
            transactions=tuple(transactions),
        )
    except BankingError as error:
        raise located(error, line=head.line) from None


def to_statement_file(statement: Statement, *, encoding: Encoding = Encoding.UTF_8) -> bytes:
    """A statement as a plain file. Amounts below zero left the account."""

    def rows() -> Iterator[dict[str, str]]:
        yield {
            "记录类型": HEAD,
            "对账单号": safe_cell(statement.statement_id),
            "账号": statement.account,
            "日期": statement.day.isoformat(),
            "期初余额": safe_cell(yuan(statement.opening_fen)),
            "期末余额": safe_cell(yuan(statement.closing_fen)),
            "笔数": str(len(statement.entries)),
            "时间": moment(statement.created),
        }
        for each in statement.entries:
            yield {
                "记录类型": ROW,
                "对账单号": safe_cell(statement.statement_id),
                "账号": statement.account,
                "日期": each.day.isoformat(),
                "流水号": safe_cell(each.reference),
                "类型": KIND_WORDS[each.kind],
                "金额": safe_cell(yuan(each.amount_fen)),
                "指令编号": safe_cell(each.end_to_end_id),
                "对方户名": safe_cell(each.counterparty_name),
                "对方账号": safe_cell(each.counterparty_account),
                "退汇原因": safe_cell(each.return_reason),
                "摘要": safe_cell(each.text),
            }

    return _write(STATEMENT_COLUMNS, rows(), encoding)


def from_statement_file(content: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES) -> Statement:
    """Read a plain statement. Raises UnreadableMessage, MessageTooLarge, MessageDisagrees, RowErrors."""

    def read(row: _Row) -> StatementEntry:
        kind = _KINDS.get(row["类型"])
        if kind is None:
            raise InvalidPayment(
                f"类型: one of {', '.join(_KINDS)}, not {row['类型']!r}",
                message_zh=f"类型：须为{'、'.join(_KINDS)}之一，不能是 {row['类型']!r}",
                field="类型",
            )
        return StatementEntry(
            reference=row["流水号"],
            day=parsed_day(row["日期"], "日期"),
            amount_fen=row.amount("金额"),
            kind=kind,
            end_to_end_id=row["指令编号"],
            counterparty_name=row["对方户名"],
            counterparty_account=row["对方账号"],
            return_reason=row["退汇原因"],
            text=row["摘要"],
        )

    head, entries = _read(content, STATEMENT_COLUMNS, max_bytes, read)
    try:
        day: date = parsed_day(head["日期"], "日期")
        return Statement(
            statement_id=head["对账单号"],
            created=parsed_moment(head["时间"], "时间"),
            account=head["账号"],
            day=day,
            opening_fen=head.amount("期初余额"),
            closing_fen=head.amount("期末余额"),
            entries=tuple(entries),
        )
    except BankingError as error:
        raise located(error, line=head.line) from None
