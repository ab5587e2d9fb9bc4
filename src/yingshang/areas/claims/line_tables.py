"""Tables of line items (employees, loans, exhibitions) in Excel or CSV, every mistake with its place. Pure.

A table is described in the terms of an item: {"name": 参保人员名单, "columns": [{"code", "name", "type", "required",
"personal", "unique"}]}; `type` is text, number, money, date, credit_code or identity.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zipfile import BadZipFile, ZipFile

from yingshang.kernel.reference.api import check_credit_code

from .parameters import limits

TYPES = ("text", "number", "money", "date", "credit_code", "identity")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    code: str
    name: str
    type: str = "text"
    required: bool = True
    personal: bool = False
    unique: bool = False


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in one cell. `row` counts from 1 as the spreadsheet does; 0 for the file as a whole."""

    row: int
    column: str
    message: str
    message_zh: str


@dataclass(slots=True)
class LineTable:
    """What was read: rows by column code, and everything that is wrong. Nothing is taken in while `errors` has one.

    `more` counts the errors that are not listed.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    more: int = 0

    def wrong(self, row: int, column: str, message: str, message_zh: str) -> None:
        """Note an error, up to the number that is shown."""
        if len(self.errors) < int(limits()["line_table"]["most_errors"]):
            self.errors.append(RowError(row, column, message, message_zh))
        else:
            self.more += 1


def columns_of(described: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns of a table as terms describe it. Raises TypeError for a field nobody knows."""
    return tuple(Column(**each) for each in described.get("columns", ()))


def read_line_table(content: bytes, name: str, columns: Sequence[Column], *, own_code: str = "") -> LineTable:
    """Read an .xlsx or .csv file. `own_code` is the claimant's credit code: a row about another enterprise is wrong
    where a column asks for the claimant's own (a credit code column that is not unique).
    """
    table = LineTable()
    allowed = limits()["line_table"]
    if len(content) > int(allowed["largest_bytes"]):
        megabytes = int(allowed["largest_bytes"]) // 1_000_000
        table.wrong(
            0,
            "",
            f"the file has {len(content) / 1e6:.0f} MB; at most {megabytes} MB are read",
            f"文件 {len(content) / 1e6:.0f} MB，超过 {megabytes} MB 的上限，请拆分或删去图片",
        )
        return table
    if name.lower().endswith(".csv"):
        _read(_csv_rows(content, table), columns, table, own_code)
    elif name.lower().endswith(".xlsx"):
        _read(_xlsx_rows(content, columns, table), columns, table, own_code)
    else:
        table.wrong(
            0, "", "give an .xlsx or .csv file", "请上传 .xlsx 或 .csv 文件（旧版 .xls 请另存为 .xlsx）"
        )
    return table


_Row = tuple[int, list[Any]]


def _csv_rows(content: bytes, table: LineTable) -> Iterator[_Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            table.wrong(0, "", "the text is neither UTF-8 nor GB18030", "文件编码应为 UTF-8 或 GB18030")
            return
    try:
        yield from enumerate(csv.reader(io.StringIO(text), strict=True), 1)
    except csv.Error as error:
        table.wrong(0, "", f"the file is no CSV: {error}", "文件不是有效的 CSV，请检查引号和分隔符")


_CELL = re.compile(rb'\br="([A-Z]+)(\d+)"|\bref="[A-Z]+\d+:([A-Z]+)(\d+)"')
_PIECE = 1 << 20


def _too_large(content: bytes) -> tuple[str, str] | None:
    """What is wrong with a workbook that is small as a file and vast when it is opened; told before it is opened."""
    allowed = limits()["line_table"]
    with ZipFile(io.BytesIO(content)) as archive:
        if sum(each.file_size for each in archive.infolist()) > int(allowed["largest_content_bytes"]):
            return (
                "it holds more than it may when it is unpacked",
                "文件解压后过大，请删去图片、多余的工作表和格式",
            )
        for each in archive.infolist():
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", each.filename):
                continue
            with archive.open(each) as sheet:
                rest = b""
                while piece := sheet.read(_PIECE):
                    text = rest + piece
                    for found in _CELL.finditer(text):
                        column, row = found[1] or found[3], int(found[2] or found[4])
                        if len(column) > 2 or row > int(allowed["furthest_row"]):
                            place = f"{column.decode()}{row}"
                            return (
                                f"{place} lies far outside the table; delete the empty rows and columns",
                                f"{place} 远在表格之外，请删除空白行列后重新保存",
                            )
                    rest = text[-64:]
    return None


def _xlsx_rows(content: bytes, columns: Sequence[Column], table: LineTable) -> Iterator[_Row]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        told = _too_large(content)
        if told is not None:
            table.wrong(0, "", *told)
            return
        book = load_workbook(io.BytesIO(content), data_only=False, keep_links=False)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError):
        table.wrong(0, "", "the file cannot be opened as .xlsx", "文件不是有效的 .xlsx，可能已损坏或加密")
        return
    sheet = book.worksheets[0] if book.worksheets else None
    if sheet is None or sheet.max_row is None:
        return
    for merged in sheet.merged_cells.ranges:
        first = sheet.cell(1, merged.min_col).value
        table.wrong(
            merged.min_row,
            str(first or ""),
            f"the cells {merged.coord} are merged; give each row its own value",
            f"单元格 {merged.coord} 被合并，请取消合并并逐行填写",
        )
    for number, row in enumerate(sheet.iter_rows(), 1):
        values: list[Any] = []
        for place, cell in enumerate(row):
            if cell.data_type == "f":
                column = columns[place].name if place < len(columns) else cell.coordinate
                table.wrong(
                    number,
                    column,
                    f"{cell.coordinate} holds a formula; paste its value instead",
                    f"{cell.coordinate} 是公式，请改为粘贴数值",
                )
                values.append(None)
            else:
                values.append(cell.value)
        yield number, values


def _read(rows: Iterator[_Row], columns: Sequence[Column], table: LineTable, own_code: str) -> None:
    header = next(rows, None)
    if header is None:
        if not table.errors:
            table.wrong(0, "", "the file is empty", "文件是空的")
        return
    places = _places([str(each or "").strip() for each in header[1]], columns, table)
    if places is None:
        return
    seen: dict[str, dict[Any, int]] = {each.code: {} for each in columns if each.unique}
    most = int(limits()["line_table"]["most_rows"])
    for number, values in rows:
        if not any(str(each if each is not None else "").strip() for each in values):
            continue
        if len(table.rows) >= most:
            table.wrong(number, "", f"there are more than {most} rows", f"超过 {most} 行，请拆分后分次申请")
            return
        read: dict[str, Any] = {}
        for column, place in places:
            raw = values[place] if place < len(values) else None
            value = _value(raw, column, number, table, own_code)
            if value is not None and column.unique:
                earlier = seen[column.code].setdefault(value, number)
                if earlier != number:
                    table.wrong(
                        number,
                        column.name,
                        f"the same as in row {earlier}",
                        f"与第 {earlier} 行重复",
                    )
            read[column.code] = value
        table.rows.append(read)
    if not table.rows and not table.errors:
        table.wrong(0, "", "there is no row below the header", "表头下面没有数据")


def _places(
    header: list[str], columns: Sequence[Column], table: LineTable
) -> list[tuple[Column, int]] | None:
    lacking = [each.name for each in columns if each.name not in header and each.required]
    strange = [name for name in header if name and name not in {each.name for each in columns}]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if lacking:
        told = f"; there are {', '.join(strange)} instead" if strange else ""
        told_zh = f"；文件中多出：{'、'.join(strange)}" if strange else ""
        table.wrong(
            1,
            "",
            f"the header lacks {', '.join(lacking)}{told}; use the template",
            f"表头缺少：{'、'.join(lacking)}{told_zh}。请使用模板，不要修改表头",
        )
        return None
    if twice:
        table.wrong(1, "", f"the header has {', '.join(twice)} twice", f"表头重复：{'、'.join(twice)}")
        return None
    return [(each, header.index(each.name)) for each in columns if each.name in header]


def _value(raw: Any, column: Column, row: int, table: LineTable, own_code: str) -> Any:
    text = str(raw if raw is not None else "").strip()
    if not text:
        if column.required:
            table.wrong(row, column.name, "is empty", "不能为空")
        return None
    match column.type:
        case "number" | "money":
            return _number(raw, text, column, row, table)
        case "date":
            return _date(raw, text, column, row, table)
        case "credit_code":
            code = text.upper()
            if not check_credit_code(code).is_valid:
                table.wrong(
                    row, column.name, f"{code} is no credit code", f"“{code}”不是有效的统一社会信用代码"
                )
                return None
            if own_code and not column.unique and code != own_code:
                table.wrong(
                    row,
                    column.name,
                    f"{code} is another enterprise; only your own can be claimed for",
                    f"“{code}”是其他企业，只能为本企业申请",
                )
                return None
            return code
        case "identity":
            number = text.upper()
            if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
                table.wrong(row, column.name, "is no identity number", "不是有效的身份证件号码（18 位）")
                return None
            return number
    if len(text) > 200:
        table.wrong(row, column.name, "is longer than 200 characters", "超过 200 字")
        return None
    return text


def _number(raw: Any, text: str, column: Column, row: int, table: LineTable) -> str | None:
    try:
        # A spreadsheet keeps numbers as binary floats; what it shows is their shortest form.
        number = Decimal(repr(raw) if isinstance(raw, float) else text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        table.wrong(row, column.name, f"{text!r} is no number", f"“{text}”不是数字")
        return None
    if not number.is_finite() or number < 0:
        table.wrong(row, column.name, f"{text} is less than nothing", f"“{text}”不能为负数")
        return None
    if column.type == "money" and number != number.quantize(Decimal("0.01")):
        table.wrong(row, column.name, f"{text} has more than two decimals", f"“{text}”最多两位小数")
        return None
    return format(number.quantize(Decimal("0.01")) if column.type == "money" else number.normalize(), "f")


def _date(raw: Any, text: str, column: Column, row: int, table: LineTable) -> str | None:
    if isinstance(raw, datetime | date):
        return f"{raw:%Y-%m-%d}"
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
    if found:
        try:
            return date(*map(int, found.groups())).isoformat()
        except ValueError:
            pass
    table.wrong(row, column.name, f"{text!r} is no day", f"“{text}”不是日期，请写成 2026-11-22")
    return None
