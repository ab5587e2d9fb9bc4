"""The reason of a decision for a page: each condition with what it saw, where that comes from, and what one can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from yingshang.kernel.parties.api import FactValue, may_declare
from yingshang.kernel.reference.api import FactDefinition, UnknownFact, get_fact
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.decide import ConditionResult, Outcome
from yingshang.rules.policy.decide import FactValue as SeenValue
from yingshang.rules.policy.explain import value_text

from .live import Decided, column_of
from .receipts import DECLARED

REGION = "ent.region"
PLACE = "行政区划（登记机关）"
"""The source of what follows from where an enterprise is registered."""


@dataclass(frozen=True, slots=True)
class UsedFact:
    """A fact a condition read. `text` is empty where nothing is known.

    `may_supply`: the enterprise tells it itself. `may_object`: an agency does, and an objection says it is wrong or
    missing.
    """

    column: str
    name: str
    known: bool
    text: str
    source: str
    as_of: date | None
    stale: bool
    hidden: bool
    may_supply: bool
    may_object: bool


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A condition or a group; `depth` counts the groups it lies in, `at_least` of a group says how many must hold."""

    id: str
    depth: int
    outcome: str
    text: str
    clause: str
    at_least: int | None
    negated: bool
    group: bool
    facts: tuple[UsedFact, ...]
    evidence: tuple[str, ...]
    materials: tuple[str, ...]
    problem: str


def reason_rows(decided: Decided, sources: Mapping[str, FactValue]) -> tuple[ReasonRow, ...]:
    """Every condition in the order of the document, groups before their parts."""
    if decided.decision is None:
        return ()
    return tuple(
        row
        for part in decided.decision.reason.parts
        for row in _rows(part, 0, decided, sources, negated=False)
    )


def missing_facts(decided: Decided, sources: Mapping[str, FactValue]) -> tuple[UsedFact, ...]:
    """The facts that would settle it, or the amount."""
    return tuple(used_fact(column, decided, sources) for column in decided.missing)


def used_fact(
    column: str, decided: Decided, sources: Mapping[str, FactValue], seen: SeenValue | None = None
) -> UsedFact:
    """One fact as a page shows it."""
    base = column_of(column)
    told, declared = sources.get(base), decided.declared.get(base)
    try:
        definition = get_fact(base)
    except UnknownFact:
        definition = None
    known = seen.value.__class__ is not Unknown if seen else base in decided.facts
    text = ""
    if known:
        text = told.text if told else value_text(seen) if seen else ""
    name = seen.name if seen else told.label if told else definition.name if definition else column
    supply = definition is not None and may_declare(base)
    return UsedFact(
        column=base,
        name=name,
        known=known,
        text=text,
        source=DECLARED if declared else told.source if told else _source(base, definition, known=known),
        as_of=timezone.localdate(declared.declared_at) if declared else told.as_of if told else None,
        stale=bool(told and told.stale and not declared),
        hidden=bool(told and told.hidden),
        may_supply=supply,
        may_object=definition is not None and definition.about == "party" and not supply,
    )


def _source(column: str, definition: FactDefinition | None, *, known: bool) -> str:
    """Who says what no record of the enterprise says: of its place the register, otherwise the agency in charge."""
    if definition is None:
        return ""
    of_the_place = column == REGION or definition.about in ("region", "nation")
    return PLACE if known and of_the_place else definition.agency


def _rows(
    result: ConditionResult,
    depth: int,
    decided: Decided,
    sources: Mapping[str, FactValue],
    *,
    negated: bool,
) -> Iterator[ReasonRow]:
    if result.operator == "not" and len(result.parts) == 1:
        # It is told as one condition: what must not be so, and whether that is kept to.
        inner = result.parts[0]
        yield _row(result, inner, depth, decided, sources, negated=True)
        for part in inner.parts:
            yield from _rows(part, depth + 1, decided, sources, negated=False)
        return
    yield _row(result, result, depth, decided, sources, negated=negated)
    for part in result.parts:
        yield from _rows(part, depth + 1, decided, sources, negated=False)


def _row(
    result: ConditionResult,
    inner: ConditionResult,
    depth: int,
    decided: Decided,
    sources: Mapping[str, FactValue],
    *,
    negated: bool,
) -> ReasonRow:
    clause = result.clause
    return ReasonRow(
        id=result.id,
        depth=depth,
        outcome=str(result.outcome),
        text=clause.text,
        clause=inner.clause.clause or clause.clause or "",
        at_least=inner.count if inner.operator == "at least" else None,
        negated=negated,
        group=bool(inner.parts),
        facts=tuple(used_fact(each.code, decided, sources, each) for each in inner.facts),
        evidence=clause.evidence,
        materials=clause.materials,
        problem=result.failure.message_zh if result.failure and result.outcome is Outcome.ERROR else "",
    )
