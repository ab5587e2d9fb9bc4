"""Tables in Excel or CSV that somebody filled in: rows by column, every mistake with its row and column. Pure.

What is read is the first sheet that can be seen. Formulas, merged cells and hidden rows are told, never guessed at; a
small file that opens vast is refused unopened.
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

TYPES = ("text", "number", "money", "date", "credit_code", "identity", "choice")


@dataclass(frozen=True, slots=True)
class TableLimits:
    """What a file may hold at most. `furthest_row`: how far down its last cell may lie; `one_sheet`: whether a second
    sheet with something in it is told, rather than not looked at.
    """

    largest_bytes: int
    most_rows: int
    largest_content_bytes: int
    furthest_row: int
    most_errors: int
    one_sheet: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. `choices`: what may stand in one of the type choice, and what it is read as."""

    code: str
    name: str
    type: str = "text"
    required: bool = True
    personal: bool = False
    unique: bool = False
    longest: int = 200
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in one cell. `row` counts from 1 as the spreadsheet does; 0 for the file as a whole."""

    row: int
    column: str
    message: str
    message_zh: str


@dataclass(slots=True)
class Table:
    """What was read: rows by column code, and everything that is wrong. Nothing is taken in while `errors` has one.

    `numbers` are the rows' places in the file; `more` counts the errors that are not listed.
    """

    limits: TableLimits
    rows: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    more: int = 0

    def wrong(self, row: int, column: str, message: str, message_zh: str) -> None:
        """Note an error, up to the number that is shown."""
        if len(self.errors) < self.limits.most_errors:
            self.errors.append(RowError(row, column, message, message_zh))
        else:
            self.more += 1


def read_table(
    content: bytes, name: str, columns: Sequence[Column], *, limits: TableLimits, own_code: str = ""
) -> Table:
    """Read an .xlsx or .csv file. `own_code` is the sender's credit code: a row about another enterprise is wrong
    where a column asks for the sender's own (a credit code column that is not unique).
    """
    table = Table(limits)
    if len(content) > limits.largest_bytes:
        megabytes = limits.largest_bytes // 1_000_000
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


class _Formula:
    """What stands for a formula that was told already."""

    def __str__(self) -> str:
        return ""


_FORMULA = _Formula()


def _csv_rows(content: bytes, table: Table) -> Iterator[_Row]:
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


def _too_large(content: bytes, allowed: TableLimits) -> tuple[str, str] | None:
    """What is wrong with a workbook that is small as a file and vast when it is opened; told before it is opened."""
    with ZipFile(io.BytesIO(content)) as archive:
        if sum(each.file_size for each in archive.infolist()) > allowed.largest_content_bytes:
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
                        if len(column) > 2 or row > allowed.furthest_row:
                            place = f"{column.decode()}{row}"
                            return (
                                f"{place} lies far outside the table; delete the empty rows and columns",
                                f"{place} 远在表格之外，请删除空白行列后重新保存",
                            )
                    rest = text[-64:]
    return None


def _xlsx_rows(content: bytes, columns: Sequence[Column], table: Table) -> Iterator[_Row]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        told = _too_large(content, table.limits)
        if told is not None:
            table.wrong(0, "", *told)
            return
        book = load_workbook(io.BytesIO(content), data_only=False, keep_links=False)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError):
        table.wrong(0, "", "the file cannot be opened as .xlsx", "文件不是有效的 .xlsx，可能已损坏或加密")
        return
    seen = [each for each in book.worksheets if each.sheet_state == "visible"]
    if not seen or seen[0].max_row is None:
        return
    sheet = seen[0]
    for other in seen[1:] if table.limits.one_sheet else ():
        if any(cell.value is not None for row in other.iter_rows() for cell in row):
            table.wrong(
                0,
                "",
                f"only the sheet {sheet.title} is read, and {other.title} holds something too; put it into one sheet",
                f"只读取工作表“{sheet.title}”，“{other.title}”里也有内容，请合并到一张表或删去",
            )
    _tell_hidden(sheet, table)
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
                values.append(_FORMULA)
            else:
                values.append(cell.value)
        yield number, values


def _tell_hidden(sheet: Any, table: Table) -> None:
    """What somebody who looks at the sheet does not see must not be taken in with it."""
    from openpyxl.utils import column_index_from_string, get_column_letter

    for number, row in sheet.row_dimensions.items():
        if row.hidden and any(cell.value is not None for cell in sheet[number]):
            table.wrong(
                number,
                "",
                "the row is hidden; show it (clear the filter) or delete it",
                "该行被隐藏，请取消隐藏（清除筛选）或删去",
            )
    for key, group in sheet.column_dimensions.items():
        if not group.hidden:
            continue
        # Columns that stand together and look alike are one entry, under the letter of the first; often to the last
        # column that a sheet can have, of which nothing is read beyond those in use.
        first = group.min or column_index_from_string(key)
        for place in range(first, min(group.max or first, sheet.max_column) + 1):
            letter = get_column_letter(place)
            name = str(sheet.cell(1, place).value or "").strip()
            if name:
                table.wrong(
                    1,
                    name,
                    f"the column {letter} is hidden; show it or delete it",
                    f"{letter} 列被隐藏，请取消隐藏或删去",
                )


def _read(rows: Iterator[_Row], columns: Sequence[Column], table: Table, own_code: str) -> None:
    header = next(rows, None)
    if header is None:
        if not table.errors:
            table.wrong(0, "", "the file is empty", "文件是空的")
        return
    places = _places([str(each or "").strip() for each in header[1]], columns, table)
    if places is None:
        return
    seen: dict[str, dict[Any, int]] = {each.code: {} for each in columns if each.unique}
    most = table.limits.most_rows
    for number, values in rows:
        if not any(str(each if each is not None else "").strip() for each in values):
            continue
        if len(table.rows) >= most:
            table.wrong(number, "", f"there are more than {most} rows", f"超过 {most} 行，请拆分后分次上传")
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
        table.numbers.append(number)
    if not table.rows and not table.errors:
        table.wrong(0, "", "there is no row below the header", "表头下面没有数据")


def _places(header: list[str], columns: Sequence[Column], table: Table) -> list[tuple[Column, int]] | None:
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


def _value(raw: Any, column: Column, row: int, table: Table, own_code: str) -> Any:
    if raw is _FORMULA:
        return None
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
        case "choice":
            if text not in column.choices:
                every = list(column.choices)
                table.wrong(
                    row,
                    column.name,
                    f"{text!r} is none of {', '.join(every)}",
                    f"“{text}”不在选项中，请填写：{'、'.join(every)}",
                )
                return None
            return column.choices[text]
    if len(text) > column.longest:
        over = len(text) - column.longest
        table.wrong(
            row,
            column.name,
            f"is longer than {column.longest} characters; take out {over}",
            f"超过 {column.longest} 字，请删去 {over} 字",
        )
        return None
    return text


def _number(raw: Any, text: str, column: Column, row: int, table: Table) -> str | None:
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


def _date(raw: Any, text: str, column: Column, row: int, table: Table) -> str | None:
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
