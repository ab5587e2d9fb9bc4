"""A well-written item, and how to ask the linter about changes to it."""

from __future__ import annotations

from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.document import Problem, load_policies
from yingshang.rules.policy.lint import CODES, check

AS_OF = Date(2026, 11, 21)

CATALOGUE = """
facts:
  - {code: ent.size, name: 企业规模, type: string, values: [大型, 中型, 小型, 微型]}
  - {code: ent.industry, name: 所属行业, type: string}
  - {code: ent.tags, name: 资质荣誉, type: list<string>, values: [高新技术企业, 专精特新中小企业]}
  - {code: ent.arrears, name: 拖欠工资, type: boolean}
  - {code: ent.is_new, name: 新建企业, type: boolean}
  - {code: ent.established, name: 成立日期, type: date}
  - {code: emp.total, name: 从业人员, type: number, unit: 人, minimum: 0}
  - {code: emp.hired, name: 新招人数, type: number, unit: 人, minimum: 0}
  - {code: fin.revenue, name: 营业收入, type: number, unit: 元, minimum: 0}
  - {code: fin.capital, name: 注册资本, type: number, unit: 万元, minimum: 0}
  - {code: fin.rd_ratio, name: 研发费用占比, type: number, unit: 比值, minimum: 0, maximum: 1}
  - {code: fin.growth, name: 营收增速, type: number, unit: 比值}
  - {code: fin.score, name: 评价得分, type: number, unit: 分, minimum: 0, maximum: 100}
  - {code: tax.paid, name: 纳税额, type: number, unit: 元, series: year}
  - {code: tax.paid.prev_year, name: 上年度纳税额, type: number, unit: 元, series_of: tax.paid, year_offset: -1}
  - code: loans
    name: 贷款
    type: list<context>
    fields:
      - {code: kind, name: 贷款种类, type: string, values: [流动资金贷款, 创业担保贷款]}
      - {code: principal, name: 贷款本金, type: number, unit: 元, minimum: 0}
      - {code: disbursed, name: 发放日期, type: date}
"""

DOCUMENT = "{title: 扶持办法, number: 某政发〔2026〕1号, url: 'https://example.gov.cn/1', issued: 2025-12-20}"
SCENARIOS = """
  - {name: 符合, as_of: 2026-11-21, facts: {}, outcome: entitled}
  - {name: 不符合, as_of: 2026-11-21, facts: {}, outcome: refused}
  - {name: 信息不足, as_of: 2026-11-21, facts: {}, outcome: undecided}
"""
FIELDS = {
    "id": "A1",
    "name": "成长奖励",
    "document": DOCUMENT,
    "effective": "{from: 2026-01-01, to: 2027-12-31}",
    "conditions": """
  - {id: size, text: 中小微企业, clause: 第一条, when: '企业规模 in ("中型","小型","微型")'}
  - {id: revenue, text: 营业收入5000万元以上, clause: 第二条, when: 营业收入 >= 50000000}""",
    "benefit": "{amount: 100000}",
    "scenarios": SCENARIOS,
}


def item(**changes: str | None) -> str:
    """The well-written item with fields replaced, added or (None) left out."""
    fields = {**FIELDS, **changes}
    return "\n".join(
        f"{name}:{'' if value.startswith(chr(10)) else ' '}{value}"
        for name, value in fields.items()
        if value is not None
    )


def conditions(*when: str, text: str = "条件") -> str:
    """The conditions of an item: c1, c2 …, each with its expression."""
    return "".join(
        f"\n  - {{id: c{index}, text: {text}, clause: 第{index}条, when: '{each}'}}"
        for index, each in enumerate(when, start=1)
    )


def lint(*items: str, catalogue: str | None = CATALOGUE) -> list[Problem]:
    """Everything the linter finds in items, each a file of its own."""
    sources = [(f"{index}.yaml", text) for index, text in enumerate(items, start=1)]
    if catalogue is not None:
        sources.append(("facts.yaml", catalogue))
    policies = load_policies(sources)
    found = check(policies, policies.catalogue, AS_OF)
    for each in found:
        assert each.message
        assert each.message_zh
        assert each.place.line > 0
        if each.code in CODES:
            assert each.severity in ("error", "warning", "note")
    return found


def codes(*items: str, catalogue: str | None = CATALOGUE) -> list[str]:
    """The codes of all findings."""
    return [each.code for each in lint(*items, catalogue=catalogue)]


def only(code: str, *items: str) -> Problem:
    """The one finding of a code."""
    found = [each for each in lint(*items) if each.code == code]
    assert len(found) == 1, [(each.code, each.message) for each in lint(*items)]
    return found[0]
