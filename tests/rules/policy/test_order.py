"""Tables and definitions may speak of each other, in whatever order they are written; parameters of other days."""

import pytest

from yingshang.rules.feel.temporal import parse_date
from yingshang.rules.policy.catalogue import Fact, FactCatalogue
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.document import load_policies
from yingshang.rules.policy.scenario import run_scenarios

COLUMNS = FactCatalogue({name: Fact(name, name, "any") for name in ("income", "loans", "paid")})
DAY = parse_date("2026-11-21")


def failures(text: str) -> list[str]:
    policies = load_policies([("policy.yaml", text)])
    assert not policies.problems
    results = run_scenarios(policies.items[0], COLUMNS, DAY)
    return [f"{each.name}: {difference}" for each in results for difference in each.differences]


def test_a_table_may_use_a_definition_and_the_other_way_round():
    assert not failures(
        """
        id: A
        name: 减半
        tables:
          rates:
            inputs: [base]
            outputs: [rate, minus]
            rules:
              - {when: ["<= 30000"], then: [0.05, 0]}
              - {when: ["> 30000"], then: [0.1, 1500]}
        definitions:
          tax: base * rates.rate - rates.minus
          base: min(income, 2000000)
        conditions: [{id: a, text: 有所得, when: income > 0}]
        benefit: {amount: tax * 0.5}
        scenarios: [{name: 八万, facts: {income: 80000}, outcome: entitled, amount: 3250}]
        """
    )


def test_a_circle_is_named():
    policies = load_policies(
        [
            (
                "policy.yaml",
                "{id: A, name: 循环, definitions: {a: b + 1, b: a * 2},"
                " conditions: [{id: c, text: 条件, when: a > 0}], benefit: {amount: 1}}",
            )
        ]
    )
    (problem,) = compile_items(policies.items, COLUMNS, DAY).problems
    assert "'a' is defined by itself" in problem.message


LOANS = """
id: A
name: 贴息
parameters:
  - name: limit
    values:
      - {from: 2025-03-16, to: 2025-12-31, value: 1000000}
      - {from: 2026-01-01, value: 10000000}
  - {name: LPR, text: 逐月公布}
conditions: [{id: a, text: 有贷款, when: some loan in loans satisfies loan.sum <= limit(loan.day)}]
benefit:
  lines: {of: loans, as: one, amount: "min(one.sum, limit(one.day)) * LPR(one.day)"}
  instalments:
    - {id: first, ratio: 0.6, payable: paid > 0}
    - {id: second, ratio: 0.4, payable: paid > 1}
scenarios:
  - name: 题目
"""


@pytest.mark.parametrize(
    "scenario",
    [
        "{facts: {paid: 1, loans: [{sum: 3000000, day: 2026-02-01}]}, parameters: {LPR: 0.02}, outcome: entitled,"
        " amount: 60000, payments: {first: due, second: later}}",
        "{facts: {paid: 1, loans: [{sum: 3000000, day: 2025-04-01}]}, outcome: refused}",
        "{facts: {paid: 1, loans: [{sum: 3000000, day: 2026-04-01}]}, outcome: entitled, amount: null, missing: [LPR]}",
        "{facts: {paid: 1, loans: [{sum: 3000000, day: 2022-04-01}]}, outcome: undecided, missing: [limit]}",
    ],
)
def test_a_parameter_may_be_asked_for_another_day(scenario):
    assert not failures(LOANS.replace("- name: 题目", f"- {{name: 题目, {scenario[1:]}"))


def test_a_figure_for_a_parameter_that_is_not_there():
    found = failures(
        LOANS.replace("- name: 题目", "- {name: 题目, facts: {}, parameters: {lpr: 1}, outcome: refused}")
    )
    assert found and "there is no parameter 'lpr'; known are limit, LPR" in found[0]
