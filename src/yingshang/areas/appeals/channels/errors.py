"""What can be wrong with what comes over other channels."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class InvalidTable(DomainError):
    """A table with mistakes; `details["errors"]` has every one that is listed, with row and column."""

    code = "appeals.invalid_table"
