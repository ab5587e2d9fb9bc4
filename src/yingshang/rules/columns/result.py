"""What a column evaluation answers: counts and sums of every item, and the outcome of each row for those who ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.rules.columns.planes import Booleans, Words, unpack


@dataclass(slots=True)
class ItemResult:
    """One item over all rows. The four counts add up to the rows.

    Amounts are whole fen. `amount_certain_fen` sums the entitled rows whose amount is known; `amount_possible_fen` adds
    the undecided rows whose amount is known. Rows whose amount is not known, or makes no sense (null, negative, an
    operation without meaning), are counted apart. All are 0 for an item without an amount.
    """

    id: str
    entitled: int = 0
    undecided: int = 0
    refused: int = 0
    errors: int = 0
    amount_certain_fen: int = 0
    amount_possible_fen: int = 0
    amount_unknown_entitled: int = 0
    amount_unknown_undecided: int = 0
    amount_failed_entitled: int = 0
    amount_failed_undecided: int = 0


AMOUNT_KNOWN, AMOUNT_UNKNOWN, AMOUNT_FAILED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class ItemAmounts:
    """Amounts of the rows of one item that are entitled or undecided, ascending by row.

    rows: int64 [n], within the chunk.  fen: int64 [n] (Python ints where one does not fit), 0 unless known.
    state: uint8 [n], AMOUNT_KNOWN, AMOUNT_UNKNOWN or AMOUNT_FAILED.
    """

    rows: npt.NDArray[np.int64]
    fen: npt.NDArray[Any]
    state: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ChunkOutcomes:
    """The outcome of every item for a run of consecutive rows.

    `first_row` counts from the first row of the first batch. `true` and `open` are planes [items, words] as planes.py
    defines them; `errors` has a plane for the few items that have any. `constants` are the fen of items that pay the
    same to everyone, `amounts` the rest. `batch` holds the rows themselves.
    """

    first_row: int
    rows: int
    batch: pa.RecordBatch
    true: Words
    open: Words
    errors: Mapping[int, Words]
    constants: Sequence[int | None]
    amounts: Mapping[int, ItemAmounts]

    def entitled(self, item: int) -> Booleans:
        """[rows]: who is entitled to the item at that position."""
        return unpack(self.true[item], self.rows)

    def undecided(self, item: int) -> Booleans:
        """[rows]: for whom facts are missing that matter."""
        plane = self.open[item] & ~self.true[item]
        failed = self.errors.get(item)
        return unpack(plane if failed is None else plane & ~failed, self.rows)

    def failed(self, item: int) -> Booleans:
        """[rows]: whose evaluation ends in an error."""
        plane = self.errors.get(item)
        return np.zeros(self.rows, np.bool_) if plane is None else unpack(plane, self.rows)

    def amounts_of(self, item: int) -> ItemAmounts:
        """The amounts of the entitled and undecided rows of an item; empty if it has no amount."""
        if item in self.amounts:
            return self.amounts[item]
        fen = self.constants[item]
        due = self.entitled(item) | self.undecided(item) if fen is not None else np.zeros(0, np.bool_)
        rows = np.flatnonzero(due)
        kind: Any = np.int64 if -(2**63) <= (fen or 0) < 2**63 else object
        return ItemAmounts(rows, np.full(len(rows), fen or 0, kind), np.zeros(len(rows), np.uint8))


@dataclass
class ColumnResult:
    """The items in the order of the programs, over `rows` rows.

    `by_rows` counts, for each
    expression that had to be evaluated row by row, how often the row evaluator was called. `outcomes` are kept only
    if asked for, ascending by row.
    """

    items: list[ItemResult]
    rows: int = 0
    by_rows: dict[str, int] = field(default_factory=dict)
    outcomes: list[ChunkOutcomes] = field(default_factory=list)
