"""From syntax tree to a function that can be called many times.

`compile_expression(tree, Mode.FEEL)` follows DMN 1.5: what makes no sense is null. `Mode.POLICY` keeps two things
apart that the standard folds into null: a fact nobody told us (Unknown) and an operation without meaning (Failure).

The promise of policy mode: a decided answer holds for every way of filling in what is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from yingshang.rules.feel import operators, syntax, temporal
from yingshang.rules.feel.functions import Environment, call_builtin, find_builtin
from yingshang.rules.feel.operators import article, kind_of, kind_zh
from yingshang.rules.feel.syntax import Node, TypeName
from yingshang.rules.feel.temporal import Date
from yingshang.rules.feel.types import coerce, is_instance, static_type
from yingshang.rules.feel.values import (
    UNBOUNDED,
    EqualityTest,
    Failure,
    Function,
    OpenContext,
    Range,
    Unknown,
    first_failure,
    open_facts,
    unknowns,
)


class Mode(Enum):
    """Which answers an expression can give."""

    FEEL = "feel"
    POLICY = "policy"


MOST_STEPS = 1_000_000
"""How many rounds of loops and filters and calls of functions one evaluation may take: it always ends, and soon."""


class _Steps:
    """What is left of MOST_STEPS."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MOST_STEPS

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _TooMuch


class _TooMuch(Exception):
    """The evaluation has used up its steps."""


class Scope:
    """Names and their values, innermost first."""

    __slots__ = ("environment", "outer", "steps", "values")

    def __init__(
        self, values: Mapping[str, Any], outer: Scope | None = None, environment: Environment | None = None
    ) -> None:
        self.values = values
        self.outer = outer
        self.environment: Environment = environment or (outer.environment if outer else Environment())
        self.steps: _Steps = outer.steps if outer else _Steps()

    def has(self, name: str) -> bool:
        """Whether the name is bound, here or further out."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return True
            scope = scope.outer
        return False


Evaluation = Callable[[Scope], Any]
"""A compiled expression: from the names in scope to a value (which may be Unknown or Failure in policy mode)."""

_ABSENT = object()


def compile_expression(tree: Node, mode: Mode = Mode.FEEL) -> Evaluation:
    """A function from a Scope to the value of `tree`.

    It always ends: what recurses too deeply or takes too many steps is a Failure (null in FEEL mode). That is the one
    Failure that does not claim to hold for every completion of what is missing.
    """
    evaluation = _Compiler(mode).compile(tree)
    policy = mode is Mode.POLICY

    def guarded(scope: Scope) -> Any:
        try:
            return evaluation(scope)
        except RecursionError:
            failure = Failure("this recurses too deeply", "递归层数过多")
        except _TooMuch:
            failure = Failure(f"this takes more than {MOST_STEPS} steps", f"计算超过 {MOST_STEPS} 步")
        return failure if policy else None

    return guarded


def evaluate(
    tree: Node,
    context: Mapping[str, Any] | None = None,
    mode: Mode = Mode.FEEL,
    *,
    environment: Environment | None = None,
) -> Any:
    """The value of `tree`, once. `context` maps names to FEEL values; in policy mode a name it lacks is Unknown.

    In policy mode the answer is decided as a whole: if any part of it is Unknown or Failure, so is the answer.
    """
    facts = dict(context or {})
    if mode is Mode.POLICY:
        facts = {name: open_facts(value, name) for name, value in facts.items()}
    value = compile_expression(tree, mode)(Scope(facts, environment=environment))
    return settled(value) if mode is Mode.POLICY else value


def settled(value: Any) -> Any:
    """`value`, or the Failure or Unknown that stands anywhere inside it."""
    if value.__class__ in (list, Range, EqualityTest) or isinstance(value, dict):
        failure = first_failure(value)
        if failure:
            return failure
        open_parts = unknowns(value)
        if open_parts:
            return Unknown.merge(open_parts)
    return value


class _Compiler:
    def __init__(self, mode: Mode) -> None:
        self.policy = mode is Mode.POLICY

    def compile(self, node: Node) -> Evaluation:
        """The function of one node. A node from outside this package (a decision table) brings its own."""
        own = getattr(node, "compile_with", None)
        if own is not None:
            evaluation: Evaluation = own(self)
            return evaluation
        method: Callable[[Any], Evaluation] = getattr(self, f"_{type(node).__name__.lower()}")
        return method(node)

    def _checked(self, operation: Evaluation) -> Evaluation:
        """In FEEL mode a Failure is null."""
        if self.policy:
            return operation

        def feel(scope: Scope) -> Any:
            value = operation(scope)
            return None if value.__class__ is Failure else value

        return feel

    # --- leaves ---------------------------------------------------------------------------------------------------

    def _literal(self, node: syntax.Literal) -> Evaluation:
        value = node.value
        return self._checked(lambda scope: value) if value.__class__ is Failure else lambda scope: value

    def _name(self, node: syntax.Name) -> Evaluation:
        name, policy = node.name, self.policy

        def look_up(scope: Scope) -> Any:
            each: Scope | None = scope
            while each is not None:
                value = each.values.get(name, _ABSENT)
                if value is not _ABSENT:
                    return value
                each = each.outer
            if find_builtin(name) is not None:
                return _builtin_value(name, scope)
            return Unknown.fact(name) if policy else None

        return look_up

    def _listliteral(self, node: syntax.ListLiteral) -> Evaluation:
        items = [self.compile(each) for each in node.items]
        return lambda scope: [each(scope) for each in items]

    def _contextliteral(self, node: syntax.ContextLiteral) -> Evaluation:
        entries = [(key, self.compile(each)) for key, each in node.entries]
        repeated = len({key for key, _ in entries}) < len(entries)

        def build(scope: Scope) -> Any:
            if repeated:
                return Failure("a context has the same key twice", "结构中有重复的键")
            result: dict[str, Any] = {}
            inner = Scope(result, scope)
            for key, each in entries:
                result[key] = each(inner)
            return result

        return self._checked(build)

    def _rangeliteral(self, node: syntax.RangeLiteral) -> Evaluation:
        low, high = self.compile(node.low), self.compile(node.high)
        low_closed, high_closed = node.low_closed, node.high_closed
        return lambda scope: Range(low(scope), high(scope), low_closed, high_closed)

    def _unarytest(self, node: syntax.UnaryTest) -> Evaluation:
        operand, operator = self.compile(node.operand), node.operator
        if operator in ("=", "!="):
            return lambda scope: EqualityTest(operator, operand(scope))
        closed = operator in ("<=", ">=")
        if operator in ("<", "<="):
            return lambda scope: Range(UNBOUNDED, operand(scope), False, closed)
        return lambda scope: Range(operand(scope), UNBOUNDED, closed, False)

    # --- paths and filters ----------------------------------------------------------------------------------------

    def _path(self, node: syntax.Path) -> Evaluation:
        source, name, policy = self.compile(node.source), node.name, self.policy

        def step(value: Any) -> Any:
            if isinstance(value, dict):
                found = value.get(name, _ABSENT)
                if found is not _ABSENT:
                    return found
                if value.__class__ is OpenContext:
                    return Unknown.fact(f"{value.path}.{name}")
                return None
            kind = value.__class__
            if kind is list:
                found = [step(each) for each in value]
                return found if policy else [None if each.__class__ is Failure else each for each in found]
            if kind is Unknown:
                # Not a fact for sure: what turns out to be no context has no such entry.
                path = f"{value.path}.{name}" if value.path else None
                return Unknown(value.missing if path is None else (path,), path)
            if value is None or kind is Failure:
                return value
            if kind is EqualityTest:
                included = value.operator == "="
                return _range_property(Range(value.operand, value.operand, included, included), name)
            if kind is Range:
                return _range_property(value, name)
            found = temporal.get_property(value, name)
            if found is temporal.NO_PROPERTY:
                return Failure(f"{kind_of(value)} has no {name}", f"{kind_zh(value)}没有属性“{name}”")
            return found

        return self._checked(lambda scope: step(source(scope)))

    def _filter(self, node: syntax.Filter) -> Evaluation:
        source, condition, policy = self.compile(node.source), self.compile(node.condition), self.policy
        # A condition that is a number for sure is an index; nothing else has to be looked at for every item.
        constant = node.condition.value if isinstance(node.condition, syntax.Literal) else None
        condition_type = static_type(node.condition)
        may_be_index = condition_type is None or condition_type.name == "number"
        if policy and isinstance(node.condition, syntax.Name | syntax.Path):
            # `employees[insured]`: nobody has told `insured` where there are no employees, and it does not matter.
            may_be_index = False
        names = _entries_read(node.condition) if policy else frozenset[str]()

        def select(scope: Scope) -> Any:
            value = source(scope)
            kind = value.__class__
            if kind is Failure:
                return value
            if kind is Unknown:
                return Unknown.merge((value,))
            items = value if kind is list else [] if value is None else [value]
            if constant.__class__ is Decimal:
                return _at_index(items, constant)
            selected: list[Any] = []
            undecided: list[Unknown] = []
            failure: Failure | None = None
            for item in items:
                scope.steps.take()
                if item.__class__ is Unknown and names:
                    # It may turn out to be a context, whose entries come before the names around it.
                    undecided.append(item)
                    continue
                keep = condition(_inside(item, names, scope))
                if keep is True:
                    selected.append(item)
                elif keep.__class__ is Decimal:
                    return Unknown.merge(undecided) if undecided else _at_index(items, keep)
                elif keep.__class__ is Unknown:
                    undecided.append(keep)
                elif keep is not False and keep is not None:
                    failure = failure or operators.no_boolean(keep)
            if undecided:
                return Unknown.merge(undecided)
            if failure is not None and policy:
                return failure
            if not items and may_be_index:
                keep = condition(Scope({"item": None}, scope))
                if keep.__class__ is Unknown:
                    return Unknown.merge((keep,))
                if keep.__class__ is Decimal:
                    return None
            return selected

        return self._checked(select)

    # --- logic ----------------------------------------------------------------------------------------------------

    def _and(self, node: syntax.And) -> Evaluation:
        operands = [self.compile(each) for each in node.operands]
        all_of = operators.all_of
        return self._checked(lambda scope: all_of(each(scope) for each in operands))

    def _or(self, node: syntax.Or) -> Evaluation:
        operands = [self.compile(each) for each in node.operands]
        any_of = operators.any_of
        return self._checked(lambda scope: any_of(each(scope) for each in operands))

    def _if(self, node: syntax.If) -> Evaluation:
        condition, then, otherwise = (
            self.compile(node.condition),
            self.compile(node.then),
            self.compile(node.otherwise),
        )
        policy = self.policy

        def choose(scope: Scope) -> Any:
            outcome = condition(scope)
            if outcome is True:
                return then(scope)
            if outcome is False or not policy:
                return otherwise(scope)
            # Undecided or senseless: the choice does not matter if both ways end in the same decided value.
            one, other = then(scope), otherwise(scope)
            if one.__class__ is Failure and other.__class__ is Failure:
                return one
            undecided = [*unknowns(one), *unknowns(other)]
            if not undecided and same_value(one, other):
                return one
            if outcome.__class__ is Unknown:
                undecided.append(outcome)
            if undecided:
                return Unknown.merge(undecided)
            if outcome.__class__ is Failure:
                return outcome
            return Failure(
                f"if needs true or false, not {kind_of(outcome)}",
                f"if 的条件应为是或否，而不是{kind_zh(outcome)}",
            )

        return choose

    # --- comparison and membership --------------------------------------------------------------------------------

    def _comparison(self, node: syntax.Comparison) -> Evaluation:
        left, right, operator = self.compile(node.left), self.compile(node.right), node.operator
        compare = operators.compare
        return self._checked(lambda scope: compare(operator, left(scope), right(scope)))

    def _between(self, node: syntax.Between) -> Evaluation:
        value, low, high = self.compile(node.value), self.compile(node.low), self.compile(node.high)
        return self._checked(lambda scope: operators.between(value(scope), low(scope), high(scope)))

    def _in(self, node: syntax.In) -> Evaluation:
        value = self.compile(node.value)
        tests = [self.compile(each) for each in node.tests]
        satisfies, any_of = operators.satisfies, operators.any_of
        if len(tests) == 1:
            only = tests[0]
            return self._checked(lambda scope: satisfies(value(scope), only(scope)))

        def member(scope: Scope) -> Any:
            subject = value(scope)
            return any_of(satisfies(subject, each(scope)) for each in tests)

        return self._checked(member)

    def _unarytests(self, node: syntax.UnaryTests) -> Evaluation:
        """A test of the value bound to `?`. A test that mentions `?` itself decides by being true."""
        tests = [(self.compile(each), _mentions_subject(each)) for each in node.tests]
        negated = node.negated
        subject_of = self.compile(syntax.Name("?"))

        def passes(scope: Scope) -> Any:
            if not tests:
                return True
            subject = subject_of(scope)

            def outcome(test: Evaluation, own: bool) -> Any:
                value = test(scope)
                if own and (value.__class__ in (bool, Unknown, Failure) or value is None):
                    return value
                return operators.satisfies(subject, value)

            found = operators.any_of(outcome(test, own) for test, own in tests)
            return operators.negation(found) if negated else found

        return self._checked(passes)

    def _instanceof(self, node: syntax.InstanceOf) -> Evaluation:
        value, type_name = self.compile(node.value), node.type

        def check(scope: Scope) -> Any:
            found = settled(value(scope)) if self.policy else value(scope)
            return found if found.__class__ in (Unknown, Failure) else is_instance(found, type_name)

        return self._checked(check)

    # --- arithmetic -----------------------------------------------------------------------------------------------

    def _arithmetic(self, node: syntax.Arithmetic) -> Evaluation:
        left, right, operator = self.compile(node.left), self.compile(node.right), node.operator
        arithmetic = operators.arithmetic
        return self._checked(lambda scope: arithmetic(operator, left(scope), right(scope)))

    def _negate(self, node: syntax.Negate) -> Evaluation:
        operand = self.compile(node.operand)
        return self._checked(lambda scope: operators.negate(operand(scope)))

    # --- iteration ------------------------------------------------------------------------------------------------

    def _for(self, node: syntax.For) -> Evaluation:
        sources = self._iterators(node.iterators)
        result = self.compile(node.result)

        def loop(scope: Scope) -> Any:
            partial: list[Any] = []
            for inner in _combinations(sources, scope, {"partial": partial}):
                if inner.__class__ is not Scope:
                    return inner
                inner.steps.take()
                partial.append(result(inner))
            return partial

        return self._checked(loop)

    def _quantified(self, node: syntax.Quantified) -> Evaluation:
        sources = self._iterators(node.iterators)
        condition = self.compile(node.condition)
        combine = operators.any_of if node.existential else operators.all_of

        def outcomes(scope: Scope) -> Iterator[Any]:
            for inner in _combinations(sources, scope, {}):
                if inner.__class__ is Scope:
                    inner.steps.take()
                    yield condition(inner)
                else:
                    yield inner

        return self._checked(lambda scope: combine(outcomes(scope)))

    def _iterators(
        self, nodes: tuple[syntax.Iterator_, ...]
    ) -> list[tuple[str, Evaluation, Evaluation | None]]:
        return [
            (each.name, self.compile(each.source), self.compile(each.upto) if each.upto is not None else None)
            for each in nodes
        ]

    # --- functions ------------------------------------------------------------------------------------------------

    def _functiondefinition(self, node: syntax.FunctionDefinition) -> Evaluation:
        names = tuple(name for name, _ in node.parameters)
        types = [type_name for _, type_name in node.parameters]
        body = self.compile(node.body)
        result_type = static_type(node.body)

        def define(scope: Scope) -> Any:
            def invoke(arguments: list[Any]) -> Any:
                scope.steps.take()
                if len(arguments) != len(names):
                    return _arity("function", len(names), len(arguments))
                bound: dict[str, Any] = {}
                undecided: list[Unknown] = []
                for name, type_name, argument in zip(names, types, arguments, strict=True):
                    if type_name is None:
                        bound[name] = argument
                        continue
                    # Whether it has the type is not known before it is.
                    undecided.extend(unknowns(argument))
                    bound[name] = coerce(argument, type_name)
                    if bound[name] is None and argument is not None and not unknowns(argument):
                        return Failure(
                            f"{name} takes a {type_name.name}, not {article(argument)}",
                            f"参数 {name} 应为 {type_name.name}，而不是{kind_zh(argument)}",
                        )
                return Unknown.merge(undecided) if undecided else body(Scope(bound, scope))

            def invoke_named(arguments: dict[str, Any]) -> Any:
                if set(arguments) != set(names):
                    return Failure(
                        f"this function takes {', '.join(names)}", f"此函数的参数是：{'、'.join(names)}"
                    )
                return invoke([arguments[name] for name in names])

            return Function("function", names, invoke, invoke_named, tuple(types), result_type)

        return define

    def _call(self, node: syntax.Call) -> Evaluation:
        positional = [self.compile(each) for each in node.arguments]
        named = [(name, self.compile(each)) for name, each in node.named]
        direct = node.function.name if isinstance(node.function, syntax.Name) else None
        builtin = find_builtin(direct) if direct is not None else None
        function = self.compile(node.function)

        def invoke(scope: Scope) -> Any:
            if builtin is not None and not scope.has(builtin.name):
                if named:
                    return call_builtin(
                        builtin, [], {name: each(scope) for name, each in named}, scope.environment
                    )
                return call_builtin(builtin, [each(scope) for each in positional], None, scope.environment)
            target = function(scope)
            if target.__class__ in (Unknown, Failure):
                if direct is not None and not scope.has(direct):
                    return Failure(f"there is no function {direct!r}", f"没有名为“{direct}”的函数")
                return target if target.__class__ is Failure else Unknown.merge((target,))
            if target.__class__ is not Function:
                return Failure(f"{article(target)} is no function", f"{kind_zh(target)}不是函数")
            if named:
                return target.call_named({name: each(scope) for name, each in named})
            return target.call([each(scope) for each in positional])

        return self._checked(invoke)


# --- helpers ------------------------------------------------------------------------------------------------------


def same_value(left: Any, right: Any) -> bool:
    """Whether no expression could tell two decided values apart. Unlike FEEL's `=`: kinds, fractions of a second,
    time zones and the order of entries count.
    """
    kind = left.__class__
    if kind is not right.__class__ or kind is Failure:
        return False
    if left is right:
        return True
    if kind is list:
        return len(left) == len(right) and all(map(same_value, left, right))
    if kind is dict:
        return list(left) == list(right) and all(same_value(left[key], right[key]) for key in left)
    if kind is Range:
        return (left.low_closed, left.high_closed) == (right.low_closed, right.high_closed) and (
            same_value(left.low, right.low) and same_value(left.high, right.high)
        )
    if kind is EqualityTest:
        return bool(left.operator == right.operator) and same_value(left.operand, right.operand)
    # Open contexts lack different entries, functions see different names: only the very same ones are the same.
    return kind is not OpenContext and bool(left == right)


def _arity(name: str, expected: int, given: int) -> Failure:
    return Failure(
        f"{name} takes {expected} arguments, not {given}", f"{name} 需要 {expected} 个参数，而不是 {given} 个"
    )


def _builtin_value(name: str, scope: Scope) -> Function:
    builtin = find_builtin(name)
    assert builtin is not None
    return Function(
        name,
        None,
        lambda arguments: call_builtin(builtin, arguments, None, scope.environment),
        lambda arguments: call_builtin(builtin, [], arguments, scope.environment),
    )


def _mentions_subject(node: Node) -> bool:
    return any(isinstance(each, syntax.Name) and each.name == "?" for each in syntax.walk(node))


def _entries_read(condition: Node) -> frozenset[str]:
    """The names in a filter's condition that may be entries of its items.

    `item` and `?` are the language's own. What is called is a function, and no fact is one.
    """
    nodes = list(syntax.walk(condition))
    called = {id(each.function) for each in nodes if isinstance(each, syntax.Call)}
    names = {each.name for each in nodes if isinstance(each, syntax.Name) and id(each) not in called}
    return frozenset(names - {"item", "?"})


def _inside(item: Any, names: frozenset[str], scope: Scope) -> Scope:
    """The names a filter's condition sees: the entries of the item, then `item`, then those around.

    Of facts whose fields nobody declared, each of `names` may be an entry that was not told: whatever has the same
    name further out, a variable of the expression included, does not stand in for it.
    """
    inner = Scope({"item": item}, scope)
    if not isinstance(item, dict):
        return inner
    if item.__class__ is OpenContext and not item.declared:
        return Scope({**item, **item.lacking(names)}, inner)
    return Scope(item, inner)


def _at_index(items: list[Any], index: Decimal) -> Any:
    if index != index.to_integral_value():
        return Failure(f"an index is a whole number, not {index}", f"序号应为整数，而不是 {index}")
    position = int(index)
    if 1 <= position <= len(items):
        return items[position - 1]
    if -len(items) <= position <= -1:
        return items[position]
    return None


def _range_property(value: Range, name: str) -> Any:
    """DMN 1.5, table 65."""
    if name in ("start", "end"):
        end = value.low if name == "start" else value.high
        return None if end is UNBOUNDED else end
    if name == "start included":
        return value.low_closed
    if name == "end included":
        return value.high_closed
    return Failure(f"a range has no {name}", f"区间没有属性“{name}”")


def _combinations(
    sources: list[tuple[str, Evaluation, Evaluation | None]], scope: Scope, extra: dict[str, Any]
) -> Iterator[Any]:
    """A Scope for each combination; or an Unknown or Failure where a source cannot be gone through."""
    if not sources:
        yield Scope(extra, scope) if extra else scope
        return
    (name, source, upto), *rest = sources
    items = _items(source(scope)) if upto is None else _span(source(scope), upto(scope))
    if items.__class__ in (Unknown, Failure):
        yield items
        return
    for item in items:
        scope.steps.take()
        yield from _combinations(rest, Scope({name: item}, scope), extra)


def _items(value: Any) -> Any:
    """What to go through, or the Unknown or Failure that is the reason why not."""
    kind = value.__class__
    if kind is list or kind is Failure:
        return value
    if kind is Unknown:
        return Unknown.merge((value,))
    if value is None:
        return Failure("there is nothing to go through", "没有可遍历的内容")
    if kind is Range:
        low, high = value.low, value.high
        if low is UNBOUNDED or high is UNBOUNDED:
            return Failure("a range without an end cannot be gone through", "无端点的区间不能遍历")
        order = operators.order_of(low, high)
        if order == 1:
            return Failure("the range is upside down", "区间的下限大于上限")
        return _span(low, high, value.low_closed, value.high_closed)
    return [value]


def _span(low: Any, high: Any, low_closed: bool = True, high_closed: bool = True) -> Any:
    """Whole numbers or days from `low` to `high`, downwards if `high` is lower. None are made before they are used."""
    for end in (low, high):
        if end.__class__ is Failure:
            return end
    if low.__class__ is Unknown or high.__class__ is Unknown:
        return Unknown.merge((low, high))
    step = 1 if operators.order_of(low, high) in (-1, 0) else -1
    if low.__class__ is Decimal and high.__class__ is Decimal:
        if low != low.to_integral_value() or high != high.to_integral_value():
            return Failure("only whole numbers can be gone through", "只能遍历整数")
        first, last = int(low), int(high)
        return map(
            Decimal, range(first if low_closed else first + step, last + step if high_closed else last, step)
        )
    if low.__class__ is Date and high.__class__ is Date:
        days = _days(low, high, step)
        return (day for day in days if (low_closed or day != low) and (high_closed or day != high))
    return Failure(
        f"{kind_of(low)}..{kind_of(high)} cannot be gone through", f"{kind_zh(low)}..{kind_zh(high)} 不能遍历"
    )


def _days(low: Date, high: Date, step: int) -> Iterator[Any]:
    one_day = temporal.DaysDuration(step * temporal.NANOSECONDS_PER_DAY)
    day: Any = low
    while day != high:
        yield day
        day = temporal.add(day, one_day)
    yield high


__all__ = [
    "MOST_STEPS",
    "Evaluation",
    "Mode",
    "Scope",
    "TypeName",
    "compile_expression",
    "evaluate",
    "same_value",
    "settled",
]
