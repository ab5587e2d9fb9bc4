"""Two versions of policies over one population: who gains, who loses, and what it costs, as an interval.

沙盘推演: before a policy is issued, its draft is held against what is in force.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from yingshang.rules.policy.compile import Program
from yingshang.rules.policy.population import ItemRows, ItemSummary, Matching

_REFUSED, _UNDECIDED, _ENTITLED = 0, 1, 2
_STATES = {_REFUSED: "refused", _UNDECIDED: "undecided", _ENTITLED: "entitled"}
_MOST_CELLS = 1_000_000

Groups = Mapping[str, tuple[npt.NDArray[np.int64], Sequence[tuple[str, str]]]]


@dataclass
class ItemChange:
    """One item in both versions. A side is None where the item is not in that version.

    gain: newly entitled; lose: no longer entitled; up, down: entitled in both, with more or less money;
    now_undecided: decided before, not any more. Examples are (row, before, after) with amounts in fen.
    """

    id: str
    name: str
    base: ItemSummary | None
    draft: ItemSummary | None
    gain: int = 0
    lose: int = 0
    up: int = 0
    down: int = 0
    now_undecided: int = 0
    gain_examples: list[tuple[int, str, str, int, int]] = field(default_factory=list)
    lose_examples: list[tuple[int, str, str, int, int]] = field(default_factory=list)

    @property
    def change(self) -> str:
        """added, removed, changed or same (the same outcomes and amounts for this population)."""
        if self.base is None:
            return "added"
        if self.draft is None:
            return "removed"
        same = not (self.gain or self.lose or self.up or self.down or self.now_undecided)
        return "same" if same and self.base.possible_fen == self.draft.possible_fen else "changed"


@dataclass
class GroupChange:
    """Sums of one group of subjects, in fen; everything but `subjects` counts decisions."""

    key: str
    label: str
    subjects: int = 0
    base_entitled: int = 0
    draft_entitled: int = 0
    base_undecided: int = 0
    draft_undecided: int = 0
    base_certain: int = 0
    draft_certain: int = 0
    base_possible: int = 0
    draft_possible: int = 0
    gain: int = 0
    lose: int = 0


@dataclass
class Simulation:
    """Both versions, item by item and group by group."""

    subjects: int
    base: Matching
    draft: Matching
    items: list[ItemChange]
    groups: dict[str, list[GroupChange]]


def simulate(
    base: Matching,
    draft: Matching,
    groups: Groups,
    *,
    examples: int = 5,
    cells: Sequence[Cells] | None = None,
) -> Simulation:
    """Compare two matchings of the same population, both with details.

    `groups` maps a breakdown to the group of every row and the (key, label) of every group. Who asks often about the
    same groups makes their `cells_of` once.
    """
    cells = cells_of(groups) if cells is None else cells
    sides = [_by_id(base), _by_id(draft)]
    order = list(dict.fromkeys([*sides[0], *sides[1]]))
    changes: list[ItemChange] = []
    broken = {
        name: [GroupChange(key, label) for key, label in labels] for name, (_, labels) in groups.items()
    }
    for name, (codes, labels) in groups.items():
        for group, subjects in zip(broken[name], np.bincount(codes, minlength=len(labels)), strict=True):
            group.subjects = int(subjects)
    for identifier in order:
        before, after = sides[0].get(identifier), sides[1].get(identifier)
        program: Program = (after or before or _nothing())[0].program
        change = ItemChange(
            identifier, program.name, before[0] if before else None, after[0] if after else None
        )
        changes.append(change)
        states = [_states(side, base.subjects) for side in (before, after)]
        gained = (states[0] != _ENTITLED) & (states[1] == _ENTITLED)
        lost = (states[0] == _ENTITLED) & (states[1] != _ENTITLED)
        change.gain, change.lose = int(gained.sum()), int(lost.sum())
        change.now_undecided = int(((states[0] != _UNDECIDED) & (states[1] == _UNDECIDED)).sum())
        lows, highs = zip(*(_amounts(side, base.subjects) for side in (before, after)), strict=True)
        kept = (states[0] == _ENTITLED) & (states[1] == _ENTITLED)
        change.up = int((kept & (lows[1] > lows[0])).sum())
        change.down = int((kept & (lows[1] < lows[0])).sum())
        for rows, target in (
            (np.flatnonzero(gained), change.gain_examples),
            (np.flatnonzero(lost), change.lose_examples),
        ):
            for row in rows[:examples]:
                target.append(
                    (
                        int(row),
                        _STATES[int(states[0][row])],
                        _STATES[int(states[1][row])],
                        int(lows[0][row]),
                        int(lows[1][row]),
                    )
                )
        paid = [_paid(values) for values in (*lows, *highs)]
        for cell in cells:
            tables = [_sum(cell, values) for values in paid]
            tables += [_count(cell, codes) for codes in (gained, lost)]
            tables += [_count(cell, side == each) for each in (_ENTITLED, _UNDECIDED) for side in states]
            for axis, name in enumerate(cell.names):
                figures = [_along(table, axis).tolist() for table in tables]
                for index, group in enumerate(broken[name]):
                    for field_, values in zip(_FIGURES, figures, strict=True):
                        setattr(group, field_, getattr(group, field_) + values[index])
    for each in broken.values():
        each.sort(
            key=lambda group: (
                -abs(group.draft_certain - group.base_certain),
                -group.draft_possible,
                group.key,
            )
        )
    return Simulation(base.subjects, base, draft, changes, broken)


Side = tuple[ItemSummary, ItemRows]


def _by_id(matching: Matching) -> dict[str, Side]:
    return {
        summary.program.id: (summary, rows)
        for summary, rows in zip(matching.items, matching.rows_of, strict=True)
    }


def _nothing() -> Side:
    raise AssertionError("an item is in one version at least")


def _states(side: Side | None, subjects: int) -> npt.NDArray[np.uint8]:
    states = np.zeros(subjects, np.uint8)
    if side is not None:
        rows = side[1]
        states[rows.rows] = np.where(rows.entitled, _ENTITLED, _UNDECIDED)
    return states


def _amounts(side: Side | None, subjects: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """What is surely paid to the entitled, and at most to anybody, in fen a row."""
    low, high = np.zeros(subjects, np.int64), np.zeros(subjects, np.int64)
    if side is not None:
        rows = side[1]
        low[rows.rows] = np.where(rows.entitled, rows.low, 0)
        high[rows.rows] = np.maximum(rows.low, rows.high)
    return low, high


_FIGURES = (
    "base_certain", "draft_certain", "base_possible", "draft_possible", "gain", "lose",
    "base_entitled", "draft_entitled", "base_undecided", "draft_undecided",
)  # fmt: skip


@dataclass(frozen=True)
class Cells:
    """Several breakdowns at once: every row lies in one cell, and a breakdown is a sum along the other axes."""

    names: tuple[str, ...]
    shape: tuple[int, ...]
    codes: npt.NDArray[np.int64]

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def cells_of(groups: Groups) -> list[Cells]:
    """Breakdowns put together as long as the cells stay few: each pass over the rows then serves several."""
    found: list[Cells] = []
    for name, (codes, labels) in groups.items():
        size = len(labels)
        last = found[-1] if found else None
        if last is not None and last.size * size <= _MOST_CELLS:
            joint = last.codes * size + codes
            found[-1] = Cells((*last.names, name), (*last.shape, size), joint)
        else:
            found.append(Cells((name,), (size,), codes.astype(np.int64)))
    return found


Paid = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], bool]
"""Rows with an amount, the amounts, and whether their sum is exact in doubles, which add up three times as fast."""


def _paid(values: npt.NDArray[np.int64]) -> Paid:
    rows = np.flatnonzero(values)
    amounts = values[rows]
    return rows, amounts, not len(rows) or int(amounts.max()) * len(rows) < 2**53


def _sum(cells: Cells, paid: Paid) -> npt.NDArray[np.int64]:
    rows, amounts, exact = paid
    codes = cells.codes[rows]
    if exact:
        total = np.bincount(codes, amounts, minlength=cells.size).astype(np.int64)
    else:
        total = np.zeros(cells.size, np.int64)
        np.add.at(total, codes, amounts)
    return total.reshape(cells.shape)


def _count(cells: Cells, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    return np.bincount(cells.codes[chosen], minlength=cells.size).reshape(cells.shape)


def _along(table: npt.NDArray[np.int64], axis: int) -> npt.NDArray[np.int64]:
    """The sums along every other axis."""
    others = tuple(each for each in range(table.ndim) if each != axis)
    summed: npt.NDArray[np.int64] = table.sum(axis=others)
    return summed
