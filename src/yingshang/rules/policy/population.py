"""Items against a whole population: counts, cost as an interval, and what only the whole can decide.

Who is entitled is decided row by row and independent of others. How much is paid may depend on the others: a quota
with a ranking, a pool that is shared, items that are not paid together. That is worked out here, after the columns
have been evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.rules.columns import plan as columns
from yingshang.rules.columns.facts import fact_value
from yingshang.rules.columns.planes import all_set, count_bits, from_bitmap
from yingshang.rules.columns.result import (
    AMOUNT_FAILED,
    AMOUNT_KNOWN,
    AMOUNT_UNKNOWN,
    ChunkOutcomes,
    ItemAmounts,
)
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.syntax import Literal, Node
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.compile import Program
from yingshang.rules.policy.decide import columns_of
from yingshang.rules.policy.requirement import conditions_of

Rows = npt.NDArray[np.int64]
Fen = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Grouping:
    """How to break the population down: by a column, each of its values belonging to a (key, label)."""

    name: str
    column: str
    label: Callable[[Any], tuple[str, str]]


@dataclass
class Group:
    """Sums over the subjects of one group. Entitled and undecided count subjects with at least one such item."""

    key: str
    label: str
    subjects: int = 0
    entitled: int = 0
    undecided: int = 0
    certain_fen: int = 0
    possible_fen: int = 0


@dataclass
class ItemSummary:
    """One item over the population. Amounts in fen.

    `certain_fen` is what the entitled are surely paid, `possible_fen` what it could come to if every undecided turned
    out entitled; `amount_unknown` counts the entitled and undecided whose amount has no known upper end (they are in
    neither sum beyond what is sure). `beyond_quota` and `covered` count entitled subjects who get nothing because the
    quota is full or another item is paid instead.
    """

    program: Program
    entitled: int = 0
    undecided: int = 0
    refused: int = 0
    errors: int = 0
    certain_fen: int = 0
    possible_fen: int = 0
    amount_unknown: int = 0
    amount_errors: int = 0
    beyond_quota: int = 0
    covered: int = 0
    missing: dict[str, int] = field(default_factory=dict)


@dataclass
class ItemRows:
    """The subjects an item is open or due to: rows of the population, ascending.

    `entitled` bool [n]; `low` and `high` fen [n]: what is surely paid, and at most (-1: not known);
    `exact` bool [n] where both are the amount; `note` for those whom the whole population left without.
    """

    rows: Rows
    entitled: npt.NDArray[np.bool_]
    low: Fen
    high: Fen
    exact: npt.NDArray[np.bool_]
    failed: npt.NDArray[np.bool_]
    note: npt.NDArray[np.uint8]


NOTE_NONE, NOTE_BEYOND_QUOTA, NOTE_COVERED, NOTE_POOL = 0, 1, 2, 3
NOTES = {
    NOTE_BEYOND_QUOTA: "beyond quota",
    NOTE_COVERED: "another item is paid instead",
    NOTE_POOL: "pool shared",
}


@dataclass
class Matching:
    """What a population comes to.

    `rows_of` is there if details were asked for. How many subjects have something, and which facts are lacking
    (`missing` of the items), is surveyed with details or groups; otherwise it is None and empty.
    """

    subjects: int
    items: list[ItemSummary]
    total_certain_fen: int
    total_possible_fen: int
    groups: dict[str, list[Group]] = field(default_factory=dict)
    rows_of: list[ItemRows] = field(default_factory=list)
    error_rows: list[Rows] = field(default_factory=list)
    entitled_subjects: int | None = None
    undecided_subjects: int | None = None
    by_rows: Mapping[str, int] = field(default_factory=dict)


def needed_columns(programs: Sequence[Program]) -> list[str]:
    """Every column the programs read, sorted."""
    found: set[str] = set()
    for program in programs:
        for condition in conditions_of(program.requirement):
            found.update(columns_of(condition.tree))
        benefit = program.benefit
        trees = [benefit.amount, benefit.floor, benefit.ceiling]
        trees += [program.quota.rank_by] if program.quota else []
        trees += [program.stacking.received] if program.stacking else []
        for tree in trees:
            if tree is not None:
                found.update(columns_of(tree))
    return sorted(found)


def match_population(
    programs: Sequence[Program],
    batches: Iterable[pa.RecordBatch],
    *,
    groupings: Sequence[Grouping] = (),
    details: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Matching:
    """Every program for every row. `details` keeps the rows of every item, for results a subject and simulations."""
    together = any(each.quota or each.pool or each.stacking or each.excludes for each in programs)
    bounded = [index for index, each in enumerate(programs) if _needs_bounds(each)]
    detailed = details or together or bool(groupings)
    extra = [_bound_program(programs[index], name) for index in bounded for name in ("floor", "ceiling")]
    column_programs = [
        columns.Program(each.id, each.requirement, each.benefit.amount) for each in programs
    ] + [each for each in extra if each is not None]
    plan = columns.compile_programs(column_programs)
    survey = _Survey(programs) if detailed else None
    done = 0

    def count(rows: int) -> None:
        nonlocal done
        done += rows
        if progress is not None:
            progress(done)

    result = plan.evaluate(
        batches,
        threads=threads,
        progress=count,
        keep_outcomes=detailed or bool(extra),
        visit=survey.visit if survey else None,
    )
    summaries = []
    for program, counts in zip(programs, result.items, strict=False):
        unknown = counts.amount_unknown_entitled + counts.amount_unknown_undecided
        floor = _literal_fen(program.benefit.floor) or 0
        ceiling = _literal_fen(program.benefit.ceiling)
        summary = ItemSummary(
            program,
            counts.entitled,
            counts.undecided,
            counts.refused,
            counts.errors,
            counts.amount_certain_fen + counts.amount_unknown_entitled * floor,
            counts.amount_possible_fen + unknown * (ceiling if ceiling is not None else floor),
            0 if ceiling is not None else unknown,
            counts.amount_failed_entitled + counts.amount_failed_undecided,
        )
        summaries.append(summary)
    matching = Matching(
        result.rows,
        summaries,
        sum(each.certain_fen for each in summaries),
        sum(each.possible_fen for each in summaries),
        entitled_subjects=survey.entitled_subjects if survey else None,
        undecided_subjects=survey.undecided_subjects if survey else None,
        by_rows=result.by_rows,
    )
    if survey is not None:
        for index, summary in enumerate(summaries):
            summary.missing = survey.missing_of(index)
    if result.outcomes:
        _details(matching, programs, result.outcomes, bounded, extra, together)
        _group(matching, result.outcomes, groupings)
        if not details:
            matching.rows_of = []
    return matching


# --- bounds of amounts that are not known -------------------------------------------------------------------------


def _needs_bounds(program: Program) -> bool:
    benefit = program.benefit
    return any(tree is not None and _literal_fen(tree) is None for tree in (benefit.floor, benefit.ceiling))


def _bound_program(program: Program, name: str) -> columns.Program | None:
    tree: Node | None = getattr(program.benefit, name)
    if tree is None or _literal_fen(tree) is not None:
        return None
    return columns.Program(f"{program.id}:{name}", program.requirement, tree)


def _literal_fen(tree: Node | None) -> int | None:
    """The fen of a constant tree, None if it is not constant."""
    if tree is None or columns_of(tree):
        return None
    value = tree.value if isinstance(tree, Literal) else compile_expression(tree, Mode.POLICY)(Scope({}))
    return int(value.scaleb(2)) if isinstance(value, Decimal) else None


# --- rows ---------------------------------------------------------------------------------------------------------


def _details(
    matching: Matching,
    programs: Sequence[Program],
    outcomes: Sequence[ChunkOutcomes],
    bounded: Sequence[int],
    extra: Sequence[columns.Program | None],
    together: bool,
) -> None:
    positions: dict[tuple[int, str], int] = {}
    position = len(programs)
    for slot, index in enumerate(bounded):
        for offset, name in enumerate(("floor", "ceiling")):
            if extra[2 * slot + offset] is not None:
                positions[(index, name)] = position
                position += 1
    for index, program in enumerate(programs):
        rows = _item_rows(
            outcomes,
            index,
            program,
            positions.get((index, "floor")),
            positions.get((index, "ceiling")),
        )
        matching.rows_of.append(rows)
        matching.error_rows.append(
            np.concatenate([chunk.first_row + np.flatnonzero(chunk.failed(index)) for chunk in outcomes])
        )
    if together:
        _allocate(matching, programs, outcomes)
    for summary, rows in zip(matching.items, matching.rows_of, strict=True):
        if summary.program.benefit.amount is None:
            continue
        summary.certain_fen = int(rows.low[rows.entitled].sum())
        summary.possible_fen = int(np.maximum(rows.high, rows.low).sum())
        summary.amount_unknown = int((rows.high < 0).sum())
        summary.amount_errors = int(rows.failed.sum())
        summary.beyond_quota = int((rows.note == NOTE_BEYOND_QUOTA).sum())
        summary.covered = int((rows.note == NOTE_COVERED).sum())
        pool = _literal_fen(summary.program.pool.amount) if summary.program.pool else None
        if pool is not None:
            summary.certain_fen = min(summary.certain_fen, pool)
            summary.possible_fen = min(summary.possible_fen, pool)
    matching.total_certain_fen = sum(each.certain_fen for each in matching.items)
    matching.total_possible_fen = sum(each.possible_fen for each in matching.items) - _double_counted(
        matching, programs
    )


def _item_rows(
    outcomes: Sequence[ChunkOutcomes], index: int, program: Program, floor: int | None, ceiling: int | None
) -> ItemRows:
    rows_parts, entitled_parts, low_parts, high_parts, exact_parts, failed_parts = [], [], [], [], [], []
    literal = _literal_fen(program.benefit.ceiling)
    literal_floor = _literal_fen(program.benefit.floor) or 0
    for chunk in outcomes:
        entitled = chunk.entitled(index)
        if program.benefit.amount is None:
            rows = np.flatnonzero(entitled | chunk.undecided(index))
            zeros = np.zeros(len(rows), np.int64)
            low, high = zeros, zeros
            exact, failed = np.ones(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
        else:
            amounts = _amounts_of(chunk, index, program.benefit.amount)
            rows, known = amounts.rows, amounts.state == AMOUNT_KNOWN
            unknown = amounts.state == AMOUNT_UNKNOWN
            low = np.where(known, amounts.fen, 0)
            high = np.where(known, amounts.fen, 0)
            low[unknown] = literal_floor
            high[unknown] = -1 if literal is None else literal
            exact, failed = known, amounts.state == AMOUNT_FAILED
            for position, tree, target in (
                (floor, program.benefit.floor, low),
                (ceiling, program.benefit.ceiling, high),
            ):
                if position is not None and tree is not None and unknown.any():
                    bound = _amounts_of(chunk, position, tree)
                    usable = unknown & (bound.state == AMOUNT_KNOWN)
                    target[usable] = bound.fen[usable]
        rows_parts.append(rows + chunk.first_row)
        entitled_parts.append(entitled[rows])
        low_parts.append(low)
        high_parts.append(high)
        exact_parts.append(exact)
        failed_parts.append(failed)
    rows = np.concatenate(rows_parts)
    return ItemRows(
        rows,
        np.concatenate(entitled_parts),
        np.concatenate(low_parts),
        np.concatenate(high_parts),
        np.concatenate(exact_parts),
        np.concatenate(failed_parts),
        np.zeros(len(rows), np.uint8),
    )


def _amounts_of(chunk: ChunkOutcomes, index: int, tree: Node) -> ItemAmounts:
    """The amounts of everybody an item is open or due to, also where nobody's amount can be told."""
    amounts = chunk.amounts_of(index)
    if len(amounts.rows):
        return amounts
    rows = np.flatnonzero(chunk.entitled(index) | chunk.undecided(index))
    if not len(rows):
        return amounts
    # The same for everybody, and no number: unknown, because a fact is in no column at all, or without meaning.
    value = compile_expression(tree, Mode.POLICY)(Scope({}))
    state = AMOUNT_UNKNOWN if value.__class__ is Unknown else AMOUNT_FAILED
    return ItemAmounts(rows, np.zeros(len(rows), np.int64), np.full(len(rows), state, np.uint8))


# --- what only the whole can decide -------------------------------------------------------------------------------


def _allocate(matching: Matching, programs: Sequence[Program], outcomes: Sequence[ChunkOutcomes]) -> None:
    for group in _exclusive_groups(programs):
        _highest_only(matching, programs, group, outcomes)
    for rows, program in zip(matching.rows_of, programs, strict=True):
        if program.quota is not None:
            _apply_quota(rows, program, outcomes)
        if program.pool is not None and program.pool.pro_rata:
            _share_pool(rows, _literal_fen(program.pool.amount) or 0)


def _exclusive_groups(programs: Sequence[Program]) -> list[list[int]]:
    """Items that are not paid together: the stacking groups, and pairs that exclude each other, joined up."""
    parent = list(range(len(programs)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    by_id = {program.id: index for index, program in enumerate(programs)}
    by_group: dict[str, int] = {}
    for index, program in enumerate(programs):
        if program.stacking is not None:
            first = by_group.setdefault(program.stacking.group, index)
            parent[root(index)] = root(first)
        for other in program.excludes:
            if other in by_id:
                parent[root(index)] = root(by_id[other])
    groups: dict[int, list[int]] = {}
    for index in range(len(programs)):
        groups.setdefault(root(index), []).append(index)
    return [
        each
        for each in groups.values()
        if len(each) > 1 or (programs[each[0]].stacking is not None and programs[each[0]].stacking.top_up)  # type: ignore[union-attr]
    ]


def _highest_only(
    matching: Matching, programs: Sequence[Program], group: Sequence[int], outcomes: Sequence[ChunkOutcomes]
) -> None:
    """Of the items of a group a subject is entitled to, the highest is paid; the first of equal ones.

    Top up: what the subject has received in the group already is taken off. Not known: then only the amount without
    anything taken off is an upper end, and nothing is certain.
    """
    best = np.full(matching.subjects, -1, np.int64)
    owner = np.full(matching.subjects, -1, np.int64)
    for index in group:
        rows = matching.rows_of[index]
        stacking = programs[index].stacking
        if stacking is not None and stacking.top_up and stacking.received is not None:
            received = _values(stacking.received, rows.rows, outcomes)
            for place, value in enumerate(received):
                if isinstance(value, Decimal):
                    taken = int(value.scaleb(2))
                    rows.low[place] = max(0, rows.low[place] - taken)
                    if rows.high[place] >= 0:
                        rows.high[place] = max(0, rows.high[place] - taken)
                else:
                    rows.low[place], rows.exact[place] = 0, False
        due = rows.entitled
        higher = due & (rows.low > best[rows.rows])
        best[rows.rows[higher]] = rows.low[higher]
        owner[rows.rows[higher]] = index
    for index in group:
        rows = matching.rows_of[index]
        lost = rows.entitled & (owner[rows.rows] != index)
        rows.low[lost] = 0
        rows.high[lost & rows.exact] = 0
        rows.note[lost] = NOTE_COVERED


def _double_counted(matching: Matching, programs: Sequence[Program]) -> int:
    """How much the sum of the items' possible amounts overstates what a group could pay one subject."""
    over = 0
    for group in _exclusive_groups(programs):
        total = np.zeros(matching.subjects, np.int64)
        most = np.zeros(matching.subjects, np.int64)
        for index in group:
            rows = matching.rows_of[index]
            high = np.maximum(rows.high, rows.low)
            np.add.at(total, rows.rows, high)
            np.maximum.at(most, rows.rows, high)
        over += int((total - most).sum())
    return over


def _apply_quota(rows: ItemRows, program: Program, outcomes: Sequence[ChunkOutcomes]) -> None:
    """Only the first `count` by rank are paid; among equals the earlier row; an unknown rank comes last."""
    quota = program.quota
    assert quota is not None
    due = np.flatnonzero(rows.entitled & (rows.note == NOTE_NONE))
    if len(due) > quota.count:
        order = _ranked(due, rows, quota.rank_by, quota.descending, outcomes)
        beyond = order[quota.count :]
        rows.low[beyond] = 0
        rows.high[beyond] = 0
        rows.note[beyond] = NOTE_BEYOND_QUOTA
    open_places = np.flatnonzero(~rows.entitled & (rows.high > 0))
    room = max(quota.count - min(len(due), quota.count), 0)
    if len(open_places) > room:
        # Not all undecided can be served: at most the dearest of them, which keeps the upper end honest.
        dearest = open_places[np.argsort(-rows.high[open_places], kind="stable")]
        rows.low[dearest[room:]] = 0
        rows.high[dearest[room:]] = 0


def _ranked(
    places: Rows, rows: ItemRows, rank_by: Node | None, descending: bool, outcomes: Sequence[ChunkOutcomes]
) -> Rows:
    if rank_by is None:
        return places
    values = _values(rank_by, rows.rows[places], outcomes)
    known = [
        (place, value) for place, value in zip(places, values, strict=True) if isinstance(value, Decimal)
    ]
    known.sort(key=lambda pair: pair[1], reverse=descending)
    unknown = [place for place, value in zip(places, values, strict=True) if not isinstance(value, Decimal)]
    return np.array([place for place, _ in known] + unknown, np.int64)


def _share_pool(rows: ItemRows, pool: int) -> None:
    """Pro rata to the fen: the fen left over go to the largest remainders, so that the pool is paid out exactly."""
    due = np.flatnonzero(rows.entitled & (rows.low > 0))
    total = int(rows.low[due].sum())
    if total <= pool:
        return
    shares = [int(each) * pool for each in rows.low[due]]
    whole = [each // total for each in shares]
    order = sorted(range(len(shares)), key=lambda index: (-(shares[index] % total), index))
    for index in order[: pool - sum(whole)]:
        whole[index] += 1
    rows.low[due] = whole
    rows.high[due] = np.minimum(rows.high[due], rows.low[due])
    rows.note[due] = NOTE_POOL


def _values(tree: Node, rows: Rows, outcomes: Sequence[ChunkOutcomes]) -> list[Any]:
    """The value of a tree for some rows of the population, ascending or not."""
    evaluate = compile_expression(tree, Mode.POLICY)
    names = columns_of(tree)
    starts = np.array([chunk.first_row for chunk in outcomes])
    found = []
    for row in rows:
        chunk = outcomes[int(np.searchsorted(starts, row, side="right")) - 1]
        facts: dict[str, Any] = {}
        for name in names:
            position = chunk.batch.schema.get_field_index(name)
            if position >= 0:
                value = fact_value(chunk.batch.column(position), int(row) - chunk.first_row, name)
                if value.__class__ is not Unknown:
                    facts[name] = value
        found.append(evaluate(Scope(facts)))
    return found


# --- what is not known, and where ---------------------------------------------------------------------------------


class _Survey:
    """Looks at every chunk once, while it is at hand: who has at least one item, and which facts are lacking where."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self.items = len(programs)
        self.users: dict[str, list[int]] = {}
        for index, program in enumerate(programs):
            for name in {
                name for each in conditions_of(program.requirement) for name in columns_of(each.tree)
            }:
                self.users.setdefault(name, []).append(index)
        self.missing = {name: np.zeros(len(users), np.int64) for name, users in self.users.items()}
        self.entitled_subjects = 0
        self.undecided_subjects = 0

    def visit(self, chunk: ChunkOutcomes) -> None:
        """All items at once, a fact at a time: a few large operations instead of many small ones."""
        if not self.items:
            return
        true = chunk.true[: self.items]
        undecided = chunk.open[: self.items] & ~true
        for index, failed in chunk.errors.items():
            if index < self.items:
                undecided[index] &= ~failed
        self.entitled_subjects += int(count_bits(np.bitwise_or.reduce(true, axis=0)[np.newaxis])[0])
        self.undecided_subjects += int(count_bits(np.bitwise_or.reduce(undecided, axis=0)[np.newaxis])[0])
        for name, users in self.users.items():
            unknown = _null_plane(chunk, name)
            if unknown is not None:
                self.missing[name] += count_bits(undecided[users] & unknown)

    def missing_of(self, index: int) -> dict[str, int]:
        """In how many undecided decisions of an item each of its facts is unknown."""
        found = {}
        for name, users in self.users.items():
            if index in users:
                count = int(self.missing[name][users.index(index)])
                if count:
                    found[name] = count
        return found


def _null_plane(chunk: ChunkOutcomes, name: str) -> Any:
    """Which rows do not know a fact; None if all do."""
    position = chunk.batch.schema.get_field_index(name)
    if position < 0:
        return all_set(chunk.rows)
    array = chunk.batch.column(position)
    if array.null_count == 0:
        return None
    valid = from_bitmap(array.buffers()[0], array.offset, chunk.rows)
    return None if valid is None else ~valid & all_set(chunk.rows)


# --- groups -------------------------------------------------------------------------------------------------------


def _group(matching: Matching, outcomes: Sequence[ChunkOutcomes], groupings: Sequence[Grouping]) -> None:
    for grouping in groupings:
        codes, groups = group_codes(grouping, [chunk.batch for chunk in outcomes])
        size = len(groups)
        sums = {name: np.zeros(size, np.int64) for name in ("certain", "possible")}
        flags = np.zeros(matching.subjects, np.uint8)
        for rows in matching.rows_of:
            where = codes[rows.rows]
            np.add.at(sums["certain"], where[rows.entitled], rows.low[rows.entitled].astype(np.int64))
            np.add.at(sums["possible"], where, np.maximum(rows.high, rows.low).astype(np.int64))
            flags[rows.rows[rows.entitled]] |= 1
            flags[rows.rows[~rows.entitled]] |= 2
        subjects = np.bincount(codes, minlength=size)
        entitled = np.bincount(codes[flags & 1 > 0], minlength=size)
        undecided = np.bincount(codes[flags & 2 > 0], minlength=size)
        for index, group in enumerate(groups):
            group.subjects, group.entitled = int(subjects[index]), int(entitled[index])
            group.undecided = int(undecided[index])
            group.certain_fen, group.possible_fen = int(sums["certain"][index]), int(sums["possible"][index])
        matching.groups[grouping.name] = sorted(
            groups, key=lambda each: (-each.certain_fen, -each.subjects, each.key)
        )


def group_codes(
    grouping: Grouping, batches: Sequence[pa.RecordBatch]
) -> tuple[npt.NDArray[np.int64], list[Group]]:
    """The group of every row, as positions in the list of groups."""
    groups: list[Group] = []
    positions: dict[str, int] = {}

    def position(value: Any) -> int:
        key, label = grouping.label(value)
        if key not in positions:
            positions[key] = len(groups)
            groups.append(Group(key, label))
        return positions[key]

    parts = []
    for batch in batches:
        index = batch.schema.get_field_index(grouping.column)
        if index < 0:
            parts.append(np.full(batch.num_rows, position(None), np.int64))
            continue
        array = batch.column(index)
        encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
        codes = [position(each.as_py()) for each in encoded.dictionary]
        # Only if somebody's value is not known there is a group of those.
        lookup = np.array([*codes, position(None) if encoded.null_count else 0], np.int64)
        indices = encoded.indices.fill_null(len(codes)).to_numpy(zero_copy_only=False)
        parts.append(lookup[indices])
    return (np.concatenate(parts) if parts else np.zeros(0, np.int64)), groups
