"""Amounts in fen, only for the rows that are entitled or undecided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from yingshang.rules.columns import vectors
from yingshang.rules.columns.arrays import ChunkColumn, NotColumnar
from yingshang.rules.columns.planes import Booleans, Words, unpack
from yingshang.rules.columns.predicates import PredicateGraph
from yingshang.rules.columns.result import AMOUNT_FAILED, AMOUNT_KNOWN, AMOUNT_UNKNOWN, ItemAmounts
from yingshang.rules.columns.rows import RowExpression, fen_of
from yingshang.rules.columns.vectors import Outcomes, Vector
from yingshang.rules.feel.syntax import Node
from yingshang.rules.feel.values import Unknown


@dataclass(slots=True)
class AmountPlan:
    """How one distinct amount is computed.

    `key`: what it is known by.  `constant`: (state, fen) if it is the same for everyone.
    `columnar`: whether vectors.py can do it.  `items`: how many items pay it.
    """

    tree: Node
    key: str
    expression: RowExpression
    constant: tuple[int, int] | None
    columnar: bool
    items: int = 0


def plan_amount(tree: Node, key: str, graph: PredicateGraph) -> AmountPlan:
    """Chooses the way, and announces to the graph the conditions inside the amount."""
    expression = graph.expression(tree)
    if all(graph.kinds[name] == "null" for name in expression.columns):
        return AmountPlan(tree, key, expression, _settled(expression.value({})), False)
    return AmountPlan(tree, key, expression, None, vectors.supports(tree, graph))


def _settled(value: Any) -> tuple[int, int]:
    if value.__class__ is Unknown:
        return AMOUNT_UNKNOWN, 0
    fen = fen_of(value)
    return (AMOUNT_FAILED, 0) if fen is None else (AMOUNT_KNOWN, fen)


SumOverLines = Callable[[Node], tuple[Vector, Booleans | None]]
"""A sum over lines for every row, and the rows where it is null for want of lines."""


class ConditionPlanes(NamedTuple):
    """A condition for every row: where it is true, not false, an error; and where it is not had in columns."""

    true: Words
    open: Words
    failed: Words | None
    rest: Words | None


PlanesOf = Callable[[Node], ConditionPlanes]


class ChunkSource:
    """The numbers and conditions of a chunk, of all its rows or of chosen ones."""

    def __init__(
        self,
        columns: Mapping[str, ChunkColumn],
        planes: PlanesOf,
        size: int,
        rows: npt.NDArray[np.int64] | None = None,
        lines: SumOverLines | None = None,
    ) -> None:
        self._lines = lines
        self._columns = columns
        self._planes = planes
        self._size = size
        self._rows = rows
        self.rows = size if rows is None else len(rows)

    def _chosen(self, values: Any) -> Any:
        return values if values is None or self._rows is None else values.take(self._rows)

    def number(self, name: str) -> Vector:
        """A number column, or the days of a date column. One that is not there is unknown for everyone."""
        if name not in self._columns:
            return Vector(np.zeros(self.rows, np.int64), 0, 0, np.zeros(self.rows, np.bool_))
        column = self._columns[name]
        try:
            values, scale, bound = column.scaled()
        except NotColumnar:
            return Vector(self._chosen(column.decimals()), 0, 0, self._chosen(column.valid()), wide=True)
        return Vector(self._chosen(values), scale, bound, self._chosen(column.valid()))

    def length(self, name: str) -> Vector:
        """How long the lists of a column are."""
        column = self._columns[name]
        lengths = column.lengths()
        bound = int(lengths.max(initial=0))
        return Vector(self._chosen(lengths), 0, bound, self._chosen(column.valid()))

    def lines(self, tree: Node) -> Vector:
        """A sum over lists of contexts. Where it is null, for want of lines, it is left to rows."""
        if self._lines is None:
            raise NotColumnar
        found, empty = self._lines(tree)
        rest = found.rest
        if empty is not None and empty.any():
            rest = empty if rest is None else rest | empty
        return replace(
            found,
            values=self._chosen(found.values),
            known=self._chosen(found.known),
            failed=self._chosen(found.failed),
            rest=self._chosen(rest),
        )

    def condition(self, tree: Node) -> Outcomes:
        """A condition the graph was told of. Raises NotColumnar if it was left to the row evaluator."""
        found = self._planes(tree)
        size = self._size

        def rows_of(plane: Words | None) -> Booleans | None:
            return None if plane is None else self._chosen(unpack(plane, size))

        return Outcomes(
            self._chosen(unpack(found.true, size)),
            self._chosen(~unpack(found.open, size)),
            rows_of(found.failed),
            rows_of(found.rest),
        )


class ChunkAmounts:
    """The amounts of one chunk. Those many items share are computed once for all rows."""

    SHARED = 6
    """With so many items, the whole chunk costs less than the rows of each item."""

    def __init__(
        self,
        graph: PredicateGraph,
        columns: Mapping[str, ChunkColumn],
        planes: PlanesOf,
        rows: int,
        count_calls: Callable[[RowExpression, int], None],
        lines: SumOverLines,
    ) -> None:
        self._lines = lines
        self._graph = graph
        self._columns = columns
        self._planes = planes
        self._size = rows
        self._count_calls = count_calls
        self._whole: dict[int, _Computed | None] = {}

    def amounts(self, plan: AmountPlan, rows: npt.NDArray[np.int64]) -> ItemAmounts:
        """The amounts of chosen rows of the chunk."""
        found = None
        if plan.columnar:
            if plan.items >= self.SHARED:
                key = id(plan)
                if key not in self._whole:
                    self._whole[key] = self._columnar(plan, None)
                whole = self._whole[key]
                found = None if whole is None else whole.of(rows)
            else:
                found = self._columnar(plan, rows)
        if found is None:
            return self._by_rows(plan, rows)
        fen, state = found.fen, found.state
        if found.rest is not None and found.rest.any():
            left = np.flatnonzero(found.rest)
            others = self._by_rows(plan, rows[left])
            fen, state = fen.astype(others.fen.dtype), state.copy()
            fen[left], state[left] = others.fen, others.state
        return ItemAmounts(rows, fen, state)

    def _columnar(self, plan: AmountPlan, rows: npt.NDArray[np.int64] | None) -> _Computed | None:
        source = ChunkSource(self._columns, self._planes, self._size, rows, self._lines)
        try:
            with vectors.beyond_numbers():
                return _fen(vectors.evaluate(plan.tree, source, self._graph), source.rows)
        except NotColumnar:
            return None

    def _by_rows(self, plan: AmountPlan, rows: npt.NDArray[np.int64]) -> ItemAmounts:
        values, inverse = plan.expression.values(self._columns, rows)
        self._count_calls(plan.expression, len(values))
        settled = [_settled(each) for each in values]
        states = np.fromiter((state for state, _ in settled), np.uint8, len(settled))
        kind: Any = np.int64 if all(fen < 2**63 for _, fen in settled) else object
        fen = np.array([fen for _, fen in settled], kind)
        return ItemAmounts(rows, fen[inverse], states[inverse])


@dataclass(frozen=True, slots=True)
class _Computed:
    """Fen and state of some rows; `rest`: those that are left to the row evaluator."""

    fen: npt.NDArray[Any]
    state: npt.NDArray[np.uint8]
    rest: Booleans | None

    def of(self, rows: npt.NDArray[np.int64]) -> _Computed:
        """The same of some of the rows."""
        rest = None if self.rest is None else self.rest.take(rows)
        return _Computed(self.fen.take(rows), self.state.take(rows), rest)


def _fen(amount: Vector, size: int) -> _Computed:
    """The fen and the state of each row of a vector of yuan."""
    negative = np.broadcast_to(np.asarray(amount.values < 0), (size,))
    amount = vectors.rounded(amount, 2, "half even")
    factor = 10 ** (2 - amount.scale)
    if amount.wide or amount.bound * factor >= 2**62:
        raise NotColumnar
    fen = np.broadcast_to(np.asarray(amount.values * factor, np.int64), (size,))
    state = np.zeros(size, np.uint8)
    if amount.known is not None:
        state[~amount.known] = AMOUNT_UNKNOWN
    if amount.failed is not None:
        state[amount.failed] = AMOUNT_FAILED
    if negative.any():
        state[negative & (state == AMOUNT_KNOWN)] = AMOUNT_FAILED
        fen = np.where(negative, 0, fen)
    return _Computed(fen, state, amount.rest)


__all__ = ["AmountPlan", "ChunkAmounts", "ChunkSource", "ConditionPlanes", "plan_amount"]
