"""Rows that cannot be used, each with every reason: counted without end, kept up to a limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from .conversion import Fault
from .reasons import reason
from .source import BrokenRow, Positions

KEPT_REASONS: Final = 100_000
"""Reasons kept with their texts; beyond it they are only counted."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One reason why one row cannot be used.

    `row` counts the data rows from 1; `line` is the line of a CSV file or the row of a worksheet, if it can be told.
    `column` is named as in the file, with the field of a line after a dot; None if the row as a whole is wrong.
    """

    row: int
    line: int | None
    subject: str | None
    column: str | None
    value: str | None
    code: str
    message: str
    message_zh: str


@dataclass
class Rejects:
    """The rejects of one reading. Iterating gives the kept reasons, by row."""

    rows: int = 0
    reasons: int = 0
    by_code: Counter[str] = field(default_factory=Counter)
    by_column: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    kept: list[Reject] = field(default_factory=list)
    limit: int = KEPT_REASONS

    def __iter__(self) -> Iterator[Reject]:
        return iter(self.kept)

    def __len__(self) -> int:
        return len(self.kept)

    @property
    def complete(self) -> bool:
        """Whether every reason was kept."""
        return self.reasons == len(self.kept)

    def add(
        self, rows: Positions, ids: Any, faults: Sequence[tuple[str, Fault]], broken: Sequence[BrokenRow]
    ) -> None:
        """The faults of one batch, each with the column it is of as the file names it, and its broken rows."""
        kept: list[Reject] = []
        for each in broken[: self.limit - len(self.kept)]:
            note = f"{each.cells}/{each.expected}"
            kept.append(self._reject(each.row, None, None, each.text, "wrong_cell_count", None, note))
        self.rows += len(broken)
        self._count(None, "wrong_cell_count", len(broken))
        if faults:
            positions = np.concatenate([fault.rows for _, fault in faults])
            self.rows += len(np.unique(positions))
            owners = np.repeat(np.arange(len(faults)), [len(fault.rows) for _, fault in faults])
            places = np.concatenate([np.arange(len(fault.rows)) for _, fault in faults])
            for column, fault in faults:
                self._count(column, fault.code, len(fault.rows))
            first = np.argsort(positions, kind="stable")[: max(0, self.limit - len(self.kept) - len(kept))]
            for position, owner, place in zip(
                positions[first].tolist(), owners[first].tolist(), places[first].tolist(), strict=True
            ):
                column, fault = faults[owner]
                kept.append(
                    self._reject(
                        int(rows[position]),
                        ids[position].as_py(),
                        f"{column}.{fault.path}" if fault.path else column,
                        fault.texts[place].as_py(),
                        fault.code,
                        fault,
                        fault.notes[place] if fault.notes else "",
                    )
                )
        kept.sort(key=lambda reject: reject.row)
        self.kept += kept

    def _count(self, column: str | None, code: str, count: int) -> None:
        if count:
            self.reasons += count
            self.by_code[code] += count
            self.by_column[column, code] += count

    def _reject(
        self,
        row: int,
        subject: str | None,
        column: str | None,
        value: str | None,
        code: str,
        fault: Fault | None,
        note: str,
    ) -> Reject:
        message, message_zh = reason(code, value or "", fault.expected if fault else None, note)
        return Reject(row, None, subject, column, value, code, message, message_zh)
