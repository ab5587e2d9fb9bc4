"""Recipients of single lines, caps of single bands, and merged YAML mappings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.rules.policy.policy_factories import facts, loaded, program_of
from yingshang.rules.errors import PolicyError
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.decide import RowEvaluator
from yingshang.rules.policy.marked_yaml import load_all

SHARED = """
id: A1
name: 合作贷款奖励
conditions: [{id: c, text: 有贷款, when: count(loans) > 0}]
benefit:
  lines:
    of: loans
    as: 贷款
    amount: principal * 0.01
    recipients:
      - {who: 企业, ratio: 'if kind = "共享" then 0.3 else 1'}
      - {who: 银行, ratio: 'if kind = "共享" then 0.7 else 0'}
  caps: [{amount: 100000}]
"""


def recipients(*loans: dict[str, object]) -> dict[str, Decimal]:
    program = program_of(SHARED)
    return dict(RowEvaluator([program]).decide(program, facts(loans=list(loans))).recipients)


def test_lines_are_shared_line_by_line() -> None:
    shared = {"kind": "共享", "principal": Decimal(1_000_000)}
    alone = {"kind": "独享", "principal": Decimal(500_000)}
    assert recipients(shared, alone) == {"企业": Decimal(8000), "银行": Decimal(7000)}


def test_the_cap_of_the_whole_is_shared_in_the_same_ratio() -> None:
    shared = {"kind": "共享", "principal": Decimal(30_000_000)}
    assert recipients(shared) == {"企业": Decimal(30_000), "银行": Decimal(70_000)}


def test_of_nothing_nobody_gets_anything() -> None:
    assert recipients({"kind": "共享", "principal": Decimal(0)}) == {"企业": Decimal(0), "银行": Decimal(0)}


def test_ratios_of_lines_add_up_to_one() -> None:
    policies = loaded(
        SHARED.replace("'if kind = \"共享\" then 0.3 else 1'", "0.3").replace(
            "'if kind = \"共享\" then 0.7 else 0'", "0.6"
        )
    )
    compiled = compile_items(policies.items, policies.catalogue, program_of(SHARED).as_of)
    assert "add up to 0.9" in compiled.problems[0].message


def test_a_band_has_its_own_cap() -> None:
    program = program_of("""
id: A1
name: 研发奖励
conditions: [{id: c, text: 有研发, when: 研发费用 > 0}]
benefit:
  bands:
    by: 研发费用
    rows:
      - {within: "< 1000000", rate: 0.1, cap: 50000}
      - {within: ">= 1000000", rate: 0.2, cap: 300000}
""")
    evaluator = RowEvaluator([program])
    for spent, paid in ((400_000, 40_000), (900_000, 50_000), (1_000_000, 200_000), (9_000_000, 300_000)):
        amount = evaluator.decide(program, {"fin.rd": Decimal(spent)}).amount
        assert amount is not None and amount.value == paid


def test_a_merged_mapping_gives_what_is_not_written() -> None:
    (document,) = load_all("base: &base {a: 1, b: 2}\nmore:\n  <<: *base\n  b: 3\n  c: 4\n", "x.yaml")
    assert document.data["more"] == {"a": 1, "b": 3, "c": 4}
    assert document.place("more", "b").line == 4
    assert document.place("more", "a").line == 1


def test_a_merge_of_no_mapping_is_an_error() -> None:
    with pytest.raises(PolicyError, match="<< takes the mapping"):
        list(load_all("more:\n  <<: 3\n", "x.yaml"))
