"""Bands, decision tables and `if … else if …` ladders: gaps, overlaps, what is never reached, amounts that fall."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yingshang.rules.dmn import check as tables
from yingshang.rules.dmn.regions import is_literal
from yingshang.rules.dmn.table import DecisionTable, HitPolicy, TableInput, TableOutput, TableRule
from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.syntax import Literal, Name, Node, UnaryTests, walk
from yingshang.rules.feel.values import UNBOUNDED, Range, plain
from yingshang.rules.policy.catalogue import Fact
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.codes import NOTE
from yingshang.rules.policy.lint.formula import (
    Formula,
    Opposite,
    conjunction,
    example_text,
    formula_of,
    grid_of,
    samples_of,
    subjects_of,
)
from yingshang.rules.policy.lint.logic import can_be
from yingshang.rules.policy.lint.units import units_of
from yingshang.rules.policy.lint.view import Expression, ItemView
from yingshang.rules.policy.marked_yaml import Path

_MONEY = frozenset({"元", "万元", "亿元", "美元"})
# Things that come one by one: 30 and 31 leave nothing between them.
_COUNTED = frozenset({"人", "家", "户", "项", "件", "个", "次", "辆", "名", "晚", "人晚"})


@dataclass(frozen=True, slots=True)
class Band:
    """One row of bands: its range of numbers, what it pays (in yuan), and where it stands."""

    index: int
    range: Range
    rate: Decimal | None
    amount: Decimal | None
    cap: Decimal | None = None

    @property
    def low(self) -> Decimal:
        return Decimal("-Infinity") if self.range.low is UNBOUNDED else self.range.low

    @property
    def high(self) -> Decimal:
        return Decimal("Infinity") if self.range.high is UNBOUNDED else self.range.high

    def pays(self, base: Decimal) -> Decimal | None:
        """The amount for a base, where it is written out."""
        if self.amount is None and self.rate is None:
            return None
        amount = self.amount if self.amount is not None else (self.rate or Decimal(0)) * base
        return amount if self.cap is None else min(amount, self.cap)


def check_bands(view: ItemView) -> Iterator[Problem]:
    """Findings about the bands of an item's benefit and its parts."""
    for expression in view.expressions:
        if expression.path[-2:] == ("bands", "by"):
            data: Any = view.data
            for step in expression.path[:-1]:
                data = data[step]
            yield from _check_bands(view, expression, data, expression.path[:-1])


def _check_bands(view: ItemView, by: Expression, data: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    progressive = data.get("mode") == "progressive"
    rules, rows = [], []
    for index in range(len(data["rows"])):
        within = view.by_path.get((*path, "rows", index, "within"))
        if within is None or not isinstance(within.tree, UnaryTests):
            return
        output = _pays(view, (*path, "rows", index))
        rules.append(TableRule((within.tree,), (output,)))
        rows.append(index)
    table = DecisionTable(
        (TableInput(by.tree, label=by.source),), (TableOutput(default=Literal(Decimal(0))),), tuple(rules)
    )
    unit = data.get("unit") or ""
    ranges = _numbers(view, rules, rows, path)
    for finding in tables.check_table(table, {by.source: _domain(view, by.tree)}):
        row = finding.rules[-1] - 1 if finding.rules else 0
        where: Path = (*path, "rows", rows[row], "within") if finding.rules else (*path, "rows")
        if finding.code == tables.OVERLAP:
            if _harmless(finding, ranges, progressive):
                continue
            yield view.finding("bands-overlap", where, *_reworded(finding, by.source), text=_example(finding))
        elif finding.code == tables.GAP:
            severity = NOTE if data.get("otherwise") is not None else None
            yield view.finding(
                "bands-gap", where, *_reworded(finding, by.source), text=_example(finding), severity=severity
            )
        elif finding.code == tables.NEVER_MATCHES:
            yield view.finding(
                "bands-never",
                where,
                f"no {by.source} lies in band {row + 1}; mend its ends or delete it",
                f"没有任何“{by.source}”落入第 {row + 1} 档，请修改两端或删除",
                text=str(data["rows"][row]["within"]),
            )
    if ranges is not None:
        yield from _order(view, by, ranges, path)
        yield from _amounts(view, by, data, ranges, path, progressive, unit)


def _pays(view: ItemView, path: Path) -> Node:
    for key in ("amount", "rate"):
        found = view.by_path.get((*path, key))
        if found is not None:
            return found.tree
    return Literal(None)


def _numbers(
    view: ItemView, rules: Sequence[TableRule], rows: Sequence[int], path: Path
) -> list[Band] | None:
    """The bands as ranges of numbers; None unless each is exactly one."""
    found = []
    for rule, index in zip(rules, rows, strict=True):
        tests = rule.tests[0].tests
        if len(tests) != 1 or rule.tests[0].negated or not is_literal(tests[0]):
            return None
        value = compile_expression(tests[0], Mode.FEEL)(Scope({}))
        if isinstance(value, Decimal):
            value = Range(value, value, True, True)
        if not isinstance(value, Range) or not all(
            each is UNBOUNDED or isinstance(each, Decimal) for each in (value.low, value.high)
        ):
            return None
        where = (*path, "rows", index)
        amounts = [_literal(view, (*where, key)) for key in ("rate", "amount", "cap")]
        if amounts[2] is None and (*where, "cap") in view.by_path:
            # What it pays is not seen.
            amounts = [None, None, None]
        found.append(Band(index, value, *amounts))
    return found


def _literal(view: ItemView, path: Path) -> Decimal | None:
    """A figure written out, an amount in yuan."""
    found = view.by_path.get(path)
    value = found.tree.value if found is not None and isinstance(found.tree, Literal) else None
    return value * found.factor if found is not None and isinstance(value, Decimal) else None


def _harmless(finding: tables.Finding, bands: list[Band] | None, progressive: bool) -> bool:
    """An overlap that changes no amount: slices that touch, or a single value that both bands pay alike."""
    if bands is None or len(finding.rules) != 2:
        return False
    one, other = (bands[each - 1] for each in finding.rules)
    if one.low > other.low:
        one, other = other, one
    touches = one.high == other.low
    if progressive:
        return touches
    pays = one.pays(one.high) if touches else None
    return pays is not None and pays == other.pays(other.low)


def _example(finding: tables.Finding) -> str:
    return ", ".join(_text(each) for each in finding.example.values())


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)


def _reworded(finding: tables.Finding, name: str) -> tuple[str, str]:
    """The message of a table finding in the words of bands."""
    shown = _example(finding)
    if finding.code == tables.OVERLAP:
        one, other = finding.rules
        return (
            f"{name} = {shown} lies in both band {one} and band {other}; let only one of them contain it",
            f"“{name}”为 {shown} 时同时落入第 {one} 档和第 {other} 档，请只让其中一档包含它",
        )
    message = finding.message.replace("no row covers", "no band covers").replace(
        "neighbouring row", "neighbouring band"
    )
    return message, finding.message_zh.replace("任何一行", "任何一档").replace("相邻的行", "相邻的档")


def _order(view: ItemView, by: Expression, bands: list[Band], path: Path) -> Iterator[Problem]:
    lows = [each.low for each in bands]
    if lows in (sorted(lows), sorted(lows, reverse=True)):
        return
    ascending = lows[0] <= lows[1]
    wrong = next(
        index
        for index in range(1, len(lows))
        if (lows[index - 1] > lows[index] if ascending else lows[index - 1] < lows[index])
    )
    yield view.finding(
        "bands-order",
        (*path, "rows", bands[wrong].index),
        f"band {wrong + 1} of {by.source} is out of order; write the bands from low to high",
        f"“{by.source}”的第 {wrong + 1} 档顺序不对，请从低到高排列",
        text=plain(lows[wrong]) if lows[wrong].is_finite() else "",
    )


def _amounts(
    view: ItemView,
    by: Expression,
    data: Mapping[str, Any],
    bands: list[Band],
    path: Path,
    progressive: bool,
    unit: str,
) -> Iterator[Problem]:
    """An amount that falls as money grows, and nothing at all above the last band."""
    if progressive or not units_of(view, by.tree) & _MONEY or data.get("of") is not None:
        return
    ordered = sorted(bands, key=lambda each: each.low)
    rises = True
    for one, other in itertools.pairwise(ordered):
        edge = other.low
        if not edge.is_finite():
            continue
        below, above = one.pays(min(one.high, edge)), other.pays(edge)
        if below is not None and above is not None and above < below:
            rises = False
            yield view.finding(
                "bands-drop",
                (*path, "rows", other.index),
                f"at {by.source} = {plain(edge)} the amount falls from {plain(below)} to {plain(above)}; "
                "a little more earns less: check the figures, or use mode: progressive",
                f"“{by.source}”达到 {plain(edge)} 时金额由 {plain(below)} 降为 {plain(above)}，"
                "增加一点反而减少，请核对，或改用超额累进（mode: progressive）",
                text=plain(edge),
            )
    last = max(ordered, key=lambda each: each.high)
    pays = last.pays(last.high) if last.high.is_finite() else None
    fact = view.fact(by.tree.name) if isinstance(by.tree, Name) else None
    ends = last.high.is_finite() and not (fact and fact.maximum is not None and fact.maximum <= last.high)
    if rises and ends and pays and data.get("otherwise") is None:
        beyond = syntax.Comparison(">", by.tree, Literal(last.high))
        if can_be(view, formula_of(beyond, view.catalogue)):
            yield view.finding(
                "bands-end",
                (*path, "rows", last.index),
                f"above {by.source} = {plain(last.high)} nothing is paid; "
                "leave the last band open, or say `otherwise`",
                f"“{by.source}”超过 {plain(last.high)} 后金额为零，请将最高一档设为无上限，或写明 otherwise",
                text=plain(last.high),
            )


def _domain(view: ItemView, node: Node) -> tables.Domain:
    """What the catalogue knows of a column of a table."""
    if isinstance(node, syntax.Call) and node.function == Name("count"):
        return tables.Domain(True, UnaryTests((syntax.UnaryTest(">=", Literal(Decimal(0))),)))
    fact = view.fact(node.name) if isinstance(node, Name) else None
    if fact is None:
        return tables.Domain()
    if fact.type == "string" and fact.values:
        return tables.Domain(test=UnaryTests(tuple(Literal(each) for each in fact.values)))
    if fact.type == "boolean":
        return tables.Domain(test=UnaryTests((Literal(True), Literal(False))))
    if fact.type != "number":
        return tables.Domain()
    return tables.Domain(fact.unit in _COUNTED and not fact.decimals, _limits(fact))


def _limits(fact: Fact) -> UnaryTests | None:
    low, high = fact.minimum, fact.maximum
    if low is not None and high is not None:
        return UnaryTests((syntax.RangeLiteral(Literal(low), Literal(high), True, True),))
    if low is not None:
        return UnaryTests((syntax.UnaryTest(">=", Literal(low)),))
    return UnaryTests((syntax.UnaryTest("<=", Literal(high)),)) if high is not None else None


# --- tables -------------------------------------------------------------------------------------------------------

_TABLE_CODES = {
    tables.GAP: "table-gap",
    tables.UNCOVERED: "table-uncovered",
    tables.OVERLAP: "table-overlap",
    tables.UNREACHABLE: "table-unreachable",
    tables.NEVER_MATCHES: "table-never-matches",
}


def check_tables(view: ItemView) -> Iterator[Problem]:
    """Findings about the decision tables of an item, those under `tables` and those in its benefit."""
    for path, table in view.tables.items():
        domains = {each.label: _domain(view, each.expression) for each in table.inputs if each.label}
        for finding in tables.check_table(table, domains):
            code = _TABLE_CODES.get(finding.code)
            if code is None or (
                code in ("table-gap", "table-uncovered") and not _may_occur(view, table, finding)
            ):
                continue
            severity = NOTE if code == "table-gap" and _has_default(table) else None
            where: Path = (
                (*path, "rules", finding.rules[-1] - 1)
                if len(finding.rules) == 2 and code == "table-overlap"
                else ((*path, "rules", finding.rules[0] - 1) if finding.rules else path)
            )
            label = str(path[-1]) if path[0] == "tables" else "the table"
            label_zh = f"决策表“{path[-1]}”" if path[0] == "tables" else "决策表"
            yield view.finding(
                code,
                where,
                f"{label}: {finding.message}",
                f"{label_zh}：{finding.message_zh}",
                text=_example(finding),
                severity=severity,
            )


def _has_default(table: DecisionTable) -> bool:
    return any(each.default is not None for each in table.outputs)


def _may_occur(view: ItemView, table: DecisionTable, finding: tables.Finding) -> bool:
    """Whether the conditions of the item let the example of a finding come up at all."""
    if table.hit_policy is HitPolicy.COLLECT:
        return True
    facts: list[Formula] = []
    for each in table.inputs:
        value = finding.example.get(each.label)
        if value is not None:
            facts.append(formula_of(syntax.Comparison("=", each.expression, Literal(value)), view.catalogue))
    return not facts or can_be(view, conjunction(facts))


# --- ladders ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rung:
    condition: Node
    formula: Formula
    value: Node


def check_ladders(view: ItemView) -> Iterator[Problem]:
    """Branches of `if … then … else if …` that are never taken, and values that fall through them."""
    for expression in view.expressions:
        inner: set[int] = set()
        for node in expression.raw_nodes:
            if isinstance(node, syntax.If) and id(node) not in inner:
                rungs, otherwise = _ladder(view, node, inner)
                yield from _check_ladder(view, expression, rungs, otherwise)


def _ladder(view: ItemView, node: syntax.If, inner: set[int]) -> tuple[list[_Rung], Node]:
    rungs = []
    each: Node = node
    while isinstance(each, syntax.If):
        inner.add(id(each))
        resolved = _resolved(view, each.condition)
        rungs.append(_Rung(each.condition, formula_of(resolved, view.catalogue), each.then))
        each = each.otherwise
    return rungs, each


def _resolved(view: ItemView, node: Node) -> Node:
    """A piece of a written expression, resolved where that can be done apart from what is around it."""
    from yingshang.rules.errors import DomainError

    try:
        return view.resolver.resolve(node)
    except DomainError:
        return node


def _check_ladder(
    view: ItemView, expression: Expression, rungs: list[_Rung], otherwise: Node
) -> Iterator[Problem]:
    if len(rungs) < 2:
        return
    for position, rung in enumerate(rungs[1:], start=1):
        before = [Opposite(each.formula) for each in rungs[:position]]
        grid = grid_of([rung.formula, *before], view.catalogue)
        if grid is None or not all(grid.has_meaning(each.formula) for each in rungs[: position + 1]):
            return
        if not grid.together([rung.formula, *before]):
            written = expression.fragment(rung.condition)
            yield view.finding(
                "ladder-unreachable",
                expression.path,
                f"the branch `if {written}` is never taken, because the "
                "branches before it take all its values; "
                "move it up or delete it",
                f"分支“if {written}”永远不会走到：其取值已全部由前面的分支包含，请上移或删除",
                text=written,
            )
            return
    yield from _ladder_gap(view, expression, rungs, otherwise)


def _ladder_gap(
    view: ItemView, expression: Expression, rungs: list[_Rung], otherwise: Node
) -> Iterator[Problem]:
    """One number between the branches, or a stretch that gets nothing, falls to the else."""
    subjects = set[Node]().union(*(subjects_of(each.formula) for each in rungs))
    if len(subjects) != 1 or not isinstance(otherwise, Literal):
        return
    subject = subjects.pop()
    tests = [atom.test for each in rungs for atom in _atoms(each.formula)]
    samples = samples_of(subject, tests, view.catalogue)
    if not samples or not all(isinstance(each, Decimal) for each in samples):
        return
    covered = []
    for sample in samples:
        scope = Scope({"§": sample})
        covered.append(any(_holds(each.formula, scope) for each in rungs))
    first, last = covered.index(True), len(covered) - 1 - covered[::-1].index(True)
    holes = [index for index in range(first, last) if not covered[index]]
    points = {each.value for test in tests for each in walk(test) if isinstance(each, Literal)}
    for index in holes:
        single = samples[index] in points and covered[index - 1] and covered[index + 1]
        if single or otherwise.value in (None, 0):
            example = example_text({subject: samples[index]}, lambda each: each.name) or plain(samples[index])
            value = "null" if otherwise.value is None else _text(otherwise.value)
            yield view.finding(
                "ladder-gap",
                expression.path,
                f"{example} lies between the branches and falls to the else ({value}); let a branch include it",
                f"{example} 不属于任何分支，落入 else（{value}），请让相邻的分支包含它",
                text=plain(samples[index]),
            )
            return


def _atoms(formula: Formula) -> list[Any]:
    from yingshang.rules.policy.lint.formula import atoms_of

    return list(atoms_of(formula))


def _holds(formula: Formula, scope: Scope) -> bool:
    from yingshang.rules.policy.lint.formula import AtLeastOf, Atom, Constant

    if isinstance(formula, Constant):
        return formula.value
    if isinstance(formula, Atom):
        return compile_expression(formula.test, Mode.POLICY)(scope) is True
    if isinstance(formula, Opposite):
        return not _holds(formula.part, scope)
    assert isinstance(formula, AtLeastOf)
    return sum(_holds(each, scope) for each in formula.parts) >= formula.count


__all__ = ["check_bands", "check_ladders", "check_tables"]
