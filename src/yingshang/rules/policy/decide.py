"""One subject against items, with the reason: the row evaluator.

The outcome of an item is one of four: entitled, refused, undecided (facts are missing, and they matter) and error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum
from typing import Any

from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Evaluation, Mode, Scope, compile_expression
from yingshang.rules.feel.functions import Environment
from yingshang.rules.feel.names import free_names, open_names
from yingshang.rules.feel.operators import kind_of, kind_zh
from yingshang.rules.feel.syntax import Node, walk
from yingshang.rules.feel.values import Failure, Unknown, open_facts
from yingshang.rules.policy.benefit import Instalment, Share
from yingshang.rules.policy.catalogue import Fact, FactCatalogue
from yingshang.rules.policy.compile import Clause, Program
from yingshang.rules.policy.requirement import All, AtLeast, Condition, Not, Requirement


class Outcome(StrEnum):
    """What a condition or an item comes to."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    ERROR = "error"


class Entitlement(StrEnum):
    """What an item means for a subject."""

    ENTITLED = "entitled"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    ERROR = "error"


_ENTITLEMENT = {
    Outcome.TRUE: Entitlement.ENTITLED,
    Outcome.FALSE: Entitlement.REFUSED,
    Outcome.UNKNOWN: Entitlement.UNDECIDED,
    Outcome.ERROR: Entitlement.ERROR,
}


@dataclass(slots=True)
class FactValue:
    """A fact as a condition saw it. `value` is a FEEL value, or Unknown."""

    code: str
    name: str
    value: Any
    unit: str | None = None
    agency: str | None = None


@dataclass(slots=True)
class ConditionResult:
    """A condition or group with its outcome, in the order of the document.

    `operator` is `when`, `all`, `at least` or `not`; `missing` names the facts that would settle an unknown.
    """

    id: str
    operator: str
    outcome: Outcome
    clause: Clause
    tree: Node | None = None
    count: int = 0
    facts: tuple[FactValue, ...] = ()
    missing: tuple[str, ...] = ()
    failure: Failure | None = None
    parts: tuple[ConditionResult, ...] = ()


@dataclass(slots=True)
class Amount:
    """An amount in yuan to the fen.

    `value` is None while it is not known; then it lies between `at_least` and `at_most` (None: no bound known).
    """

    value: Decimal | None
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    missing: tuple[str, ...] = ()
    failure: Failure | None = None


@dataclass(slots=True)
class Payment:
    """An instalment: due true, lost false, or unknown. What is due is paid once `payable` is true.

    `facts` are what both conditions read, `missing` those that would settle what is unknown.
    """

    id: str
    text: str
    due: Outcome
    amount: Decimal | None
    after: str | None
    payable: Outcome = Outcome.TRUE
    facts: tuple[FactValue, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class Decision:
    """What one item means for one subject, and why."""

    program: Program
    outcome: Entitlement
    reason: ConditionResult
    amount: Amount | None
    missing: tuple[str, ...] = ()
    payments: tuple[Payment, ...] = ()
    shares: tuple[tuple[str, Decimal], ...] = ()
    recipients: tuple[tuple[str, Decimal], ...] = ()


@dataclass(slots=True)
class _Leaf:
    """A distinct condition tree, compiled, with the facts it reads; `number` counts the distinct ones."""

    number: int
    tree: Node
    evaluate: Evaluation
    columns: tuple[str, ...]


_FEN = Decimal("0.01")
_WIDE = Context(prec=6_200, Emax=99_999, Emin=-99_999)
_Known = tuple[Outcome, tuple[FactValue, ...], tuple[str, ...], Failure | None]


class RowEvaluator:
    """Decides items for one subject at a time. Each distinct condition is evaluated once a subject.

    `facts` given to `decide` map columns to FEEL values; a column that is not there is unknown.
    """

    def __init__(self, programs: Sequence[Program], catalogue: FactCatalogue | None = None) -> None:
        self.programs = list(programs)
        self.catalogue = catalogue
        self._leaves: dict[Node, _Leaf] = {}
        self._leaf_of: dict[int, _Leaf] = {}
        # What each distinct condition reads, by its number.
        self._columns: list[tuple[str, ...]] = []
        # Keeps every tree alive, so that no identity is used twice.
        self._trees: list[Node] = []
        self._facts: dict[str, Fact | None] = {}
        for program in self.programs:
            self._prepare(program.requirement)

    def _prepare(self, requirement: Requirement) -> None:
        if isinstance(requirement, Condition):
            self._leaf(requirement.tree)
        elif isinstance(requirement, Not):
            self._prepare(requirement.part)
        else:
            for part in requirement.parts:
                self._prepare(part)

    def _leaf(self, tree: Node) -> _Leaf:
        # Hashing a tree walks it, so each written tree is looked up once and then known by its identity.
        leaf = self._leaf_of.get(id(tree))
        if leaf is None:
            leaf = self._leaves.get(tree)
            if leaf is None:
                leaf = _Leaf(len(self._leaves), tree, compile_expression(tree, Mode.POLICY), columns_of(tree))
                self._leaves[tree] = leaf
                self._columns.append(leaf.columns)
            self._leaf_of[id(tree)] = leaf
            self._trees.append(tree)
        return leaf

    def decide_all(self, facts: Mapping[str, Any]) -> list[Decision]:
        """Every item for one subject."""
        subject = self.subject(facts)
        return [subject.decide(program) for program in self.programs]

    def subject(self, facts: Mapping[str, Any]) -> SubjectEvaluator:
        """One subject for several items: a condition they share is evaluated once."""
        return SubjectEvaluator(self, facts)

    def decide(self, program: Program, facts: Mapping[str, Any]) -> Decision:
        """One item for one subject."""
        return self.subject(facts).decide(program)

    def outcome(self, program: Program, facts: Mapping[str, Any]) -> Outcome:
        """Only what the requirement comes to."""
        return self.subject(facts).outcome(program.requirement)

    def outcomes(self, programs: Sequence[Program], facts: Mapping[str, Any]) -> list[Outcome]:
        """What the requirements of some items come to for one subject, without amounts."""
        subject = self.subject(facts)
        return [subject.outcome(program.requirement) for program in programs]

    def value(self, tree: Node, facts: Mapping[str, Any]) -> Any:
        """The value of a resolved tree for a subject: may be Unknown or Failure."""
        return self.subject(facts).value(tree)

    def fact(self, column: str) -> Fact | None:
        """The declaration of a column's fact."""
        if column not in self._facts:
            self._facts[column] = self.catalogue.fact_of_column(column) if self.catalogue else None
        return self._facts[column]

    def fields(self, column: str) -> tuple[str, ...]:
        """The fields that are declared of a column's context or lines."""
        fact = self.fact(column)
        return tuple(each.code for each in fact.fields) if fact is not None else ()


class SubjectEvaluator:
    """The facts of one subject, and what has been worked out about it so far."""

    def __init__(self, evaluator: RowEvaluator, facts: Mapping[str, Any]) -> None:
        self.evaluator = evaluator
        opened = {
            name: open_facts(value, name, evaluator.fields(name))
            if value.__class__ is list or isinstance(value, dict)
            else value
            for name, value in facts.items()
        }
        self.facts = opened
        self.scope = Scope(opened, environment=Environment())
        self.leaf_of = evaluator._leaf_of
        self.known: dict[int, _Known] = {}
        self.values: dict[str, FactValue] = {}

    def supposing(self, column: str, value: Any) -> SubjectEvaluator:
        """The same subject if one fact were this: only what reads it is worked out again."""
        other = SubjectEvaluator(self.evaluator, {column: value})
        other.facts = {**self.facts, **other.facts}
        other.scope = Scope(other.facts, environment=Environment())
        reads = self.evaluator._columns
        other.known = {number: known for number, known in self.known.items() if column not in reads[number]}
        other.values = {name: each for name, each in self.values.items() if name != column}
        return other

    def outcome(self, requirement: Requirement) -> Outcome:
        """What a requirement comes to, without its reason."""
        if isinstance(requirement, Condition):
            leaf = self.leaf_of.get(id(requirement.tree)) or self.evaluator._leaf(requirement.tree)
            return (self.known.get(leaf.number) or self._condition(leaf))[0]
        if isinstance(requirement, Not):
            return _NEGATED[self.outcome(requirement.part)]
        needed = requirement.count if isinstance(requirement, AtLeast) else len(requirement.parts)
        return combine([self.outcome(each) for each in requirement.parts], needed)

    def value(self, tree: Node) -> Any:
        return self.evaluator._leaf(tree).evaluate(self.scope)

    def decide(self, program: Program) -> Decision:
        reason = self.result(program, program.requirement)
        outcome = _ENTITLEMENT[reason.outcome]
        amount = None
        payments: tuple[Payment, ...] = ()
        shares: tuple[tuple[str, Decimal], ...] = ()
        recipients: tuple[tuple[str, Decimal], ...] = ()
        benefit = program.benefit
        if outcome in (Entitlement.ENTITLED, Entitlement.UNDECIDED) and benefit.amount is not None:
            amount = self._amount(program)
            payments = self._payments(benefit.instalments, amount)
            if amount.value is not None:
                shares = self._split(amount.value, benefit.shares)
                recipients = self._split(amount.value, benefit.recipients)
        return Decision(program, outcome, reason, amount, reason.missing, payments, shares, recipients)

    def result(self, program: Program, requirement: Requirement) -> ConditionResult:
        """The outcome of a requirement, as requirement.py defines it."""
        # Thousands of these are made for one subject: the common case comes first, and nothing is looked up twice.
        kind = requirement.__class__
        if kind is Condition:
            assert isinstance(requirement, Condition)
            tree = requirement.tree
            leaf = self.leaf_of.get(id(tree)) or self.evaluator._leaf(tree)
            outcome, facts, unknown, failure = self.known.get(leaf.number) or self._condition(leaf)
            identifier = requirement.id
            clause = program.clauses[identifier]
            return ConditionResult(identifier, "when", outcome, clause, tree, 0, facts, unknown, failure, ())
        if isinstance(requirement, Not):
            part = self.result(program, requirement.part)
            clause = program.clauses.get(requirement.id) or part.clause
            return ConditionResult(
                requirement.id,
                "not",
                _NEGATED[part.outcome],
                clause,
                None,
                0,
                (),
                part.missing,
                part.failure,
                (part,),
            )
        assert isinstance(requirement, All | AtLeast)
        parts = tuple([self.result(program, each) for each in requirement.parts])
        at_least = kind is AtLeast
        needed = requirement.count if isinstance(requirement, AtLeast) else len(parts)
        outcome = combine([each.outcome for each in parts], needed)
        missing: tuple[str, ...] = ()
        failure = None
        if outcome is Outcome.UNKNOWN:
            missing = tuple(sorted({name for each in parts for name in each.missing}))
        elif outcome is Outcome.ERROR:
            failure = next((each.failure for each in parts if each.failure is not None), None)
        clause = program.clauses.get(requirement.id) or _ROOT
        return ConditionResult(
            requirement.id,
            "at least" if at_least else "all",
            outcome,
            clause,
            None,
            needed,
            (),
            missing,
            failure,
            parts,
        )

    def _condition(self, leaf: _Leaf) -> _Known:
        value = leaf.evaluate(self.scope)
        facts = tuple([self._fact_value(column) for column in leaf.columns])
        if value is True:
            known: _Known = (Outcome.TRUE, facts, (), None)
        elif value is False:
            known = (Outcome.FALSE, facts, (), None)
        elif value.__class__ is Unknown:
            known = (Outcome.UNKNOWN, facts, tuple(sorted(value.missing)), None)
        else:
            failure = value if value.__class__ is Failure else _not_boolean(value)
            known = (Outcome.ERROR, facts, (), failure)
        self.known[leaf.number] = known
        return known

    def _fact_value(self, column: str) -> FactValue:
        """The same fact is shown by many conditions: one object serves them all."""
        found = self.values.get(column)
        if found is None:
            found = self.values[column] = self._new_fact_value(column)
        return found

    def _new_fact_value(self, column: str) -> FactValue:
        value = self.facts.get(column, _ABSENT)
        if value is _ABSENT:
            value = Unknown.fact(column)
        fact = self.evaluator.fact(column)
        if fact is None:
            return FactValue(column, column, value)
        return FactValue(column, label_of(fact, column), value, fact.unit, fact.agency)

    def _amount(self, program: Program) -> Amount:
        benefit = program.benefit
        assert benefit.amount is not None
        value = self.value(benefit.amount)
        if value.__class__ is Decimal:
            if value < 0:
                return Amount(None, failure=Failure(f"the amount is negative: {value}", f"金额为负：{value}"))
            exact = _to_fen(value)
            return Amount(exact, exact, exact)
        if value.__class__ is Unknown:
            return Amount(
                None,
                self._bound(benefit.floor) or Decimal(0),
                self._bound(benefit.ceiling),
                tuple(sorted(value.missing)),
            )
        if value.__class__ is Failure:
            return Amount(None, failure=value)
        return Amount(
            None,
            failure=Failure(
                f"an amount is a number, not a {kind_of(value)}", f"金额应为数字，而不是{kind_zh(value)}"
            ),
        )

    def _bound(self, tree: Node | None) -> Decimal | None:
        value = self.value(tree) if tree is not None else None
        return _to_fen(value) if value.__class__ is Decimal and value >= 0 else None

    def _payments(self, instalments: Sequence[Instalment], amount: Amount) -> tuple[Payment, ...]:
        """The instalments; those due add up to the amount, to the fen, whatever caps and rounding have left of it."""
        payments = [self._payment(each) for each in instalments]
        if amount.value is None or any(
            each.due is Outcome.UNKNOWN or (each.due is Outcome.TRUE and each.amount is None)
            for each in payments
        ):
            return tuple(payments)
        left = amount.value
        due = [each for each in payments if each.due is Outcome.TRUE]
        for each in due:
            assert each.amount is not None
            each.amount = min(each.amount, left)
            left -= each.amount
        if due and due[-1].amount is not None and left <= _FEN * len(due):
            due[-1].amount += left
        return tuple(payments)

    def _payment(self, instalment: Instalment) -> Payment:
        due, payable = Outcome.TRUE, Outcome.TRUE
        read: list[FactValue] = []
        missing: set[str] = set()
        if instalment.when is not None:
            due, facts, unknown, _ = self._condition(self.evaluator._leaf(instalment.when))
            read += facts
            missing.update(unknown)
        value = self.value(instalment.amount)
        amount = _to_fen(value) if value.__class__ is Decimal else None
        if instalment.payable is not None:
            payable, facts, unknown, _ = self._condition(self.evaluator._leaf(instalment.payable))
            read += [each for each in facts if each not in read]
            missing.update(unknown)
        return Payment(
            instalment.id,
            instalment.text,
            due,
            amount,
            instalment.after,
            payable,
            tuple(read),
            tuple(sorted(missing)),
        )

    def _split(self, amount: Decimal, shares: Sequence[Share]) -> tuple[tuple[str, Decimal], ...]:
        ratios = [self.value(each.ratio) for each in shares]
        if not shares or any(ratio.__class__ is not Decimal for ratio in ratios):
            return ()
        return tuple(zip((each.who for each in shares), split_exactly(amount, ratios), strict=True))


def _to_fen(value: Decimal) -> Decimal:
    """Two places, exactly: a FEEL number has up to 34 digits, more than Python's own context would keep."""
    return value.quantize(_FEN, context=_WIDE)


def combine(outcomes: Sequence[Outcome], needed: int) -> Outcome:
    """At least `needed` of the outcomes true: decided as soon as the others cannot change it."""
    true = outcomes.count(Outcome.TRUE)
    if true >= needed:
        return Outcome.TRUE
    false = outcomes.count(Outcome.FALSE)
    if len(outcomes) - false < needed:
        return Outcome.FALSE
    # With errors in the way, unknown parts can still decide it either way.
    return Outcome.UNKNOWN if Outcome.UNKNOWN in outcomes else Outcome.ERROR


def split_exactly(amount: Decimal, ratios: Sequence[Decimal]) -> list[Decimal]:
    """`amount` in parts by `ratios`, to the fen, adding up to it: the fen left over go to the largest remainders."""
    fen = int(amount.scaleb(2))
    exact = [fen * ratio for ratio in ratios]
    whole = [int(each) for each in exact]
    rest = min(fen, round(sum(exact))) - sum(whole)
    order = sorted(range(len(ratios)), key=lambda index: (whole[index] - exact[index], index))
    for index in order[: max(rest, 0)]:
        whole[index] += 1
    return [Decimal(each).scaleb(-2) for each in whole]


_NEGATED = {
    Outcome.TRUE: Outcome.FALSE,
    Outcome.FALSE: Outcome.TRUE,
    Outcome.UNKNOWN: Outcome.UNKNOWN,
    Outcome.ERROR: Outcome.ERROR,
}
_ABSENT = object()
_ROOT = Clause("all", "全部条件")


def _not_boolean(value: Any) -> Failure:
    return Failure(
        f"a condition is true or false, not {'null' if value is None else 'a ' + kind_of(value)}",
        f"条件的结果应为是或否，而不是{kind_zh(value)}",
    )


def label_of(fact: Fact, column: str) -> str:
    """The Chinese name of a column: a year of a series says its year."""
    if fact.series and column != fact.code:
        return f"{fact.name}（{column.rpartition('.')[2]}年）"
    return fact.name


def columns_of(tree: Node) -> tuple[str, ...]:
    """The columns a resolved tree reads, in the order they stand in it.

    In the condition of a filter a bare name may be a field of the line or a fact: facts of a catalogue have dotted
    codes, fields have not.
    """
    wanted = free_names(tree) | {name for name in open_names(tree) if "." in name}
    found = (each.name for each in walk(tree) if isinstance(each, syntax.Name) and each.name in wanted)
    return tuple(dict.fromkeys(found))


def leaves_of(result: ConditionResult) -> Iterator[ConditionResult]:
    """The single conditions of a result, in order."""
    if not result.parts:
        yield result
    for part in result.parts:
        yield from leaves_of(part)


__all__ = [
    "Amount",
    "ConditionResult",
    "Decision",
    "Entitlement",
    "FactValue",
    "Outcome",
    "Payment",
    "RowEvaluator",
    "SubjectEvaluator",
    "columns_of",
    "combine",
    "label_of",
    "leaves_of",
    "split_exactly",
]
