"""What the linter calls proven is so: against every combination of values of small domains."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.rules.policy.lint.policy_lint import CATALOGUE
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.syntax import Node
from yingshang.rules.feel.values import number
from yingshang.rules.policy.document import load_policies
from yingshang.rules.policy.lint.formula import formula_of, grid_of
from yingshang.rules.policy.resolve import Resolver

FACTS = load_policies([("facts.yaml", CATALOGUE)]).catalogue

# Values that reach both sides of every threshold below, as far as the catalogue allows them.
VALUES: dict[str, list[Any]] = {
    "ent.size": ["大型", "中型", "小型", "微型"],
    "ent.arrears": [True, False],
    "emp.total": [number(each) for each in ("0", "0.5", "1", "1.5", "2", "2.5", "3", "4", "100", "101")],
    "fin.score": [number(each) for each in ("0", "1", "1.5", "2", "3", "99", "100")],
}
NUMBERS = st.sampled_from(["0", "1", "2", "3", "100"])
ATOMS = st.one_of(
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["从业人员", "评价得分"]),
        st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
        NUMBERS,
    ),
    st.builds("{} {} {}".format, NUMBERS, st.sampled_from(["<", "<=", ">", ">="]), st.just("从业人员")),
    st.builds("从业人员 in [{}..{}]".format, NUMBERS, NUMBERS),
    st.builds("从业人员 between {} and {}".format, NUMBERS, NUMBERS),
    st.builds("从业人员 {} 评价得分".format, st.sampled_from(["<", "<=", "="])),
    st.builds(
        '企业规模 {} "{}"'.format, st.sampled_from(["=", "!="]), st.sampled_from(["大型", "中型", "小型"])
    ),
    st.builds(
        '企业规模 in ("{}", "{}")'.format,
        st.sampled_from(["大型", "中型"]),
        st.sampled_from(["小型", "微型"]),
    ),
    st.builds('list contains(["{}"], 企业规模)'.format, st.sampled_from(["大型", "中型"])),
    st.just("拖欠工资"),
    st.just("拖欠工资 = false"),
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("not({})".format, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
    ),
    max_leaves=6,
)


def resolved(text: str) -> Node:
    return Resolver(FACTS, 2026, {}, frozenset()).parse(text)


def outcomes(*trees: Node) -> set[tuple[Any, ...]]:
    evaluations = [compile_expression(each, Mode.POLICY) for each in trees]
    return {
        tuple(each(Scope(dict(zip(VALUES, values, strict=True)))) for each in evaluations)
        for values in product(*VALUES.values())
    }


@given(EXPRESSIONS)
def test_never_and_always_are_proven(text: str) -> None:
    tree = resolved(text)
    formula = formula_of(tree, FACTS)
    grid = grid_of([formula], FACTS)
    assert grid is not None
    found = {outcome for (outcome,) in outcomes(tree)}
    if grid.never(formula):
        assert found == {False}
    if grid.always(formula):
        assert found == {True}


@given(EXPRESSIONS, EXPRESSIONS)
def test_contradiction_and_implication_are_proven(one: str, other: str) -> None:
    trees = resolved(one), resolved(other)
    formulas = [formula_of(each, FACTS) for each in trees]
    grid = grid_of(formulas, FACTS)
    assert grid is not None
    found = outcomes(*trees)
    if not grid.together(formulas):
        assert (True, True) not in found
    if grid.implies(*formulas):
        assert (True, False) not in found


@given(ATOMS, ATOMS)
def test_on_one_fact_nothing_is_missed(one: str, other: str) -> None:
    """Where both are about the same single fact, the proof is complete."""
    trees = resolved(one), resolved(other)
    formulas = [formula_of(each, FACTS) for each in trees]
    grid = grid_of(formulas, FACTS)
    assert grid is not None
    if len(grid.things) == 1 and (True, True) not in outcomes(*trees):
        assert not grid.together(formulas)
