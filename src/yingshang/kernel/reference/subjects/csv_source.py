"""Subjects in a CSV file: UTF-8 (with or without a byte order mark), UTF-16 or GB18030; comma, tab or semicolon."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from .cells import UNKNOWN
from .source import BrokenRow, CellFault, RawBatch, no_rows, unreadable

_BLOCK = 1 << 24
"""Bytes read at a time; no line may be longer."""

_SHOWN_CHARACTERS = 2000
_REPLACEMENT = "\ufffd"
_DELIMITERS = ",\t;"


class CsvSource:
    """Rows of a CSV file as text. The header is the first line that is not empty."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding, self.damaged, quotes = _inspect(path)
        with self._text() as file:
            start = file.read(1 << 20)
        self.header, self.delimiter, self._header_lines = _header(path, start)
        if quotes % 2:
            self._refuse_open_quote()
        if not any(batch.rows.size or batch.broken for batch in self.batches([0], 1)):
            raise no_rows(path)

    def arrow_types(self) -> list[Any] | None:
        """None: everything is text."""
        return None

    def row_count(self) -> int | None:
        """Not known before the end."""
        return None

    def batches(self, columns: Sequence[int], rows_per_batch: int) -> Iterator[RawBatch]:
        """The rows in order. Lines with too few or too many cells come as broken rows."""
        broken: list[BrokenRow] = []

        def note(row: Any) -> str:
            broken.append(
                BrokenRow(
                    row.number - self._header_lines,
                    row.text[:_SHOWN_CHARACTERS],
                    row.actual_columns,
                    row.expected_columns,
                )
            )
            return "skip"

        names = [f"c{position}" for position in range(len(self.header))]
        wanted = [names[each] for each in columns]
        with self._bytes() as file:
            try:
                reader = pa_csv.open_csv(
                    file,
                    # One thread: only then does Arrow number the rows it cannot take.
                    read_options=pa_csv.ReadOptions(
                        use_threads=False,
                        block_size=_BLOCK,
                        skip_rows=self._header_lines,
                        column_names=names,
                    ),
                    parse_options=pa_csv.ParseOptions(
                        delimiter=self.delimiter, newlines_in_values=True, invalid_row_handler=note
                    ),
                    convert_options=pa_csv.ConvertOptions(
                        check_utf8=False,
                        column_types=dict.fromkeys(names, pa.string()),
                        null_values=list(UNKNOWN),
                        strings_can_be_null=True,
                        include_columns=list(dict.fromkeys(wanted)),
                    ),
                )
                yield from self._numbered(reader, wanted, rows_per_batch, broken)
            except pa.ArrowException as error:
                raise unreadable(
                    self.path, f"this CSV cannot be read: {error}", f"CSV 无法读取：{error}"
                ) from error

    def _numbered(
        self, reader: Any, wanted: list[str], rows_per_batch: int, broken: list[BrokenRow]
    ) -> Iterator[RawBatch]:
        """Batches with row numbers: those of the broken rows are left out."""
        following, told = 1, 0
        for block in reader:
            for start in range(0, block.num_rows, rows_per_batch):
                batch = block.slice(start, rows_per_batch)
                rows: list[int] = []
                while len(rows) < batch.num_rows:
                    here = told
                    while told < len(broken) and broken[told].row == following:
                        told, following = told + 1, following + 1
                    if here != told:
                        continue
                    stop = broken[told].row if told < len(broken) else following + batch.num_rows
                    count = min(stop - following, batch.num_rows - len(rows))
                    rows.extend(range(following, following + count))
                    following += count
                columns = [batch.column(name) for name in wanted]
                faults = _damaged_cells(columns) if self.damaged else ()
                yield RawBatch(columns, np.array(rows, np.int64), _taken(broken, told), faults)
                told = 0
        if broken:
            yield RawBatch(
                [pa.nulls(0, pa.string()) for _ in wanted], np.zeros(0, np.int64), _taken(broken, len(broken))
            )

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """The line where each row begins; empty lines count as lines, not as rows."""
        found: dict[int, int] = {}
        wanted = iter(rows)
        looked_for = next(wanted, None)
        with self._text() as file:
            for _ in range(self._header_lines):
                file.readline()
            reader = csv.reader(file, delimiter=self.delimiter)
            row, before = 0, 0
            while looked_for is not None:
                record = next(reader, None)
                if record is None:
                    break
                if record:
                    row += 1
                    if row == looked_for:
                        # A record may span lines; it begins where the one before ended.
                        found[row] = self._header_lines + before + 1
                        looked_for = next(wanted, None)
                before = reader.line_num
        return found

    def _bytes(self) -> Any:
        """The file as UTF-8, whatever it was."""
        file = self.path.open("rb")
        if self.encoding == "utf-8" and not self.damaged:
            return file
        return pa.PythonFile(_Utf8Stream(file, self.encoding), "r")

    def _text(self) -> io.TextIOWrapper:
        encoding = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
        return self.path.open(encoding=encoding, errors="replace", newline="")

    def _refuse_open_quote(self) -> None:
        """Raises SubjectsError where a quotation mark opens and nothing closes it: all below would be one cell."""
        with self._text() as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            started, ended = 0, 0
            for _ in reader:
                started, ended = ended + 1, reader.line_num
        if ended > started:
            with self._text() as file:
                last = [line for number, line in enumerate(file, 1) if number >= started]
            if sum(line.count('"') for line in last) % 2:
                raise unreadable(
                    self.path,
                    f'line {started}: a quotation mark " opens here and is never closed',
                    f"第 {started} 行：此处的双引号没有闭合",
                    line=started,
                )


class _Utf8Stream(io.RawIOBase):
    """Another encoding read as UTF-8; bytes that mean nothing become U+FFFD."""

    def __init__(self, file: io.BufferedReader, encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._ready = b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes of UTF-8; none at the end."""
        while not self._ready:
            chunk = self._file.read(1 << 20)
            self._ready = self._decoder.decode(chunk, final=not chunk).encode()
            if not chunk and not self._ready:
                return b""
        size = len(self._ready) if size is None or size < 0 else size
        taken, self._ready = self._ready[:size], self._ready[size:]
        return taken

    def close(self) -> None:
        """Close the file below as well."""
        self._file.close()
        super().close()


def _taken(broken: list[BrokenRow], count: int) -> tuple[BrokenRow, ...]:
    taken = tuple(broken[:count])
    del broken[:count]
    return taken


def _damaged_cells(columns: list[Any]) -> tuple[CellFault, ...]:
    """Cells with a character that could not be decoded; they become null in `columns`."""
    faults = []
    for position, column in enumerate(columns):
        hit = pc.match_substring(column, _REPLACEMENT)
        if pc.any(hit).as_py():
            rows = np.flatnonzero(hit.fill_null(False).to_numpy(zero_copy_only=False))
            faults += [CellFault(int(row), position, "broken_encoding", column[row].as_py()) for row in rows]
            columns[position] = pc.if_else(hit, pa.scalar(None, pa.string()), column)
    return tuple(faults)


def _inspect(path: Path) -> tuple[str, bool, int]:
    """The encoding, whether some bytes do not belong to it, and the number of quotation marks."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16", True, 0
        if not start:
            raise unreadable(path, "the file is empty", "文件是空的")
        file.seek(0)
        quotes = 0
        decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
        while chunk := file.read(_BLOCK):
            quotes += chunk.count(b'"')
            if decoder is not None:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    decoder = None
    if decoder is not None and not decoder.getstate()[0]:
        return "utf-8", False, quotes
    wrong = {encoding: _undecodable(path, encoding) for encoding in ("gb18030", "utf-8")}
    if start.startswith(codecs.BOM_UTF8) or wrong["utf-8"] < wrong["gb18030"]:
        return "utf-8", True, quotes
    return "gb18030", wrong["gb18030"] > 0, quotes


def _undecodable(path: Path, encoding: str) -> int:
    """How many pieces of the file mean nothing in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    count = 0
    with path.open("rb") as file:
        while chunk := file.read(_BLOCK):
            count += decoder.decode(chunk).count(_REPLACEMENT)
    return count + decoder.decode(b"", final=True).count(_REPLACEMENT)


def _header(path: Path, start: str) -> tuple[list[str], str, int]:
    """The names of the first line that is not empty, the delimiter, and the lines down to its end."""
    first = next((line for line in start.splitlines() if line.strip()), None)
    if first is None:
        raise unreadable(path, "the file holds nothing but empty lines", "文件中只有空行")
    outside = "".join(first.split('"')[::2])
    delimiter = max(_DELIMITERS, key=outside.count)
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter)
    for names in reader:
        if any(name.strip() for name in names):
            return [name.strip() for name in names], delimiter, reader.line_num
    raise unreadable(path, "the header holds no names", "表头没有列名")
