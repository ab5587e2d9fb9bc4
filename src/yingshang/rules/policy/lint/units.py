"""Figures of the text against figures of the expression: yuan for 万元, 3 for 3%, and figures that got lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from yingshang.rules.dmn.table import DecisionTable
from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.syntax import Literal, Name, Node, walk
from yingshang.rules.feel.temporal import DaysDuration, MonthsDuration
from yingshang.rules.feel.values import plain
from yingshang.rules.policy.benefit import UNITS
from yingshang.rules.policy.catalogue import Fact
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.codes import ERROR, WARNING
from yingshang.rules.policy.lint.quantities import (
    DAYS,
    MONEY,
    MONTHS,
    RATIO,
    YEARS,
    Quantity,
    quantities_of,
    quantities_of_code,
)
from yingshang.rules.policy.lint.view import Expression, ItemView, is_constant, nested_conditions
from yingshang.rules.policy.marked_yaml import Path

_MONEY_UNITS = frozenset({"元", "美元", "万元", "亿元"})
_RATIO_UNITS = frozenset({"比值", "比率", "%"})
_MONEY_SLIPS = tuple(Decimal(each) for each in ("1e4", "1e8", "1e3", "1e-4", "1e-8", "1e-3"))
_RATIO_SLIPS = tuple(Decimal(each) for each in ("100", "0.01", "10", "0.1", "1000"))
# Nobody gives one enterprise a thousand million yuan.
_IMPLAUSIBLE = Decimal(1_000_000_000)
_PERIODS = (MONTHS, YEARS, DAYS)
_ROUNDINGS = frozenset(
    {"decimal", "floor", "ceiling", "round up", "round down", "round half up", "round half down", "abs"}
)


@dataclass(slots=True)
class Figures:
    """The figures of some expressions.

    `values` are the numbers; `literals` those written by themselves, with the units of what they stand beside;
    `factors` those that something is multiplied by; `named` the figures in names of facts and in texts.
    """

    values: set[Decimal] = field(default_factory=set)
    literals: dict[Decimal, set[str]] = field(default_factory=dict)
    periods: set[tuple[str, Decimal]] = field(default_factory=set)
    named: set[tuple[str, Decimal]] = field(default_factory=set)
    factors: set[Decimal] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    only_facts: bool = True

    def add(self, other: Figures) -> None:
        """Take in the figures of another expression."""
        self.values |= other.values
        for literal, units in other.literals.items():
            self.literals.setdefault(literal, set()).update(units)
        self.periods |= other.periods
        self.named |= other.named
        self.factors |= other.factors
        self.units |= other.units
        self.only_facts = self.only_facts and other.only_facts

    def covers(self, quantity: Quantity) -> bool:
        """Whether a figure of the text is among them, in one of the ways it can be written."""
        value = quantity.value
        if (quantity.kind, value) in self.named:
            return True
        candidates = {value}
        if quantity.kind == MONEY:
            candidates |= {value / 10**4} if "万元" in self.units else set()
            candidates |= {value / 10**8} if "亿元" in self.units else set()
        elif quantity.kind == RATIO:
            candidates |= {1 + value, 1 - value}
            candidates |= {value * 100} if "%" in self.units else set()
            candidates |= {value * 1000} if "千分比" in self.units else set()
        elif quantity.kind in _PERIODS:
            months = value * 12 if quantity.kind == YEARS else value
            same = {(MONTHS, months), (quantity.kind, value)}
            if quantity.kind == MONTHS:
                same.add((YEARS, value / 12))
                candidates.add(value / 12)
            if quantity.kind == YEARS:
                candidates |= {value * 12, value * 365, value * 366, value + 1, value - 1}
            if same & (self.periods | self.named):
                return True
        return bool(candidates & self.values)


def figures_of(view: ItemView, expressions: Iterable[Expression]) -> Figures:
    """The figures of some expressions of an item."""
    known: dict[Path, Figures] = view.memo.setdefault("figures", {})
    figures = Figures()
    for expression in expressions:
        found = known.get(expression.path)
        if found is None:
            found = known[expression.path] = Figures()
            _collect(view, expression, found)
        figures.add(found)
    return figures


def _collect(view: ItemView, expression: Expression, figures: Figures) -> None:
    for node in expression.nodes:
        if isinstance(node, Name | syntax.Path):
            fact = view.fact(node.name) or (view.catalogue.fields.get(node.name) if view.catalogue else None)
            if fact is not None:
                _named(figures, fact.name)
                figures.named.update((each.kind, each.value) for each in quantities_of_code(fact.code))
                figures.units |= {fact.unit} if fact.unit else set()
            else:
                _named(figures, node.name)
        elif isinstance(node, Literal):
            _literal(figures, node.value, expression.factor)
            if node is expression.tree and expression.factor != 1 and isinstance(node.value, Decimal):
                # 2 in a benefit of 万元 is 20000 yuan and nothing else.
                figures.values -= {node.value, -node.value}
        elif isinstance(node, syntax.Arithmetic | syntax.Call) and is_constant(node):
            _literal(figures, compile_expression(node, Mode.POLICY)(Scope({})), expression.factor)
            continue
        if isinstance(node, syntax.Arithmetic) and node.operator == "*":
            figures.factors.update(*(outcomes_of(each) for each in (node.left, node.right)))
        _beside(view, node, figures)
    if expression.path[-1] == "within":
        for thing, values in _compared(view, expression):
            units = units_of(view, thing)
            for value in (value for each in values for value in outcomes_of(each)):
                figures.literals.setdefault(value, set()).update(units)
    # What a parameter comes to is checked where it stands.
    figures.factors -= {each for each in view.resolver.parameters.values() if isinstance(each, Decimal)}
    for node in expression.raw_nodes:
        if isinstance(node, Name):
            _named(figures, node.name)
    if isinstance(expression.tree, Literal) and isinstance(expression.tree.value, Decimal):
        money = expression.factor != 1 or expression.path[-1] in ("amount", "cap")
        unit = {"元"} if money else set[str]()
        figures.literals.setdefault(expression.tree.value * expression.factor, set()).update(unit)


def _named(figures: Figures, name: str) -> None:
    figures.named.update((each.kind, each.value) for each in quantities_of(name))


def _literal(figures: Figures, value: Any, factor: Decimal) -> None:
    if isinstance(value, Decimal):
        figures.only_facts = False
        figures.values |= {value, -value, value * factor}
    elif isinstance(value, MonthsDuration):
        figures.only_facts = False
        figures.periods.add((MONTHS, Decimal(value.months)))
    elif isinstance(value, DaysDuration):
        figures.only_facts = False
        figures.periods.add((DAYS, Decimal(value.days)))
    elif isinstance(value, str):
        _named(figures, value)


def _beside(view: ItemView, node: Node, figures: Figures) -> None:
    """The numbers a comparison compares with, and the units of what it compares."""
    for thing, values in _sides(node):
        if is_constant(thing):
            continue
        units = units_of(view, thing)
        for each in values:
            for value in outcomes_of(each):
                figures.literals.setdefault(value, set()).update(units)


def _sides(node: Node) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """What a comparison compares with what, each side once as the thing and once as the value."""
    if isinstance(node, syntax.Comparison):
        yield node.left, (node.right,)
        yield node.right, (node.left,)
    elif isinstance(node, syntax.Between):
        yield node.value, (node.low, node.high)
    elif isinstance(node, syntax.In):
        yield node.value, tuple(_operands(node.tests))
    elif isinstance(node, DecisionTable):
        for column, each in enumerate(node.inputs):
            tests = [test for rule in node.rules for test in rule.tests[column].tests]
            yield each.expression, tuple(_operands(tests))


def _operands(tests: Iterable[Node]) -> Iterator[Node]:
    """What unary tests compare with."""
    for each in tests:
        if isinstance(each, syntax.UnaryTest):
            yield each.operand
        elif isinstance(each, syntax.RangeLiteral):
            yield from (each.low, each.high)
        elif isinstance(each, syntax.ListLiteral):
            yield from _operands(each.items)
        else:
            yield each


def outcomes_of(node: Node) -> Iterator[Decimal]:
    """The numbers written out that an expression can come to: a literal, `10 / 100`, branches, rows of a table."""
    if isinstance(node, syntax.If):
        yield from outcomes_of(node.then)
        yield from outcomes_of(node.otherwise)
    elif isinstance(node, DecisionTable):
        for rule in node.rules:
            yield from outcomes_of(rule.outputs[0])
        if node.outputs[0].default is not None:
            yield from outcomes_of(node.outputs[0].default)
    elif isinstance(node, syntax.Call) and node.function in (Name("min"), Name("max")):
        for each in _operands(node.arguments):
            yield from outcomes_of(each)
    elif isinstance(node, Literal | syntax.Arithmetic | syntax.Negate | syntax.Call) and is_constant(node):
        value = compile_expression(node, Mode.POLICY)(Scope({}))
        if isinstance(value, Decimal):
            yield value


def units_of(view: ItemView, node: Node) -> set[str]:
    """The units of the facts in an expression; of a quotient of two alike, a ratio."""
    if isinstance(node, syntax.Arithmetic) and node.operator == "/":
        above, below = units_of(view, node.left), units_of(view, node.right)
        return {"比值"} if above == below and above else set()
    if isinstance(node, syntax.Call) and node.function == Name("count"):
        return {"个"}
    found: set[str] = set()
    for each in walk(node):
        if isinstance(each, Name | syntax.Path):
            fact = view.fact(each.name) or (view.catalogue.fields.get(each.name) if view.catalogue else None)
            if fact is not None and fact.unit:
                found.add(fact.unit)
    return found


# --- checks -------------------------------------------------------------------------------------------------------


def check_units(view: ItemView) -> Iterator[Problem]:
    """Figures of every text of an item against the expressions it stands beside."""
    everything = figures_of(view, view.expressions)
    for each in view.data.get("parameters") or ():
        for value in each.get("values") or ():
            _literal(everything, value.get("value"), Decimal(1))
            _named(everything, str(value.get("text") or ""))
    slipped: set[Path] = set()
    for path, text, expressions in _texts(view):
        own = figures_of(view, expressions)
        own.values |= _counts(view, path)
        for problem in _compare(view, path, text, own, everything, expressions):
            if problem.code == "text-number" and _hidden(view, path):
                continue
            if problem.code == "unit-slip":
                slipped.update({path, *(each.path for each in expressions)})
            yield problem
    yield from _ratios(view, slipped)
    yield from _implausible(view)
    yield from _doubled(view)
    yield from _parameters(view)


def _hidden(view: ItemView, path: Path) -> bool:
    """Whether the figure may stand in an expression that cannot be read."""
    return any(
        broken[: len(path)] == path or broken[0] in ("definitions", "tables") for broken, _ in view.broken
    )


def _texts(view: ItemView) -> Iterator[tuple[Path, str, list[Expression]]]:
    """Every text with the expressions that it is the words of."""
    for path, condition in view.conditions():
        if condition.get("text"):
            below = [
                view.by_path.get((*each, key))
                for each, data in nested_conditions(condition, path)
                for key in ("when", "some", "every")
                if key in data
            ]
            yield path, str(condition["text"]), [each for each in below if each is not None]
    yield from _benefit_texts(view, view.data["benefit"], ("benefit",))


def _counts(view: ItemView, path: Path) -> set[Decimal]:
    """How many of its parts a condition, and those below it, ask for."""
    if path[0] not in ("conditions", "exclusions"):
        return set()
    condition: Any = view.data
    for step in path:
        condition = condition[step]
    below = nested_conditions(condition, path)
    return {Decimal(data["at_least"]) for _, data in below if "at_least" in data}


def _benefit_texts(view: ItemView, data: Any, path: Path) -> Iterator[tuple[Path, str, list[Expression]]]:
    if isinstance(data, Mapping):
        if isinstance(data.get("text"), str) and "rules" not in path:
            inside = [each for each in view.expressions if each.path[: len(path)] == path]
            yield path, data["text"], inside
        for key, value in data.items():
            yield from _benefit_texts(view, value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _benefit_texts(view, value, (*path, index))


def _compare(
    view: ItemView,
    path: Path,
    text: str,
    own: Figures,
    everything: Figures,
    expressions: Sequence[Expression],
) -> Iterator[Problem]:
    quantities = quantities_of(text)
    # The number itself, 万元 for a fact in 万元 and so on: what some figure of the text accounts for is no slip.
    accounted = {
        literal
        for literal in (*own.literals, *own.factors)
        if any(Figures({literal}, units=own.units).covers(each) for each in quantities)
    }
    lost: list[Quantity] = []
    for quantity in quantities:
        if own.covers(quantity):
            continue
        slip = _slip(quantity, own, accounted)
        if slip is None:
            lost.append(quantity)
            continue
        literal, units = slip
        written, meant = plain(literal), plain(quantity.value)
        unit = "元" if quantity.kind == MONEY else ""
        yield view.finding(
            "unit-slip",
            _where(view, literal, expressions) or path,
            f"the text says {quantity.text}, which is {meant}{' yuan' if unit else ''}, "
            f"but the expression has {written}; write {meant}",
            f"文字为“{quantity.text}”，即 {meant}{unit}，而表达式写的是 {written}，请改为 {meant}",
            text=written,
            severity=ERROR if units else WARNING,
        )
    if own.only_facts and path[0] != "benefit":
        # A yes-or-no fact stands for all that its definition says.
        return
    for quantity in lost:
        if everything.covers(quantity):
            continue
        yield view.finding(
            "text-number",
            path,
            f"the text says {quantity.text}, but no expression has "
            f"{plain(quantity.value)}; add the condition, or check the figure",
            f"文字中的“{quantity.text}”（{plain(quantity.value)}）未出现在表达式中，请补充条件或核对数字",
            text=quantity.text,
        )


def _where(view: ItemView, literal: Decimal, expressions: Sequence[Expression]) -> Path | None:
    """The field that holds a figure."""
    for each in expressions:
        figures = figures_of(view, [each])
        if literal in figures.literals or literal in figures.factors:
            return each.path
    return None


def _slip(quantity: Quantity, own: Figures, accounted: set[Decimal]) -> tuple[Decimal, bool] | None:
    """The number that is the figure of the text in the wrong unit, and whether its unit is known."""
    if quantity.value == 0:
        return None
    if quantity.kind == MONEY:
        factors, units = _MONEY_SLIPS, _MONEY_UNITS
    elif quantity.kind == RATIO:
        factors, units = _RATIO_SLIPS, _RATIO_UNITS
    else:
        return None
    for literal, beside in own.literals.items():
        if literal in accounted or literal <= 0 or (beside and not beside & units):
            continue
        if any(literal * factor == quantity.value for factor in factors):
            return literal, bool(beside)
    # Per head or per cent: 人数 * 2 for 每人2万元, 投资额 * 5 for 投资额的5%.
    usual = Decimal(10_000) if quantity.kind == MONEY else Decimal("0.01")
    for each in own.factors - accounted:
        if each > 1 and each * usual == quantity.value:
            return each, False
    return None


def _ratios(view: ItemView, slipped: set[Path]) -> Iterator[Problem]:
    """A fact that is a ratio compared with per cent."""
    reported: set[tuple[Node, Decimal]] = set()
    for expression in view.expressions:
        if any(expression.path[: len(each)] == each for each in slipped):
            continue
        yield from _share(view, expression)
        stated = {each.value for each in quantities_of(_text_of(view, expression.path)) if each.kind == RATIO}
        for thing, values in _compared(view, expression):
            fact = _declared(view, thing)
            if fact is None or fact.unit not in _RATIO_UNITS - {"%"}:
                continue
            limit = Decimal(1) if fact.maximum == 1 else Decimal(2)
            for value in (each for node in values for each in outcomes_of(node)):
                if value <= 1 or value < limit or value in stated or (thing, value) in reported:
                    continue
                reported.add((thing, value))
                better = plain(value / 100)
                yield view.finding(
                    "ratio-percent",
                    expression.path,
                    f"{fact.name} is a ratio (0.03 is 3 per cent), but is "
                    f"compared with {plain(value)}; write {better}",
                    f"“{fact.name}”是比值（0.03 即 3%），却与 {plain(value)} 比较，请改为 {better}",
                    text=plain(value),
                    severity=ERROR if fact.maximum == 1 else WARNING,
                )


def _share(view: ItemView, expression: Expression) -> Iterator[Problem]:
    """A rate or a ratio of more than the whole: 5 where 5% is meant."""
    if expression.path[-1] not in ("rate", "ratio"):
        return
    value = max(outcomes_of(expression.tree), default=Decimal(0))
    if value > 1:
        yield view.finding(
            "ratio-percent",
            expression.path,
            f"a {expression.path[-1]} of {plain(value)} is {plain(value * 100)} per cent; "
            f"write {plain(value)}% or {plain(value / 100)}",
            f"比例写为 {plain(value)}，即 {plain(value * 100)}%，请写 {plain(value)}% 或 {plain(value / 100)}",
            text=expression.source,
        )


def _compared(view: ItemView, expression: Expression) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Every comparison of an expression; a band's range is compared with what the bands are about."""
    if isinstance(expression.tree, syntax.UnaryTests) and "rows" in expression.path:
        path = expression.path[: len(expression.path) - 1 - expression.path[::-1].index("rows")]
        by = view.by_path.get((*path, "by"))
        if by is not None:
            yield by.tree, tuple(_operands(expression.tree.tests))
    for node in expression.nodes:
        yield from _sides(node)


def _declared(view: ItemView, node: Node) -> Fact | None:
    """The fact, or the field of a line, that an expression is."""
    if isinstance(node, Name):
        return view.fact(node.name)
    if isinstance(node, syntax.Path) and view.catalogue is not None:
        return view.catalogue.fields.get(node.name)
    return None


def _text_of(view: ItemView, path: Path) -> str:
    data: Any = view.data
    texts = []
    for step in path:
        if isinstance(data, Mapping) and isinstance(data.get("text"), str):
            texts.append(data["text"])
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            break
    return " ".join(texts)


def _implausible(view: ItemView) -> Iterator[Problem]:
    for expression in view.expressions:
        if expression.path[0] != "benefit" or expression.path[-1] != "amount":
            continue
        value = expression.tree.value if isinstance(expression.tree, Literal) else None
        if not isinstance(value, Decimal) or value * expression.factor < _IMPLAUSIBLE:
            continue
        amount = plain(value * expression.factor)
        unit = "万元" if expression.factor != 1 else "元"
        hint, hint_zh = (
            ("; is the unit 元?", "，单位是否应为“元”？") if unit == "万元" else ("; check it", "，请核对")
        )
        yield view.finding(
            "amount-implausible",
            expression.path,
            f"{plain(value)} {unit} are {amount} yuan for one subject{hint}",
            f"{plain(value)} {unit}即每户 {amount} 元{hint_zh}",
            text=expression.source,
        )


def _doubled(view: ItemView) -> Iterator[Problem]:
    """A formula over facts in one unit of money whose amount is read in another one."""
    for expression in view.expressions:
        if expression.path[0] != "benefit" or not _is_amount(view, expression):
            continue
        own = "万元" if expression.factor != 1 else "元"
        found = _carried(view, expression.tree) & {"元", "万元", "亿元"}
        if not found or own in found:
            continue
        other = min(found)
        formula, formula_zh = expression.source or "the table", expression.source or "表"
        if own == "万元":
            way, way_zh = "leave out `unit: 万元`, or divide by 10000", "去掉 unit: 万元，或将公式除以 10000"
        elif other == "万元":
            way, way_zh = "multiply by 10000", "将公式乘以 10000"
        else:
            way, way_zh = "multiply by 100000000", "将公式乘以 100000000"
        yield view.finding(
            "unit-slip",
            expression.path,
            f"{formula} comes out in {other}, because its facts do, but is read in {own}; {way}",
            f"“{formula_zh}”所用事实的单位是{other}，得出的金额却按{own}计，请{way_zh}",
            text=expression.source,
        )


def _is_amount(view: ItemView, expression: Expression) -> bool:
    """Whether the value of an expression is money to be paid; of bands with rates, what the rates are applied to."""
    path = expression.path
    if path[-1] in ("amount", "cap", "otherwise", "table"):
        return True
    if path[-2:-1] != ("bands",) or path[-1] not in ("by", "of"):
        return False
    around = path[:-1]
    rated = any(each[: len(around)] == around and each[-1] == "rate" for each in view.by_path)
    return rated and (path[-1] == "of" or (*around, "of") not in view.by_path)


def _carried(view: ItemView, node: Node) -> set[str]:
    """The units of money the value of an expression comes in; empty where a figure is written out or divided by."""
    if isinstance(node, syntax.Arithmetic):
        left, right = _carried(view, node.left), _carried(view, node.right)
        if node.operator in ("+", "-"):
            return left | right
        if node.operator == "*":
            # A factor such as 10000 turns one unit into another.
            scaled = any(value >= 1000 for each in (node.left, node.right) for value in outcomes_of(each))
            return set() if scaled or (left and right) else left | right
        if node.operator == "/":
            return set() if right or any(value >= 1000 for value in outcomes_of(node.right)) else left
        return set()
    if isinstance(node, syntax.If):
        return _carried(view, node.then) | _carried(view, node.otherwise)
    if isinstance(node, syntax.Call) and isinstance(node.function, Name):
        name = node.function.name
        if name in ("min", "max", "sum"):
            return set[str]().union(*(_carried(view, each) for each in _operands(node.arguments)))
        if name in _ROUNDINGS and node.arguments:
            return _carried(view, node.arguments[0])
        return set()
    if isinstance(node, DecisionTable):
        return set[str]().union(*(_carried(view, each.outputs[0]) for each in node.rules))
    fact = _declared(view, node)
    return {fact.unit} if fact is not None and fact.unit is not None else set()


def _parameters(view: ItemView) -> Iterator[Problem]:
    for index, parameter in enumerate(view.data.get("parameters") or ()):
        unit = parameter.get("unit")
        scale = UNITS.get(str(unit), Decimal(1))
        shown = unit if unit and unit not in _RATIO_UNITS else ""
        for position, each in enumerate(parameter.get("values") or ()):
            value = each.get("value")
            text = str(each.get("text") or "")
            if not isinstance(value, Decimal) or not text:
                continue
            own = Figures({value, value * scale}, {value * scale: {str(unit)} if unit else set()})
            quantities = quantities_of(text)
            if any(own.covers(quantity) for quantity in quantities):
                continue
            for quantity in quantities:
                slip = _slip(quantity, own, set())
                if slip is not None:
                    meant = plain(quantity.value / scale)
                    yield view.finding(
                        "unit-slip",
                        ("parameters", index, "values", position, "value"),
                        f"the text says {quantity.text}, but the value is "
                        f"{plain(value)}{shown}; write {meant}",
                        f"文字为“{quantity.text}”，而取值为 {plain(value)}{shown}，请改为 {meant}",
                        text=plain(value),
                        severity=ERROR if slip[1] else WARNING,
                    )


__all__ = ["Figures", "check_units", "figures_of", "units_of"]
