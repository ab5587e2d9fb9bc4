"""The sample city: an invented population of enterprises with believable facts, as large as wanted.

For trying out policies, for demonstrations and for measuring. Nobody in it exists: every name begins with 示例. The
same arguments always give the same population, whatever order its blocks are made in, since each block has a random
generator of its own.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from .arrow_columns import Column
from .errors import InvalidMetric, TooManyRows, UnknownFact, UnsupportedFormat
from .regions import get_region
from .sample_population import NAME, POPULATION_LIMIT, SUBJECT, SampleBlock

Progress = Callable[[int, int], None]
"""Called with the rows done and the rows wanted."""

BLOCK_ROWS = 50_000
"""Rows of one record batch and one Parquet row group: about 70 MB while it is being made."""

WORKSHEET_ROWS = 1_048_575
"""What one worksheet of an .xlsx file holds below its header line."""

SHENZHEN = "440300"


def generate_sample_city(
    enterprises: int,
    *,
    seed: int,
    as_of: date,
    region: str = SHENZHEN,
    columns: Sequence[str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """The population in record batches of at most BLOCK_ROWS rows, one after another.

    `region` is any division or township; its counties are populated, and "000000" spreads over the whole country.
    `as_of` fixes the yearly columns (the three years before it) and all ages. `columns` keeps only these columns,
    beside `subject` (the credit code) and `name`. Money is decimal128(18, 2) in yuan, other fractions decimal128
    with the decimals of their fact, counts int64; null means unknown.

    Raises UnknownRegion, UnknownFact for a column the city does not have, and InvalidMetric for a population that is
    negative or larger than there are codes for.
    """
    get_region(region)
    if not 0 <= enterprises <= POPULATION_LIMIT:
        raise InvalidMetric(
            f"a sample city has between 0 and {POPULATION_LIMIT} enterprises, not {enterprises}",
            message_zh=f"示例城市的企业数应在 0 到 {POPULATION_LIMIT} 之间，而不是 {enterprises}",
            field="enterprises",
            value=enterprises,
        )
    kept = None if columns is None else sample_city_schema(as_of=as_of, columns=columns).names
    return _batches(enterprises, seed=seed, as_of=as_of, region=region, kept=kept)


def sample_city_schema(*, as_of: date, columns: Sequence[str] | None = None) -> pa.Schema:
    """The columns of a sample city and their Arrow types. Raises UnknownFact for a column the city does not have."""
    empty = SampleBlock(seed=0, number=0, first=0, rows=0, total=0, region=SHENZHEN, as_of=as_of)
    schema = empty.record_batch().schema
    return (
        schema
        if columns is None
        else pa.schema([schema.field(name) for name in _select(schema.names, columns)])
    )


def write_sample_city(
    path: Path | str,
    *,
    enterprises: int,
    seed: int,
    as_of: date,
    region: str = SHENZHEN,
    columns: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the population to a file whose suffix says the format, and return its path.

    `.parquet`: one row group a batch. `.csv` (UTF-8 with a byte order mark, so that Excel shows Chinese) and `.xlsx`:
    one header line of column names, lists as JSON with amounts as strings. An unknown value is an empty cell. The
    file appears only when it is complete.

    Raises UnsupportedFormat for another suffix, TooManyRows for an .xlsx beyond WORKSHEET_ROWS, and what
    `generate_sample_city` raises.
    """
    path = Path(path)
    writers = {".parquet": _write_parquet, ".csv": _write_csv, ".xlsx": _write_workbook}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise UnsupportedFormat(
            f"cannot write {path.name}: use one of {', '.join(writers)}",
            message_zh=f"无法写入 {path.name}：请使用 {'、'.join(writers)}",
            value=path.suffix,
        )
    if write is _write_workbook and enterprises > WORKSHEET_ROWS:
        raise TooManyRows(
            f"{enterprises} rows do not fit in a worksheet of {WORKSHEET_ROWS}; use .parquet or .csv",
            message_zh=f"一张工作表最多 {WORKSHEET_ROWS} 行，放不下 {enterprises} 行，请改用 .parquet 或 .csv",
            value=enterprises,
            maximum=WORKSHEET_ROWS,
        )
    schema = sample_city_schema(as_of=as_of, columns=columns)
    batches = generate_sample_city(enterprises, seed=seed, as_of=as_of, region=region, columns=columns)
    partial = path.with_name(f".{path.name}.partial")
    try:
        write(partial, schema, _reported(batches, enterprises, progress))
        partial.replace(path)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
    return path


def _batches(
    enterprises: int, *, seed: int, as_of: date, region: str, kept: list[str] | None
) -> Iterator[pa.RecordBatch]:
    for number, first in enumerate(range(0, enterprises, BLOCK_ROWS)):
        rows = min(BLOCK_ROWS, enterprises - first)
        block = SampleBlock(
            seed=seed, number=number, first=first, rows=rows, total=enterprises, region=region, as_of=as_of
        )
        batch = block.record_batch()
        yield batch if kept is None else batch.select(kept)


def _select(available: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Subject and name, then the wanted columns in the wanted order, each once."""
    absent = [name for name in columns if name not in available]
    if absent:
        raise UnknownFact(
            f"the sample city has no column {', '.join(absent)}",
            message_zh=f"示例城市没有这些列：{'、'.join(absent)}",
            value=absent,
        )
    return list(dict.fromkeys([SUBJECT, NAME, *columns]))


def _reported(
    batches: Iterable[pa.RecordBatch], total: int, progress: Progress | None
) -> Iterator[pa.RecordBatch]:
    done = 0
    for batch in batches:
        yield batch
        done += batch.num_rows
        if progress is not None:
            progress(done, total)


def _write_parquet(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch, row_group_size=BLOCK_ROWS)


def _write_csv(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    flat = pa.schema([field.with_type(pa.string()) if _is_list(field.type) else field for field in schema])
    with path.open("wb") as file:
        file.write(codecs.BOM_UTF8)
        with pa_csv.CSVWriter(file, flat) as writer:
            for batch in batches:
                columns = [_as_json(column) if _is_list(column.type) else column for column in batch.columns]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=flat))


def _write_workbook(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    # Only here: it takes as long to load as everything else of this room.
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("企业")
    sheet.append(schema.names)
    for batch in batches:
        columns = [_as_json(column) if _is_list(column.type) else column for column in batch.columns]
        for row in zip(*(column.to_pylist() for column in columns), strict=True):
            sheet.append(row)
    workbook.save(path)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind))


def _as_json(column: Column) -> Column:
    """Lists as JSON texts; amounts and dates in them are strings, so that nothing is rounded."""
    texts: Any = pa.array(
        [
            None if lines is None else json.dumps(lines, ensure_ascii=False, default=str) if lines else "[]"
            for lines in column.to_pylist()
        ],
        pa.string(),
    )
    return cast("Column", texts)
