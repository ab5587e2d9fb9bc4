"""Conditions and sums over lists of contexts (loans, hires), as columns of lines.

All lines of a chunk, one after another, are a table of their own: each field a column `loans[].sum`, each fact of the
subject that is mentioned a column `^ent.size`, repeated for each of its lines. What `some`, `every`, a filter or `for`
asks of one line is a predicate or a number over that table, computed like any other; what they make of all lines of a
subject is counted and summed by subject.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.rules.columns.arrays import LARGEST, ChunkColumn, NotColumnar, Vocabulary
from yingshang.rules.columns.planes import Booleans
from yingshang.rules.columns.vectors import Outcomes, Vector, decimals
from yingshang.rules.feel import syntax
from yingshang.rules.feel.syntax import Node


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a column for which `condition`, over the table of lines, is true; all lines if None."""

    column: str
    condition: Node | None


@dataclass(frozen=True, slots=True)
class LineSum:
    """The sum of `value` over lines, or how many there are if it is None. `or_zero`: 0 of no lines, else null."""

    lines: Lines
    value: Node | None
    or_zero: bool


class _NotLines(Exception):
    """The tree does something with lines that this form cannot say."""


# --- trees over one line ------------------------------------------------------------------------------------------

_BINDERS = (syntax.For, syntax.Quantified, syntax.FunctionDefinition, syntax.Filter, syntax.ContextLiteral)


def field_column(column: str, field: str) -> str:
    """The column of a field in the table of lines."""
    return f"{column}[].{field}"


def outer_column(name: str) -> str:
    """The column of a fact of the subject in the table of lines."""
    return f"^{name}"


def line_schema(column: str, schema: pa.Schema) -> pa.Schema:
    """The table of lines of a column: its fields, and every other column of the table."""
    own = [
        pa.field(field_column(column, each.name), each.type) for each in schema.field(column).type.value_type
    ]
    return pa.schema([*own, *(pa.field(outer_column(each.name), each.type) for each in schema)])


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns a tree over one line into one over the table of lines.

    The line is called `variable`; in a filter its fields can also be named without it.
    """

    column: str
    fields: frozenset[str]
    variable: str
    bare_fields: bool
    outer: frozenset[str]

    def read(self, node: Node) -> Node:
        """The tree over the table of lines. Raises _NotLines."""
        if isinstance(node, syntax.Path) and node.source == syntax.Name(self.variable):
            return syntax.Name(field_column(self.column, node.name))
        if isinstance(node, syntax.Name):
            if self.bare_fields and node.name in self.fields:
                return syntax.Name(field_column(self.column, node.name))
            if node.name in (self.variable, "item", "partial"):
                raise _NotLines
            return syntax.Name(outer_column(node.name)) if node.name in self.outer else node
        if isinstance(node, _BINDERS):
            raise _NotLines
        return rebuilt(node, self.read)


def rebuilt(node: Node, change: Any) -> Node:
    """The node with `change` applied to each node directly below it."""

    def changed(value: Any) -> Any:
        if isinstance(value, Node):
            return change(value)
        return tuple(changed(each) for each in value) if isinstance(value, tuple) else value

    found = {
        each.name: changed(getattr(node, each.name))
        for each in fields(node)
        if each.name not in ("start", "end")
    }
    return replace(node, **found)


def applied(node: Node) -> Node:
    """The tree with each call of a function written in place, `(function(x) x.sum > 5)(loan)`, replaced by its body.

    Only where that cannot change what a name means: neither arguments nor the body bind anything.
    """
    node = rebuilt(node, applied)
    if (
        not (isinstance(node, syntax.Call) and isinstance(node.function, syntax.FunctionDefinition))
        or node.named
    ):
        return node
    parameters, body = node.function.parameters, node.function.body
    if len(parameters) != len(node.arguments) or any(kind is not None for _, kind in parameters):
        return node
    if any(isinstance(each, _BINDERS) for part in (body, *node.arguments) for each in syntax.walk(part)):
        return node
    meaning = {name: argument for (name, _), argument in zip(parameters, node.arguments, strict=True)}

    def substituted(each: Node) -> Node:
        if isinstance(each, syntax.Name):
            return meaning.get(each.name, each)
        return rebuilt(each, substituted)

    return substituted(body)


class LineReader:
    """Recognises conditions and sums over the lists of contexts of a table."""

    def __init__(self, schema: pa.Schema) -> None:
        self._outer = frozenset(schema.names)
        self._fields = {
            each.name: frozenset(field.name for field in each.type.value_type)
            for each in schema
            if pa.types.is_list(each.type) and pa.types.is_struct(each.type.value_type)
        }

    def quantified(self, tree: syntax.Quantified) -> tuple[Lines, Node] | None:
        """The lines gone through, and the condition on each."""
        if len(tree.iterators) != 1 or tree.iterators[0].upto is not None:
            return None
        return self._each(tree.iterators[0], tree.condition)

    def line_sum(self, tree: Node) -> LineSum | None:
        """`count(lines)`, `sum(lines.field)`, `sum(for line in lines return …)`, or `sum` of 0 and that."""
        if (
            not (isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name))
            or len(tree.arguments) != 1
        ):
            return None
        name, operand = tree.function.name, tree.arguments[0]
        if tree.named or name in self._outer:
            return None
        if name == "count":
            lines = self._lines(operand) if isinstance(operand, syntax.Filter) else None
            return LineSum(lines, None, True) if lines else None
        if name != "sum":
            return None
        or_zero = False
        if (
            isinstance(operand, syntax.Call)
            and operand.function == syntax.Name("concatenate")
            and len(operand.arguments) == 2
            and operand.arguments[0] == _ZERO
        ):
            or_zero, operand = True, operand.arguments[1]
        if (
            isinstance(operand, syntax.For)
            and len(operand.iterators) == 1
            and operand.iterators[0].upto is None
        ):
            found = self._each(operand.iterators[0], operand.result)
            return LineSum(found[0], found[1], or_zero) if found else None
        if isinstance(operand, syntax.Path):
            lines = self._lines(operand.source)
            if lines is not None:
                return LineSum(lines, syntax.Name(field_column(lines.column, operand.name)), or_zero)
        return None

    def _each(self, iterator: syntax.Iterator_, tree: Node) -> tuple[Lines, Node] | None:
        lines = self._lines(iterator.source)
        if lines is None or iterator.name in ("item", "partial"):
            return None
        own = self._fields[lines.column]
        reader = _Reader(lines.column, own, iterator.name, False, self._outer - {iterator.name})
        try:
            return lines, reader.read(applied(tree))
        except _NotLines:
            return None

    def _lines(self, source: Node) -> Lines | None:
        if isinstance(source, syntax.Name) and source.name in self._fields:
            return Lines(source.name, None)
        if not (isinstance(source, syntax.Filter) and isinstance(source.source, syntax.Name)):
            return None
        column = source.source.name
        if column not in self._fields:
            return None
        reader = _Reader(column, self._fields[column], "item", True, self._outer)
        try:
            return Lines(column, reader.read(applied(source.condition)))
        except _NotLines:
            return None


_ZERO = syntax.ListLiteral((syntax.Literal(Decimal(0)),))


# --- the table of lines of a chunk --------------------------------------------------------------------------------


class LineColumns(Mapping[str, ChunkColumn]):
    """The table of lines of one column of a chunk; columns are made when they are asked for.

    `owners`: int64 [lines], the row each line belongs to, ascending.
    """

    def __init__(
        self,
        name: str,
        columns: Mapping[str, ChunkColumn],
        schema: pa.Schema,
        vocabularies: Mapping[str, Vocabulary],
    ) -> None:
        array = columns[name].array
        self.rows = len(array)
        self.valid = columns[name].valid()
        offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + self.rows + 1]
        if not len(offsets):
            offsets = np.zeros(1, np.int32)
        self._structs = array.values.slice(int(offsets[0]), int(offsets[-1] - offsets[0]))
        if self._structs.null_count:
            # A line of which nothing is known, not even whether it is a context.
            raise NotColumnar
        self.starts = (offsets[:-1] - offsets[0]).astype(np.int64)
        self.ends = (offsets[1:] - offsets[0]).astype(np.int64)
        self.owners = np.repeat(np.arange(self.rows), self.ends - self.starts)
        self._name = name
        self._outer = columns
        self._schema = schema
        self._vocabularies = vocabularies
        self._made: dict[str, ChunkColumn] = {}

    def __getitem__(self, name: str) -> ChunkColumn:
        found = self._made.get(name)
        if found is None:
            if name.startswith("^"):
                array = self._outer[name[1:]].array.take(pa.array(self.owners))
            else:
                array = self._structs.field(name[len(self._name) + 3 :])
            found = self._made[name] = ChunkColumn(array, name, self._vocabularies[name])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._schema.names)

    def __len__(self) -> int:
        return len(self._schema.names)

    def any(self, lines: Booleans) -> Booleans:
        """bool [rows]: whether a row has one of these lines."""
        found = np.zeros(self.rows, np.bool_)
        found[self.owners[lines]] = True
        return found

    def totals(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """int64 [rows]: the sum over the lines of each row."""
        running = np.concatenate((np.zeros(1, np.int64), np.cumsum(values)))
        totals: npt.NDArray[np.int64] = running[self.ends] - running[self.starts]
        return totals


@dataclass(frozen=True, slots=True)
class Selection:
    """The lines that a filter keeps, bool [lines], and the rows where it is not known which, bool [rows]."""

    lines: Booleans
    undecided: Booleans


def select(table: LineColumns, outcomes: Outcomes | None) -> Selection:
    """What a filter keeps. Raises NotColumnar where it fails: null and failure differ there."""
    if outcomes is None:
        return Selection(np.ones(len(table.owners), np.bool_), np.zeros(table.rows, np.bool_))
    if outcomes.failed is not None and outcomes.failed.any():
        raise NotColumnar
    return Selection(outcomes.true, table.any(~(outcomes.true | outcomes.false)))


def quantify(table: LineColumns, selection: Selection, outcomes: Outcomes, existential: bool) -> Outcomes:
    """`some` or `every` line of each row."""
    kept = selection.lines
    undecided = ~(outcomes.true | outcomes.false)
    failed = None
    if outcomes.failed is not None:
        undecided &= ~outcomes.failed
        failed = table.any(outcomes.failed & kept)
    known = ~selection.undecided if table.valid is None else table.valid & ~selection.undecided
    deciding = table.any((outcomes.true if existential else outcomes.false) & kept) & known
    settled = known & ~deciding & ~table.any(undecided & kept)
    if failed is not None:
        failed = failed & settled
        settled = settled & ~failed
    return Outcomes(deciding, settled, failed) if existential else Outcomes(settled, deciding, failed)


def add_up(table: LineColumns, selection: Selection, value: Vector | None) -> tuple[Vector, Booleans]:
    """The sum of each row, or how many lines are kept; and the rows that keep none."""
    kept = selection.lines
    counts = table.totals(kept.astype(np.int64))
    known = ~selection.undecided if table.valid is None else table.valid & ~selection.undecided
    empty = (counts == 0) & known
    if value is None:
        bound = int(counts.max(initial=0))
        return Vector(np.where(known, counts, 0), 0, bound, None if known.all() else known), empty
    failed = rest = None
    if value.failed is not None:
        failed = table.any(value.failed & kept) & known
    if value.known is not None:
        known = known & ~table.any(~value.known & kept)
    if value.rest is not None:
        rest = table.any(value.rest & kept) & known
    every_known = None if known.all() else known
    # The running total may overflow and come back: its differences are exact all the same.
    if value.wide or value.bound * max(int(counts.max(initial=0)), 1) >= LARGEST:
        wide = _decimal_totals(table, kept & known[table.owners], value)
        return Vector(wide, 0, 0, every_known, failed, rest, wide=True), empty
    values = np.where(kept, value.values, 0)
    totals = np.where(known, table.totals(values), 0)
    bound = int(np.abs(totals).max(initial=0))
    return Vector(totals, value.scale, bound, every_known, failed, rest), empty


def _decimal_totals(table: LineColumns, kept: Booleans, value: Vector) -> npt.NDArray[Any]:
    """object [rows]: the sums one line after another, as `sum` does it."""
    totals = [Decimal(0)] * table.rows
    lines = np.flatnonzero(kept)
    numbers = np.broadcast_to(np.asarray(decimals(value), object), kept.shape)[lines]
    for owner, each in zip(table.owners[lines].tolist(), numbers.tolist(), strict=True):
        totals[owner] += each
    found = np.empty(table.rows, object)
    found[:] = totals
    return found
