"""What one enterprise is entitled to this moment, decided by rows with the reason of everything.

It is what `yingshang explain` does, over the same facts as the stored match of everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Scope, scope_of
from yingshang.kernel.parties.api import FactValue, PartyNotFound, fact_table, portrait
from yingshang.kernel.reference.api import UnknownFact, get_fact
from yingshang.rules.columns import facts_of_row
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.change import Change, least_changes
from yingshang.rules.policy.decide import Amount, Decision, SubjectEvaluator
from yingshang.rules.policy.explain import explain_data

from ..content import catalogue
from ..errors import ItemNotFound
from ..models import Declaration, ItemVersion
from ..selectors import in_force, published_item
from ..values import PublishedItem
from .declared import declared_by, feel_facts
from .engine import Engine, engine_for, engine_of, paths_above

VIEW, OWN = "policies.view_matches", "policies.match_own"
ENTITLED, UNDECIDED, REFUSED, ERROR = "entitled", "undecided", "refused", "error"
OUTCOMES = (ENTITLED, UNDECIDED, REFUSED, ERROR)

HIDDEN = "＊＊＊"
"""Stands for the value of a personal fact."""

_NO_FACTS = frozenset({"party", "place", "subject", "name"})


@dataclass(frozen=True, slots=True)
class Window:
    """Where the day lies among the windows of an item: open until `closes_on`, or opening on `opens_on`.

    `open` is None for an item without windows, which can be had at any time. Days that are not said are None.
    """

    open: bool | None
    closes_on: date | None = None
    opens_on: date | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What one item means for one enterprise on a day.

    `certain_fen` is surely paid, `possible_fen` at most (None: no end is known); both None for an item that pays no
    money, which `grants` something else. `missing` are columns that would settle it, or the amount of the entitled.
    `problem` says in Chinese why an item cannot be decided for anybody that day.
    """

    item: PublishedItem
    party_id: int
    day: date
    outcome: str
    certain_fen: int | None
    possible_fen: int | None
    grants: str
    window: Window
    missing: tuple[str, ...]
    problem: str = ""
    declared: Mapping[str, Declaration] = field(default_factory=dict, repr=False, compare=False)
    decision: Decision | None = field(default=None, repr=False, compare=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def code(self) -> str:
        return self.item.code

    @property
    def version(self) -> int:
        return self.item.version

    @property
    def name(self) -> str:
        return self.item.name

    @property
    def window_open(self) -> bool | None:
        return self.window.open

    @property
    def closes_on(self) -> date | None:
        return self.window.closes_on

    @property
    def exact(self) -> bool:
        """Whether the amount is known to the fen."""
        return self.certain_fen is not None and self.certain_fen == self.possible_fen

    def changes(self) -> list[Change]:
        """The fewest changes after which it would not be refused; of a personal fact only what it would have to be."""
        if self.decision is None:
            return []
        found = least_changes(self.decision, self.facts, catalogue())
        return [
            replace(each, current=HIDDEN, gap=None)
            if each.fact and is_personal(column_of(each.fact))
            else each
            for each in found
        ]

    def explanation(self) -> dict[str, Any]:
        """The whole reason as `yingshang explain --json` gives it, without the values of personal facts."""
        if self.decision is None:
            return {}
        told = explain_data(self.decision, self.facts, catalogue())
        told["changes"] = [
            {**each, "current": HIDDEN, "gap": None, "text": shown.text(), "text_zh": shown.text_zh()}
            if each["fact"] and is_personal(column_of(each["fact"]))
            else each
            for each, shown in zip(told["changes"], self.changes(), strict=True)
        ]
        hide_personal(told["conditions"])
        return told


@dataclass(frozen=True, slots=True)
class Subject:
    """An enterprise as decisions see it: its number, the path of its region, and what is known of it."""

    party_id: int
    credit_code: str
    name: str
    place: str
    facts: Mapping[str, Any]


def decide_for(*, actor: Actor, party_id: int, day: date) -> tuple[Decided, ...]:
    """Every item that holds in the place of an enterprise, by code; five queries, however many there are.

    Needs `policies.match_own` for it, or `policies.view_matches` where it is. Raises PartyNotFound elsewhere.
    """
    subject = subject_of(actor, party_id)
    rows = holding(day, subject.place)
    engine = engine_for(day)
    declared = declared_by(subject.party_id)
    known = engine.rows.subject(subject.facts)
    return tuple(
        decide(engine, published_item(row), subject, declared.get(row.item_id, {}), known) for row in rows
    )


def decide_one(
    *, actor: Actor, party_id: int, code: str, day: date, applied_on: date | None = None
) -> Decided:
    """One item for one enterprise. Of one that has run out since it was applied for, what was in force then counts.

    Raises PartyNotFound, and ItemNotFound where it does not hold in its place.
    """
    subject = subject_of(actor, party_id)
    own = Q(region_path__in=paths_above(subject.place), item__code=code)
    row = in_force(day).filter(own).first()
    if row is None and applied_on is not None:
        row = in_force(applied_on).filter(own).first()
        # By the facts of today, as of the last day on which it held.
        day = row.effective_to or day if row else day
    if row is None:
        raise ItemNotFound(
            f"{code} is not in force where {subject.name} is",
            message_zh=f"在该企业所在地没有正在施行的政策事项“{code}”",
            value=code,
        )
    engine = engine_of(day, [(row.pk, row.digest)])
    declared = declared_by(subject.party_id).get(row.item_id, {})
    return decide(engine, published_item(row), subject, declared)


def sources_of(*, actor: Actor, decided: Decided) -> dict[str, FactValue]:
    """Column → value with its source and its day, of what is known of the enterprise; personal ones hidden."""
    noon = timezone.make_aware(datetime.combine(decided.day, time(12)))
    known = portrait(actor=actor, party_id=decided.party_id, now=noon)
    return {each.column: each for each in known.facts}


def own_subject(actor: Actor, party_id: int) -> Subject:
    """The same of an enterprise the actor acts for: what officials may see is not theirs to speak for."""
    return subject_of(actor, party_id, scope=actor.require(OWN))


def subject_of(actor: Actor, party_id: int, *, scope: Scope | None = None) -> Subject:
    """The enterprise within the actor's reach; the one that is kept, of an entry that was merged. One query."""
    scope = scope or reach(actor)
    party_id = actor.kept_entry(party_id, OWN)
    for batch in fact_table(scope=scope, parties=[party_id]).to_batches():
        facts = facts_of_row(batch, 0)
        return Subject(
            party_id=party_id,
            credit_code=str(facts["subject"]),
            name=str(facts["name"]),
            place=str(facts["place"]),
            facts={
                name: value
                for name, value in facts.items()
                if value.__class__ is not Unknown and name not in _NO_FACTS
            },
        )
    raise PartyNotFound(
        f"no enterprise {party_id}, or nothing is known of it",
        message_zh="没有这家企业，或者您不能查看它的政策匹配",
        value=party_id,
    )


def holding(day: date, place: str) -> QuerySet[ItemVersion]:
    """The versions that hold in a place on a day, without what their authors noted."""
    rows = in_force(day).filter(region_path__in=paths_above(place))
    return rows.defer("links", "elements", "remarks")


def reach(actor: Actor) -> Scope:
    """Whose matches an actor may see. Raises NotAllowed."""
    return scope_of(actor, OWN, VIEW)


def decide(
    engine: Engine,
    item: PublishedItem,
    subject: Subject,
    declared: Mapping[str, Declaration],
    known: SubjectEvaluator | None = None,
) -> Decided:
    """One item for a subject, by the engine of a day.

    `known` is what has been worked out about the subject's own facts for other items.
    """
    entry = engine.by_version[item.version_id]
    window = window_of(item, engine.day)
    facts = subject.facts
    if declared:
        facts = {**facts, **feel_facts({column: row.value for column, row in declared.items()})}
    if entry.program is None:
        problem = entry.problem.message_zh if entry.problem else ""
        return Decided(
            item=item,
            party_id=subject.party_id,
            day=engine.day,
            outcome=ERROR,
            certain_fen=None,
            possible_fen=None,
            grants="",
            window=window,
            missing=(),
            problem=problem,
            declared=declared,
        )
    if known is None or declared:
        known = engine.rows.subject(facts)
    decision = known.decide(entry.program)
    certain, possible, lacking = _amounts(decision)
    return Decided(
        item=item,
        party_id=subject.party_id,
        day=engine.day,
        outcome=str(decision.outcome),
        certain_fen=certain,
        possible_fen=possible,
        grants=entry.program.benefit.grants or "",
        window=window,
        missing=tuple(dict.fromkeys(column_of(each) for each in decision.missing or lacking)),
        declared=declared,
        decision=decision,
        facts=facts,
    )


def is_personal(column: str) -> bool:
    """Whether a fact is about a person."""
    try:
        return get_fact(column).sensitivity == "personal"
    except UnknownFact:
        return False


def hide_personal(conditions: list[dict[str, Any]]) -> None:
    """Take the values of personal facts out of an explanation."""
    for each in conditions:
        for fact in each.get("facts") or ():
            if fact["known"] and is_personal(column_of(fact["fact"])):
                fact["value"] = HIDDEN
        hide_personal(each.get("parts") or [])


def column_of(name: str) -> str:
    """The column that something missing belongs to: loans of `loans[1].principal`, ent.established of its month."""
    column = name.partition("[")[0]
    while column:
        try:
            get_fact(column)
        except UnknownFact:
            column = column.rpartition(".")[0]
        else:
            return column
    return name


def _amounts(decision: Decision) -> tuple[int | None, int | None, tuple[str, ...]]:
    amount: Amount | None = decision.amount
    if amount is None:
        return None, None, ()
    sure = str(decision.outcome) == ENTITLED
    if amount.value is not None:
        fen = _fen(amount.value)
        return (fen if sure else 0), fen, ()
    least = _fen(amount.at_least or Decimal(0))
    most = None if amount.at_most is None else _fen(amount.at_most)
    return (least if sure else 0), most, amount.missing


def _fen(yuan: Decimal) -> int:
    return int(yuan.scaleb(2))


def window_of(item: PublishedItem, day: date) -> Window:
    """Where a day lies among the windows of an item."""
    if not item.windows:
        return Window(None, closes_on=item.effective_to)
    spans = [
        (
            date.fromisoformat(each["from"]) if each.get("from") else date.min,
            date.fromisoformat(each["to"]) if each.get("to") else date.max,
        )
        for each in item.windows
    ]
    ends = [end for start, end in spans if start <= day <= end]
    if ends:
        end = max(ends)
        return Window(True, closes_on=None if end == date.max else end)
    return Window(False, opens_on=min((start for start, _ in spans if start > day), default=None))
