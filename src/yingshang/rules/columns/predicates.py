"""From requirements to a graph of distinct predicates.

Each node is one condition for every row. Leaves read columns; the others combine nodes. Equal conditions of different
items become the same node. The order is topological: a node stands after its parts.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, Final

import pyarrow as pa

from yingshang.rules.columns import vectors
from yingshang.rules.columns.arrays import kind_of_type
from yingshang.rules.columns.lines import LineReader, Lines, LineSum, line_schema
from yingshang.rules.columns.rows import ERROR, FALSE, TRUE, RowExpression, names_in, state_of
from yingshang.rules.dmn.table import DecisionTable, TableRule
from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Mode, evaluate
from yingshang.rules.feel.functions import Environment, find_builtin
from yingshang.rules.feel.syntax import Node
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.requirement import All, AtLeast, Condition, Not, Requirement

# --- the nodes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """The same outcome for every row."""

    state: int


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean column as it is."""

    column: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number or date column beside a constant: `>=`, `>` or `=`, or the contrary if negated."""

    column: str
    operator: str
    constant: Any
    negated: bool


@dataclass(frozen=True, slots=True)
class Lookup:
    """Any condition on one column with few distinct values: asked of the row evaluator once a value."""

    column: str
    expression: RowExpression


@dataclass(frozen=True, slots=True)
class Contains:
    """Whether a column of lists of strings has a string."""

    column: str
    text: str


@dataclass(frozen=True, slots=True)
class NumericComparison:
    """`left operator right`, or `left / denominator operator right`, over numeric expressions of columns.

    `conditions`: the nodes of the conditions inside them, which have to be there first.
    """

    operator: str
    left: Node
    right: Node
    denominator: Node | None = None
    conditions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OverLines:
    """`some` or `every` line of a list of contexts satisfies a condition over the table of lines."""

    lines: Lines
    condition: Node
    existential: bool
    expression: RowExpression


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AtLeastOf:
    count: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contrary:
    part: int


@dataclass(frozen=True, slots=True)
class Choice:
    """`if condition then … else …` between conditions."""

    condition: int
    then: int
    otherwise: int


@dataclass(frozen=True, slots=True)
class ByRows:
    """A condition that only the row evaluator can decide."""

    expression: RowExpression


Predicate = (
    Constant
    | Flag
    | Threshold
    | Lookup
    | Contains
    | NumericComparison
    | OverLines
    | AllOf
    | AtLeastOf
    | Contrary
    | Choice
    | ByRows
)

_MIRRORED: Final = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
# The base comparison and whether it is negated. `x < c` is the contrary of `x >= c`.
_BASES: Final = {
    ">=": (">=", False),
    ">": (">", False),
    "<": (">=", True),
    "<=": (">", True),
    "=": ("=", False),
    "!=": ("=", True),
}
_BOUND_NAMES: Final = frozenset({"item", "partial", "?"})
_MOMENT_FUNCTIONS: Final = frozenset({"now", "today"})
_WIDE: Final = Context(prec=200)


def parts_of(predicate: Predicate) -> tuple[int, ...]:
    """The nodes a node combines."""
    if isinstance(predicate, AllOf | AtLeastOf):
        return predicate.parts
    if isinstance(predicate, Contrary):
        return (predicate.part,)
    if isinstance(predicate, Choice):
        return (predicate.condition, predicate.then, predicate.otherwise)
    if isinstance(predicate, NumericComparison):
        return predicate.conditions
    return ()


def tree_of(predicate: Predicate) -> Node:
    """A leaf as an expression again."""
    if isinstance(predicate, Threshold):
        operator = next(
            written for written, base in _BASES.items() if base == (predicate.operator, predicate.negated)
        )
        return syntax.Comparison(operator, syntax.Name(predicate.column), syntax.Literal(predicate.constant))
    if isinstance(predicate, NumericComparison):
        left = predicate.left
        if predicate.denominator is not None:
            left = syntax.Arithmetic("/", left, predicate.denominator)
        return syntax.Comparison(predicate.operator, left, predicate.right)
    if isinstance(predicate, Contains):
        return syntax.In(syntax.Literal(predicate.text), (syntax.Name(predicate.column),))
    assert isinstance(predicate, Lookup | ByRows | OverLines), predicate
    return predicate.expression.tree


class PredicateGraph:
    """The distinct predicates of a set of programs over a table."""

    def __init__(self, schema: pa.Schema, environment: Environment | None = None) -> None:
        self.schema = schema
        self.kinds: Mapping[str, str] = {field.name: kind_of_type(field.type) for field in schema}
        self.children: dict[str, PredicateGraph] = {}
        self._reader = LineReader(schema)
        self._sums: dict[int, tuple[Node, LineSum | None]] = {}
        self.environment = environment
        self.nodes: list[Predicate] = []
        self._places: dict[str, int] = {}
        self._constants: dict[int, tuple[Node, Any]] = {}
        self._trees: dict[int, tuple[Node, int]] = {}
        self._tables: dict[int, tuple[DecisionTable, list[Node | None] | None]] = {}

    # --- what vectors.py asks about columns -----------------------------------------------------------------------

    def is_number(self, name: str) -> bool:
        if name not in self.kinds:
            # A column that is not there is unknown for everyone, which a number can be.
            return find_builtin(name) is None and name not in _BOUND_NAMES
        return self.kinds[name] in ("integer", "float")

    def is_list(self, name: str) -> bool:
        return self.kinds.get(name) in ("list", "texts")

    def announce(self, tree: Node) -> bool:
        """Computes a condition in columns for an `if` between numbers; False if that cannot be."""
        return not self.needs_rows(self.condition(tree))

    def adds_lines(self, tree: Node) -> bool:
        """Whether a tree is a sum over lists of contexts that can be had in columns."""
        return self.line_sum(tree) is not None

    def line_sum(self, tree: Node) -> LineSum | None:
        """The sum over lines that a tree is, its conditions announced to the graph of the lines."""
        known = self._sums.get(id(tree))
        if known is None:
            known = self._sums[id(tree)] = (tree, self._line_sum(tree))
        return known[1]

    def _line_sum(self, tree: Node) -> LineSum | None:
        found = self._reader.line_sum(tree)
        if found is None:
            return None
        child = self.child(found.lines.column)
        if found.value is not None and not vectors.supports(found.value, child):
            return None
        return (
            found if found.lines.condition is None or child.announces_boolean(found.lines.condition) else None
        )

    def child(self, column: str) -> PredicateGraph:
        """The graph of the predicates over the lines of a column."""
        if column not in self.children:
            self.children[column] = PredicateGraph(line_schema(column, self.schema), self.environment)
        return self.children[column]

    def rules_of(self, table: DecisionTable) -> list[Node | None] | None:
        """The condition of each rule of a decision table, announced; None for one that always holds."""
        known = self._tables.get(id(table))
        if known is None:
            rules = [_rule_condition(table, rule) for rule in table.rules]
            columnar = all(each is None or self.announce(each) for each in rules)
            known = self._tables[id(table)] = (table, rules if columnar else None)
        return known[1]

    def announces_boolean(self, tree: Node) -> bool:
        """Announces a condition that is surely no number, which a filter would take for an index."""
        flag = isinstance(tree, syntax.Name) and self.kinds.get(tree.name) == "boolean"
        return (flag or static_boolean(tree)) and self.announce(tree)

    def constant(self, tree: Node) -> Any:
        """The value of a tree that reads no column and no clock; None if it does, or if it is null."""
        if isinstance(tree, syntax.Literal):
            return tree.value
        known = self._constants.get(id(tree))
        if known is None:
            known = (tree, self._constant(tree))
            self._constants[id(tree)] = known
        return known[1]

    def _constant(self, tree: Node) -> Any:
        if isinstance(tree, syntax.Name):
            return None
        for name in names_in(tree):
            if name in self.kinds or find_builtin(name) is None or name in _MOMENT_FUNCTIONS:
                return None
        return evaluate(tree, {}, Mode.POLICY, environment=self.environment)

    # --- building -------------------------------------------------------------------------------------------------

    def _add(self, key: str, predicate: Predicate) -> int:
        place = self._places.get(key)
        if place is None:
            place = len(self.nodes)
            self._places[key] = place
            self.nodes.append(predicate)
        return place

    def requirement(self, requirement: Requirement) -> tuple[int, ...]:
        """The nodes that must all be true for the requirement to be true."""
        if isinstance(requirement, All):
            return tuple(dict.fromkeys(node for part in requirement.parts for node in self.requirement(part)))
        if isinstance(requirement, Condition):
            return self._conjunction(requirement.tree)
        if isinstance(requirement, Not):
            return (self._contrary(self._one(self.requirement(requirement.part))),)
        assert isinstance(requirement, AtLeast)
        parts = tuple(self._one(self.requirement(part)) for part in requirement.parts)
        return (self._at_least(requirement.count, parts),)

    def _conjunction(self, tree: Node) -> tuple[int, ...]:
        if isinstance(tree, syntax.And):
            return tuple(dict.fromkeys(node for each in tree.operands for node in self._conjunction(each)))
        return (self.condition(tree),)

    def _one(self, nodes: tuple[int, ...]) -> int:
        if len(nodes) == 1:
            return nodes[0]
        parts = tuple(sorted(nodes))
        return self._add(f"all{parts}", AllOf(parts)) if parts else self._fixed(TRUE)

    def _at_least(self, count: int, parts: tuple[int, ...]) -> int:
        if count <= 0:
            return self._fixed(TRUE)
        if count > len(parts):
            return self._fixed(FALSE)
        if len(parts) == 1:
            return parts[0]
        return self._add(f"at least {count}{sorted(parts)}", AtLeastOf(count, tuple(sorted(parts))))

    def _contrary(self, part: int) -> int:
        return self._add(f"not {part}", Contrary(part))

    def always(self) -> int:
        """The node that is true for everyone."""
        return self._fixed(TRUE)

    def _fixed(self, state: int) -> int:
        return self._add(f"constant {state}", Constant(state))

    def condition(self, tree: Node) -> int:
        """The node of a condition."""
        # Writing a tree out takes long, and the same one is asked for once for each chunk.
        known = self._trees.get(id(tree))
        if known is not None:
            return known[1]
        key = f"tree {tree!r}"
        place = self._places.get(key)
        if place is None:
            place = self._condition(tree)
            self._places[key] = place
        self._trees[id(tree)] = (tree, place)
        return place

    def _condition(self, tree: Node) -> int:
        if isinstance(tree, syntax.And):
            return self._one(self._conjunction(tree))
        if isinstance(tree, syntax.Or):
            return self._at_least(1, tuple(dict.fromkeys(self.condition(each) for each in tree.operands)))
        if isinstance(tree, syntax.If):
            return self._choice(tree)
        if isinstance(tree, syntax.Quantified):
            return self._over_lines(tree)
        if isinstance(tree, syntax.Name) and self.kinds.get(tree.name) == "boolean":
            return self._add(f"flag {tree.name}", Flag(tree.name))
        if isinstance(tree, syntax.Comparison):
            found = self._comparison(tree.operator, tree.left, tree.right)
        elif isinstance(tree, syntax.Between):
            found = self._both_ends(
                self._comparison(">=", tree.value, tree.low), self._comparison("<=", tree.value, tree.high)
            )
        elif isinstance(tree, syntax.In):
            found = self._membership(tree)
        elif isinstance(tree, syntax.Call):
            found = self._call(tree)
        else:
            found = None
        return self._leaf(tree) if found is None else found

    def _over_lines(self, tree: syntax.Quantified) -> int:
        found = self._reader.quantified(tree)
        if found is None:
            return self._leaf(tree)
        lines, condition = found
        child = self.child(lines.column)
        if not child.announce(condition) or (
            lines.condition is not None and not child.announces_boolean(lines.condition)
        ):
            return self._leaf(tree)
        over = OverLines(lines, condition, tree.existential, self.expression(tree))
        return self._add(f"lines {tree!r}", over)

    def _call(self, tree: syntax.Call) -> int | None:
        name = tree.function.name if isinstance(tree.function, syntax.Name) else ""
        if tree.named or name in self.kinds:
            return None
        if name == "not" and len(tree.arguments) == 1:
            return self._contrary(self.condition(tree.arguments[0]))
        if name == "list contains" and len(tree.arguments) == 2:
            return self._contains(tree.arguments[0], tree.arguments[1])
        return None

    def _choice(self, tree: syntax.If) -> int:
        then, otherwise = self.condition(tree.then), self.condition(tree.otherwise)
        # A branch that could be null or a number would be compared as such where the condition is not decided.
        if not (self._is_boolean(then) and self._is_boolean(otherwise)):
            return self._leaf(tree)
        condition = self.condition(tree.condition)
        return self._add(f"choice {condition} {then} {otherwise}", Choice(condition, then, otherwise))

    def _is_boolean(self, place: int) -> bool:
        """Whether a node is true, false or unknown, or an operation without meaning: never null or a number."""
        predicate = self.nodes[place]
        if isinstance(predicate, NumericComparison):
            return True
        if isinstance(predicate, Lookup | ByRows) or (
            isinstance(predicate, Constant) and predicate.state == ERROR
        ):
            return False
        return all(self._is_boolean(part) for part in parts_of(predicate))

    # --- comparisons ----------------------------------------------------------------------------------------------

    def _comparison(self, operator: str, left: Node, right: Node) -> int | None:
        """The node of a comparison of numbers or dates; None for any other."""
        if self.constant(left) is not None:
            left, right, operator = right, left, _MIRRORED[operator]
        constant = self.constant(right)
        if isinstance(left, syntax.Name):
            kind = self.kinds.get(left.name)
            if (kind in ("integer", "float") and constant.__class__ is Decimal and constant.is_finite()) or (
                kind == "date" and constant.__class__ is Date
            ):
                base, negated = _BASES[operator]
                threshold = Threshold(left.name, base, constant, negated)
                return self._add(f"threshold {left.name} {base} {constant!r} {negated}", threshold)
            if kind == "date" and isinstance(right, syntax.Name) and self.kinds.get(right.name) == "date":
                return self._numeric(operator, left, right, None)
        if constant is not None and constant.__class__ is not Decimal:
            return None
        if self._columns_of(left) and isinstance(left, syntax.Arithmetic) and left.operator == "/":
            operands = (left.left, left.right, right)
            if self.constant(left.right) is None and all(vectors.supports(each, self) for each in operands):
                return self._numeric(operator, left.left, right, left.right)
        if vectors.supports(left, self) and vectors.supports(right, self):
            return self._numeric(operator, left, right, None)
        if isinstance(right, syntax.Arithmetic) and right.operator == "/" and constant is None:
            operands = (right.left, right.right, left)
            if self.constant(right.right) is None and all(vectors.supports(each, self) for each in operands):
                return self._numeric(_MIRRORED[operator], right.left, left, right.right)
        return None

    def _numeric(self, operator: str, left: Node, right: Node, denominator: Node | None) -> int | None:
        if not any(self._columns_of(each) for each in (left, right, denominator) if each is not None):
            return None
        key = f"compare {operator} {left!r} {right!r} {denominator!r}"
        operands = [each for each in (left, right, denominator) if each is not None]
        inside = [found for each in operands for found in vectors.conditions_in(each, self)]
        conditions = tuple(dict.fromkeys(self.condition(each) for each in inside))
        return self._add(key, NumericComparison(operator, left, right, denominator, conditions))

    def _both_ends(self, *ends: int | None) -> int | None:
        known = tuple(each for each in ends if each is not None)
        return self._one(tuple(dict.fromkeys(known))) if len(known) == len(ends) else None

    def _membership(self, tree: syntax.In) -> int | None:
        """`value in …` over ranges, comparisons and lists of numbers or dates; or a string in a column of lists."""
        if len(tree.tests) == 1 and isinstance(tree.tests[0], syntax.Name):
            return self._contains(tree.tests[0], tree.value)
        if isinstance(tree.value, syntax.Name) and self.kinds.get(tree.value.name) not in (
            "integer",
            "float",
            "date",
        ):
            return None
        tests = tree.tests
        if len(tests) == 1 and isinstance(tests[0], syntax.ListLiteral):
            # In a list an element that cannot be compared is merely another one; a column can always be compared.
            if not isinstance(tree.value, syntax.Name):
                return None
            tests = tests[0].items
        outcomes = [self._one_test(tree.value, each) for each in tests]
        known = tuple(each for each in outcomes if each is not None)
        if not known or len(known) < len(outcomes):
            return None
        return self._at_least(1, tuple(dict.fromkeys(known)))

    def _one_test(self, value: Node, test: Node) -> int | None:
        if isinstance(test, syntax.RangeLiteral):
            return self._both_ends(
                self._comparison(">=" if test.low_closed else ">", value, test.low),
                self._comparison("<=" if test.high_closed else "<", value, test.high),
            )
        if isinstance(test, syntax.UnaryTest):
            return self._comparison(test.operator, value, test.operand)
        constant = self.constant(test)
        if constant.__class__ in (Decimal, Date):
            return self._comparison("=", value, test)
        return None

    def _contains(self, source: Node, element: Node) -> int | None:
        text = self.constant(element)
        if (
            isinstance(source, syntax.Name)
            and self.kinds.get(source.name) == "texts"
            and isinstance(text, str)
        ):
            return self._add(f"contains {source.name} {text!r}", Contains(source.name, text))
        return None

    # --- leaves for the row evaluator -----------------------------------------------------------------------------

    def _columns_of(self, tree: Node) -> list[str]:
        return [name for name in names_in(tree) if name in self.kinds]

    def expression(self, tree: Node) -> RowExpression:
        """The tree for the row evaluator."""
        return RowExpression(tree, self._columns_of(tree), self.environment)

    def _leaf(self, tree: Node) -> int:
        expression = self.expression(tree)
        if all(self.kinds[name] == "null" for name in expression.columns):
            return self._fixed(state_of(expression.value({})))
        only = expression.columns[0]
        if len(expression.columns) == 1 and self.kinds[only] in ("text", "boolean", "integer", "date"):
            return self._add(f"lookup {tree!r}", Lookup(only, expression))
        return self._add(f"rows {tree!r}", ByRows(expression))

    def needs_rows(self, place: int) -> bool:
        """Whether a node is, or combines, one that only the row evaluator can decide."""
        predicate = self.nodes[place]
        return isinstance(predicate, ByRows) or any(self.needs_rows(part) for part in parts_of(predicate))


def _rule_condition(table: DecisionTable, rule: TableRule) -> Node | None:
    """The cells of a rule as one condition."""
    cells: list[Node] = []
    for column, test in zip(table.inputs, rule.tests, strict=True):
        if test.tests:
            found: Node = syntax.In(column.expression, test.tests)
            cells.append(syntax.Call(syntax.Name("not"), (found,)) if test.negated else found)
    if len(cells) > 1:
        return syntax.And(tuple(cells))
    return cells[0] if cells else None


def static_boolean(tree: Node) -> bool:
    """Whether the form of a tree says that it is a condition."""
    if isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name):
        return tree.function.name == "not" and len(tree.arguments) == 1
    return isinstance(
        tree, syntax.Comparison | syntax.And | syntax.Or | syntax.In | syntax.Between | syntax.Quantified
    )


# --- thresholds in the terms of a column --------------------------------------------------------------------------


def integer_threshold(operator: str, constant: Any, scale: int) -> int | None:
    """The constant of `>=`, `>` or `=` for the scaled integers or days of a column, where `>` has become `>=`.

    None for an `=` that no integer satisfies.
    """
    if isinstance(constant, Date):
        shifted = Decimal(days_since_epoch(constant))
    else:
        if constant.adjusted() > 40:
            return None if operator == "=" else 2**70 if constant > 0 else -(2**70)
        shifted = _WIDE.scaleb(constant, scale)
    whole = math.floor(shifted)
    if operator == "=":
        return whole if whole == shifted else None
    return whole + 1 if operator == ">" or whole != shifted else whole


def float_threshold(operator: str, constant: Decimal) -> float | None:
    """The same for doubles that stand for their shortest decimals: the least double that is large enough."""
    nearest = float(constant)
    if operator == "=":
        return nearest if math.isfinite(nearest) and Decimal(repr(nearest)) == constant else None
    if not math.isfinite(nearest):
        return nearest

    def passes(double: float) -> bool:
        if not math.isfinite(double):
            return double > 0
        value = Decimal(repr(double))
        return value > constant if operator == ">" else value >= constant

    while passes(nearest):
        nearest = math.nextafter(nearest, -math.inf)
    while not passes(nearest):
        nearest = math.nextafter(nearest, math.inf)
    return nearest


def days_since_epoch(date: Date) -> int:
    """Days since 1970-01-01; far before or after every date32 for years Python does not know."""
    if date.year < 1:
        return -(2**40)
    if date.year > 9999:
        return 2**40
    return datetime.date(date.year, date.month, date.day).toordinal() - 719_163
