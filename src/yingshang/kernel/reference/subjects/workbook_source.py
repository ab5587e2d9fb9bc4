"""Subjects in a worksheet of an Excel workbook (.xlsx).

The cells come from calamine, which shows a formula that failed as an empty cell. An error is not an unknown value, so
the worksheet is searched for such cells as well.
"""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import python_calamine

from .cells import UNKNOWN
from .source import CellFault, RawBatch, no_rows, numbered, text_array, unreadable

_EXACT_NUMBER = 1e15
"""Excel keeps fifteen digits: a larger number may have lost some, which matters where it stands for a code."""

_CHUNK = 1 << 22
_LARGEST_CONTENT = 1 << 30
"""Bytes of a workbook when unpacked. A few kilobytes can unpack to gigabytes."""

_LARGEST_AREA = 60_000_000
"""Cells from the first to the last row and column, empty ones included: memory is taken for all of them."""

# Cells right of column AZ or below row 999,999. Most worksheets have none, and a million rows up to there do fit.
_FAR_CELL = re.compile(rb"""(?i)\sr\s*=\s*["'](?:[b-z][a-z][0-9]|[a-z]{3}|[a-z]+[0-9]{7})""")
_ANY_CELL = re.compile(rb"""(?i)\sr\s*=\s*["']([a-z]+)([0-9]+)["']""")
_ERROR_CELL = re.compile(rb"""\st=["']e["']""")
_EMPTY_FORMULA = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^>]*)?/>)\s*(?:<(?:\w+:)?v\s*/>|<v></v>)?\s*</(?:\w+:)?c>"
)
_REFERENCE = re.compile(rb"""\sr=["']([A-Z]+)([0-9]+)["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</")

Spoiled = dict[int, list[tuple[int, str, str]]]
"""Row of the worksheet → column, code and text of each spoiled cell; both count from 0."""


class WorkbookSource:
    """Rows of one worksheet as text. The header is the first row that is not empty; empty rows are no rows."""

    def __init__(self, path: Path, sheet: str | None) -> None:
        self.path = path
        try:
            _refuse_bomb(path)
            workbook = python_calamine.load_workbook(path)
            name = self._sheet_name(workbook.sheet_names, sheet)
            worksheet = workbook.get_sheet_by_name(name)
            self._left = 0 if worksheet.start is None else worksheet.start[1]
            self._rows = list(enumerate(worksheet.iter_rows()))
            self._spoiled = _spoiled_cells(path, name)
        except (python_calamine.CalamineError, zipfile.BadZipFile, KeyError, OSError) as error:
            raise unreadable(
                path,
                f"this is no Excel workbook (.xlsx): {error}",
                f"不是有效的 Excel 工作簿（.xlsx）：{error}",
            ) from error
        self._rows = [
            (number, cells)
            for number, cells in self._rows
            if any(cell != "" for cell in cells) or number in self._spoiled
        ]
        if not self._rows:
            raise unreadable(path, f"the worksheet {name} is empty", f"工作表“{name}”是空的")
        self.header = ["" if cell is None else cell.strip() for cell in map(cell_text, self._rows.pop(0)[1])]
        if not self._rows:
            raise no_rows(path)

    def _sheet_name(self, names: list[str], wanted: str | None) -> str:
        if wanted is None:
            return names[0]
        if wanted in names:
            return wanted
        near = get_close_matches(wanted, names, n=3, cutoff=0.3) or names
        raise unreadable(
            self.path,
            f"there is no worksheet {wanted!r}; there is {', '.join(near)}",
            f"没有工作表“{wanted}”，有：{'、'.join(near)}",
            suggestions=near,
        )

    def arrow_types(self) -> list[Any] | None:
        """None: a cell may hold anything, so that everything is read as text."""
        return None

    def row_count(self) -> int | None:
        """Rows below the header that are not empty."""
        return len(self._rows)

    def batches(self, columns: Sequence[int], rows_per_batch: int) -> Iterator[RawBatch]:
        """The rows in order, numbers at their shortest writing, dates as 2024-01-31."""
        for start in range(0, len(self._rows), rows_per_batch):
            part = self._rows[start : start + rows_per_batch]
            yield RawBatch(
                [text_array([cell_text(cells[column]) for _, cells in part]) for column in columns],
                numbered(start + 1, len(part)),
                faults=tuple(self._faults(part, columns)),
            )

    def _faults(self, part: list[tuple[int, list[Any]]], columns: Sequence[int]) -> Iterator[CellFault]:
        places = {column: place for place, column in enumerate(columns)}
        for row, (number, cells) in enumerate(part):
            for column, code, text in self._spoiled.get(number, ()):
                place = places.get(column - self._left)
                if place is not None:
                    yield CellFault(row, place, code, text)
            for column, place in places.items():
                cell = cells[column]
                if cell.__class__ is float and abs(cell) >= _EXACT_NUMBER:
                    yield CellFault(row, place, "digits_lost", cell_text(cell) or "")

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """The numbers Excel shows at the left."""
        return {row: self._rows[row - 1][0] + 1 for row in rows}


def cell_text(cell: Any) -> str | None:
    """A cell as text; None where it says that the value is unknown."""
    if cell.__class__ is str:
        return None if cell in UNKNOWN else cell
    if cell.__class__ is float:
        if cell.is_integer() and abs(cell) < _EXACT_NUMBER:
            return str(int(cell))
        return format(Decimal(repr(cell)), "f")
    if cell.__class__ is bool:
        return "true" if cell else "false"
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


def _spoiled_cells(path: Path, sheet: str) -> Spoiled:
    """Cells that hold an error, and formulas that no program has computed yet."""
    spoiled: Spoiled = {}
    with zipfile.ZipFile(path) as archive, archive.open(_sheet_file(archive, sheet)) as file:
        rest = b""
        while True:
            chunk = file.read(_CHUNK)
            text = rest + chunk
            # Only whole cells: what follows the last one waits for the next chunk.
            end = len(text) if not chunk else max(text.rfind(b"</c>"), text.rfind(b":c>")) + 4
            whole, rest = (text[:end], text[end:]) if end > 3 else (b"", text)
            _search(path, whole, spoiled)
            if not chunk:
                return spoiled


def _search(path: Path, xml: bytes, spoiled: Spoiled) -> None:
    for found in _ERROR_CELL.finditer(xml):
        start = xml.rfind(b"<", 0, found.start())
        close = xml.find(b">", start)
        if found.start() < close and _is_cell(xml, start):
            value = _VALUE.search(xml, close, close + 4096)
            text = value.group(1).decode() if value else "#ERROR"
            _note(path, xml[start:close], "excel_error", text, spoiled)
    for found in _EMPTY_FORMULA.finditer(xml):
        start = max(xml.rfind(b"<c ", 0, found.start()), xml.rfind(b":c ", 0, found.start()))
        head = xml[start : xml.find(b">", start)]
        if b't="str"' not in head and b't="e"' not in head:
            _note(path, head, "uncalculated_formula", "=…", spoiled)


def _is_cell(xml: bytes, start: int) -> bool:
    name = xml[start + 1 : xml.find(b" ", start)]
    return name.rpartition(b":")[2] == b"c"


def _note(path: Path, head: bytes, code: str, text: str, spoiled: Spoiled) -> None:
    place = _REFERENCE.search(head)
    if place is None:
        raise unreadable(
            path,
            "some cells hold errors and do not say where they are; save the file again with Excel or WPS",
            "有出错的单元格但文件未注明位置，请用 Excel 或 WPS 重新保存",
        )
    column = 0
    for letter in place.group(1):
        column = column * 26 + letter - 64
    spoiled.setdefault(int(place.group(2)) - 1, []).append((column - 1, code, text))


def _refuse_bomb(path: Path) -> None:
    """Raises SubjectsError for a workbook that would not fit into memory, before anything is made of it.

    What is unpacked is counted, whatever the file says of itself; so is the area that the cells of a worksheet span.
    """
    with zipfile.ZipFile(path) as archive:
        # A size that is too small there is an error of its checksum when the part is read.
        if sum(each.file_size for each in archive.infolist()) > _LARGEST_CONTENT:
            raise unreadable(
                path,
                f"the workbook unpacks to more than {_LARGEST_CONTENT >> 20} MB; send it as CSV or Parquet",
                f"工作簿解压后超过 {_LARGEST_CONTENT >> 20} MB，请改用 CSV 或 Parquet",
            )
        for part in archive.infolist():
            with archive.open(part) as file:
                far = any(_FAR_CELL.search(text) for text in _chunks(file))
            if far:
                with archive.open(part) as file:
                    _refuse_area(path, file)


def _refuse_area(path: Path, file: IO[bytes]) -> None:
    rows = columns = 0
    for text in _chunks(file):
        for column, row in set(_ANY_CELL.findall(text)):
            columns, rows = max(columns, _column_number(column.upper())), max(rows, int(row[:12]))
    if columns * rows > _LARGEST_AREA:
        raise unreadable(
            path,
            f"the cells span {columns} columns and {rows} rows; remove stray cells far from the others",
            f"单元格的范围达到 {columns} 列、{rows} 行，请删除远离数据的零散单元格",
        )


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The content in pieces, each with the end of the one before, so that no reference is cut in two."""
    rest = b""
    while chunk := file.read(_CHUNK):
        yield rest + chunk
        rest = chunk[-64:]


def _column_number(letters: bytes) -> int:
    """A → 1, Z → 26, AA → 27."""
    number = 0
    for letter in letters[:4]:
        number = number * 26 + letter - 64
    return number


def _sheet_file(archive: zipfile.ZipFile, sheet: str) -> str:
    """Where a worksheet lies in its workbook. Raises KeyError."""
    with archive.open("xl/workbook.xml") as file:
        workbook = ElementTree.parse(file).getroot()
    with archive.open("xl/_rels/workbook.xml.rels") as file:
        targets = {each.get("Id"): each.get("Target", "") for each in ElementTree.parse(file).getroot()}
    for each in workbook.iter():
        if each.tag.endswith("}sheet") and each.get("name") == sheet:
            link = next((value for key, value in each.attrib.items() if key.endswith("}id")), None)
            target = targets[link]
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)
