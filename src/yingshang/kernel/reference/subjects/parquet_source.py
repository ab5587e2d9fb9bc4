"""Subjects in a Parquet file, read by row groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .source import RawBatch, no_rows, numbered, unreadable


class ParquetSource:
    """Rows of a Parquet file with the Arrow types they were written with."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                self._schema = file.schema_arrow
                self._rows = file.metadata.num_rows
        except (pa.ArrowException, OSError) as error:
            raise unreadable(
                path, f"this is no Parquet file: {error}", f"不是有效的 Parquet 文件：{error}"
            ) from error
        if not self._rows:
            raise no_rows(path)
        self.header = list(self._schema.names)

    def arrow_types(self) -> list[Any] | None:
        """The types of the schema."""
        return list(self._schema.types)

    def row_count(self) -> int | None:
        """What the file says of itself."""
        return int(self._rows)

    def batches(self, columns: Sequence[int], rows_per_batch: int) -> Iterator[RawBatch]:
        """The rows in the order of the row groups."""
        names = [self.header[each] for each in columns]
        first = 1
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(batch_size=rows_per_batch, columns=list(dict.fromkeys(names))):
                    yield RawBatch([batch.column(name) for name in names], numbered(first, batch.num_rows))
                    first += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise unreadable(
                self.path,
                f"reading broke off after row {first - 1}: {error}",
                f"读到第 {first - 1} 行后中断：{error}",
            ) from error

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """Nothing: Parquet has no lines."""
        return {}
