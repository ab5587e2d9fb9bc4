"""What every kind of file gives: a header, and rows in raw batches, each row with its number in the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.rules.errors import SubjectsError

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell the file itself spoils, read as null: `code` is that of the reject, `row` a position in the batch."""

    row: int
    column: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A line that has not one cell for each column; it is in no batch."""

    row: int
    text: str
    cells: int
    expected: int


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Rows as they lie in the file. `columns` is parallel to the wanted columns, `rows` numbers the rows from 1."""

    columns: list[Any]
    rows: Positions
    broken: tuple[BrokenRow, ...] = ()
    faults: tuple[CellFault, ...] = ()


class Source(Protocol):
    """One file. Columns are asked for by their position in the header."""

    header: list[str]

    def arrow_types(self) -> list[Any] | None:
        """The Arrow types of the columns; None where the file holds text."""

    def row_count(self) -> int | None:
        """How many rows there are, if that is known without reading."""

    def batches(self, columns: Sequence[int], rows_per_batch: int) -> Iterator[RawBatch]:
        """The rows, with these columns. Raises SubjectsError when the file breaks off."""

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """The line of the file where each of these rows (ascending) begins, as far as it can be told."""


def unreadable(path: Path, message: str, message_zh: str, **details: Any) -> SubjectsError:
    """The error for a file that cannot be read at all, naming it."""
    return SubjectsError(
        f"{path.name}: {message}", message_zh=f"{path.name}：{message_zh}", file=str(path), **details
    )


def no_rows(path: Path) -> SubjectsError:
    """The error for a file with a header and nothing below it."""
    return unreadable(path, "there is no row below the header", "表头之下没有数据行")


def numbered(first: int, count: int) -> Positions:
    """`count` row numbers from `first`."""
    return np.arange(first, first + count, dtype=np.int64)


def text_array(cells: list[str | None]) -> Any:
    """Cells as an Arrow array of strings."""
    return pa.array(cells, pa.string())
