"""What is wrong with a decision table before anybody evaluates it: gaps, overlaps, rows that never count.

Exact over literal cells: the literals of each column cut its values into pieces (regions.py), a rule is a box of
such pieces, and boxes are compared as sets. Where a cell is not literal, only what holds whatever it says is
reported, and a finding tells that the cell was left out.

Bands of a policy (progressive rates, thresholds) are the case of one column: `interval_gaps_and_overlaps`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from yingshang.rules.dmn.regions import Axis, Piece, build_axis, is_literal
from yingshang.rules.dmn.table import DecisionTable, HitPolicy, TableOutput
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.syntax import Literal, Node, RangeLiteral, UnaryTest, UnaryTests
from yingshang.rules.feel.values import UNBOUNDED, Range, plain

GAP = "table-gap"
"""Values between rows that no row covers."""
UNCOVERED = "table-uncovered"
"""Values before the first, after the last or beside the listed rows, and no default to answer them."""
OVERLAP = "table-overlap"
"""Values in two rows where only one may match, or where both must agree and do not."""
UNREACHABLE = "table-unreachable"
"""A row that can match but never counts, because rows before it, or more important ones, take all its values."""
NEVER_MATCHES = "table-never-matches"
"""A row that no value at all can match."""
NOT_CHECKED = "table-not-checked"
"""Cells or columns that could not be compared with others."""

# More findings of one kind do not help anybody; a broken table has hundreds.
_MOST_FINDINGS = 20
# A table may be too entangled to look at every region; then the search ends and says so.
_MOST_STEPS = 200_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a table or with bands.

    `rules` are row numbers from 1 (for a gap, the rows on both sides of it); `example` maps each input's label to a
    value where it goes wrong (inputs whose value does not matter are left out).
    """

    code: str
    rules: tuple[int, ...]
    example: Mapping[str, Any]
    message: str
    message_zh: str


@dataclass(frozen=True, slots=True)
class Domain:
    """What is known of an input beside the table: only whole numbers (persons, patents), or passing `test`."""

    whole: bool = False
    test: UnaryTests | None = None


def check_table(table: DecisionTable, domains: Mapping[str, Domain] | None = None) -> list[Finding]:
    """Everything found in a table, by kind. `domains` by the input's label, as far as known."""
    return _TableCheck(table, domains or {}).findings()


def interval_gaps_and_overlaps(
    intervals: Sequence[Range], *, name: str = "value", whole: bool = False
) -> list[Finding]:
    """Gaps between and overlaps among intervals of numbers, dates or durations, in any order.

    `rules` of a finding are positions in `intervals`, from 1. What lies before the first and after the last is no
    gap. `whole`: only whole numbers occur, so `..30]` and `[31..` leave nothing out.
    """
    tests = [UnaryTests((_interval_node(each),)) for each in intervals]
    axis = build_axis(tests, whole=whole)
    if axis is None or not axis.ordered:
        return [
            Finding(
                NOT_CHECKED,
                tuple(range(1, len(intervals) + 1)),
                {},
                f"the bands of {name} are not all numbers, all dates or all durations",
                f"“{name}”的各档不全是数字、日期或时长，未检查",
            )
        ]
    return _Grid([_Dimension((0,), name, axis)], [[axis.mask(each)] for each in tests]).gaps_and_overlaps()


def _interval_node(interval: Range) -> Node:
    low, high = interval.low, interval.high
    if low is UNBOUNDED:
        return UnaryTest("<=" if interval.high_closed else "<", Literal(high))
    if high is UNBOUNDED:
        return UnaryTest(">=" if interval.low_closed else ">", Literal(low))
    return RangeLiteral(Literal(low), Literal(high), interval.low_closed, interval.high_closed)


# --- boxes --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Dimension:
    """The columns that look at one expression, and its pieces."""

    columns: tuple[int, ...]
    label: str
    axis: Axis
    gaps: int = field(init=False)
    overlaps: int = field(init=False)

    def __post_init__(self) -> None:
        self.gaps = _set_of(each.gap for each in self.axis.pieces)
        self.overlaps = _set_of(each.overlap for each in self.axis.pieces)


def _set_of(flags: Iterator[bool]) -> int:
    return sum(1 << index for index, flag in enumerate(flags) if flag)


@dataclass(slots=True)
class _Grid:
    """Rules as boxes: for each rule a set of pieces in each dimension."""

    dimensions: list[_Dimension]
    boxes: list[list[int]]
    steps: int = 0

    def gaps_and_overlaps(self) -> list[Finding]:
        """Between all boxes, as for bands: inner gaps only."""
        return [
            *self.gap_findings(range(len(self.boxes)), outer=False),
            *(self.overlap_finding(one, other, "") for one, other in self.overlapping()),
        ]

    # --- gaps ---

    def gap_findings(self, rules: Sequence[int], *, outer: bool) -> list[Finding]:
        """A finding for each region none of `rules` covers; regions at the edge only if `outer`."""
        found: list[Finding] = []
        active = sum(1 << rule for rule in rules)
        for region in self._uncovered(self.boxes, 0, active, []):
            neighbours = self._neighbours(region, rules)
            if not neighbours and not outer:
                continue
            found.append(self._gap_finding(region, neighbours))
            if len(found) == _MOST_FINDINGS:
                break
        return found

    def _uncovered(
        self, boxes: list[list[int]], depth: int, active: int, region: list[int]
    ) -> Iterator[list[int]]:
        """The regions outside all `active` boxes: runs of neighbouring pieces that the same boxes cover."""
        self.steps += 1
        if self.steps > _MOST_STEPS:
            return
        if not active:
            yield [*region, *(each.gaps for each in self.dimensions[depth:])]
            return
        if depth == len(self.dimensions):
            return
        run = 0
        run_active = -1
        run_listed = False
        ordered = self.dimensions[depth].axis.ordered
        for index, piece in enumerate(self.dimensions[depth].axis.pieces):
            if not piece.gap:
                continue
            # Texts that some row lists are not lumped together with those that none does.
            listed = ordered or piece.point
            here = 0
            for rule in _bits(active):
                if boxes[rule][depth] >> index & 1:
                    here |= 1 << rule
            if here == run_active and listed == run_listed:
                run |= 1 << index
                continue
            if run:
                yield from self._uncovered(boxes, depth + 1, run_active, [*region, run])
            run, run_active, run_listed = 1 << index, here, listed
        if run:
            yield from self._uncovered(boxes, depth + 1, run_active, [*region, run])

    def _neighbours(self, region: list[int], rules: Sequence[int]) -> tuple[int, ...]:
        """The rules just before and just after a region along an ordered column, for the same other values.

        None of them if the region lies at an edge on every such column, or is about values not listed at all.
        """
        for dimension, mask in zip(self.dimensions, region, strict=True):
            pieces = [dimension.axis.pieces[index] for index in dimension.axis.members(mask)]
            if (
                not dimension.axis.ordered
                and mask != dimension.gaps
                and not all(each.point for each in pieces)
            ):
                return ()
        for depth, dimension in enumerate(self.dimensions):
            if not dimension.axis.ordered:
                continue
            lower = dimension.gaps & ((region[depth] & -region[depth]) - 1)
            higher = dimension.gaps & ~((1 << region[depth].bit_length()) - 1)
            beside = [
                rule
                for rule in rules
                if all(self.boxes[rule][other] & mask for other, mask in enumerate(region) if other != depth)
            ]
            before = max(((self.boxes[rule][depth] & lower, -rule) for rule in beside), default=(0, 0))
            after = [
                ((self.boxes[rule][depth] & higher) & -(self.boxes[rule][depth] & higher), rule)
                for rule in beside
                if self.boxes[rule][depth] & higher
            ]
            if before[0] and after:
                return tuple(sorted((-before[1], min(after)[1])))
        return ()

    def _gap_finding(self, region: list[int], neighbours: tuple[int, ...]) -> Finding:
        example, texts, texts_zh = {}, [], []
        for dimension, mask in zip(self.dimensions, region, strict=True):
            if mask == dimension.gaps:
                continue
            run = [dimension.axis.pieces[index] for index in dimension.axis.members(mask)]
            example[dimension.label] = run[len(run) // 2].sample if len(run) > 1 else run[0].sample
            text, text_zh = _run_text(run, dimension.axis.ordered)
            texts.append(f"{dimension.label} {text}")
            texts_zh.append(f"{dimension.label}{text_zh}")
        region_text = ", ".join(texts) or "every value"
        region_zh = "，".join(texts_zh) or "任何取值"
        shown = ", ".join(f"{label} = {_text(value)}" for label, value in example.items())
        such_as = f", such as {shown}" if shown else ""
        such_as_zh = f"（如 {shown}）" if shown else ""
        if neighbours:
            numbers = " or ".join(str(each + 1) for each in neighbours)
            numbers_zh = "、".join(str(each + 1) for each in neighbours)
            return Finding(
                GAP,
                tuple(each + 1 for each in neighbours),
                example,
                f"no row covers {region_text}{such_as}; extend row {numbers}",
                f"没有任何一行包含：{region_zh}{such_as_zh}，请扩展第 {numbers_zh} 行",
            )
        return Finding(
            UNCOVERED,
            (),
            example,
            f"no row covers {region_text}{such_as}, and there is no default; add a row or a default",
            f"没有任何一行包含：{region_zh}{such_as_zh}，且无默认值，请补充一行或默认值",
        )

    # --- overlaps ---

    def overlapping(self) -> Iterator[tuple[int, int]]:
        """The pairs of boxes with a value in common."""
        for one in range(len(self.boxes)):
            for other in range(one + 1, len(self.boxes)):
                if all(
                    self.boxes[one][depth] & self.boxes[other][depth] & dimension.overlaps
                    for depth, dimension in enumerate(self.dimensions)
                ):
                    yield one, other

    def overlap_finding(self, one: int, other: int, why: str, why_zh: str = "") -> Finding:
        """What two boxes have in common, as a finding."""
        example = {}
        for depth, dimension in enumerate(self.dimensions):
            common = self.boxes[one][depth] & self.boxes[other][depth] & dimension.overlaps
            if common == dimension.overlaps:
                continue
            pieces = [dimension.axis.pieces[index] for index in dimension.axis.members(common)]
            # A value somebody can look up in the table is the better example; null the worst.
            best = min(pieces, key=lambda each: (each.sample is None, not each.point))
            example[dimension.label] = best.sample
        shown = ", ".join(f"{label} = {_text(value)}" for label, value in example.items()) or "every value"
        return Finding(
            OVERLAP,
            (one + 1, other + 1),
            example,
            f"rows {one + 1} and {other + 1} both cover {shown}{why}; let only one of them",
            f"第 {one + 1}、{other + 1} 行都包含 {shown}{why_zh}，只应有一行包含",
        )

    # --- cover ---

    def is_covered(self, box: list[int], others: list[list[int]]) -> bool:
        """Whether every value of a box lies in one of the others.

        Null and values of another kind do not count, unless a cell is about nothing else.
        """
        box = [
            mask & dimension.gaps or mask & dimension.overlaps
            for mask, dimension in zip(box, self.dimensions, strict=True)
        ]
        return not any(True for _ in self._outside(box, others, 0, (1 << len(others)) - 1))

    def _outside(self, box: list[int], others: list[list[int]], depth: int, active: int) -> Iterator[None]:
        self.steps += 1
        if not active or self.steps > _MOST_STEPS:
            yield None
            return
        if depth == len(self.dimensions):
            return
        seen: set[int] = set()
        for index in _bits(box[depth]):
            here = 0
            for rule in _bits(active):
                if others[rule][depth] >> index & 1:
                    here |= 1 << rule
            if here not in seen:
                seen.add(here)
                yield from self._outside(box, others, depth + 1, here)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


# --- tables -------------------------------------------------------------------------------------------------------


class _TableCheck:
    def __init__(self, table: DecisionTable, domains: Mapping[str, Domain]) -> None:
        self.table = table
        self.notes: list[Finding] = []
        dimensions: list[_Dimension] = []
        by_expression: dict[Node, list[int]] = {}
        for column, each in enumerate(table.inputs):
            by_expression.setdefault(each.expression, []).append(column)
        # Cells that could not be compared: they may hold for every value (`possible`) or for none (`certain`).
        open_rules: set[int] = set()
        for columns in by_expression.values():
            label = table.inputs[columns[0]].label or str(columns[0] + 1)
            axis = self._axis(columns, label, domains.get(label, Domain()), open_rules)
            if axis is not None:
                dimensions.append(_Dimension(tuple(columns), label, axis))
        self.open_rules = open_rules
        self.possible = [
            [self._pieces(rule, dimension) for dimension in dimensions] for rule in range(len(table.rules))
        ]
        self.grid = _Grid(dimensions, self.possible)

    def _axis(self, columns: list[int], label: str, domain: Domain, open_rules: set[int]) -> Axis | None:
        literal: list[UnaryTests] = []
        for number, rule in enumerate(self.table.rules):
            for column in columns:
                cell = rule.tests[column]
                if is_literal(cell):
                    literal.append(cell)
                    continue
                open_rules.add(number)
                self.notes.append(
                    Finding(
                        NOT_CHECKED,
                        (number + 1,),
                        {},
                        f"row {number + 1}, {label}: the cell is no literal test, so it was not compared with others",
                        f"第 {number + 1} 行“{label}”不是固定取值的条件，未参与比较",
                    )
                )
        limits = [
            each for each in (*(self.table.inputs[column].allowed for column in columns), domain.test) if each
        ]
        axis = build_axis(literal, domain=[each for each in limits if is_literal(each)], whole=domain.whole)
        if axis is None:
            concerned = [
                number
                for number, rule in enumerate(self.table.rules)
                if any(rule.tests[column].tests for column in columns)
            ]
            open_rules.update(concerned)
            self.notes.append(
                Finding(
                    NOT_CHECKED,
                    tuple(number + 1 for number in concerned),
                    {},
                    f"the values of {label} are of a kind, or of several kinds, that is not compared",
                    f"“{label}”列的取值类型不支持比较，或混用了多种类型",
                )
            )
        return axis

    def _pieces(self, rule: int, dimension: _Dimension) -> int:
        mask = dimension.axis.everything
        for column in dimension.columns:
            cell = self.table.rules[rule].tests[column]
            if is_literal(cell):
                mask &= dimension.axis.mask(cell)
        return mask

    def findings(self) -> list[Finding]:
        table, grid = self.table, self.grid
        empty = [number for number, box in enumerate(self.possible) if not all(box)]
        found = [
            Finding(
                NEVER_MATCHES,
                (number + 1,),
                {},
                f"row {number + 1} matches no value at all; mend its cells or delete it",
                f"第 {number + 1} 行不可能符合任何取值，请修改或删除",
            )
            for number in empty
        ]
        rules = [number for number in range(len(self.possible)) if number not in empty]
        has_default = any(each.default is not None for each in table.outputs)
        if table.hit_policy in _ANSWERS_ALWAYS and table.rules:
            found += grid.gap_findings(rules, outer=not has_default)
        if table.hit_policy in (HitPolicy.UNIQUE, HitPolicy.ANY):
            found += self._overlaps(set(empty))
        elif table.hit_policy in (HitPolicy.FIRST, HitPolicy.PRIORITY):
            found += self._unreachable(set(empty))
        if grid.steps > _MOST_STEPS:
            self.notes.append(
                Finding(
                    NOT_CHECKED,
                    (),
                    {},
                    "the table is too entangled to look at every region of it",
                    "决策表过于复杂，未能检查全部取值组合",
                )
            )
        return [*found, *self.notes]

    def _overlaps(self, skipped: set[int]) -> list[Finding]:
        found = []
        skipped = skipped | self.open_rules
        for one, other in self.grid.overlapping():
            if one in skipped or other in skipped:
                continue
            why, why_zh = "", ""
            if self.table.hit_policy is HitPolicy.ANY:
                rules = self.table.rules
                if rules[one].outputs == rules[other].outputs:
                    continue
                why, why_zh = " with different outputs", "而结果不同"
            found.append(self.grid.overlap_finding(one, other, why, why_zh))
            if len(found) == _MOST_FINDINGS:
                break
        return found

    def _unreachable(self, empty: set[int]) -> list[Finding]:
        order = self._importance()
        found = []
        for position, rule in enumerate(order):
            if rule in empty:
                continue
            before = [each for each in order[:position] if each not in self.open_rules and each not in empty]
            if before and self.grid.is_covered(self.possible[rule], [self.possible[each] for each in before]):
                takers = self._takers(rule, before)
                numbers = ", ".join(str(each + 1) for each in takers)
                numbers_zh = "、".join(str(each + 1) for each in takers)
                found.append(
                    Finding(
                        UNREACHABLE,
                        (rule + 1, *(each + 1 for each in takers)),
                        {},
                        f"row {rule + 1} never counts: row {numbers} takes all its values; move it up or delete it",
                        f"第 {rule + 1} 行永远轮不到：其取值已全部由第 {numbers_zh} 行包含，请上移或删除",
                    )
                )
        return found

    def _takers(self, rule: int, before: list[int]) -> list[int]:
        """The rules before that share a value with this one."""
        box = self.possible[rule]
        return [
            each
            for each in before
            if all(one & other for one, other in zip(box, self.possible[each], strict=True))
        ]

    def _importance(self) -> list[int]:
        """The rules in the order in which they take the values: as written, or by the rank of a literal output."""
        rules = list(range(len(self.table.rules)))
        if self.table.hit_policy is not HitPolicy.PRIORITY:
            return rules
        ranks: dict[int, list[int]] = {}
        for number in rules:
            found = [
                _rank(output, node)
                for output, node in zip(self.table.outputs, self.table.rules[number].outputs, strict=True)
                if output.values is not None
            ]
            if None in found:
                # Its rank depends on facts: it neither hides others for sure nor is hidden for sure.
                continue
            ranks[number] = [each for each in found if each is not None]
        return sorted(ranks, key=lambda number: (ranks[number], number))


# Under these a value that no row covers has no answer; the others collect what there is.
_ANSWERS_ALWAYS = (HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.PRIORITY, HitPolicy.FIRST)


def _rank(output: TableOutput, node: Node) -> int | None:
    assert output.values is not None
    if not is_literal(node):
        return None
    value = compile_expression(node, Mode.FEEL)(Scope({}))
    for rank, test in enumerate(output.values.tests):
        if compile_expression(UnaryTests((test,)), Mode.FEEL)(Scope({"?": value})) is True:
            return rank
    return None


# --- words --------------------------------------------------------------------------------------------------------


def _run_text(run: list[Piece], ordered: bool) -> tuple[str, str]:
    """Neighbouring pieces in words: an interval if they have an order, else the values."""
    first, last = run[0], run[-1]
    if not ordered:
        if any(not each.point for each in run):
            return "other than the listed values", "为所列以外的取值"
        values = ", ".join(_text(each.sample) for each in run)
        return f"= {values}", f"为 {values}"
    if len(run) == 1 and first.point:
        return f"= {_text(first.sample)}", f"为 {_text(first.sample)}"
    if first.low is UNBOUNDED and last.high is UNBOUNDED:
        return "of every value", "为任何取值"
    if first.low is UNBOUNDED:
        operator = "<=" if last.point else "<"
        return f"{operator} {_text(last.high)}", f" {operator} {_text(last.high)}"
    if last.high is UNBOUNDED:
        operator = ">=" if first.point else ">"
        return f"{operator} {_text(first.low)}", f" {operator} {_text(first.low)}"
    interval = (
        f"{'[' if first.point else '('}{_text(first.low)}..{_text(last.high)}{']' if last.point else ')'}"
    )
    return f"in {interval}", f" 在 {interval} 之间"


def _text(value: Any) -> str:
    if value.__class__ is Decimal:
        return plain(value)
    if value.__class__ is str:
        return f'"{value}"'
    if value is None:
        return "null"
    return ("true" if value else "false") if value.__class__ is bool else str(value)


__all__ = [
    "GAP",
    "NEVER_MATCHES",
    "NOT_CHECKED",
    "OVERLAP",
    "UNCOVERED",
    "UNREACHABLE",
    "Domain",
    "Finding",
    "check_table",
    "interval_gaps_and_overlaps",
]
