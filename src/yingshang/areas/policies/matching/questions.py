"""The fewest questions to somebody without an account: the next one is the one that settles most.

For every fact that an undecided item lacks, the answers are tried that make a difference to any item; what counts is
how many items each would decide, weighted by how many enterprises of the register give that answer, where that is
known. Nothing is kept: the answers come in, the next question goes out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from yingshang.kernel.parties.api import snapshot_parts
from yingshang.kernel.reference.api import FactDefinition, UnknownFact, get_fact, get_region
from yingshang.rules.columns import fact_values
from yingshang.rules.feel import syntax
from yingshang.rules.feel.syntax import Literal, Name, Node, walk
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.compile import Program
from yingshang.rules.policy.decide import Outcome, SubjectEvaluator, columns_of
from yingshang.rules.policy.requirement import conditions_of

from ..selectors import published_item
from .declared import feel_facts
from .engine import engine_for
from .live import ENTITLED, UNDECIDED, Decided, Subject, decide, holding

REGION = "ent.region"

_CANDIDATES = 24
_POINTS = 9
_OPEN_ITEMS = 200
_SAMPLE = 2_000
_MANY_VALUES = 40
_READ = 8_192


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
    engine = engine_for(day)
    told = engine.rows.subject(subject.facts)
    decided = tuple(decide(engine, published_item(row), subject, {}, told) for row in holding(day, place))
    open_items = [each for each in decided if each.outcome == UNDECIDED]
    return Calculation(
        place=place,
        decided=decided,
        question=_next(decided, told, {*known, *skipped}, _some_rows(day)),
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
    for program in programs:
        found |= dict.fromkeys(_literals(program).texts.get(column, ()))
    return tuple(found)


# --- which one next ---------------------------------------------------------------------------------------------------


def _next(
    decided: Sequence[Decided], told: SubjectEvaluator, asked: Collection[str], some: pa.RecordBatch | None
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
        score = (_expected(question, users, told, _sample(some, column)), len(users), column)
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
    question: CalculatorQuestion, users: Sequence[Program], told: SubjectEvaluator, sample: _Sample
) -> Decimal:
    """How many items an answer is expected to decide."""
    points = _points(question, users, sample)
    if not points:
        return Decimal(0)
    shares = _shares(question, points, sample)
    expected = Decimal(0)
    for point, share in zip(points, shares, strict=True):
        answered = told.supposing(question.column, point)
        outcomes = (answered.outcome(each.requirement) for each in users)
        expected += share * sum(each is not Outcome.UNKNOWN for each in outcomes)
    return expected


def _points(question: CalculatorQuestion, users: Sequence[Program], sample: _Sample) -> list[Any]:
    """Answers that make a difference: one in each stretch between the figures that conditions name."""
    if question.kind == "boolean":
        return [True, False]
    if question.kind == "choice":
        return [each or OTHER for each in question.options][:_POINTS]
    if question.kind == "choices":
        return [[], *([each] for each in question.options[: _POINTS - 1])]
    if question.kind == "industry":
        common = Counter(sample.counts)
        return [each for each, _ in common.most_common(_POINTS)]
    wanted: Any = Decimal if question.kind == "number" else Date
    literals: list[Any] = []
    for program in users:
        literals += [
            each for each in _literals(program).figures.get(question.column, ()) if isinstance(each, wanted)
        ]
    unique: list[Any] = sorted(set(literals), key=_key)
    unique = unique[:: max(1, len(unique) // _POINTS)][:_POINTS]
    if not unique:
        quarters = [sample.ordered[len(sample.ordered) * part // 4] for part in (1, 2, 3) if sample.ordered]
        return [Date(*each) if wanted is Date else each for each in dict.fromkeys(quarters)]
    return [_below(unique[0]), *unique] if wanted is Decimal else unique


def _below(value: Decimal) -> Decimal:
    return max(value - 1, Decimal(0)) if value > 0 else value - 1


def _shares(question: CalculatorQuestion, points: Sequence[Any], sample: _Sample) -> list[Decimal]:
    """Which part of the register gives each answer, as far as it is known; each at least a little."""
    counts = [1] * len(points)
    if question.kind in ("number", "date"):
        # An answer stands for everything from itself to the next one.
        edges = [0, *(bisect_left(sample.ordered, _key(each)) for each in points[1:]), len(sample.ordered)]
        for place, (start, end) in enumerate(pairwise(edges)):
            counts[place] += max(end - start, 0)
    else:
        for value, many in sample.counts.items():
            closest = _place(question, points, value)
            if closest is not None:
                counts[closest] += many
    total = Decimal(sum(counts))
    return [each / total for each in counts]


def _place(question: CalculatorQuestion, points: Sequence[Any], value: Any) -> int | None:
    """The answer that a value of the register comes closest to."""
    if question.kind == "choices":
        held = value if isinstance(value, tuple) else ()
        return next((place for place, point in enumerate(points) if point and point[0] in held), 0)
    if value in points:
        return list(points).index(value)
    return list(points).index(OTHER) if OTHER in points else None


@dataclass(frozen=True, slots=True)
class _Sample:
    """Known values of a fact among some enterprises of the register: how often each, and numbers or days in order."""

    counts: Mapping[Any, int]
    ordered: Sequence[Any]


_NO_SAMPLE = _Sample({}, ())


def _some_rows(day: date) -> pa.RecordBatch | None:
    """Some enterprises of the register, the same ones all day."""
    parts = snapshot_parts()
    return _first_rows(parts[0].path.parent, day) if parts else None


@lru_cache(maxsize=2)
def _first_rows(folder: Path, day: date) -> pa.RecordBatch | None:
    """Read once: the file is another one as soon as anything is known better."""
    batches = pq.ParquetFile(snapshot_parts()[0].path).iter_batches(batch_size=_SAMPLE)
    return next(batches, None)


def _sample(some: pa.RecordBatch | None, column: str) -> _Sample:
    if some is None or column not in some.schema.names:
        return _NO_SAMPLE
    place = id(some)
    found = _samples.get((place, column))
    if found is None or found[0] is not some:
        if len(_samples) >= _READ:
            _samples.clear()
        found = _samples[place, column] = (some, _sampled(some, column))
    return found[1]


_samples: dict[tuple[int, str], tuple[pa.RecordBatch, _Sample]] = {}


def _sampled(some: pa.RecordBatch, column: str) -> _Sample:
    values = fact_values(some.column(column).drop_null(), column)
    ordered = sorted(_key(each) for each in values if isinstance(each, Decimal | Date))
    counts = Counter(
        tuple(text for text in each if isinstance(text, str)) if isinstance(each, list) else each
        for each in values
        if isinstance(each, str | bool | list)
    )
    return _Sample(counts, ordered)


def _key(value: Decimal | Date) -> Any:
    return value if isinstance(value, Decimal) else (value.year, value.month, value.day)


def _trees(programs: Iterable[Program]) -> Iterator[Node]:
    for program in programs:
        for condition in conditions_of(program.requirement):
            yield condition.tree
        if program.benefit.amount is not None:
            yield program.benefit.amount


@dataclass(frozen=True, slots=True)
class _Literals:
    """What the conditions of an item name: column → texts it is compared with, and figures that stand beside it."""

    texts: Mapping[str, tuple[str, ...]]
    figures: Mapping[str, tuple[Any, ...]]


_read: dict[int, tuple[Program, _Literals]] = {}
"""By identity, with the program, so that no identity is used twice."""


def _literals(program: Program) -> _Literals:
    found = _read.get(id(program))
    if found is None:
        if len(_read) >= _READ:
            _read.clear()
        found = _read[id(program)] = (program, _read_literals(program))
    return found[1]


def _read_literals(program: Program) -> _Literals:
    texts: dict[str, dict[str, None]] = {}
    figures: dict[str, list[Any]] = {}
    for tree in _trees([program]):
        values: list[Any] = []
        for node in walk(tree):
            if isinstance(node, Literal):
                values.append(node.value)
            for column, text in _compared(node):
                texts.setdefault(column, {})[text] = None
        values = [each for each in values if isinstance(each, Decimal | Date)]
        if values:
            for column in columns_of(tree):
                figures.setdefault(column, []).extend(values)
    return _Literals(
        {column: tuple(each) for column, each in texts.items()},
        {column: tuple(each) for column, each in figures.items()},
    )


def _compared(node: Node) -> Iterator[tuple[str, str]]:
    """(name, text) of what a node compares with each other."""
    names: Sequence[Node] = ()
    beside: Sequence[Node] = ()
    if isinstance(node, syntax.Comparison):
        names = beside = (node.left, node.right)
    elif isinstance(node, syntax.Call):
        names = beside = node.arguments
    elif isinstance(node, syntax.In):
        names = (node.value,)
        beside = [each for test in node.tests for each in walk(test)]
    for name in names:
        if isinstance(name, Name):
            for each in beside:
                if isinstance(each, Literal) and isinstance(each.value, str):
                    yield name.name, each.value
