"""From programs to a plan, and from batches of rows to outcomes and amounts.

    plan = compile_programs(programs)
    result = plan.evaluate(batches, threads=2)

Rows are taken in chunks of `CHUNK_ROWS`. In each chunk every distinct predicate is computed once, into planes; items
are combined from planes in blocks of many items a call, so that NumPy works without the interpreter lock and threads
do not wait for each other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import localcontext
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.rules.columns import leaves, vectors
from yingshang.rules.columns.amounts import (
    AmountPlan,
    ChunkAmounts,
    ChunkSource,
    ConditionPlanes,
    plan_amount,
)
from yingshang.rules.columns.arrays import ChunkColumn, NotColumnar, Vocabulary
from yingshang.rules.columns.combine import combine_derived
from yingshang.rules.columns.leaves import Errors, LookupGroup, ThresholdGroup
from yingshang.rules.columns.lines import LineColumns, add_up, quantify, select
from yingshang.rules.columns.planes import (
    BUFFERS,
    Booleans,
    Words,
    all_set,
    clear_tail,
    count_bits,
    pack,
    row_indices,
    unpack,
    word_count,
)
from yingshang.rules.columns.predicates import (
    ByRows,
    Constant,
    Contains,
    Flag,
    Lookup,
    NumericComparison,
    OverLines,
    Predicate,
    PredicateGraph,
    Threshold,
    parts_of,
    tree_of,
)
from yingshang.rules.columns.result import (
    AMOUNT_FAILED,
    AMOUNT_KNOWN,
    AMOUNT_UNKNOWN,
    ChunkOutcomes,
    ColumnResult,
    ItemAmounts,
    ItemResult,
)
from yingshang.rules.columns.rows import ERROR, FALSE, TRUE, RowExpression
from yingshang.rules.columns.vectors import Outcomes, Vector
from yingshang.rules.feel.functions import Environment
from yingshang.rules.feel.syntax import Node
from yingshang.rules.feel.values import DECIMAL_128
from yingshang.rules.policy.requirement import Requirement

CHUNK_ROWS: Final = 131_072
"""Rows at a time: the planes of a thousand predicates then take 32 MB, and one call takes long enough for threads."""

_FEWEST_ROWS: Final = 8_192
"""Fewer rows are not worth a worker."""

_BLOCK_BYTES: Final = 512 * 1024
"""Accumulated planes in one call: with smaller ones threads fight for the interpreter, larger ones leave the cache."""


@dataclass(frozen=True, slots=True)
class Program:
    """An item for the column evaluator.

    Every free name of the trees is a column. `amount` is in yuan with bands, caps and rounding written out; None if the
    item pays no money.
    """

    id: str
    requirement: Requirement
    amount: Node | None = None


Progress = Callable[[int], None]
"""Called with the number of rows done since the last call, from one thread at a time."""

Visitor = Callable[[ChunkOutcomes], None]
"""Called with each chunk, in the order of the rows, from the thread that called `evaluate`."""


def compile_programs(programs: Sequence[Program], *, environment: Environment | None = None) -> ColumnPlan:
    """A plan for any number of evaluations. The types of the columns are taken from the batches.

    A column that the batches lack is unknown for every row.
    """
    return ColumnPlan(programs, environment)


class ColumnPlan:
    """Programs ready to be evaluated over batches."""

    def __init__(self, programs: Sequence[Program], environment: Environment | None = None) -> None:
        self.programs = list(programs)
        self._environment = environment
        self._bound: dict[pa.Schema, _BoundPlan] = {}
        self._lock = threading.Lock()

    def bind(self, schema: pa.Schema) -> _BoundPlan:
        """The plan for tables of one schema; made once."""
        key = schema.remove_metadata()
        with self._lock:
            if key not in self._bound:
                self._bound[key] = _BoundPlan(self.programs, PredicateGraph(key, self._environment))
            return self._bound[key]

    def outcomes(self, batch: pa.RecordBatch) -> ChunkOutcomes:
        """The outcome of every row of one batch, in the calling thread; several threads may ask at once."""
        found = self._chunk(batch, 0, True).evaluate().outcomes
        assert found is not None
        return found

    def evaluate(
        self,
        batches: pa.Table | pa.RecordBatch | Iterable[pa.RecordBatch],
        *,
        threads: int | None = None,
        progress: Progress | None = None,
        keep_outcomes: bool = False,
        visit: Visitor | None = None,
    ) -> ColumnResult:
        """Counts and sums of every item over all rows.

        `visit` sees each chunk with the outcome of every row and is the way to write results without keeping them;
        `keep_outcomes` keeps them all. `threads` None takes as many as Arrow does.
        """
        items = [ItemResult(program.id) for program in self.programs]
        result = ColumnResult(items)
        counts = np.zeros((len(items), 3), np.int64)
        wanted = keep_outcomes or visit is not None
        if isinstance(batches, pa.RecordBatch):
            batches = [batches]
        source = batches.to_batches() if isinstance(batches, pa.Table) else batches

        def work(batch: pa.RecordBatch, first: int) -> _ChunkResult:
            return self._chunk(batch, first, wanted).evaluate()

        def finish(done: _ChunkResult) -> None:
            np.add(counts, done.counts, out=counts)
            for item, sums in done.amounts.items():
                _add_amounts(items[item], sums)
            for text, calls in done.by_rows.items():
                result.by_rows[text] = result.by_rows.get(text, 0) + calls
            if done.outcomes is not None:
                if visit is not None:
                    visit(done.outcomes)
                if keep_outcomes:
                    result.outcomes.append(done.outcomes)
            result.rows += done.rows
            if progress is not None:
                progress(done.rows)

        workers = threads or pa.cpu_count()
        if workers == 1:
            for batch, first in _chunks(source, 1):
                finish(work(batch, first))
        else:
            with ThreadPoolExecutor(workers) as pool:
                under_way: deque[Future[_ChunkResult]] = deque()
                for batch, first in _chunks(source, workers):
                    under_way.append(pool.submit(work, batch, first))
                    if len(under_way) > workers:
                        finish(under_way.popleft().result())
                while under_way:
                    finish(under_way.popleft().result())
        self._settle(items, counts, result.rows)
        return result

    def _chunk(self, batch: pa.RecordBatch, first: int, wanted: bool) -> _Chunk:
        """The evaluation of one chunk; warm.py brings what it remembers of the same rows."""
        return _Chunk(self.bind(batch.schema), batch, first, wanted)

    def _settle(self, items: Sequence[ItemResult], counts: npt.NDArray[np.int64], rows: int) -> None:
        """Fills in the counts, and the amounts that are the same for everyone."""
        for item, program, (true, open_, failed) in zip(items, self.programs, counts.tolist(), strict=True):
            item.entitled = true
            item.undecided = open_ - true - failed
            item.refused = rows - open_
            item.errors = failed
            for bound in self._bound.values() if program.amount is not None else ():
                constant = bound.constant_amounts.get(id(program))
                if constant is not None:
                    _add_constant_amount(item, *constant)
                    break


def _add_constant_amount(item: ItemResult, state: int, fen: int) -> None:
    if state == AMOUNT_KNOWN:
        item.amount_certain_fen = fen * item.entitled
        item.amount_possible_fen = fen * (item.entitled + item.undecided)
    elif state == AMOUNT_UNKNOWN:
        item.amount_unknown_entitled, item.amount_unknown_undecided = item.entitled, item.undecided
    else:
        item.amount_failed_entitled, item.amount_failed_undecided = item.entitled, item.undecided


def _add_amounts(item: ItemResult, sums: _AmountSums) -> None:
    item.amount_certain_fen += sums.certain_fen
    item.amount_possible_fen += sums.possible_fen
    item.amount_unknown_entitled += sums.unknown_entitled
    item.amount_unknown_undecided += sums.unknown_undecided
    item.amount_failed_entitled += sums.failed_entitled
    item.amount_failed_undecided += sums.failed_undecided


def _chunks(batches: Iterable[pa.RecordBatch], workers: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Runs of at most CHUNK_ROWS rows, with the number of rows before them.

    Small batches are put together. A batch is cut evenly, so that no worker is left with nothing to do at its end; and
    at multiples of 64 rows, so that its bitmaps need no shifting.
    """
    before = 0
    small: list[pa.RecordBatch] = []

    def chunks_of(batch: pa.RecordBatch) -> Iterator[tuple[pa.RecordBatch, int]]:
        nonlocal before
        rounds = -(-batch.num_rows // (CHUNK_ROWS * workers))
        size = max(_FEWEST_ROWS, -(-batch.num_rows // (max(rounds, 1) * workers * 64)) * 64)
        for start in range(0, batch.num_rows, size):
            yield batch.slice(start, size), before + start
        before += batch.num_rows

    def together() -> pa.RecordBatch:
        whole = small[0] if len(small) == 1 else _joined(small)
        small.clear()
        return whole

    for batch in batches:
        if small and small[0].schema != batch.schema:
            yield from chunks_of(together())
        if batch.num_rows >= CHUNK_ROWS // 2 and not small:
            yield from chunks_of(batch)
            continue
        small.append(batch)
        if sum(each.num_rows for each in small) >= CHUNK_ROWS:
            yield from chunks_of(together())
    if small:
        yield from chunks_of(together())


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
    return table.to_batches()[0] if table.num_rows else batches[0]


@dataclass(frozen=True, slots=True)
class _Block:
    """Items with equally many conditions, combined together.

    items: int [m], places of the items.  nodes: int [conditions, m], the places of their planes.
    amounts: the place in the block, the item and the plan of amounts that differ from row to row.
    """

    items: npt.NDArray[np.intp]
    nodes: npt.NDArray[np.intp]
    amounts: tuple[tuple[int, int, AmountPlan], ...]


@dataclass(frozen=True, slots=True)
class _LatePlan:
    """What has to wait for nodes that are done by rows.

    `pending`: those nodes and every node above them.  `users`: for each late node, the early parts of each item that
    needs it, without duplicates.
    """

    pending: frozenset[int]
    users: Mapping[int, list[tuple[tuple[int, ...], tuple[int, ...]]]]


class _BoundPlan:
    """The graph of predicates of the programs over one schema, grouped for evaluation."""

    def __init__(self, programs: Sequence[Program], graph: PredicateGraph) -> None:
        schema = graph.schema
        self.schema = schema
        self.graph = graph
        parts = [graph.requirement(program.requirement) or (graph.always(),) for program in programs]
        plans: dict[str, AmountPlan] = {}
        self.amounts: list[AmountPlan | None] = []
        for program in programs:
            plan = None
            if program.amount is not None:
                key = repr(program.amount)
                plan = plans.get(key)
                if plan is None:
                    plan = plans[key] = plan_amount(program.amount, key, graph)
                plan.items += 1
            self.amounts.append(plan)
        self.constant_amounts = {
            id(program): plan.constant
            for program, plan in zip(programs, self.amounts, strict=True)
            if plan is not None and plan.constant is not None
        }
        self.constants = [
            plan.constant[1] if plan and plan.constant and plan.constant[0] == AMOUNT_KNOWN else None
            for plan in self.amounts
        ]
        self.children = {column: _BoundPlan((), child) for column, child in graph.children.items()}
        self._order(parts)
        self.required = self._required()
        self.vocabularies = {field.name: Vocabulary() for field in schema}
        self.item_count = len(programs)
        self.late = frozenset(place for place, each in enumerate(self.nodes) if isinstance(each, ByRows))
        self._late_plans: dict[frozenset[int], _LatePlan] = {}
        self._users: dict[int, set[int]] | None = None
        self._expressions: dict[int, RowExpression] = {}
        self.blocks = self._blocks()

    def _order(self, parts: Sequence[tuple[int, ...]]) -> None:
        """Gives predicates that share a pass neighbouring planes. `nodes` is in the order of the planes."""
        graph = self.graph
        thresholds: dict[str, list[int]] = {}
        lookups: dict[str, list[int]] = {}
        single: list[int] = []
        derived: list[int] = []
        for place, each in enumerate(graph.nodes):
            if isinstance(each, Threshold):
                thresholds.setdefault(each.column, []).append(place)
            elif isinstance(each, Lookup):
                lookups.setdefault(each.column, []).append(place)
            else:
                (derived if parts_of(each) else single).append(place)
        order: list[int] = []
        self.threshold_groups: list[ThresholdGroup] = []
        self.lookup_groups: list[LookupGroup] = []
        for column, places in thresholds.items():
            places.sort(key=lambda place: ThresholdGroup.sort_key(graph.nodes[place]))  # type: ignore[arg-type]
            members: list[Any] = [graph.nodes[place] for place in places]
            kind = self.schema.field(column).type
            self.threshold_groups.append(ThresholdGroup(column, kind, members, len(order)))
            order += places
        for column, places in lookups.items():
            members = [graph.nodes[place] for place in places]
            kind = self.schema.field(column).type
            self.lookup_groups.append(LookupGroup(column, kind, members, len(order)))
            order += places
        self.singles = range(len(order), len(order) + len(single))
        order += single
        self.derived = range(len(order), len(order) + len(derived))
        order += derived
        self.place_of = {old: new for new, old in enumerate(order)}
        self.nodes: list[Predicate] = [graph.nodes[old] for old in order]
        self.parts_of_node = [tuple(self.place_of[part] for part in parts_of(each)) for each in self.nodes]
        self.parts = [tuple(sorted(self.place_of[part] for part in each)) for each in parts]

    def _required(self) -> frozenset[int]:
        """The nodes that requirements ask for, directly or by way of others."""
        found: set[int] = set()
        waiting = [part for parts in self.parts for part in parts]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting.extend(self.parts_of_node[node])
        return frozenset(found)

    def _blocks(self) -> list[_Block]:
        by_size: dict[int, list[int]] = {}
        for item, parts in enumerate(self.parts):
            by_size.setdefault(len(parts), []).append(item)
        at_once = max(1, _BLOCK_BYTES // (2 * word_count(CHUNK_ROWS) * 8))
        blocks = []
        for _, items in sorted(by_size.items()):
            # Neighbours that share conditions find them in the cache.
            items.sort(key=lambda item: self.parts[item])
            for start in range(0, len(items), at_once):
                chosen = items[start : start + at_once]
                nodes = np.array([self.parts[item] for item in chosen], np.intp).T
                amounts = tuple(
                    (place, item, amount)
                    for place, item in enumerate(chosen)
                    if (amount := self.amounts[item]) is not None and amount.constant is None
                )
                blocks.append(_Block(np.array(chosen, np.intp), np.ascontiguousarray(nodes), amounts))
        return blocks

    def expression_of(self, node: int) -> RowExpression:
        """A leaf that did not fit into columns, as an expression for the row evaluator."""
        found = self._expressions.get(node)
        if found is None:
            found = self._expressions[node] = self.graph.expression(tree_of(self.nodes[node]))
        return found

    def items_of(self, node: int) -> set[int]:
        """The items that have the node among their parts."""
        if self._users is None:
            users: dict[int, set[int]] = {}
            for item, parts in enumerate(self.parts):
                for part in parts:
                    users.setdefault(part, set()).add(item)
            self._users = users
        return self._users.get(node, set())

    def late_plan(self, late: frozenset[int]) -> _LatePlan:
        """What waits for these nodes."""
        found = self._late_plans.get(late)
        if found is None:
            below: dict[int, frozenset[int]] = {node: frozenset((node,)) for node in late}
            for node in self.derived:
                found_below = below.get(node, frozenset[int]()).union(
                    *(below.get(part, frozenset()) for part in self.parts_of_node[node])
                )
                if found_below:
                    below[node] = found_below
            pending = frozenset(below)
            users: dict[int, list[tuple[tuple[int, ...], tuple[int, ...]]]] = {}
            for node in late:
                tops = [top for top, under in below.items() if node in under]
                items = {item for top in tops for item in self.items_of(top)}
                users[node] = sorted(
                    {
                        (
                            tuple(part for part in self.parts[item] if part not in pending),
                            tuple(
                                part
                                for part in self.parts[item]
                                if part in pending and node not in below[part]
                            ),
                        )
                        for item in items
                    }
                )
            found = _LatePlan(pending, users)
            self._late_plans[late] = found
        return found


@dataclass(slots=True)
class _AmountSums:
    """The sums of one item whose amount differs from row to row, in the terms of ItemResult."""

    certain_fen: int
    possible_fen: int
    unknown_entitled: int = 0
    unknown_undecided: int = 0
    failed_entitled: int = 0
    failed_undecided: int = 0


@dataclass(slots=True)
class _ChunkResult:
    """counts: int64 [items, 3], the rows of each item that are entitled, not refused, and errors."""

    rows: int
    counts: npt.NDArray[np.int64]
    amounts: dict[int, _AmountSums]
    by_rows: dict[str, int]
    outcomes: ChunkOutcomes | None


class _Predicates:
    """The predicates of one chunk, or of the lines of one of its columns.

    `rests`: of conditions that only numbers ask for, the rows that columns could not say; such numbers are not had in
    columns there either.  `name` tells the memory of one table from that of another.
    """

    def __init__(
        self, plan: _BoundPlan, columns: Mapping[str, ChunkColumn], rows: int, name: str = ""
    ) -> None:
        self.plan = plan
        self.columns = columns
        self.rows = rows
        self.words = word_count(rows)
        self.planes = BUFFERS.array(f"planes {name}", len(plan.nodes), 2, self.words)
        self.errors: Errors = {}
        self.rests: dict[int, Words] = {}
        self.late: set[int] = set()
        self._lines: dict[str, tuple[LineColumns, _Predicates]] = {}
        self._sums: dict[int, tuple[Vector, Booleans]] = {}

    def compute(self) -> set[int]:
        """Everything that can be had in columns. Answers the nodes that wait for rows."""
        self._leaves()
        pending = self._pending()
        for node in self.plan.derived:
            if node in pending:
                continue
            try:
                self.derive(node)
            except NotColumnar:
                self.late.add(node)
                pending = self._pending()
        return pending

    def _pending(self) -> set[int]:
        return set(self.plan.late_plan(frozenset(self.late)).pending) if self.late else set[int]()

    def _leaves(self) -> None:
        planes, plan = self.planes, self.plan
        for group in plan.threshold_groups:
            try:
                group.compute(self.columns[group.column], planes)
            except NotColumnar:
                self.late.update(range(group.first, group.first + len(group.constants)))
        for lookups in plan.lookup_groups:
            try:
                lookups.compute(self.columns[lookups.column], planes, self.errors)
            except NotColumnar:
                self.late.update(range(lookups.first, lookups.first + len(lookups.states)))
        for node in plan.singles:
            try:
                self._leaf(node, plan.nodes[node])
            except NotColumnar:
                self.late.add(node)

    def _leaf(self, node: int, predicate: Predicate) -> None:
        if isinstance(predicate, Constant):
            leaves.write_constant(node, predicate.state, self.planes, self.errors)
        elif isinstance(predicate, Flag):
            leaves.write_flag(node, self.columns[predicate.column], self.planes)
        elif isinstance(predicate, Contains):
            leaves.compute_contains(predicate, node, self.columns[predicate.column], self.planes)
        elif isinstance(predicate, NumericComparison):
            self._compare(node, predicate)
        elif isinstance(predicate, OverLines):
            self._over_lines(node, predicate)
        else:
            raise NotColumnar

    def _compare(self, node: int, predicate: NumericComparison) -> None:
        graph = self.plan.graph
        source = ChunkSource(self.columns, self._planes_of, self.rows, None, self.line_sum)
        left = vectors.evaluate(predicate.left, source, graph)
        right = vectors.evaluate(predicate.right, source, graph)
        with vectors.beyond_numbers():
            if predicate.denominator is None:
                outcomes = vectors.compare(predicate.operator, left, right, self.rows)
            else:
                denominator = vectors.evaluate(predicate.denominator, source, graph)
                outcomes = vectors.compare_ratio(predicate.operator, left, denominator, right, self.rows)
        rest = outcomes.rest
        if rest is not None and rest.any():
            if node in self.plan.required:
                outcomes = self._completed(node, outcomes)
            else:
                self.rests[node] = pack(rest)
        leaves.write_outcomes(node, outcomes, self.rows, self.planes, self.errors)

    def _completed(self, node: int, outcomes: Outcomes) -> Outcomes:
        """With the rows that columns could not say."""
        raise AssertionError("lines have no requirements")  # pragma: no cover

    def derive(self, node: int) -> None:
        parts = self.plan.parts_of_node[node]
        predicate = self.plan.nodes[node]
        if isinstance(predicate, NumericComparison):
            self._compare(node, predicate)
            return
        combine_derived(node, predicate, parts, self.planes, self.errors, self.rows)
        rests = [self.rests[part] for part in parts if part in self.rests]
        if rests:
            self.rests[node] = np.bitwise_or.reduce(rests)

    def condition_planes(self, tree: Node) -> ConditionPlanes:
        """The planes of a condition inside an amount. What was done by rows is not there for every row."""
        node = self.plan.place_of[self.plan.graph.condition(tree)]
        if self.late and self._waited(node):
            raise NotColumnar
        return self._planes_of(tree)

    def _planes_of(self, tree: Node) -> ConditionPlanes:
        node = self.plan.place_of[self.plan.graph.condition(tree)]
        return ConditionPlanes(
            self.planes[node, 0], self.planes[node, 1], self.errors.get(node), self.rests.get(node)
        )

    def _waited(self, node: int) -> bool:
        return node in self.plan.late_plan(frozenset(self.late)).pending

    # --- lines ----------------------------------------------------------------------------------------------------

    def _over_lines(self, node: int, predicate: OverLines) -> None:
        table, lines = self._table(predicate.lines.column)
        selection = select(table, lines.outcomes(predicate.lines.condition))
        outcomes = lines.outcomes(predicate.condition)
        assert outcomes is not None
        found = quantify(table, selection, outcomes, predicate.existential)
        leaves.write_outcomes(node, found, self.rows, self.planes, self.errors)

    def outcomes(self, tree: Node | None) -> Outcomes | None:
        """A condition that was announced, for every row. Raises NotColumnar if some rows are left."""
        if tree is None:
            return None
        found = ChunkSource(self.columns, self.condition_planes, self.rows).condition(tree)
        if found.rest is not None:
            raise NotColumnar
        return found

    def line_sum(self, tree: Node) -> tuple[Vector, Booleans | None]:
        """A sum over the lines of each row; and the rows where it is null, for want of lines."""
        wanted = self.plan.graph.line_sum(tree)
        assert wanted is not None
        place = id(wanted)
        if place not in self._sums:
            table, lines = self._table(wanted.lines.column)
            selection = select(table, lines.outcomes(wanted.lines.condition))
            value = None
            if wanted.value is not None:
                source = ChunkSource(lines.columns, lines.condition_planes, lines.rows)
                value = vectors.evaluate(wanted.value, source, lines.plan.graph)
            with vectors.beyond_numbers():
                self._sums[place] = add_up(table, selection, value)
        found, empty = self._sums[place]
        return found, None if wanted.or_zero else empty

    def _table(self, column: str) -> tuple[LineColumns, _Predicates]:
        """The table of lines of a column, and its predicates."""
        if column not in self._lines:
            child = self.plan.children[column]
            table = LineColumns(column, self.columns, child.schema, child.vocabularies)
            lines = _Predicates(child, table, len(table.owners), column)
            lines.compute()
            self._lines[column] = (table, lines)
        return self._lines[column]


class _Chunk(_Predicates):
    """The evaluation of one chunk."""

    def __init__(self, plan: _BoundPlan, batch: pa.RecordBatch, first: int, wanted: bool) -> None:
        columns = {
            name: ChunkColumn(array, name, plan.vocabularies[name])
            for name, array in zip(batch.schema.names, batch.columns, strict=True)
        }
        super().__init__(plan, columns, batch.num_rows)
        self.batch = batch
        self.first = first
        self.wanted = wanted
        self.by_rows: dict[str, int] = {}

    def evaluate(self) -> _ChunkResult:
        """Predicates, then what is left to rows, then items and amounts."""
        with localcontext(DECIMAL_128):
            pending = self.compute()
            late = frozenset(self.late)
            if late:
                self._by_rows(late, pending)
            return self._items()

    # --- rows -----------------------------------------------------------------------------------------------------

    def _by_rows(self, late: frozenset[int], pending: set[int]) -> None:
        """Late nodes one after the other, each only on the rows that the rest of its items leaves open."""
        users = self.plan.late_plan(late).users
        for node in sorted(late, key=lambda each: (len(users[each]), each)):
            plane = np.zeros(self.words, np.uint64)
            for early, waiting in users[node]:
                settled = (*early, *(part for part in waiting if part not in pending))
                if not settled:
                    plane = all_set(self.rows)
                    break
                plane |= np.bitwise_and.reduce(self.planes[list(settled), 1], axis=0)
            clear_tail(plane, self.rows)
            rows = row_indices(plane, self.rows)
            states = np.zeros(self.rows, np.uint8)
            if len(rows):
                states[rows] = self._states(node, rows)
            # Elsewhere every item that asks is refused already, whatever stands here.
            leaves.write_states(node, states, self.planes, self.errors)
            pending.discard(node)
            for above in self.plan.derived:
                if above in pending and not any(part in pending for part in self.plan.parts_of_node[above]):
                    try:
                        self.derive(above)
                    except NotColumnar:
                        found = self._states(above, np.arange(self.rows))
                        leaves.write_states(above, found, self.planes, self.errors)
                    pending.discard(above)

    MOST_LEFT: Final = 1024
    """With more rows than that left over, a condition waits until others have refused most of them."""

    def _completed(self, node: int, outcomes: Outcomes) -> Outcomes:
        assert outcomes.rest is not None
        rows = np.flatnonzero(outcomes.rest)
        if len(rows) > self.MOST_LEFT:
            raise NotColumnar
        found = self._states(node, rows)
        true, false = outcomes.true.copy(), outcomes.false.copy()
        failed = np.zeros(self.rows, np.bool_) if outcomes.failed is None else outcomes.failed.copy()
        true[rows], false[rows], failed[rows] = found == TRUE, found == FALSE, found == ERROR
        return Outcomes(true, false, failed)

    def _states(self, node: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """The outcome of a late node for some rows."""
        expression = self._expression(node)
        found, calls = expression.states(self.columns, rows)
        self._count_calls(expression, calls)
        return found

    def _expression(self, node: int) -> RowExpression:
        predicate = self.plan.nodes[node]
        return (
            predicate.expression
            if isinstance(predicate, ByRows | Lookup | OverLines)
            else self.plan.expression_of(node)
        )

    def _count_calls(self, expression: RowExpression, calls: int) -> None:
        text = expression.text
        self.by_rows[text] = self.by_rows.get(text, 0) + calls

    # --- items ----------------------------------------------------------------------------------------------------

    def _items(self) -> _ChunkResult:
        plan, rows = self.plan, self.rows
        counts = np.zeros((plan.item_count, 3), np.int64)
        outcomes = np.empty((plan.item_count, 2, self.words), np.uint64) if self.wanted else None
        failures: Errors = {}
        sums: dict[int, _AmountSums] = {}
        amounts: dict[int, ItemAmounts] = {}
        ways = ChunkAmounts(
            plan.graph, self.columns, self.condition_planes, rows, self._count_calls, self.line_sum
        )
        most = max((len(block.items) for block in plan.blocks), default=0)
        held = BUFFERS.array("held", most, 2, self.words)
        next_ = BUFFERS.array("next", most, 2, self.words)
        with_errors = {item for node in self.errors for item in plan.items_of(node)}
        for block in plan.blocks:
            size = len(block.items)
            combined, more = held[:size], next_[:size]
            np.take(self.planes, block.nodes[0], axis=0, out=combined, mode="clip")
            for nodes in block.nodes[1:]:
                np.take(self.planes, nodes, axis=0, out=more, mode="clip")
                np.bitwise_and(combined, more, out=combined)
            clear_tail(combined, rows)
            counts[block.items, :2] = count_bits(combined)
            if outcomes is not None:
                outcomes[block.items] = combined
            if with_errors:
                for place, item in enumerate(block.items.tolist()):
                    if item in with_errors:
                        failed = self._failures(item, combined[place, 0], combined[place, 1])
                        if failed is not None:
                            failures[item] = failed
                            counts[item, 2] = count_bits(failed)
            for place, item, amount in block.amounts:
                rows_due = self._due(combined[place], failures.get(item))
                if len(rows_due):
                    found = self._amounts(ways, amount, rows_due)
                    sums[item] = _sums(found, unpack(combined[place, 0], rows).take(rows_due))
                    if self.wanted:
                        amounts[item] = found
        kept = None
        if outcomes is not None:
            kept = ChunkOutcomes(
                self.first,
                rows,
                self.batch,
                outcomes[:, 0],
                outcomes[:, 1],
                failures,
                plan.constants,
                amounts,
            )
        return _ChunkResult(rows, counts, sums, self.by_rows, kept)

    def _amounts(self, ways: ChunkAmounts, amount: AmountPlan, rows: npt.NDArray[np.int64]) -> ItemAmounts:
        """The amounts of some rows."""
        return ways.amounts(amount, rows)

    def _due(self, combined: Words, failed: Words | None) -> npt.NDArray[np.int64]:
        """The rows of an item that are entitled or undecided."""
        return row_indices(combined[1] if failed is None else combined[1] & ~failed, self.rows)

    def _failures(self, item: int, true: Words, open_: Words) -> Words | None:
        """The rows of an item that are errors: open, not true, and no part unknown."""
        parts = self.plan.parts[item]
        failed = open_ & ~true
        for part in parts:
            unknown = self.planes[part, 1] & ~self.planes[part, 0]
            if part in self.errors:
                unknown &= ~self.errors[part]
            failed &= ~unknown
        return failed if failed.any() else None


def _sums(found: ItemAmounts, certain: npt.NDArray[np.bool_]) -> _AmountSums:
    """The sums of amounts; `certain` says which of their rows are entitled."""
    sums = _AmountSums(_total(found.fen[certain]), _total(found.fen))
    if found.state.any():
        unknown, wrong = found.state == AMOUNT_UNKNOWN, found.state == AMOUNT_FAILED
        sums.unknown_entitled = int(np.count_nonzero(unknown & certain))
        sums.unknown_undecided = int(np.count_nonzero(unknown & ~certain))
        sums.failed_entitled = int(np.count_nonzero(wrong & certain))
        sums.failed_undecided = int(np.count_nonzero(wrong & ~certain))
    return sums


def _total(fen: npt.NDArray[Any]) -> int:
    """The exact sum of amounts, none of which is negative."""
    if not len(fen):
        return 0
    if fen.dtype == object or int(fen.max()) * len(fen) >= 2**63:
        return int(sum(fen.tolist()))
    return int(fen.sum())
