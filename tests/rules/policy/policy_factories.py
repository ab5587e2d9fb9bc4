"""Items for tests, named for situations, written as an official would write them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.compile import Program, compile_items
from yingshang.rules.policy.decide import Decision, RowEvaluator
from yingshang.rules.policy.document import PolicySet, load_policies
from yingshang.rules.policy.scenario import facts_from_data

AS_OF = Date(2026, 11, 21)

CATALOGUE = """
facts:
  - {code: ent.size, name: 企业规模, type: string, values: [大型, 中型, 小型, 微型]}
  - {code: ent.type, name: 主体类型, type: string}
  - {code: ent.established, name: 成立日期, type: date}
  - {code: ent.qualification, name: 企业资质, type: list<string>}
  - {code: ent.abnormal, name: 经营异常, type: boolean}
  - {code: emp.insured, name: 参保人数, type: number, unit: 人, minimum: 0}
  - {code: fin.revenue, name: 营业收入, type: number, unit: 元, series: year}
  - {code: fin.revenue.prev_year, name: 上年度营业收入, type: number, unit: 元, series_of: fin.revenue, year_offset: -1}
  - {code: fin.rd, name: 研发费用, type: number, unit: 元}
  - {code: received, name: 已获金额, type: number, unit: 元}
  - code: loans
    name: 贷款明细
    type: list<context>
    fields:
      - {code: kind, name: 贷款种类, type: string}
      - {code: principal, name: 贷款本金, type: number, unit: 元}
      - {code: annual_rate, name: 年利率, type: number}
"""


def loaded(text: str, file: str = "policy.yaml") -> PolicySet:
    """The items of a text, with the catalogue above."""
    return load_policies([("facts.yaml", CATALOGUE), (file, text)])


def program_of(text: str, as_of: Date = AS_OF) -> Program:
    """The one item of a text, compiled; fails with its problems."""
    policies = loaded(text)
    compiled = compile_items(policies.items, policies.catalogue, as_of)
    assert not policies.problems and not compiled.problems, [*policies.problems, *compiled.problems]
    assert len(compiled.programs) == 1
    return compiled.programs[0]


def catalogue() -> FactCatalogue:
    found = load_policies([("facts.yaml", CATALOGUE)]).catalogue
    assert found is not None
    return found


def facts(**written: Any) -> dict[str, Any]:
    """Facts by Chinese name; whole numbers and texts of numbers become exact numbers."""
    exact = {
        name: Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in written.items()
    }
    return facts_from_data(exact, catalogue(), AS_OF)


def decided(text: str, known: Mapping[str, Any], as_of: Date = AS_OF) -> Decision:
    """The decision on the one item of a text."""
    program = program_of(text, as_of)
    return RowEvaluator([program], catalogue()).decide(program, known)


def amount_of(benefit: str, known: Mapping[str, Any]) -> Decimal | None:
    """The amount of an item that everybody is entitled to. `benefit` is indented YAML."""
    decision = decided(unconditional(benefit), known)
    assert decision.amount is not None
    assert decision.amount.failure is None, decision.amount.failure
    return decision.amount.value


def unconditional(benefit: str) -> str:
    """An item with a condition that always holds."""
    return (
        "id: T\nname: 测试\nconditions:\n  - {id: all, text: 不限, when: true}\nbenefit:\n"
        + benefit.rstrip()
        + "\n"
    )


def small_enterprise_item() -> str:
    """Small and micro enterprises with ten insured employees, or a high-tech title; not on the abnormal list."""
    return """
id: SMALL
name: 小微企业补助
document: {title: 示例办法, url: "https://example.org/1"}
parameters:
  - name: 最低参保人数
    unit: 人
    values:
      - {from: 2020-01-01, to: 2025-12-31, value: 5, source: 旧规定}
      - {from: 2026-01-01, value: 10, source: 新规定}
conditions:
  - {id: size, text: 小微企业, clause: 第三条, when: '企业规模 in ("小型", "微型")'}
  - id: strength
    text: 符合下列之一
    any:
      - {id: insured, text: 参保人数不少于规定人数, when: 参保人数 >= 最低参保人数}
      - {id: title, text: 高新技术企业, when: 'list contains(企业资质, "高新技术企业")'}
exclusions:
  - {id: abnormal, text: 列入经营异常名录, when: 经营异常}
benefit:
  amount: 20000
"""
