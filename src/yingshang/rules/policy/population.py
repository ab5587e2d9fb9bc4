"""Items against a whole population: counts, cost as an interval, and what only the whole can decide.

Who is entitled is decided row by row and independent of others. How much is paid may depend on the others: a quota
with a ranking, a pool that is shared, items that are not paid together. That is worked out here, after the columns
have been evaluated.
"""

from __future__ import annotations

import functools
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
from yingshang.rules.feel import operators
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.syntax import Literal, Node
from yingshang.rules.feel.values import Failure, Unknown
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
    (`missing` of the items), is surveyed if asked for, and with details; otherwise it is None and empty.
    `unassigned_certain_fen` is surely paid, though not sure by which of several items: it is in the total only.
    """

    subjects: int
    items: list[ItemSummary]
    total_certain_fen: int
    total_possible_fen: int
    groups: dict[str, list[Group]] = field(default_factory=dict)
    rows_of: list[ItemRows] = field(default_factory=list)
    error_rows: list[Rows] = field(default_factory=list)
    unassigned_certain_fen: int = 0
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
    survey_facts: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    compile: Callable[[Sequence[columns.Program]], columns.ColumnPlan] = columns.compile_programs,
) -> Matching:
    """Every program for every row. `details` keeps the rows of every item, for results a subject and simulations.

    `compile` makes the plan; that of `WarmRows` remembers what it found out about the same batches before.
    """
    together = any(each.quota or each.pool or each.stacking or each.excludes for each in programs)
    bounded = [index for index, each in enumerate(programs) if _needs_bounds(each)]
    detailed = details or together or bool(groupings)
    extra = [_bound_program(programs[index], name) for index in bounded for name in ("floor", "ceiling")]
    column_programs = [
        columns.Program(each.id, each.requirement, each.benefit.amount) for each in programs
    ] + [each for each in extra if each is not None]
    plan = compile(column_programs)
    survey = _Survey(programs) if detailed or survey_facts else None
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
    before = [int(rows.low[rows.entitled].sum()) for rows in matching.rows_of]
    if together:
        _allocate(matching, programs, outcomes)
    for summary, rows, due in zip(matching.items, matching.rows_of, before, strict=True):
        program = summary.program
        summary.beyond_quota = int((rows.entitled & (rows.note == NOTE_BEYOND_QUOTA)).sum())
        summary.covered = int((rows.note == NOTE_COVERED).sum())
        if program.benefit.amount is None:
            continue
        high = np.maximum(rows.high, rows.low)
        summary.certain_fen = int(rows.low[rows.entitled].sum())
        summary.possible_fen = int(high.sum())
        summary.amount_unknown = int((rows.high < 0).sum())
        summary.amount_errors = int(rows.failed.sum())
        if program.quota is not None and len(high) > program.quota.count:
            # However it turns out, no more than the count are paid: at most the dearest of them.
            summary.possible_fen = int(np.sort(high)[::-1][: program.quota.count].sum())
        pool = _literal_fen(program.pool.amount) if program.pool else None
        if pool is not None:
            # The pool is paid out in full as soon as the entitled alone use it up, whoever gets it.
            summary.certain_fen = min(due if program.quota is None else summary.certain_fen, pool)
            summary.possible_fen = min(summary.possible_fen, pool)
    matching.total_certain_fen = (
        sum(each.certain_fen for each in matching.items) + matching.unassigned_certain_fen
    )
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
#
# The undecided may still come in. So what is surely paid assumes that all of them do, and what is possibly paid that
# none of those in the way does.


def _allocate(matching: Matching, programs: Sequence[Program], outcomes: Sequence[ChunkOutcomes]) -> None:
    for group in _conflicts(programs):
        _highest_first(matching, programs, group)
    for rows, program in zip(matching.rows_of, programs, strict=True):
        if program.quota is not None:
            _apply_quota(rows, program, outcomes)
        if program.pool is not None:
            _share_pool(rows, _literal_fen(program.pool.amount) or 0, program.pool.pro_rata)


def _conflicting(programs: Sequence[Program]) -> npt.NDArray[np.bool_]:
    """[items, items]: which are not paid together: those of one stacking group, and those that exclude each other."""
    size = len(programs)
    conflict = np.zeros((size, size), np.bool_)
    by_id = {program.id: index for index, program in enumerate(programs)}
    by_group: dict[str, list[int]] = {}
    for index, program in enumerate(programs):
        if program.stacking is not None:
            by_group.setdefault(program.stacking.group, []).append(index)
        for other in program.excludes:
            if other in by_id and other != program.id:
                conflict[index, by_id[other]] = conflict[by_id[other], index] = True
    for members in by_group.values():
        conflict[np.ix_(members, members)] = True
    np.fill_diagonal(conflict, False)
    return conflict


def _conflicts(programs: Sequence[Program]) -> list[list[int]]:
    """Items that are connected by conflicts, though not each with each."""
    conflict = _conflicting(programs)
    left = [index for index in range(len(programs)) if conflict[index].any()]
    groups: list[list[int]] = []
    while left:
        group, border = {left[0]}, [left[0]]
        while border:
            for other in np.flatnonzero(conflict[border.pop()]):
                if int(other) not in group:
                    group.add(int(other))
                    border.append(int(other))
        groups.append(sorted(group))
        left = [index for index in left if index not in group]
    return groups


def _highest_first(matching: Matching, programs: Sequence[Program], group: Sequence[int]) -> None:
    """A subject is paid the highest of the items that are not paid together, then the next that conflicts with none.

    Of equal amounts the item written first. An item whose amount is not known, or that is undecided, may still turn
    out higher: it keeps what it could come to.
    """
    conflict = _conflicting(programs)[np.ix_(group, group)]
    low = np.full((len(group), matching.subjects), -1, np.int64)
    for place, index in enumerate(group):
        rows = matching.rows_of[index]
        low[place, rows.rows[rows.entitled]] = rows.low[rows.entitled]
    claims = np.zeros(matching.subjects, np.int64)
    for index in group:
        claims[matching.rows_of[index].rows] += 1
    contested = np.flatnonzero(claims > 1)
    if not len(contested):
        return
    amounts = low[:, contested]
    order = np.argsort(-amounts, axis=0, kind="stable")
    taken = np.zeros(amounts.shape, np.bool_)
    everybody = np.arange(len(contested))
    for rank in range(len(group)):
        candidate = order[rank]
        free = ~(conflict[candidate] & taken.T).any(axis=1)
        taken[candidate, everybody] = free & (amounts[candidate, everybody] >= 0)
    # Whoever might still come to more, undecided or of unknown amount, may take the place of what is paid now. Then
    # what the subject is paid in all is at least as much; only which item pays it is not sure.
    high = np.zeros((len(group), len(contested)), np.float64)
    position = np.full(matching.subjects, -1, np.int64)
    position[contested] = everybody
    for place, index in enumerate(group):
        rows = matching.rows_of[index]
        there = position[rows.rows] >= 0
        settled = rows.entitled[there] & rows.exact[there]
        most = np.where(rows.high[there] < 0, np.inf, np.maximum(rows.high[there], rows.low[there]))
        most[settled] = 0
        high[place, position[rows.rows[there]]] = most
    for place, index in enumerate(group):
        rows = matching.rows_of[index]
        where = position[rows.rows]
        contested_here = rows.entitled & (where >= 0)
        columns_here = where[contested_here]
        paid = taken[place, columns_here]
        rivals = np.where(conflict[place][:, np.newaxis] & ~taken[:, columns_here], high[:, columns_here], 0)
        displaceable = paid & (rivals.max(axis=0) > rows.low[contested_here])
        low_here, high_here = rows.low[contested_here], rows.high[contested_here]
        exact_here, note_here = rows.exact[contested_here], rows.note[contested_here]
        matching.unassigned_certain_fen += int(low_here[displaceable].sum())
        covered = ~paid & exact_here
        high_here[covered] = 0
        note_here[covered] = NOTE_COVERED
        exact_here[displaceable] = False
        low_here[displaceable | ~paid] = 0
        rows.low[contested_here], rows.high[contested_here] = low_here, high_here
        rows.exact[contested_here], rows.note[contested_here] = exact_here, note_here


def _double_counted(matching: Matching, programs: Sequence[Program]) -> int:
    """How much the sum of the items' possible amounts overstates what conflicting items could pay one subject."""
    conflict = _conflicting(programs)
    over = 0
    for group in _conflicts(programs):
        high = np.zeros((len(group), matching.subjects), np.int64)
        for place, index in enumerate(group):
            rows = matching.rows_of[index]
            high[place, rows.rows] = np.maximum(rows.high, rows.low)
        inner = conflict[np.ix_(group, group)]
        order = np.argsort(-high, axis=0, kind="stable")
        taken = np.zeros(high.shape, np.bool_)
        everybody = np.arange(matching.subjects)
        for rank in range(len(group)):
            candidate = order[rank]
            taken[candidate, everybody] = ~(inner[candidate] & taken.T).any(axis=1)
        over += int(high[~taken].sum())
    return over


def _apply_quota(rows: ItemRows, program: Program, outcomes: Sequence[ChunkOutcomes]) -> None:
    """Only the first `count` by rank are paid; of equal ranks the earlier row, without a ranking the earlier row.

    Surely paid is who stays within the count although all that may be ahead are. Surely beyond is who has that many
    entitled ahead. Somebody whose rank is not known may be anywhere.
    """
    quota = program.quota
    assert quota is not None
    running = np.flatnonzero(rows.note == NOTE_NONE)
    known, unknown = list(range(len(running))), []
    if quota.rank_by is not None:
        ranks = [_rank(each) for each in _values(quota.rank_by, rows.rows[running], outcomes)]
        unknown = [place for place, rank in enumerate(ranks) if rank is None]
        ranked = [(rank, place) for place, rank in enumerate(ranks) if rank is not None]
        direction = -1 if quota.descending else 1
        # Sorting is stable: of equal ranks the earlier row stays ahead.
        ranked.sort(key=functools.cmp_to_key(functools.partial(_ahead, direction)))
        known = [place for _, place in ranked]
    entitled_ahead = 0
    for ahead, place in enumerate(known):
        row = running[place]
        if ahead + len(unknown) >= quota.count:
            rows.low[row] = 0
            rows.exact[row] = False
        if entitled_ahead >= quota.count:
            _beyond(rows, row)
        entitled_ahead += bool(rows.entitled[row])
    for place in unknown:
        if len(running) > quota.count:
            rows.low[running[place]] = 0
            rows.exact[running[place]] = False


def _rank(value: Any) -> list[Any] | None:
    """What to rank by: a number, text or day, or a list of them that are compared one after the other."""
    parts = value if isinstance(value, list) else [value]
    return None if any(each is None or each.__class__ in (Unknown, Failure) for each in parts) else parts


def _ahead(direction: int, one: tuple[list[Any], int], other: tuple[list[Any], int]) -> int:
    return direction * _order(one[0], other[0])


def _order(left: Sequence[Any], right: Sequence[Any]) -> int:
    """-1, 0 or 1; values without an order count as equal."""
    for one, other in zip(left, right, strict=False):
        order = operators.order_of(one, other)
        if order.__class__ is int and order != 0:
            return int(order)
    return 0


def _beyond(rows: ItemRows, row: int) -> None:
    rows.high[row] = 0
    rows.exact[row] = True
    rows.note[row] = NOTE_BEYOND_QUOTA


def _share_pool(rows: ItemRows, pool: int, pro_rata: bool) -> None:
    """What a pool leaves for everybody, to the fen.

    Pro rata: at most the share among the entitled alone, at least the share if every undecided comes in. First come:
    the order in which people will come is not known, so nobody is sure of anything once the pool may not do for all.
    """
    high = np.maximum(rows.high, rows.low)
    unbounded = bool((rows.high < 0).any())
    if not unbounded and int(high.sum()) <= pool:
        return
    due = rows.entitled & (rows.low > 0)
    amounts = [int(each) for each in rows.low[due]]
    if not pro_rata:
        rows.low[:] = 0
        rows.high[rows.high > pool] = pool
        rows.exact[:] = False
        rows.note[high > 0] = NOTE_POOL
        return
    alone, all_in = sum(amounts), int(high.sum())
    if alone > pool:
        rows.high[due] = _shares(amounts, pool)
    rows.low[due] = 0 if unbounded else [each * pool // max(all_in, 1) for each in amounts]
    if alone == all_in and not unbounded:
        rows.low[due] = rows.high[due]
    rows.exact[due] = rows.low[due] == rows.high[due]
    open_rows = ~rows.entitled & (rows.high > 0)
    rows.low[open_rows] = 0
    rows.high[open_rows] = np.minimum(rows.high[open_rows], pool)
    rows.note[due | open_rows] = NOTE_POOL


def _shares(amounts: Sequence[int], pool: int) -> list[int]:
    """`pool` in proportion to `amounts`; the fen left over go to the largest remainders."""
    total = sum(amounts)
    products = [each * pool for each in amounts]
    whole = [each // total for each in products]
    order = sorted(range(len(amounts)), key=lambda index: (-(products[index] % total), index))
    for index in order[: pool - sum(whole)]:
        whole[index] += 1
    return whole


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
