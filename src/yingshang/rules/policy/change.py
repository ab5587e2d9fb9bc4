"""What would have to change for a "no" to become a "yes": the least changes, condition by condition.

A change names the fact, what it is and what it would have to be: "3 more insured employees", "revenue 1,200,000 yuan
short", a tag that is needed, or the day on which a condition comes true by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.functions.conversion import text_of
from yingshang.rules.feel.syntax import Literal, Name, Node
from yingshang.rules.feel.temporal import NANOSECONDS_PER_DAY, Date, DaysDuration, add
from yingshang.rules.feel.values import DECIMAL_128, Unknown, plain
from yingshang.rules.policy.catalogue import Fact, FactCatalogue
from yingshang.rules.policy.decide import ConditionResult, Decision, Outcome, columns_of, label_of
from yingshang.rules.policy.resolve import on_day

RATIO = "比值"
HOLDS = "holds"
# How far ahead to look for the day on which a condition comes true by itself.
_YEARS_AHEAD = 30


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to change. `gap` is how much a number lacks (its sign says in which direction), in the fact's unit.

    `on` is the day from which a condition holds without anybody doing anything.
    """

    condition: str
    fact: str | None
    name: str
    current: Any
    needed: str
    gap: Decimal | None = None
    unit: str | None = None
    on: Date | None = None

    def text_zh(self) -> str:
        """In Chinese, for the applicant."""
        unit = self.unit or ""
        if self.on is not None:
            return f"{self.name}：自 {self.on} 起自然符合"
        if self.fact is None:
            return f"须满足：{self.name}" if self.needed == HOLDS else f"不得：{self.name}"
        if self.gap:
            word = "还差" if self.gap > 0 else "超出"
            lacking = f"{grouped(abs(self.gap))} {unit}".rstrip()
            if self.unit == RATIO:
                lacking = f"{grouped(abs(self.gap) * 100)} 个百分点"
            return f"{self.name}{word} {lacking}（现为 {_shown(self.current)}，须 {self.needed}）"
        said = self.needed.partition(" ")[0]
        must = "" if said in _IN_ENGLISH else " " if self.needed[:1] in _COMPARED else "为 "
        return f"{self.name}须{must}{self.needed}（现为 {_shown(self.current)}）"

    def text(self) -> str:
        """In English."""
        unit = f" {self.unit}" if self.unit else ""
        if self.on is not None:
            return f"{self.name}: holds by itself from {self.on}"
        if self.fact is None:
            return f"must hold: {self.name}" if self.needed == HOLDS else f"must not hold: {self.name}"
        if self.gap:
            word = "short by" if self.gap > 0 else "over by"
            lacking = f"{grouped(abs(self.gap))}{unit}"
            if self.unit == RATIO:
                lacking = f"{grouped(abs(self.gap) * 100)} percentage points"
            return f"{self.name} is {word} {lacking} (is {_shown(self.current)}, needs {self.needed})"
        said, _, options = self.needed.partition(" ")
        must = f"{_IN_ENGLISH[said]} {options}" if said in _IN_ENGLISH and options else f"be {self.needed}"
        return f"{self.name} must {must} (is {_shown(self.current)})"


def least_changes(
    decision: Decision, facts: Mapping[str, Any], catalogue: FactCatalogue | None = None
) -> list[Change]:
    """The fewest changes after which a refused item would no longer be refused, as far as they can be told.

    Groups of which some suffice take the parts that need the fewest changes.
    """
    if decision.reason.outcome is not Outcome.FALSE or not decision.program.in_force:
        # Nothing an applicant does brings a policy into force.
        return []
    finder = _Finder(decision, facts, catalogue)
    return finder.changes(decision.reason, wanted=True)


class _Finder:
    def __init__(self, decision: Decision, facts: Mapping[str, Any], catalogue: FactCatalogue | None) -> None:
        self.as_of = decision.program.as_of
        self.facts = dict(facts)
        self.catalogue = catalogue

    def changes(self, result: ConditionResult, *, wanted: bool) -> list[Change]:
        """What turns `result` into `wanted`; empty if it is not the opposite now."""
        opposite = Outcome.FALSE if wanted else Outcome.TRUE
        if result.outcome is not opposite:
            return []
        if result.operator == "not":
            return self.changes(result.parts[0], wanted=not wanted)
        if result.parts:
            return self._group(result, wanted=wanted)
        assert result.tree is not None
        dated = result.clause.dated
        if dated is not None and wanted:
            day = self._day_it_holds(dated)
            if day is not None:
                return [Change(result.id, None, result.clause.text, None, result.clause.text, on=day)]
        found = list(self._tree(result, result.tree, wanted))
        if found:
            return found
        return [Change(result.id, None, result.clause.text, None, HOLDS if wanted else "")]

    def _group(self, result: ConditionResult, *, wanted: bool) -> list[Change]:
        needed = result.count if result.operator == "at least" else len(result.parts)
        opposite = Outcome.FALSE if wanted else Outcome.TRUE
        if not wanted:
            # To make "at least n" false, all but n-1 of the true parts must go.
            needed = len(result.parts) - needed + 1
        reached = sum(each.outcome is not opposite for each in result.parts)
        options = sorted(
            (self.changes(each, wanted=wanted) for each in result.parts if each.outcome is opposite),
            key=len,
        )
        return [change for option in options[: max(needed - reached, 0)] for change in option]

    # --- inside one condition -------------------------------------------------------------------------------------

    def _tree(self, result: ConditionResult, tree: Node, wanted: bool) -> Iterator[Change]:
        """Changes for a false (or true, if not `wanted`) tree."""
        if isinstance(tree, syntax.And | syntax.Or):
            every = isinstance(tree, syntax.And) is wanted
            # What is not known yet is no change: only the parts that are known to stand in the way are.
            options = [
                list(self._tree(result, each, wanted))
                for each in tree.operands
                if self._value(each) is (not wanted)
            ]
            if not all(options):
                # One of them cannot be told as a change, so the condition is told as a whole.
                return
            if every:
                for option in options:
                    yield from option
            elif options:
                yield from min(options, key=len)
        elif isinstance(tree, syntax.Call) and tree.function == Name("not") and len(tree.arguments) == 1:
            yield from self._tree(result, tree.arguments[0], not wanted)
        elif isinstance(tree, syntax.If):
            branch = {True: tree.then, False: tree.otherwise}.get(self._value(tree.condition))
            if branch is not None:
                yield from self._tree(result, branch, wanted)
        elif isinstance(tree, Name):
            yield self._change(result, tree, "是" if wanted else "否")
        elif isinstance(tree, syntax.Comparison):
            yield from self._comparison(result, tree, wanted)
        elif isinstance(tree, syntax.Between):
            parts = (
                syntax.Comparison(">=", tree.value, tree.low),
                syntax.Comparison("<=", tree.value, tree.high),
            )
            yield from self._tree(result, syntax.And(parts), wanted)
        elif isinstance(tree, syntax.In):
            yield from self._membership(result, tree, wanted)
        elif (
            isinstance(tree, syntax.Call)
            and tree.function == Name("list contains")
            and len(tree.arguments) == 2
        ):
            source, element = tree.arguments
            if isinstance(source, Name):
                word = "包含" if wanted else "不含"
                yield self._change(result, source, f"{word} {text_of(self._value(element), top=True)}")

    def _comparison(self, result: ConditionResult, tree: syntax.Comparison, wanted: bool) -> Iterator[Change]:
        operator = tree.operator if wanted else _OPPOSITE[tree.operator]
        left, right = tree.left, tree.right
        if columns_of(right) and not columns_of(left):
            left, right, operator = right, left, _MIRRORED[operator]
        value, limit = self._value(left), self._value(right)
        if value.__class__ is Decimal and limit.__class__ is Decimal:
            yield self._numeric(result, left, operator, value, limit)
        elif isinstance(left, Name):
            yield self._change(result, left, _needed(operator, limit))

    def _numeric(
        self, result: ConditionResult, left: Node, operator: str, value: Decimal, limit: Decimal
    ) -> Change:
        names = columns_of(left)
        needed = _needed(operator, limit)
        if isinstance(left, Name):
            return self._change(result, left, needed, limit - value)
        for column in names:
            solution = self._solve(left, column, limit)
            if solution is not None and self._improvable(column):
                change = self._change(
                    result, Name(column), _needed(operator, solution), solution - self.facts[column]
                )
                return change
        label = result.clause.text
        return Change(result.id, names[0] if names else None, label, value, needed, limit - value)

    def _improvable(self, column: str) -> bool:
        return self.facts.get(column).__class__ is Decimal

    def _solve(self, tree: Node, column: str, limit: Decimal) -> Decimal | None:
        """The value of one fact that brings `tree` to `limit`, the others as they are, if that is a straight line."""
        current = self.facts.get(column)
        if current.__class__ is not Decimal:
            return None
        assert isinstance(current, Decimal)
        step = max(abs(current), Decimal(1))
        values = [self._value(tree, {column: current + step * times}) for times in (0, 1, 2)]
        if any(each.__class__ is not Decimal for each in values):
            return None
        first, second = values[1] - values[0], values[2] - values[1]
        if first == 0 or abs(first - second) > abs(first) * Decimal("1e-20"):
            return None
        solution = DECIMAL_128.add(
            current, DECIMAL_128.divide(DECIMAL_128.multiply(limit - values[0], step), first)
        )
        if self._value(tree, {column: solution}) != limit:
            # A limit that is no finite decimal away: go up to where it is surely reached.
            solution = DECIMAL_128.plus(solution.quantize(Decimal("0.01")))
        return solution.normalize() if solution == solution.to_integral_value() else solution

    def _membership(self, result: ConditionResult, tree: syntax.In, wanted: bool) -> Iterator[Change]:
        value = self._value(tree.value)
        tests = tree.tests
        if (
            value.__class__ is Decimal
            and wanted
            and len(tests) == 1
            and isinstance(tests[0], syntax.RangeLiteral)
        ):
            low, high = self._value(tests[0].low), self._value(tests[0].high)
            if low.__class__ is Decimal and value <= low:
                yield self._numeric(result, tree.value, ">=" if tests[0].low_closed else ">", value, low)
                return
            if high.__class__ is Decimal and value >= high:
                yield self._numeric(result, tree.value, "<=" if tests[0].high_closed else "<", value, high)
                return
        if isinstance(tree.value, Name):
            options = "、".join(_test_text(each, self) for each in tests)
            yield self._change(result, tree.value, options if wanted else f"不为 {options}")

    # --- helpers --------------------------------------------------------------------------------------------------

    def _change(self, result: ConditionResult, name: Name, needed: str, gap: Decimal | None = None) -> Change:
        fact = self.catalogue.fact_of_column(name.name) if self.catalogue else None
        label = label_of(fact, name.name) if fact else name.name
        if gap is not None and fact is not None:
            gap = _in_whole_steps(gap, fact)
        current = self.facts.get(name.name, Unknown.fact(name.name))
        return Change(result.id, name.name, label, current, needed, gap, fact.unit if fact else None)

    def _value(self, tree: Node, changed: Mapping[str, Any] | None = None) -> Any:
        return compile_expression(tree, Mode.POLICY)(Scope({**self.facts, **(changed or {})}))

    def _day_it_holds(self, dated: Node) -> Date | None:
        """The first day from which a condition that speaks of today holds."""
        if on_day(dated, self.as_of) is dated:
            return None
        before, after = 0, None
        for years in range(1, _YEARS_AHEAD + 1):
            if self._holds(dated, years * 366):
                after = years * 366
                break
            before = years * 366
        if after is None:
            return None
        while after - before > 1:
            middle = (before + after) // 2
            if self._holds(dated, middle):
                after = middle
            else:
                before = middle
        return self._later(after)

    def _later(self, days: int) -> Date:
        day = add(self.as_of, DaysDuration(days * NANOSECONDS_PER_DAY))
        assert isinstance(day, Date)
        return day

    def _holds(self, dated: Node, days: int) -> bool:
        return self._value(on_day(dated, self._later(days))) is True


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_IN_ENGLISH = {"包含": "include", "不含": "not include", "不为": "not be"}
"""What is needed may begin with one of these words."""
_COMPARED = "＜≤＞≥≠"
_SIGNS = {"<": "＜", "<=": "≤", ">": "＞", ">=": "≥", "=": "", "!=": "≠"}


def _in_whole_steps(gap: Decimal, fact: Fact) -> Decimal:
    """A gap in steps that the fact can take, enough to close it: people come whole, money to the fen."""
    places = fact.decimals if fact.decimals is not None else 2 if fact.unit in ("元", "美元") else 0
    rounding = ROUND_CEILING if gap > 0 else ROUND_FLOOR
    return gap.quantize(Decimal(1).scaleb(-places), rounding, DECIMAL_128)


def _needed(operator: str, limit: Any) -> str:
    return f"{_SIGNS[operator]} {_shown(limit)}".strip()


def _test_text(test: Node, finder: _Finder) -> str:
    if isinstance(test, Literal):
        return text_of(test.value, top=True)
    return text_of(finder._value(test))


def grouped(value: Decimal) -> str:
    """A number with thousands separators, without trailing zeros."""
    sign, text = ("-", plain(-value)) if value < 0 else ("", plain(value))
    whole, dot, fraction = text.partition(".")
    return f"{sign}{int(whole):,}{dot}{fraction}"


def _shown(value: Any) -> str:
    if value.__class__ is Decimal:
        return grouped(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if value is None:
        return "空"
    if value.__class__ is Unknown:
        return "未知"
    if isinstance(value, list):
        if any(isinstance(each, dict) for each in value):
            return f"{len(value)} 条"
        return "、".join(text_of(each, top=True) for each in value) or "无"
    return text_of(value, top=True)
