"""Row evaluation of the same programs over the same table, written as plainly as can be, to compare columns with."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import pyarrow as pa

from yingshang.rules.columns import ColumnPlan, Program, compile_programs, facts_of_row
from yingshang.rules.columns.result import AMOUNT_FAILED, AMOUNT_KNOWN, AMOUNT_UNKNOWN
from yingshang.rules.feel.evaluate import Evaluation, Mode, Scope, compile_expression
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.requirement import All, Condition, Not, Requirement

TRUE, FALSE, UNKNOWN, ERROR = "true", "false", "unknown", "error"

Evaluations = dict[int, Evaluation]
"""Every expression of the programs by its identity, compiled once and not once a row."""


def evaluations_of(programs: Sequence[Program]) -> Evaluations:
    trees = [program.amount for program in programs if program.amount is not None]
    waiting: list[Requirement] = [program.requirement for program in programs]
    while waiting:
        requirement = waiting.pop()
        if isinstance(requirement, Condition):
            trees.append(requirement.tree)
        elif isinstance(requirement, Not):
            waiting.append(requirement.part)
        else:
            waiting.extend(requirement.parts)
    return {id(tree): compile_expression(tree, Mode.POLICY) for tree in trees}


def outcome(requirement: Requirement, facts: dict[str, Any], evaluations: Evaluations) -> str:
    """As requirement.py defines it."""
    if isinstance(requirement, Condition):
        value = evaluations[id(requirement.tree)](Scope(facts))
        if value is True or value is False:
            return TRUE if value else FALSE
        return UNKNOWN if isinstance(value, Unknown) else ERROR
    if isinstance(requirement, Not):
        part = outcome(requirement.part, facts, evaluations)
        return {TRUE: FALSE, FALSE: TRUE}.get(part, part)
    parts = [outcome(part, facts, evaluations) for part in requirement.parts]
    if isinstance(requirement, All):
        for each in (FALSE, UNKNOWN, ERROR):
            if each in parts:
                return each
        return TRUE
    if parts.count(TRUE) >= requirement.count:
        return TRUE
    if len(parts) - parts.count(FALSE) < requirement.count:
        return FALSE
    return UNKNOWN if UNKNOWN in parts else ERROR


def amount(program: Program, facts: dict[str, Any], evaluations: Evaluations) -> tuple[int, int]:
    """(state, fen)."""
    assert program.amount is not None
    value = evaluations[id(program.amount)](Scope(facts))
    if isinstance(value, Unknown):
        return AMOUNT_UNKNOWN, 0
    if isinstance(value, Decimal) and value >= 0:
        return AMOUNT_KNOWN, int(value.scaleb(2, Context(prec=60)).to_integral_value(ROUND_HALF_EVEN))
    return AMOUNT_FAILED, 0


def assert_agreement(programs: Sequence[Program], batch: pa.RecordBatch, *, threads: int = 1) -> None:
    """Every item and every row: outcome and amount; and the counts and sums."""
    plan: ColumnPlan = compile_programs(programs)
    result = plan.evaluate([batch], threads=threads, keep_outcomes=True)
    facts = [facts_of_row(batch, row) for row in range(batch.num_rows)]
    evaluations = evaluations_of(programs)
    for place, program in enumerate(programs):
        expected = [outcome(program.requirement, each, evaluations) for each in facts]
        got: list[str] = []
        paid: dict[int, tuple[int, int]] = {}
        for chunk in result.outcomes:
            entitled, undecided, failed = chunk.entitled(place), chunk.undecided(place), chunk.failed(place)
            got += [
                TRUE if yes else UNKNOWN if perhaps else ERROR if wrong else FALSE
                for yes, perhaps, wrong in zip(entitled, undecided, failed, strict=True)
            ]
            found = chunk.amounts_of(place)
            for row, fen, state in zip(
                found.rows.tolist(), found.fen.tolist(), found.state.tolist(), strict=True
            ):
                paid[chunk.first_row + row] = (state, fen)
        assert got == expected, (program.requirement, list(zip(facts, got, expected, strict=True)))
        item = result.items[place]
        assert (item.entitled, item.refused, item.undecided, item.errors) == (
            expected.count(TRUE),
            expected.count(FALSE),
            expected.count(UNKNOWN),
            expected.count(ERROR),
        )
        if program.amount is None:
            continue
        due = {
            row: amount(program, facts[row], evaluations)
            for row, each in enumerate(expected)
            if each in (TRUE, UNKNOWN)
        }
        if (
            item.amount_failed_entitled + item.amount_failed_undecided + item.amount_unknown_undecided
            < len(due)
            and paid
        ):
            assert paid == due, (
                program.amount,
                [(facts[row], paid[row], due[row]) for row in due if paid[row] != due[row]],
            )

        def total(
            kinds: tuple[str, ...], state: int, expected: list[str] = expected, due: dict[int, Any] = due
        ) -> list[int]:
            return [fen for row, (each, fen) in due.items() if each == state and expected[row] in kinds]

        assert item.amount_certain_fen == sum(total((TRUE,), AMOUNT_KNOWN))
        assert item.amount_possible_fen == sum(total((TRUE, UNKNOWN), AMOUNT_KNOWN))
        assert item.amount_unknown_entitled == len(total((TRUE,), AMOUNT_UNKNOWN))
        assert item.amount_unknown_undecided == len(total((UNKNOWN,), AMOUNT_UNKNOWN))
        assert item.amount_failed_entitled == len(total((TRUE,), AMOUNT_FAILED))
        assert item.amount_failed_undecided == len(total((UNKNOWN,), AMOUNT_FAILED))
