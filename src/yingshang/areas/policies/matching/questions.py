"""The fewest questions to somebody without an account: the next one is the one that settles most.

For every fact that an undecided item lacks, the answers are tried that make a difference to any item; what counts is
how many items each would decide, weighted by how many enterprises of the register give that answer, where that is
known. Nothing is kept: the answers come in, the next question goes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from yingshang.kernel.parties.api import snapshot_parts
from yingshang.kernel.reference.api import FactDefinition, UnknownFact, get_fact, get_region
from yingshang.rules.columns import fact_values
from yingshang.rules.feel import syntax
from yingshang.rules.feel.operators import order_of
from yingshang.rules.feel.syntax import Literal, Name, Node, walk
from yingshang.rules.feel.temporal import Date
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.compile import Program
from yingshang.rules.policy.decide import Outcome, columns_of
from yingshang.rules.policy.requirement import conditions_of

from ..selectors import in_force, published_item
from .declared import feel_facts
from .engine import Engine, engine_for, paths_above
from .live import ENTITLED, UNDECIDED, Decided, Subject, decide

REGION = "ent.region"

_CANDIDATES = 24
_POINTS = 9
_OPEN_ITEMS = 200
_SAMPLE = 4_000
_MANY_VALUES = 40


@dataclass(frozen=True, slots=True)
class CalculatorQuestion:
    """A fact to ask for. `kind`: boolean, choice (one of `options`), choices (any of them), number, date or industry.

    `items` are how many undecided items need it. Of a choice whose options are not all there are, the empty one
    stands for any other.
    """

    column: str
    name: str
    kind: str
    unit: str
    hint: str
    options: tuple[str, ...]
    items: int


@dataclass(frozen=True, slots=True)
class Calculation:
    """What the answers come to: every item that holds in the place, and what to ask next; None when nothing helps."""

    place: str
    decided: tuple[Decided, ...]
    question: CalculatorQuestion | None
    open: int

    @property
    def settled(self) -> int:
        return len(self.decided) - self.open


OTHER = "\u2014"
"""The value of a choice that is none of the options: no policy names it."""


def calculate(*, region: str, answers: Mapping[str, Any], skipped: Collection[str], day: date) -> Calculation:
    """Decide every item that holds in a region for somebody of whom only the answers are known.

    `answers` are facts as portraits keep them: numbers as text, days as ISO 8601. Raises UnknownRegion.
    """
    place = get_region(region).path
    known = {REGION: region, **answers}
    subject = Subject(0, "", "", place, feel_facts(known))
    rows = in_force(day).filter(region_path__in=paths_above(place))
    engine = engine_for(day)
    decided = tuple(decide(engine, published_item(row), subject, {}) for row in rows)
    open_items = [each for each in decided if each.outcome == UNDECIDED]
    return Calculation(
        place=place,
        decided=decided,
        question=_next(engine, decided, subject, {*known, *skipped}),
        open=len(open_items),
    )


def question_about(column: str, programs: Iterable[Program], items: int = 0) -> CalculatorQuestion | None:
    """How a fact is asked for; None for one that nobody can be asked for in a line."""
    try:
        definition = get_fact(column)
    except UnknownFact:
        return None
    if definition.about in ("region", "nation") or definition.sensitivity == "personal":
        return None
    kind, options = _kind(definition, column, programs)
    if not kind:
        return None
    year = column.rpartition(".")[2]
    name = f"{definition.name}{year}年" if definition.series and year.isdigit() else definition.name
    return CalculatorQuestion(
        column, name, kind, definition.unit or "", definition.description or "", options, items
    )


def _kind(
    definition: FactDefinition, column: str, programs: Iterable[Program]
) -> tuple[str, tuple[str, ...]]:
    match definition.type:
        case "boolean":
            return "boolean", ()
        case "number":
            return "number", ()
        case "date":
            return "date", ()
        case "string" if definition.values:
            return "choice", definition.values
        case "string" if definition.code_list == "industries":
            return "industry", ()
        case "string" if options := named(column, programs):
            return "choice", (*options, "")
        case "list<string>":
            options = (
                definition.values if 0 < len(definition.values) <= _MANY_VALUES else named(column, programs)
            )
            return ("choices", options) if options else ("", ())
        case _:
            return "", ()


def named(column: str, programs: Iterable[Program]) -> tuple[str, ...]:
    """The texts that conditions compare a fact with, in their order."""
    found: dict[str, None] = {}
    for tree in _trees(programs):
        for node in walk(tree):
            for literal in _compared_with(node, column):
                found.setdefault(literal)
    return tuple(found)


# --- which one next ---------------------------------------------------------------------------------------------------


def _next(
    engine: Engine, decided: Sequence[Decided], subject: Subject, asked: Collection[str]
) -> CalculatorQuestion | None:
    lacking: dict[str, list[Program]] = {}
    for each in _by_need(decided):
        assert each.decision is not None
        for column in each.missing:
            if column not in asked:
                lacking.setdefault(column, []).append(each.decision.program)
    programs = [each.decision.program for each in decided if each.decision is not None]
    best: tuple[Decimal, int, str] | None = None
    chosen = None
    for column, users in sorted(lacking.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:_CANDIDATES]:
        question = question_about(column, programs, len(users))
        if question is None:
            continue
        score = (_expected(engine, question, users, subject), len(users), column)
        if best is None or score[:2] > best[:2]:
            best, chosen = score, question
    return chosen


def _by_need(decided: Sequence[Decided]) -> Iterator[Decided]:
    """The undecided; when all are settled, those entitled to an amount that is not known."""
    open_items = [each for each in decided if each.outcome == UNDECIDED]
    if open_items:
        yield from open_items[:_OPEN_ITEMS]
    else:
        yield from [each for each in decided if each.outcome == ENTITLED and each.missing][:_OPEN_ITEMS]


def _expected(
    engine: Engine, question: CalculatorQuestion, users: Sequence[Program], subject: Subject
) -> Decimal:
    """How many items an answer is expected to decide."""
    points = _points(question, users)
    if not points:
        return Decimal(0)
    shares = _shares(question, points)
    expected = Decimal(0)
    for point, share in zip(points, shares, strict=True):
        facts = {**subject.facts, question.column: point}
        outcomes = engine.rows.outcomes(users, facts)
        expected += share * sum(each is not Outcome.UNKNOWN for each in outcomes)
    return expected


def _points(question: CalculatorQuestion, users: Sequence[Program]) -> list[Any]:
    """Answers that make a difference: one in each stretch between the figures that conditions name."""
    if question.kind == "boolean":
        return [True, False]
    if question.kind == "choice":
        return [each or OTHER for each in question.options][:_POINTS]
    if question.kind == "choices":
        return [[], *([each] for each in question.options[: _POINTS - 1])]
    if question.kind == "industry":
        common = Counter(each for each in _sample(question.column) if isinstance(each, str))
        return [each for each, _ in common.most_common(_POINTS)]
    wanted: Any = Decimal if question.kind == "number" else Date
    literals: list[Any] = []
    for tree in _trees(users):
        if question.column in columns_of(tree):
            values = [each.value for each in walk(tree) if isinstance(each, Literal)]
            literals += [each for each in values if isinstance(each, wanted)]
    unique: list[Any] = sorted(set(literals)) if wanted is Decimal else sorted(set(literals), key=str)
    unique = unique[:: max(1, len(unique) // _POINTS)][:_POINTS]
    if not unique:
        return [each for each in _sample(question.column)[:3] if each.__class__ is wanted]
    return [_below(unique[0]), *unique] if wanted is Decimal else unique


def _below(value: Decimal) -> Decimal:
    return max(value - 1, Decimal(0)) if value > 0 else value - 1


def _shares(question: CalculatorQuestion, points: Sequence[Any]) -> list[Decimal]:
    """Which part of the register gives each answer, as far as it is known; each at least a little."""
    counts = [Decimal(1)] * len(points)
    for value in _sample(question.column):
        place = _place(question, points, value)
        if place is not None:
            counts[place] += 1
    total = sum(counts)
    return [each / total for each in counts]


def _place(question: CalculatorQuestion, points: Sequence[Any], value: Any) -> int | None:
    """The answer that a value of the register comes closest to."""
    if question.kind in ("number", "date"):
        place = 0
        for position, point in enumerate(points):
            order = order_of(point, value)
            if order.__class__ is int and order <= 0:
                place = position
        return place
    if question.kind == "choices":
        held = value if isinstance(value, list) else []
        return next((place for place, point in enumerate(points) if point and point[0] in held), 0)
    if value in points:
        return list(points).index(value)
    return list(points).index(OTHER) if OTHER in points else None


def _sample(column: str) -> list[Any]:
    """Known values of a fact among some enterprises of the register."""
    parts = snapshot_parts()
    return _sampled(parts[0].path, column) if parts else []


@lru_cache(maxsize=512)
def _sampled(path: Path, column: str) -> list[Any]:
    file = pq.ParquetFile(path)
    if column not in file.schema_arrow.names:
        return []
    array = file.read(columns=[column]).column(column).combine_chunks().drop_null()[:_SAMPLE]
    return [each for each in fact_values(array, column) if each.__class__ is not Unknown]


def _trees(programs: Iterable[Program]) -> Iterator[Node]:
    for program in programs:
        for condition in conditions_of(program.requirement):
            yield condition.tree
        if program.benefit.amount is not None:
            yield program.benefit.amount


def _compared_with(node: Node, column: str) -> Iterator[str]:
    """The texts that a node compares the fact itself with."""
    if isinstance(node, syntax.Comparison):
        sides = (node.left, node.right)
        if _is(node.left, column) or _is(node.right, column):
            yield from (each.value for each in sides if _is_text(each))  # type: ignore[attr-defined]
    elif isinstance(node, syntax.In) and _is(node.value, column):
        for test in node.tests:
            yield from (each.value for each in walk(test) if _is_text(each))  # type: ignore[attr-defined]
    elif isinstance(node, syntax.Call) and any(_is(each, column) for each in node.arguments):
        yield from (each.value for each in node.arguments if _is_text(each))  # type: ignore[attr-defined]


def _is(node: Node, column: str) -> bool:
    return isinstance(node, Name) and node.name == column


def _is_text(node: Node) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, str)
