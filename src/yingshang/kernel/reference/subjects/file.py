"""A file of subjects, read for the rules: the good rows typed, the bad rows rejected with their reasons."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from yingshang.rules.policy.catalogue import FactCatalogue

from .column_type import (
    LONG_DIGITS,
    ColumnType,
    declared_scale,
    fact_type,
    kept_type,
    number_type,
    scale_is_fixed,
    simple_type,
    text_type,
)
from .conversion import Fault, convert, text_of
from .csv_source import CsvSource
from .header import Column, IgnoredColumn, plan_columns
from .identity import FirstRows, wrong_credit_codes
from .parquet_source import ParquetSource
from .rejects import Reject, Rejects
from .source import CellFault, Positions, RawBatch, Source, unreadable
from .survey import Survey
from .workbook_source import WorkbookSource

ROWS_PER_BATCH: Final = 65_536
"""Rows of a record batch unless asked otherwise."""

SUFFIXES: Final = (".parquet", ".csv", ".tsv", ".txt", ".xlsx", ".xlsm")

_LARGEST_FOUND_SCALE = 20
_THREADS = min(8, 1 + (os.cpu_count() or 1))
_TEXTUAL_KINDS = ("string", "list", "context")


def open_subjects(
    path: Path | str,
    *,
    catalogue: FactCatalogue | None = None,
    id_column: str | None = None,
    sheet: str | None = None,
    year: int | None = None,
) -> SubjectsFile:
    """Open a Parquet, CSV or Excel file of subjects; rows are read by `SubjectsFile.batches`.

    With a closed `catalogue` columns may carry the code or the Chinese name of a fact (`fin.revenue.2025`,
    营业收入2025年); without one every column is a fact and its type is found in the file. An open catalogue tells the
    types of some columns and leaves the others to be found. `id_column` is `subject` unless given. `sheet` names the
    worksheet of a workbook, the first one unless given. `year` is that of the decision: with it, a column that counts
    from it (上年度营业收入) is delivered as the column of its year.

    Raises SubjectsError when the file cannot be read at all: it is missing, of another format, empty, without an id
    column, or a column occurs twice.
    """
    path = Path(path)
    source = _open_source(path, sheet)
    columns, ignored = plan_columns(path, source.header, catalogue=catalogue, id_column=id_column, year=year)
    return SubjectsFile(
        path=path,
        id_column=next(column.name for column in columns if column.role == "id"),
        columns=[column.name for column in columns],
        catalogue=catalogue,
        ignored=ignored,
        _source=source,
        _plan=columns,
    )


@dataclass
class SubjectsFile:
    """An open file of subjects. `columns` are the names under which columns are delivered, in the order of the file.

    `ignored` lists the columns no rule can speak of, each once; they are delivered as they are. `rejects` tells of the
    last reading, and `rows_read` how far it came.
    """

    path: Path
    id_column: str
    columns: list[str]
    catalogue: FactCatalogue | None
    ignored: list[IgnoredColumn]
    _source: Source = field(repr=False)
    _plan: list[Column] = field(repr=False)
    _types: dict[str, ColumnType] = field(default_factory=dict, repr=False)
    _rejects: Rejects = field(default_factory=Rejects, repr=False)
    _located: int = field(default=0, repr=False)
    rows_read: int = 0

    @cached_property
    def schema(self) -> pa.Schema:
        """The names and Arrow types of all columns. Where types are found in the file, the file is read through."""
        return self._schema_of(self._plan)

    @property
    def row_count(self) -> int | None:
        """The rows of the file, good and bad, if that is known before reading (for a progress bar)."""
        return self._source.row_count()

    @property
    def rejected_rows(self) -> int:
        """How many rows of the last reading were rejected."""
        return self._rejects.rows

    @property
    def rejects(self) -> Rejects:
        """The rejects of the last reading. Complete once its last batch was taken."""
        kept = self._rejects.kept
        if self._located < len(kept):
            new = kept[self._located :]
            lines = self._source.lines_of(sorted({reject.row for reject in new}))
            kept[self._located :] = [replace(reject, line=lines.get(reject.row)) for reject in new]
            self._located = len(kept)
        return self._rejects

    def batches(
        self, columns: Collection[str] | None = None, rows_per_batch: int = ROWS_PER_BATCH
    ) -> Iterator[pa.RecordBatch]:
        """The good rows, in the order of the file, in batches of at most `rows_per_batch`.

        The id column is a string and always there; an unknown cell is null. With `columns` only these are read and
        checked; names the file does not have are passed over. Every reading starts anew, with empty `rejects`.

        Raises SubjectsError when the file turns out to be broken further down.
        """
        wanted = [
            column
            for column in self._plan
            if columns is None or column.name in columns or column.role == "id"
        ]
        schema = self._schema_of(wanted)
        types = [self._types[column.name] for column in wanted]
        self._rejects, self._located, self.rows_read = Rejects(), 0, 0
        first_rows = FirstRows()
        positions = [column.position for column in wanted]
        with ThreadPoolExecutor(_THREADS) as pool:
            for raw in _ahead(self._source.batches(positions, rows_per_batch), pool):
                self.rows_read += len(raw.rows) + len(raw.broken)
                converted = list(pool.map(convert, raw.columns, types))
                faults = [
                    (column.header, fault)
                    for column, (_, found) in zip(wanted, converted, strict=True)
                    for fault in found
                ]
                faults += _cell_faults(raw, wanted, types)
                place = next(place for place, column in enumerate(wanted) if column.role == "id")
                ids = converted[place][0]
                faults += _id_faults(ids, raw.rows, wanted[place].header, types[place], faults, first_rows)
                batch = pa.RecordBatch.from_arrays([array for array, _ in converted], schema=schema)
                if faults or raw.broken:
                    self._rejects.add(raw.rows, ids, faults, raw.broken)
                    batch = _without(batch, [fault.rows for _, fault in faults])
                if batch.num_rows:
                    yield batch
        self._note_unknown_fields(wanted)

    def read(self, columns: Collection[str] | None = None) -> pa.Table:
        """All good rows at once; see `batches`."""
        batches = list(self.batches(columns))
        if batches:
            return pa.Table.from_batches(batches)
        wanted = [c for c in self._plan if columns is None or c.name in columns or c.role == "id"]
        return self._schema_of(wanted).empty_table()

    def write_rejects(self, path: Path | str) -> Path:
        """Write the rows whose rejects were kept, every column of them as it is in the file, and the reasons.

        `.csv` or `.parquet`. The columns after those of the file are `rejected_row`, `rejected_line`,
        `rejected_because` and `rejected_because_zh`, and `rejected_text` for lines without the right number of cells.
        The file of subjects is read again. Raises SubjectsError for another suffix.
        """
        path = Path(path)
        if path.suffix.lower() not in (".csv", ".parquet"):
            raise unreadable(
                path,
                "rejects are written as .csv or .parquet",
                "退回的行只能写为 .csv 或 .parquet",
            )
        table = self._rejected_table()
        if path.suffix.lower() == ".parquet":
            pq.write_table(table, path)
        else:
            with path.open("wb") as file:
                file.write(codecs.BOM_UTF8)
                columns = [_no_formula(_flat(each)) for each in table.columns]
                names = _no_formula(pa.array(table.column_names, pa.string())).to_pylist()
                pa_csv.write_csv(pa.table(columns, names), file)
        return path

    # --- types --------------------------------------------------------------------------------------------------------

    def _schema_of(self, columns: Sequence[Column]) -> pa.Schema:
        missing = [column for column in columns if column.name not in self._types]
        if missing:
            self._find_types(missing)
        return pa.schema([pa.field(column.name, self._types[column.name].arrow) for column in columns])

    def _find_types(self, columns: Sequence[Column]) -> None:
        """Types from the catalogue and the file's own schema; where neither says, from all cells."""
        given = self._source.arrow_types()
        surveys: dict[int, tuple[Column, Survey]] = {}
        for column in columns:
            arrow = None if given is None else given[column.position]
            found = _type_of(column, arrow)
            if found is None:
                numbers_only = column.fact is not None or arrow is not None
                surveys[column.position] = column, Survey(column.header, numbers_only)
            else:
                self._types[column.name] = found
        if not surveys:
            return
        positions = list(surveys)
        with ThreadPoolExecutor(_THREADS) as pool:
            for raw in self._source.batches(positions, ROWS_PER_BATCH):
                for _ in pool.map(
                    lambda position, cells: surveys[position][1].add(cells), positions, raw.columns
                ):
                    pass
        for column, survey in surveys.values():
            arrow = None if given is None else given[column.position]
            self._types[column.name] = _surveyed_type(column, survey, arrow)

    def _note_unknown_fields(self, columns: Sequence[Column]) -> None:
        known = {each.name for each in self.ignored}
        for column in columns:
            for name in sorted(self._types[column.name].unknown_fields):
                if (label := f"{column.header}.{name}") not in known:
                    self.ignored.append(
                        IgnoredColumn(
                            label,
                            "no field the catalogue declares for these lines",
                            "事实目录未声明该明细字段",
                        )
                    )

    # --- rejected rows ------------------------------------------------------------------------------------------------

    def _rejected_table(self) -> pa.Table:
        reasons = {row: list(each) for row, each in groupby(self.rejects.kept, key=lambda reject: reject.row)}
        numbers = np.fromiter(reasons, np.int64, len(reasons))
        positions = [column.position for column in self._plan]
        given = self._source.arrow_types()
        types = [pa.string() if given is None else given[position] for position in positions]
        parts: list[list[Any]] = []
        rows: list[int] = []
        broken: dict[int, str] = {}
        if len(numbers):
            for raw in self._source.batches(positions, ROWS_PER_BATCH):
                broken.update((each.row, each.text) for each in raw.broken if each.row in reasons)
                chosen = np.flatnonzero(np.isin(raw.rows, numbers))
                if len(chosen):
                    parts.append(
                        [_with_shown(raw, place).take(pa.array(chosen)) for place in range(len(positions))]
                    )
                    rows += raw.rows[chosen].tolist()
        rows += broken
        table = pa.table(
            [
                pa.chunked_array(
                    [*(_joined(part[place]) for part in parts), pa.nulls(len(broken), kind)], type=kind
                )
                for place, kind in enumerate(types)
            ],
            names=[column.header for column in self._plan],
        )
        found = [reasons[row] for row in rows]
        table = table.append_column("rejected_row", pa.array(rows, pa.int64()))
        table = table.append_column("rejected_line", pa.array([each[0].line for each in found], pa.int64()))
        for name, chinese in (("rejected_because", False), ("rejected_because_zh", True)):
            texts = [_because(each, chinese) for each in found]
            table = table.append_column(name, pa.array(texts, pa.string()))
        if broken:
            texts_of_broken = [broken.get(row) for row in rows]
            table = table.append_column("rejected_text", pa.array(texts_of_broken, pa.string()))
        return table.sort_by("rejected_row")


def _ahead(batches: Iterator[RawBatch], pool: ThreadPoolExecutor) -> Iterator[RawBatch]:
    """The same batches; the next one is read while the last one is worked on."""
    coming = pool.submit(next, batches, None)
    try:
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch
    finally:
        wait([coming])


def _open_source(path: Path, sheet: str | None) -> Source:
    if not path.exists():
        near = sorted(each.name for each in path.parent.glob(f"*{path.suffix}"))[:5] if path.suffix else []
        raise unreadable(
            path,
            "there is no such file" + (f"; there is {', '.join(near)}" if near else ""),
            "文件不存在" + (f"，同一文件夹中有：{'、'.join(near)}" if near else ""),
        )
    if not path.is_file():
        raise unreadable(path, "this is no file", "这不是文件")
    match path.suffix.lower():
        case ".parquet":
            return ParquetSource(path)
        case ".csv" | ".tsv" | ".txt":
            return CsvSource(path)
        case ".xlsx" | ".xlsm":
            return WorkbookSource(path, sheet)
        case ".xls" | ".et":
            raise unreadable(path, "save it as .xlsx first", "请先另存为 .xlsx 格式")
        case _:
            known = ", ".join(SUFFIXES)
            raise unreadable(
                path, f"subjects are read from {known}", f"只能读取 {known.replace(', ', '、')} 文件"
            )


def _type_of(column: Column, arrow: Any) -> ColumnType | None:
    """The type of a column if it is certain without looking at the cells. `arrow` is None for text."""
    label, fact = column.header, column.fact
    if column.role == "id":
        return text_type(label)
    if column.role == "kept":
        return kept_type(label, pa.string() if arrow is None else arrow)
    if fact is not None and fact.type != "any":
        if (
            fact.type.endswith("context>")
            and not fact.fields
            and arrow is not None
            and pa.types.is_nested(arrow)
        ):
            return kept_type(label, arrow)
        if fact.type != "number":
            return fact_type(fact, label, 0)
        scale = declared_scale(fact) or 0
        if scale_is_fixed(fact) or (arrow is not None and pa.types.is_integer(arrow)):
            return fact_type(fact, label, scale)
        if arrow is not None and pa.types.is_decimal128(arrow):
            return fact_type(fact, label, max(scale, arrow.scale), arrow.precision - arrow.scale)
        return None
    if arrow is None or pa.types.is_floating(arrow):
        return None
    return _native_type(label, arrow)


def _native_type(label: str, arrow: Any) -> ColumnType:
    """The type of a column of a Parquet file where no catalogue says what it is."""
    types = pa.types
    if types.is_dictionary(arrow):
        arrow = arrow.value_type
    if types.is_integer(arrow):
        return number_type(label, 0, 20 if arrow == pa.uint64() else 1)
    if types.is_decimal128(arrow):
        return number_type(label, max(0, arrow.scale), arrow.precision - arrow.scale)
    if types.is_string(arrow) or types.is_large_string(arrow) or types.is_string_view(arrow):
        return text_type(label)
    if types.is_boolean(arrow):
        return simple_type(label, "boolean")
    return simple_type(label, "date") if types.is_date(arrow) else kept_type(label, arrow)


def _surveyed_type(column: Column, survey: Survey, arrow: Any) -> ColumnType:
    if column.fact is not None and column.fact.type == "number":
        declared = declared_scale(column.fact) or 0
        scale = max(declared, min(survey.scale, _LARGEST_FOUND_SCALE))
        return fact_type(column.fact, column.header, scale, survey.integer_digits)
    if arrow is not None:
        if survey.scale + survey.integer_digits > LONG_DIGITS:
            return kept_type(column.header, pa.float64())
        return number_type(column.header, survey.scale, survey.integer_digits)
    return survey.result()


def _cell_faults(
    raw: RawBatch, columns: Sequence[Column], types: Sequence[ColumnType]
) -> list[tuple[str, Fault]]:
    """What the file itself says is wrong with single cells, for the columns that are used."""
    by_kind: dict[tuple[int, str], list[CellFault]] = {}
    for each in raw.faults:
        kind = types[each.column].kind
        # A number that lost digits is still the number Excel shows; as a code it is another code.
        if kind == "kept" or (each.code == "digits_lost" and kind not in _TEXTUAL_KINDS):
            continue
        by_kind.setdefault((each.column, each.code), []).append(each)
    return [
        (
            columns[place].header,
            Fault(
                code,
                np.array([each.row for each in same], np.int64),
                pa.array([each.text for each in same], pa.string()),
                types[place],
            ),
        )
        for (place, code), same in by_kind.items()
    ]


def _id_faults(
    ids: Any,
    rows: Positions,
    header: str,
    kind: ColumnType,
    faults: Sequence[tuple[str, Fault]],
    first_rows: FirstRows,
) -> list[tuple[str, Fault]]:
    """Ids that are missing, repeated, or no credit codes though they look like one."""
    found = []
    if ids.null_count:
        missing = np.flatnonzero(ids.is_null().to_numpy(zero_copy_only=False))
        told = [fault.rows for column, fault in faults if column == header]
        missing = np.setdiff1d(missing, np.concatenate(told)) if told else missing
        if len(missing):
            found.append(Fault("missing_id", missing, pa.nulls(len(missing), pa.string()), kind))
    repeated, first = first_rows.repeated(ids, rows)
    if len(repeated):
        notes = tuple(str(row) for row in first)
        found.append(Fault("duplicate_id", repeated, ids.take(pa.array(repeated)), kind, notes=notes))
    wrong = wrong_credit_codes(ids)
    if len(wrong):
        found.append(Fault("invalid_credit_code", wrong, ids.take(pa.array(wrong)), kind))
    return [(header, fault) for fault in found]


def _without(batch: pa.RecordBatch, rejected: Sequence[Positions]) -> pa.RecordBatch:
    good = np.ones(batch.num_rows, np.bool_)
    for rows in rejected:
        good[rows] = False
    return batch.filter(pa.array(good))


def _with_shown(raw: RawBatch, place: int) -> Any:
    """A raw column with what spoiled cells show, as it was in the file."""
    faults = [each for each in raw.faults if each.column == place]
    if not faults:
        return raw.columns[place]
    cells = raw.columns[place].to_pylist()
    for each in faults:
        cells[each.row] = each.text
    return pa.array(cells, pa.string())


def _joined(array: Any) -> Any:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _because(reasons: Sequence[Reject], chinese: bool) -> str:
    if chinese:
        return "；".join(
            f"{each.column}：{each.message_zh}" if each.column else each.message_zh for each in reasons
        )
    return "; ".join(f"{each.column}: {each.message}" if each.column else each.message for each in reasons)


_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
_SIGNED_NUMBER = r"^[+-][\d.,]*\d%?$"


def _no_formula(column: Any) -> Any:
    """Texts that a spreadsheet takes for no formula: officials open the file, its cells are a stranger's."""
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        return column
    formula = pc.and_(
        pc.match_substring_regex(column, _FORMULA),
        pc.invert(pc.match_substring_regex(column, _SIGNED_NUMBER)),
    )
    return pc.if_else(formula, pc.binary_join_element_wise(pa.scalar("'", column.type), column, ""), column)


def _flat(column: Any) -> Any:
    """A column as CSV can hold it: lists and contexts as JSON, everything else as text."""
    column = _joined(column)
    if not pa.types.is_nested(column.type):
        return text_of(column)
    return pa.array(
        [
            None if each is None else json.dumps(each, ensure_ascii=False, default=str)
            for each in column.to_pylist()
        ],
        pa.string(),
    )
