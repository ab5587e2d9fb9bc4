"""One item over one population, asked again and again with other figures: only what a figure touches is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from time import perf_counter
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.kernel.reference.api import age_group, industry_group, own_group, region_group
from yingshang.rules.columns.facts import facts_of_row
from yingshang.rules.columns.warm import WarmRows
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.compile import Program
from yingshang.rules.policy.decide import ConditionResult, RowEvaluator, label_of
from yingshang.rules.policy.decide import Outcome as ConditionOutcome
from yingshang.rules.policy.population import (
    Grouping,
    Matching,
    group_codes,
    match_population,
    needed_columns,
)
from yingshang.rules.policy.simulation import Cells, GroupChange, Simulation, cells_of, simulate

from .population import REGION, SUBJECT
from .values import Example, GroupRow, MissingFact, Outcome, Side

EXAMPLES: Final = 5
MOST_MISSING: Final = 12
KEPT_OUTCOMES: Final = 64
GROUPS: Final = ("region", "industry", "size", "ownership", "age")
_COLUMNS: Final = {
    "region": REGION,
    "industry": "ent.industry",
    "size": "ent.size",
    "ownership": "ent.ownership",
    "age": "ent.established",
}

Progress = Callable[[int, int], None]


def columns_for(programs: Sequence[Program]) -> list[str]:
    """Every column a session over these programs reads: what the items read, what groups them, and whom it is about."""
    return list(dict.fromkeys([*needed_columns(programs), *_COLUMNS.values(), SUBJECT]))


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a session: the item with its figures, and the budget in fen."""

    program: Program
    figures: tuple[tuple[str, Decimal], ...]
    budget: int | None


@dataclass
class SandboxSession:
    """An item, the version it is held against, and the rows. Not to be asked by two threads at once.

    `region_digits` says which divisions the breakdown by region names: 2 provinces, 4 prefectures, 6 counties.
    """

    batch: pa.RecordBatch
    catalogue: FactCatalogue
    day: date
    base: Program | None
    base_number: int | None
    region_digits: int
    threads: int = 2
    _warm: WarmRows = field(init=False)
    _base: Matching | None = field(init=False, default=None)
    _groups: dict[str, tuple[npt.NDArray[np.int64], list[tuple[str, str]]]] = field(init=False)
    _cells: list[Cells] = field(init=False)
    _outcomes: dict[tuple[Any, ...], Outcome] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._warm = WarmRows(self.batch)
        self._groups = {}
        for name in GROUPS:
            codes, groups = group_codes(Grouping(name, _COLUMNS[name], self._label(name)), self._warm.batches)
            self._groups[name] = (codes, [(each.key, each.label) for each in groups])
        self._cells = cells_of(self._groups)

    def _label(self, name: str) -> Callable[[Any], tuple[str, str]]:
        if name == "region":
            return partial(region_group, length=self.region_digits)
        if name == "age":
            return partial(age_group, day=self.day)
        return industry_group if name == "industry" else own_group

    @property
    def nbytes(self) -> int:
        """What it keeps besides the columns, which belong to the population."""
        codes = sum(each[0].nbytes for each in self._groups.values())
        codes += sum(each.codes.nbytes for each in self._cells)
        base = 0
        if self._base is not None:
            base = sum(
                getattr(rows, name).nbytes
                for rows in self._base.rows_of
                for name in ("rows", "entitled", "low", "high", "exact", "failed", "note")
            )
        return self._warm.nbytes + codes + base

    def known(self, asked: Asked) -> Outcome | None:
        """The outcome if the very same was asked before."""
        return self._outcomes.get(self._key(asked))

    def ask(self, asked: Asked, progress: Progress = lambda done, total: None) -> Outcome:
        """The outcome. What was asked before is not computed again."""
        key = self._key(asked)
        found = self._outcomes.get(key)
        if found is None:
            found = self._outcomes[key] = self._compute(asked, progress)
            while len(self._outcomes) > KEPT_OUTCOMES:
                self._outcomes.pop(next(iter(self._outcomes)))
        return found

    def _key(self, asked: Asked) -> tuple[Any, ...]:
        return (asked.figures, asked.budget)

    # --- computing ------------------------------------------------------------------------------------------------

    def _compute(self, asked: Asked, progress: Progress) -> Outcome:
        began = perf_counter()
        if not self.batch.num_rows:
            return _nothing(asked.budget)
        self._warm.computed = 0
        rounds = 2 if self.base is not None and self._base is None else 1
        total = rounds * self.batch.num_rows
        if self.base is not None and self._base is None:
            self._base = self._match(self.base, lambda done: progress(done, total))
        before = total - self.batch.num_rows
        draft = self._match(asked.program, lambda done: progress(before + done, total))
        base = self._base or Matching(self.batch.num_rows, [], 0, 0)
        simulation = simulate(base, draft, self._groups, examples=EXAMPLES, cells=self._cells)
        return self._outcome(asked, simulation, draft, perf_counter() - began)

    def _match(self, program: Program, progress: Callable[[int], None]) -> Matching:
        return match_population(
            [program],
            self._warm.batches,
            details=True,
            threads=self.threads,
            progress=progress,
            compile=self._warm.compile,
        )

    def _outcome(self, asked: Asked, simulation: Simulation, draft: Matching, seconds: float) -> Outcome:
        [change] = simulation.items
        side = _side(draft)
        return Outcome(
            subjects=draft.subjects,
            side=side,
            base=None if self._base is None else _side(self._base),
            base_number=self.base_number,
            gain=change.gain,
            lose=change.lose,
            up=change.up,
            down=change.down,
            budget=asked.budget,
            within=within(side, asked.budget),
            by={name: tuple(map(_group_row, rows)) for name, rows in simulation.groups.items()},
            missing=self._missing(draft),
            errors=self._errors(asked.program, draft),
            gained=self._changed(change.gain_examples, self.base),
            lost=self._changed(change.lose_examples, asked.program),
            computed=self._warm.computed,
            seconds=seconds,
        )

    def _missing(self, draft: Matching) -> tuple[MissingFact, ...]:
        """Facts by how many undecided enterprises lack them; and of how many it is the only one they lack."""
        [summary], [rows] = draft.items, draft.rows_of
        undecided = rows.rows[~rows.entitled]
        lacking = {name: self._lack(name, undecided) for name in summary.missing}
        count = sum(lacking.values(), np.zeros(len(undecided), np.int64))
        found = []
        for name, open_ in summary.missing.items():
            fact = self.catalogue.fact_of_column(name)
            alone = int((lacking[name] & (count == 1)).sum())
            found.append(
                MissingFact(
                    name,
                    label_of(fact, name) if fact else name,
                    str(fact.agency or "") if fact else "",
                    open_,
                    alone,
                )
            )
        found.sort(key=lambda each: (-each.alone, -each.open, each.column))
        return tuple(found[:MOST_MISSING])

    def _lack(self, name: str, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of the rows do not know a fact."""
        place = self.batch.schema.get_field_index(name)
        if place < 0:
            return np.ones(len(rows), np.bool_)
        nulls: npt.NDArray[np.bool_] = (
            self.batch.column(place).take(pa.array(rows)).is_null().to_numpy(zero_copy_only=False)
        )
        return nulls

    # --- enterprises as examples ----------------------------------------------------------------------------------

    def _errors(self, program: Program, draft: Matching) -> tuple[Example, ...]:
        """Enterprises whose conditions or amount cannot be computed, each with what went wrong."""
        rows = [*draft.error_rows[0][:EXAMPLES].tolist()]
        rows += draft.rows_of[0].rows[draft.rows_of[0].failed][: EXAMPLES - len(rows)].tolist()
        evaluator = RowEvaluator([program], self.catalogue)
        found = []
        for row in rows:
            decision = evaluator.decide(program, self._facts(row))
            said = list(dict.fromkeys(_failures(decision.reason)))
            if decision.amount is not None and decision.amount.failure is not None:
                said.append(decision.amount.failure.message_zh)
            found.append(Example(self._code(row), "；".join(said) or "金额为空或为负数"))
        return tuple(found)

    def _changed(
        self, examples: Sequence[tuple[int, str, str, int, int]], other: Program | None
    ) -> tuple[Example, ...]:
        """Who gains or loses, with the conditions that stand in the way in the other version."""
        evaluator = RowEvaluator([other], self.catalogue) if other is not None else None
        found = []
        for row, _, _, before, after in examples:
            reason = ""
            if evaluator is not None and other is not None:
                decision = evaluator.decide(other, self._facts(row))
                reason = "；".join(
                    part.clause.text
                    for part in decision.reason.parts
                    if part.outcome is not ConditionOutcome.TRUE
                )
            found.append(Example(self._code(row), reason, before, after))
        return tuple(found)

    def _facts(self, row: int) -> Mapping[str, Any]:
        return {
            name: value
            for name, value in facts_of_row(self.batch, row).items()
            if value.__class__ is not Unknown
        }

    def _code(self, row: int) -> str:
        place = self.batch.schema.get_field_index(SUBJECT)
        return "" if place < 0 else str(self.batch.column(place)[row].as_py())


def _nothing(budget: int | None) -> Outcome:
    """What any item comes to among nobody."""
    by: dict[str, tuple[GroupRow, ...]] = dict.fromkeys(GROUPS, ())
    return Outcome(0, Side(), None, None, 0, 0, 0, 0, budget, "", by, (), (), (), (), 0, 0.0)


def within(side: Side, budget: int | None) -> str:
    """Whether a budget in fen holds: certainly, possibly or not. Without an upper end nothing is certain."""
    if budget is None:
        return ""
    if side.certain > budget:
        return "not"
    return "certainly" if side.possible <= budget and not side.amount_unknown else "possibly"


def _side(matching: Matching) -> Side:
    [summary] = matching.items
    return Side(
        summary.entitled,
        summary.undecided,
        summary.refused,
        summary.errors,
        summary.certain_fen,
        summary.possible_fen,
        summary.amount_unknown,
        summary.amount_errors,
        summary.beyond_quota,
    )


def _group_row(group: GroupChange) -> GroupRow:
    return GroupRow(
        group.key,
        group.label,
        group.subjects,
        group.draft_entitled,
        group.draft_undecided,
        group.draft_certain,
        group.draft_possible,
        group.base_entitled,
        group.base_certain,
        group.base_possible,
        group.gain,
        group.lose,
    )


def _failures(result: ConditionResult) -> list[str]:
    """What went wrong in a condition and those below it, with the words of the condition."""
    found = []
    if result.failure is not None:
        found.append(f"{result.clause.text}：{result.failure.message_zh}")
    for part in result.parts:
        found += _failures(part)
    return found


__all__ = ["Asked", "SandboxSession", "columns_for", "within"]
