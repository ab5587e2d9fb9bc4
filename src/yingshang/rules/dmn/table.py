"""Decision tables: DMN 1.5, chapter 8, and chapter 10.3.2.10 for what they mean.

A table is a node of the expression language: it can stand wherever an expression can, and is compiled with it. In
FEEL mode a table that breaks its own promise (two rules where one is allowed, a value outside those listed) is null,
as the standard asks. In policy mode it is a Failure that says which rules, and a missing fact leaves the answer
Unknown exactly as long as the answer may depend on it, as far as single rules can tell:

- a rule whose cells are undecided *may* match; what it would answer is a candidate;
- the answer is decided when every candidate, the default included, is the same decided value;
- under UNIQUE, two rules that may match must also be known never to match together, which is proved on literal
  cells (see regions.py), because both together would be no answer but a Failure;
- a cell without meaning (a comparison of text with a number, or of null with a number) is handled like an undecided
  one, but leaves a Failure behind instead of an Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from yingshang.rules.dmn.regions import disjoint_rules
from yingshang.rules.errors import DomainError
from yingshang.rules.feel import operators
from yingshang.rules.feel.evaluate import Evaluation, Mode, Scope, compile_expression, same_value
from yingshang.rules.feel.functions import call_builtin, find_builtin
from yingshang.rules.feel.operators import kind_of, kind_zh
from yingshang.rules.feel.syntax import Node, UnaryTests
from yingshang.rules.feel.temporal import DaysDuration, MonthsDuration
from yingshang.rules.feel.values import Failure, Unknown, plain, unknowns


class TableError(DomainError):
    """A decision table that cannot be built. `details` holds `rule` (from 1) and `cell` where they are known."""

    code = "decision-table"


class HitPolicy(Enum):
    """Which of the matching rules give the answer (DMN 1.5, 8.2.8)."""

    UNIQUE = "U"
    ANY = "A"
    PRIORITY = "P"
    FIRST = "F"
    RULE_ORDER = "R"
    OUTPUT_ORDER = "O"
    COLLECT = "C"

    @property
    def title(self) -> str:
        """The name as the standard writes it."""
        return self.name.replace("_", " ")


class Aggregation(Enum):
    """What COLLECT makes of the outputs (DMN 1.5, 8.2.8.1)."""

    SUM = "+"
    MIN = "<"
    MAX = ">"
    COUNT = "#"


@dataclass(frozen=True, slots=True)
class TableInput(Node):
    """A column of conditions: the expression looked at, and the values it is allowed to have."""

    expression: Node
    allowed: UnaryTests | None = None
    label: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class TableOutput(Node):
    """A column of results. `values` lists what they may be, the most important first (PRIORITY, OUTPUT ORDER)."""

    name: str = ""
    values: UnaryTests | None = None
    default: Node | None = None


@dataclass(frozen=True, slots=True)
class TableRule(Node):
    """A row: a test for each input, an expression for each output, and what a person is told about it."""

    tests: tuple[UnaryTests, ...]
    outputs: tuple[Node, ...]
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class DecisionTable(Node):
    """A decision table (DMN 1.5, 8.3). One output gives its value, several give a context of them."""

    inputs: tuple[TableInput, ...]
    outputs: tuple[TableOutput, ...]
    rules: tuple[TableRule, ...]
    hit_policy: HitPolicy = HitPolicy.UNIQUE
    aggregation: Aggregation | None = None
    label: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.outputs:
            raise TableError("a decision table needs an output", message_zh="决策表至少要有一个输出列")
        names = [each.name for each in self.outputs]
        if len(names) > 1 and (len(set(names)) < len(names) or not all(names)):
            raise TableError(
                "several outputs need a name each, and no name twice",
                message_zh="决策表有多个输出列时，每列都要有名称且不得重复",
            )
        for number, rule in enumerate(self.rules, start=1):
            for what, what_zh, cells, columns in (
                ("input cells", "输入单元格", rule.tests, self.inputs),
                ("output cells", "输出单元格", rule.outputs, self.outputs),
            ):
                if len(cells) != len(columns):
                    raise TableError(
                        f"rule {number} has {len(cells)} {what} for {len(columns)} columns",
                        message_zh=f"第 {number} 行有 {len(cells)} 个{what_zh}，而表有 {len(columns)} 列",
                        rule=number,
                    )
        if self.aggregation is not None and self.hit_policy is not HitPolicy.COLLECT:
            raise TableError(
                f"only COLLECT can aggregate, not {self.hit_policy.title}",
                message_zh=f"只有 COLLECT 可以汇总，{self.hit_policy.title} 不可以",
            )
        if self.aggregation not in (None, Aggregation.COUNT) and len(self.outputs) > 1:
            raise TableError(
                f"COLLECT {self.aggregation.name} has no meaning over several outputs",
                message_zh="多个输出列不能求和、取最小或取最大",
            )
        if self.hit_policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER) and not any(
            each.values for each in self.outputs
        ):
            raise TableError(
                f"{self.hit_policy.title} needs the list of output values, the most important first",
                message_zh=f"{self.hit_policy.title} 需要列出输出值，最优先的在前",
            )

    def compile_with(self, compiler: Compiler) -> Evaluation:
        """The function from a scope to the answer; called by the evaluator of the expression language."""
        return _CompiledTable(self, compiler).evaluate

    def compile_matches(self, mode: Mode) -> Callable[[Scope], tuple[RuleMatch, ...]]:
        """A function from a scope to what each rule does there, for explanations."""
        return _CompiledTable(self, _ModeCompiler(mode)).matches

    def matches(self, scope: Scope, mode: Mode = Mode.POLICY) -> tuple[RuleMatch, ...]:
        """What each rule does in a scope, once. Compile with `compile_matches` to ask often."""
        return self.compile_matches(mode)(scope)


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """What became of one rule: `outcome` and each of `cells` is true, false, null (FEEL), Unknown or Failure."""

    rule: int
    text: str
    outcome: Any
    cells: tuple[Any, ...]


class Compiler(Protocol):
    """What a node that brings its own evaluation may ask of the evaluator."""

    policy: bool

    def compile(self, node: Node) -> Evaluation:
        """The function of one node."""
        ...


class _ModeCompiler:
    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.policy = mode is Mode.POLICY

    def compile(self, node: Node) -> Evaluation:
        return compile_expression(node, self.mode)


@dataclass(slots=True)
class _Candidate:
    """A rule that matches (`reason` is None) or may match, and what it answers."""

    rule: int
    reason: Unknown | Failure | None
    value: Any = None
    ranks: tuple[int, ...] | None = None


@dataclass(slots=True)
class _Column:
    """A compiled output: its name, the test of its values, and one test for each value listed."""

    name: str
    values: Evaluation | None
    each_value: list[Evaluation]


class _CompiledTable:
    """A table compiled for one mode. The steps below are the same for both: FEEL mode knows no "may match"."""

    def __init__(self, table: DecisionTable, compiler: Compiler) -> None:
        compile_node = compiler.compile
        self.table = table
        self.policy = compiler.policy
        self.subjects = [compile_node(each.expression) for each in table.inputs]
        self.allowed = [compile_node(each.allowed) if each.allowed else None for each in table.inputs]
        # A cell "-" holds always: only the others are evaluated, and one written in several rows only once. (What
        # is the same cell is told by its text: 1 and true are equal to Python.)
        self.cells: list[tuple[int, Evaluation]] = []
        self.tests: list[list[tuple[int, int]]] = []
        positions: dict[tuple[int, str], int] = {}
        for rule in table.rules:
            row = []
            for column, test in enumerate(rule.tests):
                if test.tests:
                    key = (column, repr(test))
                    if key not in positions:
                        positions[key] = len(self.cells)
                        self.cells.append((column, compile_node(test)))
                    row.append((column, positions[key]))
            self.tests.append(row)
        self.results = [[compile_node(each) for each in rule.outputs] for rule in table.rules]
        self.columns = [self._column(each, compile_node) for each in table.outputs]
        self.defaults = [compile_node(each.default) if each.default else None for each in table.outputs]
        self.disjoint: frozenset[tuple[int, int]] | None = None
        self.resolve: Callable[[list[_Candidate], Scope], Any] = {
            HitPolicy.UNIQUE: self._unique,
            HitPolicy.ANY: self._any,
            HitPolicy.PRIORITY: self._priority,
            HitPolicy.FIRST: self._first,
            HitPolicy.RULE_ORDER: self._rule_order,
            HitPolicy.OUTPUT_ORDER: self._output_order,
            HitPolicy.COLLECT: self._collect,
        }[table.hit_policy]

    @staticmethod
    def _column(output: TableOutput, compile_node: Callable[[Node], Evaluation]) -> _Column:
        values = output.values
        if values is None or not values.tests:
            return _Column(output.name, None, [])
        parts = [values] if values.negated else [UnaryTests((each,)) for each in values.tests]
        return _Column(output.name, compile_node(values), [compile_node(each) for each in parts])

    # --- which rules match ----------------------------------------------------------------------------------------

    def evaluate(self, scope: Scope) -> Any:
        value = self._answer(scope)
        return None if value.__class__ is Failure and not self.policy else value

    def _answer(self, scope: Scope) -> Any:
        subjects = [each(scope) for each in self.subjects]
        cell_scopes = [Scope({"?": each}, scope) for each in subjects]
        wrong = self._disallowed(subjects, cell_scopes)
        if wrong is not None:
            return wrong
        candidates: list[_Candidate] = []
        only_first = self.table.hit_policy is HitPolicy.FIRST
        known: list[Any] = [_NOT_YET] * len(self.cells)
        for index, tests in enumerate(self.tests):
            outcome: Any = True
            for _, position in tests:
                cell = known[position]
                if cell is _NOT_YET:
                    column, evaluation = self.cells[position]
                    cell = known[position] = evaluation(cell_scopes[column])
                if cell is True:
                    continue
                if cell is False or not self.policy:
                    outcome = False
                    break
                # Rarely come here: a later cell may still say no, so the whole row is combined below.
                outcome = None
            if outcome is False:
                continue
            if outcome is None:
                outcome = self._outcome(known[position] for _, position in tests)
            candidates.append(_Candidate(index, None if outcome is True else outcome))
            if outcome is True and only_first:
                break
        return self.resolve(candidates, scope)

    def matches(self, scope: Scope) -> tuple[RuleMatch, ...]:
        """What every rule does; no cell is skipped."""
        cell_scopes = [Scope({"?": each(scope)}, scope) for each in self.subjects]
        found = []
        for index, (rule, tests) in enumerate(zip(self.table.rules, self.tests, strict=True), start=1):
            cells: list[Any] = [True] * len(cell_scopes)
            for column, position in tests:
                cells[column] = self.cells[position][1](cell_scopes[column])
            found.append(RuleMatch(index, rule.text, self._outcome(cells), tuple(cells)))
        return tuple(found)

    def _outcome(self, cells: Any) -> Any:
        """Whether a rule matches. In FEEL mode only true is a match; in policy mode null is no answer to a test."""
        if not self.policy:
            return all(each is True for each in cells)
        outcome = operators.all_of(cells)
        if outcome is None:
            return Failure("a cell is neither true nor false here", "单元格的条件在此既不为真也不为假")
        return outcome

    def _disallowed(self, subjects: list[Any], cell_scopes: list[Scope]) -> Unknown | Failure | None:
        """What keeps an input from being looked at: a value outside the allowed ones, or not known to be inside."""
        undecided: list[Unknown] = []
        failure: Failure | None = None
        for column, test in enumerate(self.allowed):
            outcome = test(cell_scopes[column]) if test is not None else True
            if outcome is True:
                continue
            if outcome.__class__ is Unknown:
                undecided.append(outcome)
                continue
            if outcome.__class__ is Failure or subjects[column].__class__ is Failure:
                failure = failure or (outcome if outcome.__class__ is Failure else subjects[column])
                continue
            label = self.table.inputs[column].label or str(column + 1)
            shown, shown_zh = _shown(subjects[column])
            return Failure(
                f"input {label} is {shown}, which is not among its allowed values",
                f"输入“{label}”的值为{shown_zh}，不在允许的取值之内",
            )
        return failure or (Unknown.merge(undecided) if undecided else None)

    # --- what they answer -----------------------------------------------------------------------------------------

    def _evaluate_outputs(self, candidates: Sequence[_Candidate], scope: Scope) -> None:
        for candidate in candidates:
            values = [each(scope) for each in self.results[candidate.rule]]
            wrong: Failure | None = None
            ranks: list[int] | None = []
            for column, value in zip(self.columns, values, strict=True):
                if column.values is None:
                    continue
                value_scope = Scope({"?": value}, scope)
                outcome = column.values(value_scope)
                if outcome is True:
                    # An earlier value may still turn out to be the one: then there is no rank yet.
                    first = next(
                        (rank, each)
                        for rank, each in enumerate(test(value_scope) for test in column.each_value)
                        if each is True or each.__class__ is Unknown
                    )
                    ranks = [*ranks, first[0]] if ranks is not None and first[1] is True else None
                elif outcome.__class__ is Unknown or value.__class__ is Failure:
                    ranks = None
                else:
                    shown, shown_zh = _shown(value)
                    wrong = Failure(
                        f"rule {candidate.rule + 1} gives {shown}, which is not among the output values",
                        f"第 {candidate.rule + 1} 行的结果{shown_zh}不在输出值列表之内",
                    )
            if wrong is not None:
                candidate.value = wrong
            elif len(values) == 1:
                candidate.value = values[0]
            else:
                candidate.value = {each.name: value for each, value in zip(self.columns, values, strict=True)}
            failed = candidate.value.__class__ is Failure
            candidate.ranks = None if ranks is None or failed else tuple(ranks)

    def _no_match(self, scope: Scope) -> Any:
        """DMN 1.5, 8.2.11: the default outputs, or null."""
        if not any(self.defaults):
            return Decimal(0) if self.table.aggregation is Aggregation.COUNT else None
        values = [each(scope) if each is not None else None for each in self.defaults]
        if len(values) == 1:
            return values[0]
        return {each.name: value for each, value in zip(self.columns, values, strict=True)}

    def _one_of(self, values: list[Any], reasons: Sequence[Unknown | Failure | None]) -> Any:
        """The answer when it is one of `values`, and `reasons` are why it is not known which."""
        if len(values) == 1:
            return values[0]
        agreed = _agreed(values)
        if agreed is not _DISAGREED:
            return agreed
        if len(self.columns) > 1 and all(isinstance(each, dict) for each in values):
            # Each output for itself: some may agree where others do not.
            combined = {}
            for column in self.columns:
                parts = [each[column.name] for each in values]
                same = _agreed(parts)
                # Which rule it is may hang on another output of it, so the whole values are asked for reasons too.
                combined[column.name] = (
                    same if same is not _DISAGREED else _undecided(reasons, [*parts, *values])
                )
            return combined
        return _undecided(reasons, values)

    # --- single hits ----------------------------------------------------------------------------------------------

    def _unique(self, candidates: list[_Candidate], scope: Scope) -> Any:
        sure = [each for each in candidates if each.reason is None]
        if len(sure) > 1:
            numbers, numbers_zh = _listed(sure)
            return Failure(
                f"rules {numbers} all match where only one may (hit policy UNIQUE)",
                f"第 {numbers_zh} 行同时符合，而命中策略 UNIQUE（唯一）只允许一行",
            )
        for each in sure:
            candidates = [other for other in candidates if other is each or not self._never_both(each, other)]
        self._evaluate_outputs(candidates, scope)
        values = [each.value for each in candidates]
        reasons = [each.reason for each in candidates]
        if sure and len(candidates) > 1:
            return _undecided(reasons, values)
        for index, each in enumerate(candidates):
            if not all(self._never_both(each, other) for other in candidates[index + 1 :]):
                return _undecided(reasons, values)
        return self._one_of(values if sure else [*values, self._no_match(scope)], reasons)

    def _never_both(self, one: _Candidate, other: _Candidate) -> bool:
        if self.disjoint is None:
            # Worked out when first needed: most tables are asked with every fact known.
            rules = self.table.rules if len(self.table.rules) <= _MOST_RULES_COMPARED else ()
            self.disjoint = disjoint_rules(
                [each.expression for each in self.table.inputs], [each.tests for each in rules]
            )
        return (min(one.rule, other.rule), max(one.rule, other.rule)) in self.disjoint

    def _any(self, candidates: list[_Candidate], scope: Scope) -> Any:
        self._evaluate_outputs(candidates, scope)
        sure = [each for each in candidates if each.reason is None]
        for each in sure[1:]:
            decided = not unknowns(each.value) and not unknowns(sure[0].value)
            if decided and not same_value(sure[0].value, each.value):
                for failed in (sure[0].value, each.value):
                    if failed.__class__ is Failure:
                        return failed
                return Failure(
                    f"rules {sure[0].rule + 1} and {each.rule + 1} match with different outputs (hit policy ANY)",
                    f"第 {sure[0].rule + 1}、{each.rule + 1} 行同时符合而结果不同，命中策略 ANY（任一）要求相同",
                )
        values = [each.value for each in candidates]
        if not sure:
            values.append(self._no_match(scope))
        if len(values) == 1:
            return values[0]
        agreed = _agreed(values)
        return (
            agreed if agreed is not _DISAGREED else _undecided([each.reason for each in candidates], values)
        )

    def _first(self, candidates: list[_Candidate], scope: Scope) -> Any:
        self._evaluate_outputs(candidates, scope)
        values = [each.value for each in candidates]
        if not candidates or candidates[-1].reason is not None:
            values.append(self._no_match(scope))
        return self._one_of(values, [each.reason for each in candidates])

    def _priority(self, candidates: list[_Candidate], scope: Scope) -> Any:
        self._evaluate_outputs(candidates, scope)
        wrong = _first_sure_failure(candidates)
        if wrong is not None:
            return wrong
        unranked = [each for each in candidates if each.ranks is None]
        considered = list(unranked)
        settled = False
        for each in self._by_rank(candidates):
            considered.append(each)
            if each.reason is None:
                settled = True
                break
        settled = settled or any(each.reason is None for each in unranked)
        values = [each.value for each in considered]
        if not settled:
            values.append(self._no_match(scope))
        return self._one_of(values, [each.reason for each in considered])

    @staticmethod
    def _by_rank(candidates: list[_Candidate]) -> list[_Candidate]:
        """The most important output first; equal ones in the order of their rules."""
        ranked = [each for each in candidates if each.ranks is not None]
        return sorted(ranked, key=lambda each: (each.ranks, each.rule))

    # --- multiple hits --------------------------------------------------------------------------------------------

    def _rule_order(self, candidates: list[_Candidate], scope: Scope) -> Any:
        if not candidates:
            return self._no_match(scope)
        self._evaluate_outputs(candidates, scope)
        values = [each.value for each in candidates]
        reasons = [each.reason for each in candidates]
        return _undecided(reasons, values) if any(reasons) else self._checked_list(candidates)

    def _output_order(self, candidates: list[_Candidate], scope: Scope) -> Any:
        if not candidates:
            return self._no_match(scope)
        self._evaluate_outputs(candidates, scope)
        wrong = _first_sure_failure(candidates)
        if wrong is not None:
            return wrong
        reasons = [each.reason for each in candidates]
        if any(reasons) or any(each.ranks is None for each in candidates):
            return _undecided(reasons, [each.value for each in candidates])
        return self._checked_list(self._by_rank(candidates))

    @staticmethod
    def _checked_list(candidates: list[_Candidate]) -> Any:
        wrong = _first_sure_failure(candidates)
        return wrong if wrong is not None else [each.value for each in candidates]

    def _collect(self, candidates: list[_Candidate], scope: Scope) -> Any:
        aggregation = self.table.aggregation
        if aggregation is None:
            return self._rule_order(candidates, scope)
        if not candidates:
            return self._no_match(scope)
        self._evaluate_outputs(candidates, scope)
        wrong = _first_sure_failure(candidates)
        if wrong is not None:
            return wrong
        sure = [each.value for each in candidates if each.reason is None]
        possible = [each.value for each in candidates if each.reason is not None]
        reasons = [each.reason for each in candidates]
        if aggregation is Aggregation.COUNT:
            return Decimal(len(sure)) if not possible else _undecided(reasons, [])
        name = aggregation.name.lower()
        if not possible:
            return _aggregate(name, sure, scope)
        if sure:
            total = _aggregate(name, sure, scope)
            if not unknowns(total) and all(_changes_nothing(aggregation, total, each) for each in possible):
                return total
            return _undecided(reasons, [total, *possible])
        if (
            aggregation is Aggregation.SUM
            and len(possible) > 1
            and not all(_is_zero(each) for each in possible)
        ):
            return _undecided(reasons, possible)
        values = [_aggregate(name, [each], scope) for each in possible]
        return self._one_of([*values, self._no_match(scope)], reasons)


# --- helpers ------------------------------------------------------------------------------------------------------

_DISAGREED = object()
_NOT_YET = object()
# Comparing every rule with every other takes a second or more beyond this; the answer is then Unknown more often.
_MOST_RULES_COMPARED = 200


def _agreed(values: list[Any]) -> Any:
    """The one decided value that all of them are, or a Failure if every one is, or _DISAGREED."""
    first = values[0]
    if all(each.__class__ is Failure for each in values):
        return first
    if unknowns(first):
        return _DISAGREED
    return first if all(same_value(first, each) for each in values[1:]) else _DISAGREED


def _undecided(reasons: Sequence[Unknown | Failure | None], values: list[Any]) -> Unknown | Failure:
    """Unknown, with every fact it hangs on; or the Failure that is the reason if nothing is missing."""
    missing = [each for each in reasons if each.__class__ is Unknown]
    for each in values:
        missing.extend(unknowns(each))
    if missing:
        return Unknown.merge(missing)
    for each in [*reasons, *values]:
        if each.__class__ is Failure:
            failure: Failure = each
            return failure
    raise AssertionError("undecided without a reason")  # pragma: no cover - every caller has one


def _first_sure_failure(candidates: list[_Candidate]) -> Failure | None:
    for each in candidates:
        if each.reason is None and each.value.__class__ is Failure:
            failure: Failure = each.value
            return failure
    return None


def _aggregate(name: str, values: list[Any], scope: Scope) -> Any:
    """`sum`, `min` or `max` of the outputs, exactly as the built-in function of that name gives it."""
    function = find_builtin(name)
    assert function is not None
    return call_builtin(function, [values], None, scope.environment)


_ZEROS: dict[type, Any] = {
    Decimal: Decimal(0),
    DaysDuration: DaysDuration(0),
    MonthsDuration: MonthsDuration(0),
}


def _is_zero(value: Any) -> bool:
    return value.__class__ in _ZEROS and bool(value == _ZEROS[value.__class__])


def _changes_nothing(aggregation: Aggregation, total: Any, value: Any) -> bool:
    """Whether one more output leaves the total as it is."""
    if value.__class__ is not total.__class__ or total.__class__ not in _ORDERED:
        return False
    if aggregation is Aggregation.SUM:
        return _is_zero(value)
    order = operators.order_of(value, total)
    return order.__class__ is int and (order >= 0 if aggregation is Aggregation.MIN else order <= 0)


# Kinds whose values have one order among themselves; times and dates with zones do not always.
_ORDERED = (Decimal, str, DaysDuration, MonthsDuration)


def _listed(candidates: list[_Candidate]) -> tuple[str, str]:
    numbers = [str(each.rule + 1) for each in candidates]
    return " and ".join([", ".join(numbers[:-1]), numbers[-1]]), "、".join(numbers)


def _shown(value: Any) -> tuple[str, str]:
    """A value for a message, in both languages."""
    if value.__class__ is Decimal:
        return plain(value), f" {plain(value)} "
    if value.__class__ is str:
        return f'"{value}"', f"“{value}”"
    if value is None or value.__class__ in (bool, Failure, Unknown) or isinstance(value, (list, dict)):
        return ("true" if value is True else "false" if value is False else kind_of(value)), (
            "“是”" if value is True else "“否”" if value is False else kind_zh(value)
        )
    return str(value), f" {value} "


__all__ = [
    "Aggregation",
    "Compiler",
    "DecisionTable",
    "HitPolicy",
    "RuleMatch",
    "TableError",
    "TableInput",
    "TableOutput",
    "TableRule",
]
