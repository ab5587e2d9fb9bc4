"""Tables of line items (employees, loans, exhibitions) in Excel or CSV, every mistake with its place. Pure.

A table is described in the terms of an item: {"name": 参保人员名单, "columns": [{"code", "name", "type", "required",
"personal", "unique"}]}; `type` is text, number, money, date, credit_code or identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from yingshang.kernel.documents.api import Column, RowError, TableLimits, read_table
from yingshang.kernel.documents.api import Table as LineTable

from .parameters import limits

__all__ = ["TYPES", "Column", "LineTable", "RowError", "columns_of", "read_line_table"]

TYPES = ("text", "number", "money", "date", "credit_code", "identity")


def columns_of(described: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns of a table as terms describe it. Raises TypeError for a field nobody knows."""
    return tuple(Column(**each) for each in described.get("columns", ()))


def read_line_table(content: bytes, name: str, columns: Sequence[Column], *, own_code: str = "") -> LineTable:
    """Read an .xlsx or .csv file. `own_code` is the claimant's credit code: a row about another enterprise is wrong
    where a column asks for the claimant's own (a credit code column that is not unique).
    """
    allowed = TableLimits(**limits()["line_table"])
    return read_table(content, name, columns, limits=allowed, own_code=own_code)
