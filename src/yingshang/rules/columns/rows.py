"""What columns cannot express: the row evaluator over chosen rows, once for each distinct combination of inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.rules.columns.arrays import ChunkColumn, NotColumnar
from yingshang.rules.columns.facts import fact_values
from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.functions import Environment
from yingshang.rules.feel.syntax import Node
from yingshang.rules.feel.values import Unknown

FALSE, TRUE, UNKNOWN, ERROR = 0, 1, 2, 3
"""What a condition comes to, as codes of a table or an array."""

_WORTH_MEMOISING: Final = 16
_HASH_FACTOR: Final = 2**40


def state_of(value: Any) -> int:
    """The outcome of a condition whose value this is: anything but a boolean or Unknown is an error."""
    if value is True:
        return TRUE
    if value is False:
        return FALSE
    return UNKNOWN if value.__class__ is Unknown else ERROR


def names_in(tree: Node) -> list[str]:
    """Every name in a tree, in order: columns, functions and bound names alike."""
    return list(dict.fromkeys(each.name for each in syntax.walk(tree) if isinstance(each, syntax.Name)))


class RowExpression:
    """A tree for the row evaluator, over the columns it may read."""

    def __init__(self, tree: Node, columns: Sequence[str], environment: Environment | None) -> None:
        self.tree = tree
        self.columns = list(columns)
        self._evaluate = compile_expression(tree, Mode.POLICY)
        self._environment = environment

    @property
    def text(self) -> str:
        """The expression for a person to recognise it by."""
        return repr(self.tree)

    def value(self, facts: Mapping[str, Any]) -> Any:
        """The value for one subject. A column that is not among the facts is unknown."""
        return self._evaluate(Scope(facts, environment=self._environment))

    def values(
        self, columns: Mapping[str, ChunkColumn], rows: npt.NDArray[np.int64]
    ) -> tuple[list[Any], npt.NDArray[np.intp]]:
        """The distinct values over `rows`, and for each row which of them is its own."""
        chosen, inverse = self._distinct(columns, rows)
        indices = pa.array(chosen)
        inputs = [fact_values(columns[name].array.take(indices), name) for name in self.columns]
        evaluate, environment, names = self._evaluate, self._environment, self.columns
        if not inputs:
            return [evaluate(Scope({}, environment=environment))] * len(chosen), inverse
        return [
            evaluate(Scope(dict(zip(names, facts, strict=True)), environment=environment))
            for facts in zip(*inputs, strict=True)
        ], inverse

    def states(
        self, columns: Mapping[str, ChunkColumn], rows: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.uint8], int]:
        """The outcome of each of `rows` as a condition, and how often the row evaluator was called."""
        values, inverse = self.values(columns, rows)
        return np.fromiter(map(state_of, values), np.uint8, len(values))[inverse], len(values)

    def _distinct(
        self, columns: Mapping[str, ChunkColumn], rows: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
        """One row for each combination of inputs, and for each row the place of its combination."""
        everyone = np.arange(len(rows))
        if len(rows) < _WORTH_MEMOISING:
            return rows, everyone
        combined = np.zeros(len(rows), np.int64)
        distinct = 1
        for name in self.columns:
            keys = _keys(columns[name], rows)
            if keys is None:
                return rows, everyone
            uniques, places = np.unique(keys, return_inverse=True)
            if distinct * len(uniques) > _HASH_FACTOR:
                uniques_so_far, combined = np.unique(combined, return_inverse=True)
                distinct = len(uniques_so_far)
            combined = combined * len(uniques) + places
            distinct *= len(uniques)
        _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
        return rows[first], inverse


def _keys(column: ChunkColumn, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | None:
    """Integers that are equal exactly where the values are, with one more for no value; None if they cost too much."""
    try:
        if column.kind in ("integer", "date"):
            keys = column.integers().take(rows).astype(np.int64)
        elif column.kind == "float":
            keys = column.floats().take(rows).view(np.int64)
        elif column.kind == "text":
            keys = column.codes().take(rows)
        elif column.kind == "boolean":
            keys = column.truth().take(rows).astype(np.int64)
        elif column.kind == "texts":
            keys = column.list_keys(rows)
        elif column.kind == "list" and column.array.null_count:
            # Lists are not compared with each other; but all who have none are the same.
            keys = np.arange(len(rows))
        else:
            return None
    except NotColumnar:
        return None
    valid = column.valid()
    if valid is None:
        return keys
    # 0 stands for "no value", which puts the others up by one: done on the ranks, where nothing can overflow.
    _, ranks = np.unique(keys, return_inverse=True)
    return np.where(valid.take(rows), ranks + 1, 0)


def fen_of(value: Any) -> int | None:
    """An amount of yuan in fen, half even where it is finer; None if it is no number or negative."""
    if value.__class__ is not Decimal or value < 0:
        return None
    return (
        int(value.scaleb(2, _WIDE).to_integral_value())
        if value.adjusted() > 20
        else int(value.quantize(_FEN).scaleb(2))
    )


_FEN: Final = Decimal("0.01")
_WIDE: Final = Context(prec=40)
"""A FEEL number has up to 34 digits, more than Python's own context would keep."""
