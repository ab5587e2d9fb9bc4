"""The table of contracts, read as a stream: 750,000 contracts go through the memory of a few. Pure.

A row with a title begins a contract and may hold its first obligation; rows without one that follow add obligations.
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from ..errors import InvalidImport
from ..registering.rules import ContractRules, Named, contract_rules
from ..registering.values import ContractFields
from .rules import GatheringRules, gathering_rules
from .values import Incoming, RowProblem

KINDS = (".csv", ".xlsx")
NEEDED = ("title", "kind", "counterparty_name", "signed_on")
_PIECE = 1 << 20
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?")
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})")
"""A number as people write it: with a power of ten a few signs would be one of a billion digits."""
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MARRED = "\ufffd"
_MOST_COLUMNS, _MOST_ROWS = 200, 1_048_576
_BROKEN = (
    InvalidFileException,
    BadZipFile,
    zlib.error,
    # Of a piece of XML that is none.
    SyntaxError,
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    ArithmeticError,
    EOFError,
    OSError,
)
"""What reading a workbook that is damaged, or made to be so, comes to."""
_LEAST_COLUMN = 4
"""So many known names make a row the header: a title or an explanation above it is passed over."""

Row = tuple[int, list[str]]


def read_contracts(path: Path, name: str = "") -> Iterator[Incoming]:
    """The contracts of a .csv or .xlsx file, one after the other, with what is wrong in the cells themselves; the rest
    is checked by whoever takes them in. Raises InvalidImport for a file that cannot be read at all.
    """
    rules, words = gathering_rules(), contract_rules()
    rows = _rows(path, name or path.name, rules)
    codes = _header(rows, rules)
    title = codes.index("title")
    kept: list[Row] = []
    for number, values in rows:
        if not any(values):
            continue
        if _UNFIT.search("".join(values)):
            # Nothing of it can be kept; the cell is told of where it is read.
            values = [_UNFIT.sub(_MARRED, each) for each in values]
        if kept and title < len(values) and values[title]:
            yield _contract(kept, codes, rules, words)
            kept = []
        if len(kept) <= words.most_obligations:
            kept.append((number, values))
    if kept:
        yield _contract(kept, codes, rules, words)


def count_contracts(path: Path, name: str = "") -> int:
    """How many contracts a file holds. Raises InvalidImport as `read_contracts` does."""
    rules = gathering_rules()
    rows = _rows(path, name or path.name, rules)
    title = _header(rows, rules).index("title")
    return sum(1 for _, values in rows if title < len(values) and values[title])


def empty_table() -> bytes:
    """The workbook to fill in: one sheet with the header, what belongs into each column as a comment of it."""
    rules = gathering_rules()
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "合同"
    sheet.freeze_panes = "A2"
    for place, column in enumerate(rules.columns, 1):
        letter = get_column_letter(place)
        cell = sheet.cell(1, place, column.name)
        cell.font = Font(bold=True)
        cell.comment = Comment(column.note, "营商", width=260, height=80)
        sheet.column_dimensions[letter].width = column.width
        # As text: a spreadsheet would turn codes of eighteen digits into others.
        sheet.column_dimensions[letter].number_format = "@"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _rows(path: Path, name: str, rules: GatheringRules) -> Iterator[Row]:
    lower = name.lower()
    if lower.endswith(".csv"):
        return _csv_rows(path)
    if lower.endswith(".xlsx"):
        return _xlsx_rows(path, rules)
    raise InvalidImport(
        f"{name}: give a .csv or .xlsx file",
        message_zh=f"{name}：请上传 .csv 或 .xlsx 文件（旧版 .xls 请另存为 .xlsx）",
        field="file",
    )


def _csv_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding=_encoding(path), newline="") as file:
        reader = csv.reader(file, strict=True)
        while True:
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise InvalidImport(
                    f"row {reader.line_num} is no CSV: {error}",
                    message_zh=f"第 {reader.line_num} 行不是有效的 CSV，请检查引号和分隔符",
                    field="file",
                ) from error
            yield reader.line_num, [each.strip() for each in values]


def _encoding(path: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=encoding) as file:
                while file.read(_PIECE):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise InvalidImport(
        "the text is neither UTF-8 nor GB18030", message_zh="文件编码应为 UTF-8 或 GB18030", field="file"
    )


def _xlsx_rows(path: Path, rules: GatheringRules) -> Iterator[Row]:
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
            # All but the sheets is held in memory at once.
            if sum(each.file_size for each in parts) > rules.largest_content_bytes or any(
                each.file_size > rules.largest_part_bytes
                for each in parts
                if not each.filename.startswith("xl/worksheets/")
            ):
                raise InvalidImport(
                    "the workbook holds more than it may when it is unpacked; delete pictures, or give a CSV",
                    message_zh="文件解压后过大，请删去图片和多余的工作表，或者另存为 CSV",
                    field="file",
                )
        book = load_workbook(path, read_only=True, keep_links=False)
    except _BROKEN as error:
        raise _unreadable() from error
    try:
        sheet = next((each for each in book.worksheets if each.sheet_state == "visible"), None)
        if sheet is None:
            raise _unreadable()
        # How large it is, is a claim of the file; taken at its word it would be filled up with empty cells.
        sheet.reset_dimensions()
        rows = enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True), 1)
        while (row := _next(rows)) is not None:
            number, values = row
            if number > _MOST_ROWS:
                raise _unreadable()
            if values.count(None) < len(values):
                yield number, [_text(each) for each in values]
    finally:
        book.close()


def _next(rows: Iterator[Any]) -> Any:
    try:
        return next(rows, None)
    except _BROKEN as error:
        raise _unreadable() from error


def _unreadable() -> InvalidImport:
    return InvalidImport(
        "the file cannot be opened as .xlsx",
        message_zh="文件不是有效的 .xlsx，可能已损坏或加密",
        field="file",
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        # A spreadsheet keeps numbers as binary floats; what it shows is their shortest form.
        return format(Decimal(repr(value)).normalize(), "f")
    return str(value).strip()


def _header(rows: Iterator[Row], rules: GatheringRules) -> tuple[str, ...]:
    """The code of each column; nothing for one that is not known."""
    known = {column.name: column.code for column in rules.columns}
    for _, values in rows:
        names = [each.removesuffix("*").strip() for each in values]
        found = [each for each in names if each in known]
        if len(found) < _LEAST_COLUMN:
            continue
        lacking = [rules.column_name(code) for code in NEEDED if rules.column_name(code) not in found]
        twice = sorted({each for each in found if found.count(each) > 1})
        strange = [each for each in names if each and each not in known]
        if lacking or twice:
            told = "、".join(lacking or twice)
            more = f"; there are {', '.join(strange)} instead" if strange else ""
            more_zh = f"；文件中多出：{'、'.join(strange)}" if strange else ""
            raise InvalidImport(
                f"the header {'lacks' if lacking else 'has twice'} {told}{more}; use the template",
                message_zh=f"表头{'缺少' if lacking else '重复'}：{told}{more_zh}。请使用模板，不要修改表头",
                field="file",
            )
        return tuple(known.get(name, "") for name in names)
    raise InvalidImport(
        "no row of the file is the header of the table; use the template",
        message_zh="文件里没有表头，请使用模板",
        field="file",
    )


class _Reader:
    """The cells of one row, read by column; what cannot be read is noted and left out."""

    def __init__(self, row: Row, codes: Sequence[str], rules: GatheringRules) -> None:
        self.row, values = row
        self.cells = {code: value for code, value in zip(codes, values, strict=False) if value}
        self.rules = rules
        self.problems: list[RowProblem] = []

    def text(self, code: str) -> str:
        value = self.cells.get(code)
        if value is None:
            return ""
        if value.startswith("="):
            self.wrong(code, value, "is a formula; paste its value", "是公式，请改为粘贴数值")
            return ""
        if _MARRED in value:
            self.wrong(
                code,
                value,
                "holds signs that cannot be read; write it anew",
                "含有乱码或者控制字符，请重新填写",
            )
            return ""
        return value

    def wrong(self, code: str, value: str, message: str, message_zh: str) -> None:
        self.problems.append(RowProblem(self.row, self.rules.column_name(code), value, message, message_zh))

    def _read(self, code: str, read: Callable[[str], Any], wrong: str, wrong_zh: str) -> Any:
        value = self.text(code)
        if not value:
            return None
        try:
            return read(value)
        except (InvalidOperation, ValueError):
            self.wrong(code, value, wrong, wrong_zh)
            return None

    def day(self, code: str) -> date | None:
        found: date | None = self._read(
            code, _day, "is no day; write it as 2026-11-22", "不是日期，请写成 2026-11-22"
        )
        return found

    def fen(self, code: str) -> int | None:
        found: int | None = self._read(
            code,
            _fen,
            "is no amount in yuan with at most two decimals; leave out words and units",
            "不是金额：请填写以元为单位的数字，最多两位小数，不带文字",
        )
        return found

    def whole(self, code: str) -> int | None:
        found: int | None = self._read(code, _whole, "is no whole number", "不是正整数")
        return found

    def share(self, code: str) -> Decimal | None:
        found: Decimal | None = self._read(
            code, _share, "is no share; write 30% or 0.3", "不是比例，请写成 30% 或者 0.3"
        )
        return found

    def choice(self, code: str, known: Mapping[str, Named], default: str = "") -> str:
        value = self.text(code)
        if not value:
            return default
        if value in known:
            return value
        for each in known.values():
            if value == each.name:
                return each.code
        names = "、".join(each.name for each in known.values())
        self.wrong(code, value, f"write one of {', '.join(known)}", f"“{value}”不在选项中，请填写：{names}")
        return default


def _day(text: str) -> date:
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return date(int(found[1]), int(found[2]), int(found[3]))


def _number(text: str) -> Decimal:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(text)
    return Decimal(text)


def _fen(text: str) -> int:
    number = _number(text.replace(",", "").replace("，", ""))
    fen = number * 100
    if not number.is_finite() or fen != fen.to_integral_value():
        raise ValueError(text)
    return int(fen)


def _whole(text: str) -> int:
    number = _number(text)
    if number != number.to_integral_value() or number < 0:
        raise ValueError(text)
    return int(number)


def _share(text: str) -> Decimal:
    number = _number(text.rstrip("%％")) / 100 if text.endswith(("%", "％")) else _number(text)
    if not (0 < number <= 1):
        raise ValueError(text)
    return number


def _contract(
    rows: Sequence[Row], codes: Sequence[str], rules: GatheringRules, words: ContractRules
) -> Incoming:
    first = _Reader(rows[0], codes, rules)
    kind = first.choice("kind", words.kinds)
    currency = first.text("currency")
    fields = ContractFields(
        title=first.text("title"),
        kind=kind,
        signed_on=first.day("signed_on"),
        counterparty_name=first.text("counterparty_name"),
        counterparty_code=first.text("counterparty_code").upper(),
        counterparty_kind=first.choice("counterparty_kind", words.counterparties, "enterprise"),
        counterparty_size=first.choice("counterparty_size", words.sizes),
        amount_fen=first.fen("amount"),
        currency=rules.currencies.get(currency, currency) or words.currency,
        direction=first.choice(
            "direction", words.directions, words.kinds[kind].direction if kind in words.kinds else "pays"
        ),
        reference=first.text("reference"),
        secrecy=first.choice("secrecy", words.secrecy, "open"),
        starts_on=first.day("starts_on"),
        ends_on=first.day("ends_on"),
        open_ended=first.text("open_ended"),
        note=first.text("note"),
    )
    problems = first.problems
    obligations: list[Mapping[str, Any]] = []
    for row in rows:
        reader = first if row is rows[0] else _Reader(row, codes, rules)
        rule = _obligation(reader, fields, words)
        if rule is not None:
            obligations.append(rule)
        if reader is not first:
            problems += reader.problems
    if len(rows) > words.most_obligations:
        problems.append(
            RowProblem(
                rows[0][0],
                rules.column_name("what"),
                str(len(rows)),
                f"a contract has at most {words.most_obligations} obligations; split it",
                f"一份合同最多 {words.most_obligations} 项义务，请拆分",
            )
        )
    return Incoming(
        row=rows[0][0],
        unit=first.text("unit"),
        fields=fields,
        rules=tuple(obligations),
        source_reference=first.text("source_reference"),
        problems=tuple(problems),
        raw=tuple(_as_template(values, codes, rules) for _, values in rows),
    )


def _as_template(values: Sequence[str], codes: Sequence[str], rules: GatheringRules) -> tuple[str, ...]:
    """A row in the order of the template, as the file of what was not taken has it, whatever that of the upload."""
    if codes == rules.codes:
        return tuple(values)
    cells = dict(zip(codes, values, strict=False))
    return tuple(cells.get(each, "") for each in rules.codes)


def _obligation(reader: _Reader, fields: ContractFields, words: ContractRules) -> dict[str, Any] | None:
    what = reader.text("what")
    if not what:
        if any(reader.text(code) for code in ("due_amount", "share", "due_on", "event")):
            reader.wrong("what", "", "say what is to be done", "填写了金额或者日期，请填写义务内容")
        return None
    side_word = reader.text("side")
    side = reader.rules.sides.get(side_word or "unit")
    if side is None:
        reader.wrong("side", side_word, "write unit or counterparty", "请填写：单位、相对方")
        side = "unit"
    rule: dict[str, Any] = {
        "side": side,
        "kind": reader.choice("obligation", words.obligation_kinds, "other"),
        "title": what,
    }
    amount, share = reader.fen("due_amount"), reader.share("share")
    if amount is not None and share is not None:
        reader.wrong("share", str(share), "give the amount or the share, not both", "金额和比例只填一个")
    if amount is not None and amount < 0:
        reader.wrong("due_amount", str(amount), "is less than nothing", "金额不能为负数")
    if amount is not None:
        rule["amount_fen"] = amount
    elif share is not None:
        rule["share"] = format(share, "f")
    terms = _terms(reader, fields, words)
    if terms is None:
        return None
    return {**rule, "terms": terms}


def _terms(reader: _Reader, fields: ContractFields, words: ContractRules) -> dict[str, Any] | None:
    on, months, days = reader.day("due_on"), reader.whole("every"), reader.whole("days")
    event = reader.choice("event", words.events)
    said = [name for name, value in (("due_on", on), ("event", event), ("every", months)) if value]
    if len(said) != 1:
        if not reader.problems or len(said) > 1:
            reader.wrong(
                "due_on",
                "",
                "say when: a day, an event with days after it, or every so many months; exactly one of them",
                "请说明何时履行：履行日期、起算事件加天数、每几个月，三者只填一种",
            )
        return None
    if on is not None:
        return {"on": on.isoformat()}
    if event:
        if days is None:
            # How long after it, the law says.
            return {"after": event}
        return {"after": event, "term": {"days": days}}
    starts, ends = fields.starts_on or fields.signed_on, fields.ends_on
    if starts is None or ends is None:
        reader.wrong(
            "every",
            str(months),
            "what recurs needs a contract with an end",
            "按期重复的义务，合同要有终止日期",
        )
        return None
    return {"every": {"months": months}, "from": starts.isoformat(), "until": ends.isoformat()}
