"""What comes in, before it is a contract, and what a batch came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ..registering.values import ContractFields


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One mistake: the row of the table (or the place in the package), the column, what stood there, what to write."""

    row: int
    column: str
    value: str
    message: str
    message_zh: str

    def as_dict(self) -> dict[str, Any]:
        """As it is kept with the batch."""
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value[:80],
            "message": self.message,
            "message_zh": self.message_zh,
        }


@dataclass(frozen=True, slots=True)
class SaidPerformance:
    """What a source says of an obligation: which rule of the contract it is about, what happened, on what day."""

    rule: int
    side: str
    what: str
    happened_on: date
    amount_fen: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One contract as a source tells it. `rules` are obligations as `obligations.planning` takes them; `raw` is the
    rows of a table as they stood, for the file of what was not taken; `over`: the source says that it has ended.
    """

    row: int
    unit: str
    fields: ContractFields
    rules: tuple[Mapping[str, Any], ...] = ()
    performances: tuple[SaidPerformance, ...] = ()
    source_reference: str = ""
    ocid: str = ""
    release: Mapping[str, Any] = field(default_factory=dict)
    over: bool = False
    problems: tuple[RowProblem, ...] = ()
    raw: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as it is listed."""

    id: int
    name: str
    source: str
    state: str
    agency_name: str
    row_count: int
    done_count: int
    contract_count: int
    duplicate_count: int
    problem_count: int
    failure: str
    failure_en: str
    started_by_name: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A page of batches."""

    rows: tuple[BatchRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class BatchDetail:
    """One batch with the first of its mistakes; `has_rejects`: the rows that were not taken can be downloaded;
    `to_register`: so many wait for this reader to register them; `may_mend`: the reader may send it again, and mend it.
    """

    row: BatchRow
    problems: tuple[RowProblem, ...]
    has_rejects: bool
    waiting_for_review: int
    to_register: int
    may_mend: bool


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a call of a system came to: numbers in the order of what was sent, nothing where one was not taken."""

    batch_id: int
    numbers: tuple[str | None, ...]
    contract_count: int
    duplicate_count: int
    problems: tuple[RowProblem, ...]
    problem_count: int
