"""Files of subjects: Parquet, CSV and Excel, read into Arrow batches for the column evaluator.

| module | what |
|---|---|
| `file` | the open file: types, batches, rejects |
| `source`, `parquet_source`, `csv_source`, `workbook_source` | each format: a header, and raw rows with their numbers |
| `header` | which columns are facts, which is the id |
| `column_type`, `survey` | what a column has to become: by the catalogue, or by looking at all of it |
| `conversion`, `cells` | whole columns into their types; single cells where that fails |
| `identity` | ids: missing, repeated, wrong credit codes |
| `rejects`, `reasons` | rows that cannot be used, and why |
"""

from __future__ import annotations

from .file import ROWS_PER_BATCH, SubjectsFile, open_subjects
from .header import IgnoredColumn
from .rejects import KEPT_REASONS, Reject, Rejects

__all__ = [
    "KEPT_REASONS",
    "ROWS_PER_BATCH",
    "IgnoredColumn",
    "Reject",
    "Rejects",
    "SubjectsFile",
    "open_subjects",
]
