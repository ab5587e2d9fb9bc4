"""How often the example policies say "cannot say yet" although every way of filling in the gaps agrees.

Kleene's logic keeps the promise (a decided answer holds for every completion) but may stay undecided without need, as
in `a > 5 or a <= 5`. This measures how often that happens on real policies: for subjects of a sample city that an item
leaves undecided, the missing facts are filled in with every combination of representative values (each literal the
item compares a fact with, just below and just above it, each word and another one, true and false, the lists of its own
scenarios); where there are too many combinations, with a sample of them, which can only overstate the figure.

Run by `make conformance`; writes docs/unknown.md.
"""

from __future__ import annotations

import datetime
import itertools
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from yingshang.cli.files import read_policies
from yingshang.kernel.reference.api import generate_sample_city
from yingshang.rules.columns.facts import facts_of_row
from yingshang.rules.feel import syntax
from yingshang.rules.feel.temporal import NANOSECONDS_PER_DAY, Date, DaysDuration, add
from yingshang.rules.feel.values import Unknown, unknowns
from yingshang.rules.policy.catalogue import Fact, FactCatalogue
from yingshang.rules.policy.compile import Program, compile_items
from yingshang.rules.policy.decide import Outcome, RowEvaluator, columns_of
from yingshang.rules.policy.requirement import conditions_of
from yingshang.rules.policy.scenario import facts_from_data

ROOT = Path(__file__).resolve().parent.parent
AS_OF = Date(2026, 11, 21)
ENTERPRISES, SUBJECTS_AN_ITEM, COMPLETIONS = 2_000, 40, 600


def main() -> None:
    policies = read_policies([ROOT / "examples" / "policies"])
    catalogue = policies.catalogue
    assert catalogue is not None
    programs = compile_items(policies.items, catalogue, AS_OF).programs
    cities = generate_sample_city(ENTERPRISES, seed=1, as_of=datetime.date(2026, 11, 21))
    subjects = [
        {name: value for name, value in facts_of_row(batch, row).items() if value.__class__ is not Unknown}
        for batch in cities
        for row in range(batch.num_rows)
    ]
    lines, checked, needless = [], 0, 0
    for program in programs:
        tried, wasted = measure(program, catalogue, subjects)
        checked, needless = checked + tried, needless + wasted
        if wasted:
            lines.append(f"| {program.id} | {program.name} | {tried} | {wasted} |")
    share = needless / checked if checked else 0.0
    text = [
        "# Needless unknowns",
        "",
        "Written by `make conformance` (`tools/needless_unknowns.py`, which says how it is measured).",
        "",
        f"Of {checked:,} undecided decisions of the {len(programs)} example policies, checked by filling in what is "
        f"missing, **{needless:,} ({share:.2%})** were undecided although every completion agrees.",
        "",
    ]
    if lines:
        text += ["| item | name | undecided, checked | needlessly |", "|---|---|---|---|", *lines, ""]
    (ROOT / "docs" / "unknown.md").write_text("\n".join(text), "utf-8")
    print(text[4])


def measure(program: Program, catalogue: FactCatalogue, subjects: list[dict[str, Any]]) -> tuple[int, int]:
    """How many different undecided subjects were checked, and how many of them were undecided without need."""
    evaluator = RowEvaluator([program], catalogue)
    trees = [each.tree for each in conditions_of(program.requirement)]
    columns = sorted({name for tree in trees for name in columns_of(tree)})
    values = Values(program, trees, catalogue)
    seen: set[str] = set()
    tried = needless = 0
    for subject in subjects:
        known = {column: subject[column] for column in columns if column in subject}
        key = repr(sorted(known.items(), key=lambda pair: pair[0]))
        if key in seen:
            continue
        seen.add(key)
        if evaluator.outcome(program, known) is not Outcome.UNKNOWN:
            continue
        tried += 1
        outcomes = {evaluator.outcome(program, each) for each in completions(known, columns, values)}
        assert Outcome.UNKNOWN not in outcomes, (program.id, known)
        needless += len(outcomes) == 1
        if tried == SUBJECTS_AN_ITEM:
            break
    return tried, needless


def completions(known: dict[str, Any], columns: list[str], values: Values) -> Iterator[dict[str, Any]]:
    """Every way of filling in what is missing with representative values, or a fixed sample of the ways."""
    missing = {name: values.of_column(name) for name in columns if name not in known}
    total = 1
    for candidates in missing.values():
        total *= len(candidates)
    whole = [*known.values(), *missing.values()]
    if total <= COMPLETIONS and not any(unknowns(value) for value in whole):
        for combination in itertools.product(*missing.values()):
            yield {**known, **dict(zip(missing, combination, strict=True))}
        return
    chance = random.Random(1)
    # What a scenario says together is a likelier way to the rarer outcome than chance.
    for told in values.told:
        yield {
            name: values.filled(
                known.get(name, told.get(name, chance.choice(missing.get(name, [None])))), name, chance
            )
            for name in columns
        }
    for _ in range(COMPLETIONS):
        completed = {name: values.filled(value, name, chance) for name, value in known.items()}
        for name, candidates in missing.items():
            completed[name] = values.filled(chance.choice(candidates), name, chance)
        yield completed


class Values:
    """Representative values of the facts of one item: they lead to every outcome its literals can tell apart."""

    def __init__(self, program: Program, trees: list[syntax.Node], catalogue: FactCatalogue) -> None:
        self.trees = trees
        self.catalogue = catalogue
        self.told = [
            facts_from_data(each["facts"], catalogue, program.as_of)
            for each in program.item.data.get("scenarios") or ()
        ]
        self.scenarios: dict[str, list[Any]] = {}
        for told in self.told:
            for name, value in told.items():
                self.scenarios.setdefault(name, []).append(value)
        self.literals = [
            each.value for tree in trees for each in syntax.walk(tree) if isinstance(each, syntax.Literal)
        ]

    def of_column(self, column: str) -> list[Any]:
        """Candidates for a fact: from the literals around it, and from the item's own scenarios."""
        fact = self.catalogue.fact_of_column(column)
        literals = [
            each.value
            for tree in self.trees
            if column in columns_of(tree)
            for each in syntax.walk(tree)
            if isinstance(each, syntax.Literal)
        ]
        if fact is not None and fact.type == "list<context>":
            return [[], *self.scenarios.get(column, ())]
        return (
            candidates_of(fact, literals)
            if fact is not None
            else candidates_of(Fact(column, column, "number"), literals)
        )

    def filled(self, value: Any, column: str, chance: random.Random) -> Any:
        """`value` with every unknown field of its lines filled in."""
        if isinstance(value, list):
            return [self.filled(each, column, chance) for each in value]
        if not isinstance(value, dict):
            return value
        fact = self.catalogue.fact_of_column(column)
        fields = {each.code: each for each in fact.fields} if fact else {}
        return {
            key: chance.choice(candidates_of(fields[key], self.literals))
            if each.__class__ is Unknown
            else each
            for key, each in value.items()
        }


def candidates_of(fact: Fact, literals: list[Any]) -> list[Any]:
    """Values of a fact or field of a line: at, just below and just above each literal; each word; true and false."""
    if fact.type == "boolean":
        return [True, False]
    if fact.type == "number":
        found = {Decimal(0), Decimal(10) ** 12}
        for value in literals:
            if isinstance(value, Decimal):
                found |= {value, value - Decimal("0.0001"), value + Decimal("0.0001")}
        return sorted(value for value in found if fact.minimum is None or value >= fact.minimum)
    if fact.type == "date":
        days = [value for value in literals if isinstance(value, Date)] or [AS_OF]
        steps = [DaysDuration(NANOSECONDS_PER_DAY * count) for count in (0, 1, -1, -4000)]
        return [moved for day in days for step in steps if (moved := add(day, step)) is not None]
    words: list[str] = list(fact.values) or sorted({value for value in literals if isinstance(value, str)})
    if fact.type == "list<string>":
        return [[], *([word] for word in words), words]
    return [*words, "其他值"]


if __name__ == "__main__":
    main()
