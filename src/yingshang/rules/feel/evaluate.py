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
from yingshang.rules.feel.operators import kind_of, kind_zh
from yingshang.rules.feel.syntax import Node, TypeName
from yingshang.rules.feel.temporal import Date
from yingshang.rules.feel.types import coerce, is_instance
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


class Scope:
    """Names and their values, innermost first."""

    __slots__ = ("environment", "outer", "values")

    def __init__(
        self, values: Mapping[str, Any], outer: Scope | None = None, environment: Environment | None = None
    ) -> None:
        self.values = values
        self.outer = outer
        self.environment: Environment = environment or (outer.environment if outer else Environment())

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
    """A function from a Scope to the value of `tree`."""
    return _Compiler(mode).compile(tree)


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
    """`value`, or the Unknown or Failure that stands anywhere inside it."""
    if value.__class__ is list or isinstance(value, dict) or value.__class__ is Range:
        open_parts = unknowns(value)
        if open_parts:
            return Unknown.merge(open_parts)
        failure = first_failure(value)
        if failure:
            return failure
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
        return lambda scope: value

    def _name(self, node: syntax.Name) -> Evaluation:
        name, policy = node.name, self.policy

        def look_up(scope: Scope) -> Any:
            each: Scope | None = scope
            owner: OpenContext | None = None
            while each is not None:
                value = each.values.get(name, _ABSENT)
                if value is not _ABSENT:
                    return value
                if owner is None and each.values.__class__ is OpenContext:
                    owner = each.values  # type: ignore[assignment]
                each = each.outer
            if find_builtin(name) is not None:
                return _builtin_value(name, scope)
            if policy:
                return Unknown.fact(f"{owner.path}.{name}" if owner is not None else name)
            return None

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
        source, name = self.compile(node.source), node.name
        policy = self.policy

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
                return [step(each) for each in value]
            if kind is Unknown:
                return Unknown.fact(f"{value.path}.{name}") if value.path else value
            if value is None or kind is Failure:
                return value
            if kind is Range:
                return _range_property(value, name)
            found = temporal.get_property(value, name)
            if found is temporal.NO_PROPERTY:
                return Failure(f"{kind_of(value)} has no {name}", f"{kind_zh(value)}没有属性“{name}”")
            return found

        def walk(scope: Scope) -> Any:
            return step(source(scope))

        del policy
        return self._checked(walk)

    def _filter(self, node: syntax.Filter) -> Evaluation:
        source, condition = self.compile(node.source), self.compile(node.condition)
        # A condition that is a number for sure is an index; nothing else has to be looked at for every item.
        constant = node.condition.value if isinstance(node.condition, syntax.Literal) else None

        def select(scope: Scope) -> Any:
            value = source(scope)
            kind = value.__class__
            if kind is Unknown or kind is Failure:
                return value
            items = value if kind is list else [] if value is None else [value]
            if constant.__class__ is Decimal:
                return _at_index(items, constant)
            selected: list[Any] = []
            open_items: list[Unknown] = []
            failure: Failure | None = None
            for item in items:
                bound: Mapping[str, Any] = {"item": item}
                inner = Scope(bound, scope)
                if isinstance(item, dict):
                    inner = Scope(item, inner)
                keep = condition(inner)
                if keep is True:
                    selected.append(item)
                elif keep.__class__ is Decimal:
                    return _at_index(items, keep)
                elif keep.__class__ is Unknown:
                    open_items.append(keep)
                elif keep.__class__ is Failure:
                    failure = failure or keep
            if open_items:
                return Unknown.merge(open_items)
            if failure is not None and self.policy:
                return failure
            if not items:
                keep = condition(Scope({"item": None}, scope))
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
            if not (unknowns(one) or unknowns(other)) and same_value(one, other):
                return one
            if outcome.__class__ is Unknown:
                return Unknown.merge([outcome, *unknowns(one), *unknowns(other)])
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

        def passes(scope: Scope) -> Any:
            if not tests:
                return True
            subject = scope.values["?"]

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

        def define(scope: Scope) -> Any:
            def invoke(arguments: list[Any]) -> Any:
                if len(arguments) != len(names):
                    return _arity("function", len(names), len(arguments))
                bound: dict[str, Any] = {}
                for name, type_name, argument in zip(names, types, arguments, strict=True):
                    bound[name] = argument if type_name is None else coerce(argument, type_name)
                    if bound[name] is None and argument is not None:
                        return Failure(
                            f"{name} takes {type_name and type_name.name}, not {kind_of(argument)}"
                        )
                return body(Scope(bound, scope))

            def invoke_named(arguments: dict[str, Any]) -> Any:
                if set(arguments) != set(names):
                    return Failure(
                        f"this function takes {', '.join(names)}", f"此函数的参数是：{'、'.join(names)}"
                    )
                return invoke([arguments[name] for name in names])

            return Function("function", names, invoke, invoke_named)

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
                return target
            if target.__class__ is not Function:
                return Failure(f"{kind_of(target)} is no function", f"{kind_zh(target)}不是函数")
            if named:
                return target.call_named({name: each(scope) for name, each in named})
            return target.call([each(scope) for each in positional])

        return self._checked(invoke)


# --- helpers ------------------------------------------------------------------------------------------------------


def same_value(left: Any, right: Any) -> bool:
    """Whether two decided values are the same to every reader (kinds included, unlike FEEL's `=`)."""
    if left.__class__ is Failure or right.__class__ is Failure:
        return False
    if left is None or right is None:
        return left is right
    return left.__class__ is right.__class__ and operators.equal(left, right) is True


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
    """A Scope for each combination; or an Unknown, Failure or null where a source cannot be gone through."""
    if not sources:
        yield Scope(extra, scope) if extra else scope
        return
    (name, source, upto), *rest = sources
    items = _items(source(scope)) if upto is None else _span(source(scope), upto(scope))
    if items.__class__ is not list:
        yield items
        return
    for item in items:
        yield from _combinations(rest, Scope({name: item}, scope), extra)


def _items(value: Any) -> Any:
    """What to go through, or the reason why not."""
    kind = value.__class__
    if kind is list:
        return value
    if value is None or kind is Unknown or kind is Failure:
        return value if value is not None else Failure("there is nothing to go through", "没有可遍历的内容")
    if kind is Range:
        low, high = value.low, value.high
        if low is UNBOUNDED or high is UNBOUNDED:
            return Failure("a range without an end cannot be gone through", "无端点的区间不能遍历")
        order = operators.order_of(low, high)
        if order == 1:
            return Failure("the range is upside down", "区间的下限大于上限")
        items = _span(low, high)
        if items.__class__ is list:
            items = items[0 if value.low_closed else 1 : None if value.high_closed else -1]
        return items
    return [value]


def _span(low: Any, high: Any) -> Any:
    """Whole numbers or days from `low` to `high`, downwards if `high` is lower."""
    for end in (low, high):
        if end.__class__ in (Unknown, Failure):
            return end
    if low.__class__ is Decimal and high.__class__ is Decimal:
        if low != low.to_integral_value() or high != high.to_integral_value():
            return Failure("only whole numbers can be gone through", "只能遍历整数")
        step = 1 if low <= high else -1
        return [Decimal(each) for each in range(int(low), int(high) + step, step)]
    if low.__class__ is Date and high.__class__ is Date:
        step = 1 if operators.order_of(low, high) <= 0 else -1
        one_day = temporal.DaysDuration(step * 86_400 * 10**9)
        days = [low]
        while days[-1] != high:
            days.append(temporal.add(days[-1], one_day))
        return days
    return Failure(
        f"{kind_of(low)}..{kind_of(high)} cannot be gone through", f"{kind_zh(low)}..{kind_zh(high)} 不能遍历"
    )


__all__ = [
    "Evaluation",
    "Mode",
    "Scope",
    "TypeName",
    "compile_expression",
    "evaluate",
    "same_value",
    "settled",
]
