"""The leaves of the predicate graph over a chunk: groups of predicates on one column share one pass over it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.rules.columns.arrays import (
    EXACT_DOUBLE,
    LARGEST_VOCABULARY,
    ChunkColumn,
    NotColumnar,
    Vocabulary,
    scale_of_type,
)
from yingshang.rules.columns.planes import BUFFERS, Words, clear_tail, pack
from yingshang.rules.columns.predicates import Contains, Lookup, Threshold, float_threshold, integer_threshold
from yingshang.rules.columns.rows import ERROR, FALSE, TRUE, UNKNOWN, RowExpression, state_of
from yingshang.rules.feel.temporal import Date, add
from yingshang.rules.feel.temporal import DaysDuration as Days
from yingshang.rules.feel.values import Unknown, number

ALL_BITS: Final = ~np.uint64(0)
_AT_ONCE: Final = 16
"""Predicates of a column in one call: enough to leave the interpreter behind, few enough for the cache."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """Thresholds of a group that are compared in one way: `places` says which of the distinct constants each has."""

    start: int
    compare: Any
    distinct: list[Any]
    places: npt.NDArray[np.intp]


class ThresholdGroup:
    """The comparisons of one column with constants. Planes `first` to `first + len(thresholds)` are theirs."""

    def __init__(self, column: str, arrow: pa.DataType, thresholds: Sequence[Threshold], first: int) -> None:
        self.column = column
        self.first = first
        self.float = pa.types.is_floating(arrow)
        scale = scale_of_type(arrow)
        self.constants: list[Any] = [
            float_threshold(each.operator, each.constant)
            if self.float
            else integer_threshold(each.operator, each.constant, scale)
            for each in thresholds
        ]
        self.flip = np.array([ALL_BITS if each.negated else np.uint64(0) for each in thresholds], np.uint64)[
            :, None
        ]
        self._by_type: dict[Any, tuple[npt.NDArray[Any], list[tuple[int, bool]]]] = {}
        inequalities = sum(each.operator != "=" for each in thresholds)
        self._segments = [
            self._segment(0, inequalities, np.greater_equal),
            self._segment(inequalities, len(thresholds), np.equal),
        ]

    def _segment(self, start: int, stop: int, compare: Any) -> _Segment:
        """`x >= c` and `x < c` are one comparison."""
        distinct = list(dict.fromkeys(self.constants[start:stop]))
        places = [distinct.index(each) for each in self.constants[start:stop]]
        return _Segment(start, compare, distinct, np.array(places, np.intp))

    @staticmethod
    def sort_key(threshold: Threshold) -> int:
        """The order thresholds have to come in: equalities last."""
        return int(threshold.operator == "=")

    def _operands(self, kind: npt.DTypeLike, segment: _Segment) -> tuple[Any, list[tuple[int, bool]]]:
        """The constants in the type of the values [distinct, 1], and those that every or no value passes."""
        key = (np.dtype(kind).char, segment.start, segment.compare)
        found = self._by_type.get(key)
        if found is None:
            decided: list[tuple[int, bool]] = []
            usable: list[Any] = []
            # Integers stand as doubles only where they lie within these.
            least, most = (-EXACT_DOUBLE, EXACT_DOUBLE)
            if np.dtype(kind).kind != "f":
                least, most = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
            for place, each in enumerate(segment.distinct):
                constant = each
                if each is not None and not self.float and not least <= each <= most:
                    # Too large for any value to reach; or every value is larger, hence passes, and none is equal.
                    decided.append((place, each < least and segment.compare is np.greater_equal))
                    constant = 0
                elif each is None:
                    decided.append((place, False))
                    constant = 0
                usable.append(constant)
            found = (np.array(usable, kind)[:, None], decided)
            self._by_type[key] = found
        return found

    def compute(self, column: ChunkColumn, planes: Words) -> None:
        """Writes the true and open planes of the group. `planes`: [nodes, 2, words]."""
        values: npt.NDArray[Any] = column.floats() if self.float else column.ordered()
        valid = column.valid_plane()
        missing = None if valid is None else ~valid
        for segment in self._segments:
            size = len(segment.places)
            if not size:
                continue
            constants, decided = self._operands(values.dtype, segment)
            found = BUFFERS.array("compared", len(constants), planes.shape[-1])
            for low in range(0, len(constants), _AT_ONCE):
                high = min(low + _AT_ONCE, len(constants))
                passed = BUFFERS.booleans("comparisons", high - low, column.rows)
                found[low:high] = pack(segment.compare(values, constants[low:high], out=passed))
            for place, passes in decided:
                found[place] = ALL_BITS if passes else 0
            truth = found.take(segment.places, axis=0)
            truth ^= self.flip[segment.start : segment.start + size]
            first = self.first + segment.start
            store(planes[first : first + size], truth, valid, missing)


def store(target: Words, truth: Words, valid: Words | None, missing: Words | None) -> None:
    """Writes predicates that are unknown where there is no value. target: [n, 2, words], truth: [n, words]."""
    if valid is None or missing is None:
        target[:, 0] = truth
        target[:, 1] = truth
    else:
        np.bitwise_and(truth, valid, out=target[:, 0])
        np.bitwise_or(truth, missing, out=target[:, 1])


class _States:
    """The outcome of one condition for each value of a column, asked of the row evaluator when first needed."""

    def __init__(self, expression: RowExpression, column: str) -> None:
        self.expression = expression
        self.column = column
        self.missing = state_of(expression.value({column: Unknown.fact(column)}))
        self.table = np.zeros(0, np.uint8)
        self._by_integer: dict[int, int] = {}

    def extend(self, values: Sequence[str]) -> None:
        """Makes the table as long as the vocabulary."""
        if len(self.table) < len(values):
            more = [
                state_of(self.expression.value({self.column: each})) for each in values[len(self.table) :]
            ]
            self.table = np.concatenate((self.table, np.array(more, np.uint8)))

    def of_integer(self, key: int, value: Any) -> int:
        """The outcome for one number or date."""
        found = self._by_integer.get(key)
        if found is None:
            found = state_of(self.expression.value({self.column: value}))
            self._by_integer[key] = found
        return found


Errors = dict[int, Words]


class LookupGroup:
    """Conditions on one column of few distinct values. Planes `first` to `first + len(lookups)` are theirs."""

    def __init__(self, column: str, arrow: pa.DataType, lookups: Sequence[Lookup], first: int) -> None:
        self.column = column
        self.arrow = arrow
        self.first = first
        self.states = [_States(each.expression, column) for each in lookups]
        self._lock = threading.Lock()
        self._bits: list[npt.NDArray[np.uint8]] = []
        self._special: list[int] = []
        self._extended = -1

    def compute(self, column: ChunkColumn, planes: Words, errors: Errors) -> None:
        """Writes the planes of the group, and its error planes where there are any."""
        if column.kind == "text":
            self._compute_text(column, planes, errors)
        elif column.kind == "boolean":
            for place, states in enumerate(self.states):
                self._compute_boolean(place, states, column, planes, errors)
        else:
            self._compute_integers(column, planes, errors)

    def _compute_boolean(
        self, place: int, states: _States, column: ChunkColumn, planes: Words, errors: Errors
    ) -> None:
        truth, valid = column.boolean_plane(), column.valid_plane()
        cells = [(states.of_integer(1, True), truth), (states.of_integer(0, False), ~truth)]
        if valid is not None:
            cells = [(state, plane & valid) for state, plane in cells]
            cells.append((states.missing, ~valid))
        node = self.first + place
        nothing = np.zeros_like(truth)
        planes[node, 0] = np.bitwise_or.reduce(
            [plane for state, plane in cells if state == TRUE] or [nothing]
        )
        planes[node, 1] = np.bitwise_or.reduce(
            [plane for state, plane in cells if state != FALSE] or [nothing]
        )
        failed = np.bitwise_or.reduce([plane for state, plane in cells if state == ERROR] or [nothing])
        clear_tail(failed, column.rows)
        if failed.any():
            errors[node] = failed

    def _tables(self, vocabulary: Vocabulary) -> tuple[list[npt.NDArray[np.uint8]], list[int]]:
        """Bit j of `bits[g][code]`: whether predicate 8 g + j is true. And the predicates that bits cannot say."""
        with self._lock:
            size = len(vocabulary.values)
            if size != self._extended:
                for states in self.states:
                    states.extend(vocabulary.values[:size])
                self._bits = []
                for low in range(0, len(self.states), 8):
                    bits = np.zeros(size, np.uint8)
                    for place, states in enumerate(self.states[low : low + 8]):
                        bits |= (states.table == TRUE).astype(np.uint8) << place
                    self._bits.append(bits)
                self._special = [
                    place
                    for place, states in enumerate(self.states)
                    if states.missing != UNKNOWN or (states.table > TRUE).any()
                ]
                self._extended = size
            return self._bits, self._special

    def _compute_text(self, column: ChunkColumn, planes: Words, errors: Errors) -> None:
        codes = column.codes()
        bits, special = self._tables(column.vocabulary)
        valid = column.valid_plane()
        missing = None if valid is None else ~valid
        for group, table in enumerate(bits):
            low = group * 8
            high = min(low + 8, len(self.states))
            if len(table):
                masks = np.left_shift(np.uint8(1), np.arange(high - low, dtype=np.uint8))[:, None]
                chosen = BUFFERS.booleans("lookups", high - low, column.rows).view(np.uint8)
                truth = pack(np.bitwise_and(table.take(codes, mode="clip"), masks, out=chosen))
            else:
                truth = np.zeros((high - low, planes.shape[-1]), np.uint64)
            store(planes[self.first + low : self.first + high], truth, valid, missing)
        for place in special:
            states = self.states[place]
            self._write(place, states, states.table, codes, column, planes, errors)

    def _compute_integers(self, column: ChunkColumn, planes: Words, errors: Errors) -> None:
        values = column.integers()
        valid = column.valid()
        known = values if valid is None else values[valid]
        low, high = (int(known.min()), int(known.max())) if len(known) else (0, 0)
        if high - low >= LARGEST_VOCABULARY:
            raise NotColumnar
        codes = (values.astype(np.int64) - low).clip(0, high - low)
        present = np.flatnonzero(np.bincount(codes if valid is None else codes[valid], minlength=1))
        meanings = [(int(each), _meaning(int(each) + low, self.arrow)) for each in present.tolist()]
        for place, states in enumerate(self.states):
            table = np.zeros(high - low + 1, np.uint8)
            with self._lock:
                for code, value in meanings:
                    table[code] = states.of_integer(code + low, value)
            self._write(place, states, table, codes, column, planes, errors)

    def _write(
        self,
        place: int,
        states: _States,
        table: npt.NDArray[np.uint8],
        codes: npt.NDArray[Any],
        column: ChunkColumn,
        planes: Words,
        errors: Errors,
    ) -> None:
        """One predicate whose outcomes may be anything, for a missing value as well."""
        found = table.take(codes, mode="clip") if len(table) else np.zeros(column.rows, np.uint8)
        valid = column.valid()
        if valid is not None:
            found = np.where(valid, found, np.uint8(states.missing))
        write_states(self.first + place, found, planes, errors)


def write_states(node: int, states: npt.NDArray[np.uint8], planes: Words, errors: Errors) -> None:
    """The planes of one node from the outcome of every row."""
    planes[node, 0] = pack(states == TRUE)
    planes[node, 1] = pack(states != FALSE)
    failed = states == ERROR
    if failed.any():
        errors[node] = pack(failed)


def _meaning(key: int, arrow: pa.DataType) -> Any:
    """The FEEL value of the integer of a column."""
    if pa.types.is_date32(arrow):
        return add(Date(1970, 1, 1), Days(key * 86_400 * 10**9))
    return number(key).scaleb(-scale_of_type(arrow))


def compute_contains(predicate: Contains, node: int, column: ChunkColumn, planes: Words) -> None:
    """Whether each list has the string; unknown where it has not, but has a null."""
    codes, owners, gone = column.elements()
    code = column.vocabulary.code(predicate.text)
    found = np.zeros(column.rows, np.bool_)
    if code is not None:
        found[owners[codes == code]] = True
    valid = column.valid_plane()
    store(planes[node : node + 1], pack(found)[None, :], valid, None if valid is None else ~valid)
    if len(gone):
        perhaps = np.zeros(column.rows, np.bool_)
        perhaps[gone] = True
        planes[node, 1] |= pack(perhaps)


def write_constant(node: int, state: int, planes: Words, errors: Errors) -> None:
    """The same outcome for every row."""
    planes[node, 0] = ALL_BITS if state == TRUE else 0
    planes[node, 1] = ALL_BITS if state != FALSE else 0
    if state == ERROR:
        errors[node] = planes[node, 1].copy()


def write_flag(node: int, column: ChunkColumn, planes: Words) -> None:
    """A boolean column."""
    valid = column.valid_plane()
    store(planes[node : node + 1], column.boolean_plane()[None, :], valid, None if valid is None else ~valid)


def write_outcomes(node: int, outcomes: Any, rows: int, planes: Words, errors: Errors) -> None:
    """A comparison of numbers, from vectors.Outcomes."""
    planes[node, 0] = pack(outcomes.true)
    planes[node, 1] = ~pack(outcomes.false)
    if outcomes.failed is not None and outcomes.failed.any():
        errors[node] = pack(outcomes.failed)
        clear_tail(errors[node], rows)
