"""How often the example policies say "cannot say yet" although every way of filling in the gaps agrees.

Kleene's logic keeps the promise (a decided answer holds for every completion) but may stay undecided without need, as
in `a > 5 or a <= 5`. This measures how often that happens on real policies: for subjects of a sample city that an item
leaves undecided, the missing facts are filled in with every combination of representative values (each literal the
item compares a fact with, just below and just above it, each word and another one, true and false); where there are
too many combinations, with a sample of them, which can only overstate the figure.

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
from yingshang.kernel.parties.api import generate_sample_city
from yingshang.rules.columns.facts import facts_of_row
from yingshang.rules.feel import syntax
from yingshang.rules.feel.temporal import NANOSECONDS_PER_DAY, Date, DaysDuration, add
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.compile import Program, compile_items
from yingshang.rules.policy.decide import Outcome, RowEvaluator, columns_of
from yingshang.rules.policy.requirement import conditions_of

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
    candidates = {column: representative_values(column, trees, catalogue) for column in columns}
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
        outcomes = {
            evaluator.outcome(program, {**known, **completion})
            for completion in completions({name: candidates[name] for name in columns if name not in known})
        }
        needless += len(outcomes) == 1
        if tried == SUBJECTS_AN_ITEM:
            break
    return tried, needless


def completions(candidates: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination, or a fixed sample of them."""
    total = 1
    for values in candidates.values():
        total *= len(values)
    names = list(candidates)
    if total <= COMPLETIONS:
        for combination in itertools.product(*candidates.values()):
            yield dict(zip(names, combination, strict=True))
        return
    chance = random.Random(1)
    for _ in range(COMPLETIONS):
        yield {name: chance.choice(values) for name, values in candidates.items()}


def representative_values(column: str, trees: list[syntax.Node], catalogue: FactCatalogue) -> list[Any]:
    """Values of a fact that lead to every outcome the literals around can tell apart."""
    literals = [
        each.value
        for tree in trees
        if column in columns_of(tree)
        for each in syntax.walk(tree)
        if isinstance(each, syntax.Literal)
    ]
    fact = catalogue.fact_of_column(column)
    kind = fact.type if fact else "number"
    if kind == "boolean":
        return [True, False]
    if kind == "number":
        numbers = sorted({value for value in literals if isinstance(value, Decimal)})
        found = {Decimal(0), Decimal(10) ** 12}
        for number in numbers:
            found |= {number, number - Decimal("0.0001"), number + Decimal("0.0001")}
        lowest = fact.minimum if fact else None
        return sorted(value for value in found if lowest is None or value >= lowest)
    if kind == "date":
        days = [value for value in literals if isinstance(value, Date)] or [AS_OF]
        step = DaysDuration(NANOSECONDS_PER_DAY)
        back = DaysDuration(-NANOSECONDS_PER_DAY * 4000)
        return [other for day in days for other in (day, add(day, step), add(day, back)) if other is not None]
    words: list[str] = sorted({value for value in literals if isinstance(value, str)})
    if fact is not None and fact.values:
        words = list(fact.values)
    if kind == "list<string>":
        return [[], *([word] for word in words), words]
    if kind == "list<context>":
        return [[]]
    return [*words, "其他值"]


if __name__ == "__main__":
    main()
