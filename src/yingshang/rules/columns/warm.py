"""Rows that stay in memory, and what has been found out about them: asked again, only what is new is computed.

    rows = WarmRows(batch)
    plan = rows.compile(programs)
    result = plan.evaluate(rows.batches)

Predicates are known by their text, with figures of the law written into it: one changed figure is one new predicate,
and everything else is found again. Amounts are known by their text too, and only for rows that were asked for.
What is remembered changes no answer: a test holds it to `compile_programs` over the example policies.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.rules.columns.amounts import AmountPlan, ChunkAmounts
from yingshang.rules.columns.arrays import NotColumnar
from yingshang.rules.columns.leaves import Errors, LookupGroup, ThresholdGroup
from yingshang.rules.columns.plan import ColumnPlan, Program, _BoundPlan, _Chunk
from yingshang.rules.columns.planes import BUFFERS, Words
from yingshang.rules.columns.predicates import Constant, Flag, Lookup, Predicate, Threshold, parts_of, tree_of
from yingshang.rules.columns.result import ItemAmounts

DEFAULT_BYTES: Final = 128 * 1024 * 1024
"""What one population may remember besides its rows: some 500 predicates over a million rows, or ten amounts."""


@dataclass(slots=True)
class _Planes:
    """A predicate that columns could express: true, open, and errors and rows that are left if there are any."""

    planes: Words
    errors: Words | None
    rest: Words | None
    used: int

    @property
    def nbytes(self) -> int:
        return self.planes.nbytes + sum(each.nbytes for each in (self.errors, self.rest) if each is not None)


@dataclass(slots=True)
class _States:
    """A predicate for the row evaluator: its outcome for the rows that were asked for."""

    states: npt.NDArray[np.uint8]
    done: npt.NDArray[np.bool_]
    used: int

    @property
    def nbytes(self) -> int:
        return self.states.nbytes + self.done.nbytes


@dataclass(slots=True)
class _Amounts:
    """An amount, for the rows that were asked for."""

    fen: npt.NDArray[Any]
    state: npt.NDArray[np.uint8]
    done: npt.NDArray[np.bool_]
    used: int

    @property
    def nbytes(self) -> int:
        return self.fen.nbytes + self.state.nbytes + self.done.nbytes


_Known = _Planes | _States | _Amounts


class WarmRows:
    """A population that is asked many similar questions.

    `computed` counts, since it was last set to 0, the predicates and amounts that were computed, once for each chunk.
    Not to be asked by two threads at the same time.
    """

    def __init__(self, batch: pa.RecordBatch, *, most_bytes: int = DEFAULT_BYTES) -> None:
        self.batches = [batch]
        self.most_bytes = most_bytes
        self.computed = 0
        self.generation = 0
        self._chunks: dict[tuple[int, int], dict[str, _Known]] = {}

    def compile(self, programs: Sequence[Program]) -> WarmPlan:
        """A plan for these rows and no others."""
        self._forget()
        self.generation += 1
        return WarmPlan(programs, self)

    def known(self, first: int, rows: int) -> dict[str, _Known]:
        """What is known of one chunk."""
        return self._chunks.setdefault((first, rows), {})

    @property
    def nbytes(self) -> int:
        """How much memory what is remembered takes."""
        return sum(each.nbytes for chunk in self._chunks.values() for each in chunk.values())

    def _forget(self) -> None:
        """What has not been asked for longest goes first, in all chunks, until the rest fits."""
        excess = self.nbytes - self.most_bytes
        ages = sorted({each.used for chunk in self._chunks.values() for each in chunk.values()})
        for age in ages:
            if excess <= 0:
                return
            for chunk in self._chunks.values():
                for key in [key for key, each in chunk.items() if each.used == age]:
                    excess -= chunk.pop(key).nbytes


class WarmPlan(ColumnPlan):
    """A plan that remembers."""

    def __init__(self, programs: Sequence[Program], rows: WarmRows) -> None:
        super().__init__(programs)
        self.rows = rows
        self._keys: list[str] | None = None
        self._groups: dict[tuple[int, ...], ThresholdGroup | LookupGroup] = {}
        self._lock = threading.Lock()

    def _chunk(self, batch: pa.RecordBatch, first: int, wanted: bool) -> _Chunk:
        bound = self.bind(batch.schema)
        with self._lock:
            if self._keys is None:
                self._keys = [_key(each) for each in bound.nodes]
        return _WarmChunk(bound, batch, first, wanted, self, self._keys)

    def group(self, plan: _BoundPlan, column: str, places: tuple[int, ...]) -> ThresholdGroup | LookupGroup:
        """Some thresholds or some lookups of one column, made once for all chunks that lack them."""
        with self._lock:
            found = self._groups.get(places)
            if found is None:
                members: list[Any] = [plan.nodes[place] for place in places]
                make = ThresholdGroup if isinstance(members[0], Threshold) else LookupGroup
                found = self._groups[places] = make(column, plan.schema.field(column).type, members, 0)
            return found


class _WarmChunk(_Chunk):
    """The evaluation of one chunk that was there before."""

    def __init__(
        self,
        plan: _BoundPlan,
        batch: pa.RecordBatch,
        first: int,
        wanted: bool,
        warm: WarmPlan,
        keys: Sequence[str],
    ) -> None:
        super().__init__(plan, batch, first, wanted)
        self.warm = warm
        self.keys = keys
        self.known = warm.rows.known(first, self.rows)

    def _leaves(self) -> None:
        """Those that are known are copied; the others are computed, each column once, and kept."""
        new = [place for place, key in enumerate(self.keys) if key and not self._recall(place, key)]
        self._compute(new, [place for place in self.plan.singles if not self.keys[place]])
        age = self.warm.rows.generation
        self.warm.rows.computed += len(new)
        for place in new:
            found: _Known
            if place in self.late:
                found = _States(np.zeros(self.rows, np.uint8), np.zeros(self.rows, np.bool_), age)
            else:
                failed = self.errors.get(place)
                found = _Planes(
                    self.planes[place].copy(),
                    None if failed is None else failed.copy(),
                    self.rests.get(place),
                    age,
                )
            self.known[self.keys[place]] = found

    def _recall(self, place: int, key: str) -> bool:
        found = self.known.get(key)
        if found is None or isinstance(found, _Amounts):
            return False
        if isinstance(found, _Planes) and found.rest is not None:
            if place in self.plan.required:
                return False
            self.rests[place] = found.rest
        found.used = self.warm.rows.generation
        if isinstance(found, _Planes):
            self.planes[place] = found.planes
            if found.errors is not None:
                self.errors[place] = found.errors
        else:
            self.late.add(place)
        return True

    def _compute(self, new: Sequence[int], simple: Sequence[int]) -> None:
        """The leaves at these places, as if the plan had no others."""
        together: dict[tuple[str, str], list[int]] = {}
        alone = list(simple)
        for place in new:
            predicate = self.plan.nodes[place]
            if isinstance(predicate, Threshold | Lookup):
                together.setdefault((type(predicate).__name__, predicate.column), []).append(place)
            else:
                alone.append(place)
        for (_, column), places in together.items():
            try:
                self._group(column, places)
            except NotColumnar:
                self.late.update(places)
        for place in alone:
            try:
                self._leaf(place, self.plan.nodes[place])
            except NotColumnar:
                self.late.add(place)

    def _group(self, column: str, places: Sequence[int]) -> None:
        """Part of a group of the plan. Places keep their order, so equalities come last here too."""
        group = self.warm.group(self.plan, column, tuple(places))
        planes = BUFFERS.array("warm group", len(places), 2, self.words)
        errors: Errors = {}
        if isinstance(group, ThresholdGroup):
            group.compute(self.columns[column], planes)
        else:
            group.compute(self.columns[column], planes, errors)
        self.planes[list(places)] = planes
        self.errors.update({places[place]: failed for place, failed in errors.items()})

    def _states(self, node: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        known = self.known.get(self.keys[node])
        if not isinstance(known, _States):
            return super()._states(node, rows)
        new = rows[~known.done[rows]]
        if len(new):
            known.states[new] = super()._states(node, new)
            known.done[new] = True
        return known.states[rows]

    def _amounts(self, ways: ChunkAmounts, amount: AmountPlan, rows: npt.NDArray[np.int64]) -> ItemAmounts:
        key = f"amount {amount.key}"
        known = self.known.get(key)
        if not isinstance(known, _Amounts):
            nothing = np.zeros(self.rows, np.int64)
            known = _Amounts(nothing, np.zeros(self.rows, np.uint8), np.zeros(self.rows, np.bool_), 0)
            self.known[key] = known
            self.warm.rows.computed += 1
        known.used = self.warm.rows.generation
        new = rows[~known.done[rows]]
        if len(new):
            found = super()._amounts(ways, amount, new)
            if found.fen.dtype == object and known.fen.dtype != object:
                known.fen = known.fen.astype(object)
            known.fen[new], known.state[new] = found.fen, found.state
            known.done[new] = True
        return ItemAmounts(rows, known.fen[rows], known.state[rows])


def _key(predicate: Predicate) -> str:
    """What a leaf is known by; empty for what combines others, and for what is copied as quickly as it is had."""
    if isinstance(predicate, Constant | Flag) or parts_of(predicate):
        return ""
    return f"{type(predicate).__name__} {tree_of(predicate)!r}"
