"""What conditions say, as sets: proofs that one never holds, always holds, implies or contradicts another.

A condition is taken apart into `and`, `or`, `not`, `if` and atoms. An atom compares one thing (a fact, or anything
computed from facts) with values written out; these values cut all values of that thing into cells within which no atom
changes its mind, and each atom is known by its answer to one sample of each cell, got from the evaluator itself.

The cells of all things together are a grid, and a condition is the set of grid points at which it is true: an integer
with one bit a point. What is not understood is a thing of its own that may be true or false, and things are taken as
independent. The grid therefore holds every case that can occur and some that cannot: "never", "always" and "implies"
are proven when found, and nothing else is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import Any

from yingshang.rules.dmn.regions import build_axis
from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.functions import find_builtin
from yingshang.rules.feel.functions.conversion import text_of
from yingshang.rules.feel.syntax import Literal, Name, Node, UnaryTest, UnaryTests, walk
from yingshang.rules.feel.temporal import Date, DaysDuration, MonthsDuration
from yingshang.rules.policy.catalogue import Fact, FactCatalogue
from yingshang.rules.policy.lint.view import is_constant
from yingshang.rules.policy.resolve import map_children

LARGEST_GRID = 20_000
"""Grids with more points are not looked at."""

_THING = "§"
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_SCALARS = (Decimal, str, bool, Date, DaysDuration, MonthsDuration)


@dataclass(frozen=True, slots=True)
class Atom:
    """`test`, an expression over `§`, asked of `subject`."""

    subject: Node
    test: Node


@dataclass(frozen=True, slots=True)
class Constant:
    value: bool


@dataclass(frozen=True, slots=True)
class AtLeastOf:
    """At least `count` of the parts hold; `count` of all of them is "and", of one is "or"."""

    count: int
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Opposite:
    part: Formula


Formula = Atom | Constant | AtLeastOf | Opposite


def conjunction(parts: Sequence[Formula]) -> Formula:
    """All of the parts."""
    return parts[0] if len(parts) == 1 else AtLeastOf(len(parts), tuple(parts))


def disjunction(parts: Sequence[Formula]) -> Formula:
    """Any of the parts."""
    return parts[0] if len(parts) == 1 else AtLeastOf(1, tuple(parts))


# --- from expressions to formulas ---------------------------------------------------------------------------------


def formula_of(tree: Node, catalogue: FactCatalogue | None = None) -> Formula:
    """What a resolved condition says."""
    folded = _fold(tree)
    return _boolean(folded, catalogue)


def _boolean(node: Node, catalogue: FactCatalogue | None) -> Formula:
    if isinstance(node, Literal) and isinstance(node.value, bool):
        return Constant(node.value)
    if isinstance(node, syntax.And | syntax.Or):
        parts = tuple(_boolean(each, catalogue) for each in node.operands)
        return conjunction(parts) if isinstance(node, syntax.And) else disjunction(parts)
    if _is_call(node, "not") and isinstance(node, syntax.Call) and len(node.arguments) == 1:
        return Opposite(_boolean(node.arguments[0], catalogue))
    if isinstance(node, syntax.If):
        condition = _boolean(node.condition, catalogue)
        then, otherwise = _boolean(node.then, catalogue), _boolean(node.otherwise, catalogue)
        return disjunction((conjunction((condition, then)), conjunction((Opposite(condition), otherwise))))
    return _atom(node, catalogue)


def _atom(node: Node, catalogue: FactCatalogue | None) -> Formula:
    found: tuple[Node, Node] | None = None
    if isinstance(node, syntax.Comparison):
        found = _comparison(node)
    elif isinstance(node, syntax.Between) and is_constant(node.low) and is_constant(node.high):
        found = node.value, syntax.Between(Name(_THING), node.low, node.high)
    elif isinstance(node, syntax.In) and all(is_constant(each) for each in node.tests):
        found = node.value, syntax.In(Name(_THING), node.tests)
    elif _is_call(node, "list contains") and isinstance(node, syntax.Call) and len(node.arguments) == 2:
        options, value = node.arguments
        if is_constant(options) and not is_constant(value):
            found = value, syntax.Call(node.function, (options, Name(_THING)))
    if found is not None and not is_constant(found[0]) and _literals(found[1]) is not None:
        return Atom(*found)
    column = _only_column(node)
    fact = catalogue.find(column) if catalogue and column else None
    if column is not None and fact is not None and fact.type == "string" and fact.values:
        return Atom(Name(column), _replace(node, Name(column)))
    return Atom(node, Name(_THING))


def _comparison(node: syntax.Comparison) -> tuple[Node, Node]:
    left, right = node.left, node.right
    if is_constant(right):
        return left, syntax.Comparison(node.operator, Name(_THING), right)
    if is_constant(left):
        return right, syntax.Comparison(_FLIPPED[node.operator], Name(_THING), left)
    # Two things: what counts is which of them is greater.
    operator = node.operator
    if repr(left) > repr(right):
        left, right, operator = right, left, _FLIPPED[operator]
    pair = syntax.Comparison("?", left, right)
    return pair, syntax.Comparison(operator, Name(_THING), Literal(Decimal(0)))


def _literals(test: Node) -> list[Any] | None:
    """The values a test compares with, None if one is of a kind that is not ordered into cells."""
    values = [each.value for each in walk(test) if isinstance(each, Literal)]
    return values if all(isinstance(each, _SCALARS) for each in values) else None


def _only_column(node: Node) -> str | None:
    names = {each.name for each in walk(node) if isinstance(each, Name) and not _is_function(each.name)}
    plain = not any(
        isinstance(each, syntax.Filter | syntax.For | syntax.Quantified | syntax.FunctionDefinition)
        for each in walk(node)
    )
    return names.pop() if len(names) == 1 and plain else None


def _is_function(name: str) -> bool:
    return find_builtin(name) is not None and name not in ("today", "now")


def _is_call(node: Node, name: str) -> bool:
    return isinstance(node, syntax.Call) and node.function == Name(name)


def _replace(node: Node, what: Node) -> Node:
    return Name(_THING) if node == what else map_children(node, lambda each: _replace(each, what))


# What is worked out if it is constant; what is not an expression by itself (a loop's head, a table's column) is not.
_WORKED_OUT = (
    syntax.Arithmetic,
    syntax.Negate,
    syntax.Call,
    syntax.Comparison,
    syntax.Between,
    syntax.In,
    syntax.If,
    syntax.And,
    syntax.Or,
)
_LEFT_ALONE = (Literal, Name, syntax.TypeName, syntax.For, syntax.Quantified, syntax.FunctionDefinition)


@lru_cache(maxsize=65_536)
def _fold(node: Node) -> Node:
    """`node` with everything constant worked out, as far as it is a plain value."""
    if isinstance(node, _LEFT_ALONE) or node.__class__.__module__ != syntax.__name__:
        return node
    if isinstance(node, _WORKED_OUT) and is_constant(node):
        value = compile_expression(node, Mode.POLICY)(Scope({}))
        if isinstance(value, _SCALARS):
            return Literal(value)
    return map_children(node, _fold)


# --- things and their cells ---------------------------------------------------------------------------------------


def atoms_of(formula: Formula) -> Iterator[Atom]:
    """Every atom of a formula."""
    if isinstance(formula, Atom):
        yield formula
    elif isinstance(formula, Opposite):
        yield from atoms_of(formula.part)
    elif isinstance(formula, AtLeastOf):
        for each in formula.parts:
            yield from atoms_of(each)


def subjects_of(formula: Formula) -> set[Node]:
    """The things a formula is about."""
    return {each.subject for each in atoms_of(formula)}


def samples_of(subject: Node, tests: Sequence[Node], catalogue: FactCatalogue | None) -> list[Any] | None:
    """One value of each cell that the tests cut the values of a thing into; None if that cannot be done."""
    fact = _declared(subject, catalogue)
    if fact is not None and fact.type == "string" and fact.values:
        return list(fact.values)
    points: list[Any] = []
    for test in tests:
        if isinstance(test, Name):
            # A thing that is true or false itself.
            points.append(True)
        found = _literals(test)
        if found is None:
            return None
        points.extend(found)
    if not points:
        return None
    domain, whole = _domain(subject, fact)
    points.extend(each.operand.value for each in domain if isinstance(each.operand, Literal))
    axis = build_axis(
        [UnaryTests((UnaryTest("=", Literal(each)),)) for each in dict.fromkeys(points)],
        domain=[UnaryTests((each,)) for each in domain],
        whole=whole,
    )
    return [each.sample for each in axis.pieces if each.gap and each.overlap] if axis else None


def _declared(subject: Node, catalogue: FactCatalogue | None) -> Fact | None:
    """What is declared of a thing: a fact, or a field of a line."""
    if catalogue is None:
        return None
    if isinstance(subject, Name):
        return catalogue.find(subject.name)
    if isinstance(subject, syntax.Path) and isinstance(subject.source, Name):
        return catalogue.certain_fields.get(subject.name)
    return None


def _domain(subject: Node, fact: Fact | None) -> tuple[list[UnaryTest], bool]:
    """What is known of the numbers a thing can be, and whether they are whole."""
    if isinstance(subject, syntax.Call) and subject.function == Name("count"):
        return [UnaryTest(">=", Literal(Decimal(0)))], True
    if fact is None or fact.type != "number":
        return [], False
    limits = [(">=", fact.minimum), ("<=", fact.maximum)]
    tests = [UnaryTest(operator, Literal(limit)) for operator, limit in limits if limit is not None]
    return tests, fact.decimals == 0


class TooLarge(Exception):
    """The grid has too many points."""


class Grid:
    """The cells of everything some formulas are about, and the formulas as sets of grid points."""

    def __init__(self, formulas: Iterable[Formula], catalogue: FactCatalogue | None) -> None:
        tests: dict[Node, dict[Node, None]] = {}
        for formula in formulas:
            for atom in atoms_of(formula):
                tests.setdefault(atom.subject, {})[atom.test] = None
        self.catalogue = catalogue
        self.things: list[Node] = []
        self.cells: list[list[Any]] = []
        self._tables: dict[Atom, list[bool | None]] = {}
        self.size = 1
        for subject, asked in tests.items():
            cells, answers = _cells(subject, tuple(asked), catalogue)
            self.size *= max(len(cells), 1)
            if self.size > LARGEST_GRID:
                raise TooLarge
            self.things.append(subject)
            self.cells.append(cells)
            for test, row in zip(asked, answers, strict=True):
                self._tables[Atom(subject, test)] = row
        self.everything = (1 << self.size) - 1
        self._strides: dict[Node, tuple[int, int]] = {}
        stride = 1
        for subject, cells in zip(self.things, self.cells, strict=True):
            self._strides[subject] = stride, len(cells)
            stride *= len(cells)
        self._planes: dict[Formula, tuple[int, int]] = {}

    def planes(self, formula: Formula) -> tuple[int, int]:
        """The points where a formula is true, and those where it is false; at others it has no meaning."""
        found = self._planes.get(formula)
        if found is None:
            found = self._planes[formula] = self._work_out(formula)
        return found

    def _work_out(self, formula: Formula) -> tuple[int, int]:
        if isinstance(formula, Constant):
            return (self.everything, 0) if formula.value else (0, self.everything)
        if isinstance(formula, Atom):
            row = self._tables[formula]
            return self._spread(formula.subject, row, True), self._spread(formula.subject, row, False)
        if isinstance(formula, Opposite):
            true, false = self.planes(formula.part)
            return false, true
        planes = [self.planes(each) for each in formula.parts]
        count = len(planes)
        return (
            self._at_least(formula.count, [true for true, _ in planes]),
            self._at_least(count - formula.count + 1, [false for _, false in planes]),
        )

    def _at_least(self, needed: int, planes: list[int]) -> int:
        """The points that lie in at least `needed` of the sets."""
        if needed > len(planes):
            return 0
        reached = [self.everything] + [0] * needed
        for plane in planes:
            for count in range(needed, 0, -1):
                reached[count] |= reached[count - 1] & plane
        return reached[needed]

    def _spread(self, subject: Node, row: list[bool | None], wanted: bool) -> int:
        stride, length = self._strides[subject]
        block = 0
        for index, value in enumerate(row):
            if value is wanted:
                block |= ((1 << stride) - 1) << (index * stride)
        period = stride * length
        # The block repeated to the end: a geometric series of shifts.
        return block * (((1 << self.size) - 1) // ((1 << period) - 1))

    # --- what can be asked ---

    def has_meaning(self, formula: Formula) -> bool:
        """Whether a formula is true or false everywhere (else a comparison in it makes no sense)."""
        true, false = self.planes(formula)
        return true | false == self.everything

    def never(self, formula: Formula) -> bool:
        """Whether a formula is false everywhere."""
        return self.planes(formula)[1] == self.everything

    def always(self, formula: Formula) -> bool:
        """Whether a formula is true everywhere."""
        return self.planes(formula)[0] == self.everything

    def together(self, formulas: Sequence[Formula]) -> int:
        """The points where none of the formulas is false."""
        points = self.everything
        for each in formulas:
            points &= ~self.planes(each)[1]
        return points

    def implies(self, one: Formula, other: Formula) -> bool:
        """Whether the other holds wherever one holds (and one holds somewhere)."""
        true = self.planes(one)[0]
        return true != 0 and true & ~self.planes(other)[0] == 0

    def example(self, points: int) -> dict[Node, Any]:
        """One point as values of the things."""
        index = (points & -points).bit_length() - 1
        found = {}
        for subject, cells in zip(self.things, self.cells, strict=True):
            stride, length = self._strides[subject]
            found[subject] = cells[index // stride % length]
        return found


@lru_cache(maxsize=16_384)
def _evaluation(test: Node) -> Any:
    return compile_expression(test, Mode.POLICY)


_CELLS: dict[
    tuple[int, Node, tuple[Node, ...]], tuple[FactCatalogue | None, list[Any], list[list[bool | None]]]
] = {}


def _cells(
    subject: Node, tests: tuple[Node, ...], catalogue: FactCatalogue | None
) -> tuple[list[Any], list[list[bool | None]]]:
    """The cells of a thing, those that no test tells apart taken as one, and the answer of each test to each."""
    key = (id(catalogue), subject, tests)
    known = _CELLS.get(key)
    if known is not None and known[0] is catalogue:
        return known[1], known[2]
    if len(_CELLS) > 50_000:
        _CELLS.clear()
    samples = samples_of(subject, tests, catalogue)
    if not samples:
        # Nothing is known of it: each test may be true or false, whatever the others.
        if len(tests) > 8:
            raise TooLarge
        combinations = list(product((True, False), repeat=len(tests)))
        free: list[list[bool | None]] = [
            [each[index] for each in combinations] for index in range(len(tests))
        ]
        _CELLS[key] = (catalogue, [None] * len(combinations), free)
        return _CELLS[key][1], free
    evaluations = [_evaluation(each) for each in tests]
    distinct: dict[tuple[bool | None, ...], Any] = {}
    for sample in samples:
        scope = Scope({_THING: sample})
        answers = tuple(
            value if isinstance(value, bool) else None for value in (each(scope) for each in evaluations)
        )
        distinct.setdefault(answers, sample)
    cells = list(distinct.values())
    rows = [[signature[index] for signature in distinct] for index in range(len(tests))]
    _CELLS[key] = (catalogue, cells, rows)
    return cells, rows


def grid_of(formulas: Iterable[Formula], catalogue: FactCatalogue | None) -> Grid | None:
    """The grid of some formulas; None if it cannot be made or would be too large."""
    try:
        return Grid(formulas, catalogue)
    except TooLarge:
        return None


def example_text(example: Mapping[Node, Any], name_of: Any) -> str:
    """An example in words: `emp.total = 5, ent.size = "小型"`. Things without a name or a value are left out."""
    return ", ".join(
        f"{name_of(subject)} = {value_text(value)}"
        for subject, value in example.items()
        if isinstance(subject, Name) and value is not None
    )


def value_text(value: Any) -> str:
    """A value as FEEL writes it."""
    return text_of(value)


__all__ = [
    "AtLeastOf",
    "Atom",
    "Constant",
    "Formula",
    "Grid",
    "Opposite",
    "atoms_of",
    "conjunction",
    "disjunction",
    "example_text",
    "formula_of",
    "grid_of",
    "samples_of",
    "subjects_of",
    "value_text",
]
