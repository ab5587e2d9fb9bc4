"""Each finding of the linter, beside a case that comes close and is fine."""

from __future__ import annotations

import time

import pytest

from tests.rules.policy.lint.policy_lint import AS_OF, SCENARIOS, codes, conditions, item, lint, only
from yingshang.rules.policy.document import load_policies
from yingshang.rules.policy.lint import CODES, check

ONE = conditions


def bands(*rows: str, by: str = "营业收入", extra: str = "") -> str:
    return f"{{bands: {{by: {by}, {extra}rows: [{', '.join(rows)}]}}}}"


def band(within: str, pays: str) -> str:
    return f"{{within: '{within}', {pays}}}"


def table(*rows: str, inputs: str = "[从业人员]", extra: str = "") -> str:
    return f"{{table: {{inputs: {inputs}, {extra}rules: [{', '.join(rows)}]}}}}"


def row(when: str, then: str = "1000") -> str:
    return f"{{when: ['{when}'], then: '{then}'}}"


# code, the fields that are found, the fields that are fine
CASES: list[tuple[str, dict[str, str | None], dict[str, str | None]]] = [
    # --- bands, tables, ladders ---
    (
        "bands-overlap",
        {"benefit": bands(band("[0..5000000]", "amount: 1000"), band(">= 5000000", "amount: 2000"))},
        {"benefit": bands(band("[0..5000000)", "amount: 1000"), band(">= 5000000", "amount: 2000"))},
    ),
    (
        "bands-overlap",
        {"benefit": bands(band("[0..500]", "rate: 0.1"), band("[400..900]", "rate: 0.2"), extra="mode: progressive, ")},
        {"benefit": bands(band("[0..500]", "rate: 0.1"), band("[500..900]", "rate: 0.2"), extra="mode: progressive, ")},
    ),
    (
        "bands-gap",
        {"benefit": bands(band("< 3000000", "amount: 1"), band(">= 3010000", "amount: 2"))},
        {"benefit": bands(band("< 3000000", "amount: 1"), band(">= 3000000", "amount: 2"))},
    ),
    (
        "bands-gap",
        {"benefit": bands(band("[0..30)", "amount: 1"), band(">= 31", "amount: 2"), by="从业人员")},
        {"benefit": bands(band("[0..30]", "amount: 1"), band(">= 31", "amount: 2"), by="从业人员")},
    ),
    (
        "bands-never",
        {"benefit": bands(band("< 0", "amount: 1"), band(">= 0", "amount: 2"))},
        {"benefit": bands(band("< 1", "amount: 1"), band(">= 1", "amount: 2"))},
    ),
    (
        "bands-end",
        {"benefit": bands(band("[0..100)", "amount: 1"), band("[100..200]", "amount: 2"))},
        {"benefit": bands(band("[0..100)", "amount: 1"), band(">= 100", "amount: 2"))},
    ),
    (
        "bands-order",
        {"benefit": bands(band("[0..9)", "amount: 1"), band(">= 90", "amount: 3"), band("[9..90)", "amount: 2"))},
        {"benefit": bands(band(">= 90", "amount: 3"), band("[9..90)", "amount: 2"), band("[0..9)", "amount: 1"))},
    ),
    (
        "bands-drop",
        {"benefit": bands(band("< 5000000", "rate: 2%"), band(">= 5000000", "rate: 1%"))},
        {"benefit": bands(band("< 5000000", "rate: 2%"), band(">= 5000000", "rate: 1%"), extra="mode: progressive, ")},
    ),
    (
        "bands-drop",
        {"benefit": bands(band("< 5000000", "rate: 2%, cap: 90000"), band(">= 5000000", "rate: 1%"))},
        {"benefit": bands(band("< 5000000", "rate: 2%, cap: 40000"), band(">= 5000000", "rate: 1%"))},
    ),
    (
        "bands-drop",
        {"benefit": bands(band("< 5000000", "rate: 2%"), band(">= 5000000", "amount: 9")).replace("{", "{unit: 万元, ", 1)},
        {"benefit": bands(band("< 5000000", "rate: 2%"), band(">= 5000000", "amount: 10")).replace("{", "{unit: 万元, ", 1)},
    ),
    (
        "table-overlap",
        {"benefit": table(row("<= 30"), row(">= 30", "2000"))},
        {"benefit": table(row("<= 30"), row("> 30", "2000"))},
    ),
    (
        "table-gap",
        {"benefit": table(row("< 30"), row("> 30", "2000"))},
        {"benefit": table(row("<= 30"), row("> 30", "2000"))},
    ),
    (
        "table-uncovered",
        {"benefit": table(row('"大型"'), row('"中型"', "2"), inputs="[企业规模]"), "conditions": ONE("从业人员 > 1")},
        {"benefit": table(row('"中型"'), row('"小型", "微型"', "2"), inputs="[企业规模]")},
    ),
    (
        "table-unreachable",
        {"benefit": table(row("<= 100"), row("<= 30", "2"), row("-", "3"), extra="hit: FIRST, ")},
        {"benefit": table(row("<= 30"), row("<= 100", "2"), row("-", "3"), extra="hit: FIRST, ")},
    ),
    (
        "table-never-matches",
        {"benefit": table(row("< 0"), row(">= 0", "2"))},
        {"benefit": table(row("< 10"), row(">= 10", "2"))},
    ),
    (
        "ladder-unreachable",
        {"benefit": "{amount: 'if 从业人员 <= 100 then 1000 else if 从业人员 <= 50 then 2000 else 3000'}"},
        {"benefit": "{amount: 'if 从业人员 <= 50 then 1000 else if 从业人员 <= 100 then 2000 else 3000'}"},
    ),
    (
        "ladder-gap",
        {"benefit": "{amount: 'if 营业收入 < 3000000 then 1 else if 营业收入 > 3010000 then 2 else 0'}"},
        {"benefit": "{amount: 'if 营业收入 < 3000000 then 1 else if 营业收入 >= 3000000 then 2 else 0'}"},
    ),
    (
        "ladder-gap",
        {"benefit": "{amount: 'if 营业收入 < 5000000 then 1 else if 营业收入 > 5000000 then 2 else 3'}"},
        {"benefit": "{amount: 'if 营业收入 < 3000000 then 1 else if 营业收入 > 5000000 then 2 else 3'}"},
    ),
    # --- conditions ---
    ("condition-never", {"conditions": ONE("从业人员 < 0")}, {"conditions": ONE("从业人员 <= 0")}),
    (
        "condition-never",
        {"conditions": ONE("从业人员 > 300 and 从业人员 < 100")},
        {"conditions": ONE("从业人员 > 100 and 从业人员 < 300")},
    ),
    (
        "condition-never",
        {"conditions": ONE("新建企业 and not(新建企业)")},
        {"conditions": ONE("新建企业 and not(拖欠工资)")},
    ),
    ("condition-always", {"conditions": ONE("从业人员 >= 0")}, {"conditions": ONE("从业人员 >= 1")}),
    (
        "condition-always",
        {"conditions": ONE('企业规模 in ("大型","中型","小型","微型")')},
        {"conditions": ONE('企业规模 in ("中型","小型","微型")')},
    ),
    (
        "condition-always",
        {"conditions": ONE("评价得分 < 60 or 评价得分 >= 60")},
        {"conditions": ONE("评价得分 < 60 or 评价得分 >= 61")},
    ),
    ("condition-constant", {"conditions": ONE("true")}, {"conditions": ONE("today() <= date(\"2026-12-31\")")}),
    (
        "exclusion-never",
        {"exclusions": "[{id: x, text: 亏损, clause: 三, when: 营业收入 < 0}]"},
        {"exclusions": "[{id: x, text: 亏损, clause: 三, when: 营业收入 > 900000000}]"},
    ),
    (
        "exclusion-always",
        {"exclusions": "[{id: x, text: 无, clause: 三, when: 从业人员 >= 0}]"},
        {"exclusions": "[{id: x, text: 无, clause: 三, when: 从业人员 >= 9}]"},
    ),
    (
        "part-never",
        {"conditions": ONE("从业人员 < 0 or 新建企业")},
        {"conditions": ONE("从业人员 < 10 or 新建企业")},
    ),
    (
        "part-always",
        {"conditions": ONE("评价得分 <= 100 and 新建企业")},
        {"conditions": ONE("评价得分 < 100 and 新建企业")},
    ),
    (
        "conditions-contradict",
        {"conditions": ONE("从业人员 >= 300", "从业人员 < 100")},
        {"conditions": ONE("从业人员 >= 100", "从业人员 < 300")},
    ),
    (
        "conditions-contradict",
        {"exclusions": "[{id: x, text: 中小企业, clause: 三, when: '企业规模 != \"大型\"'}]"},
        {"exclusions": "[{id: x, text: 微型企业, clause: 三, when: '企业规模 = \"微型\"'}]"},
    ),
    (
        "conditions-contradict",
        {"conditions": ONE("从业人员 > 营业收入", "营业收入 >= 从业人员")},
        {"conditions": ONE("从业人员 > 营业收入", "营业收入 >= 新招人数")},
    ),
    (
        "conditions-contradict",
        {"conditions": ONE("新建企业 or 从业人员 > 9", "not(新建企业) or 从业人员 > 9", "从业人员 <= 9")},
        {"conditions": ONE("新建企业 or 从业人员 > 9", "not(新建企业) or 从业人员 > 9", "从业人员 <= 90")},
    ),
    (
        "condition-implied",
        {"conditions": ONE("从业人员 >= 300", "从业人员 >= 100")},
        {"conditions": ONE("从业人员 >= 300", "新招人数 >= 100")},
    ),
    (
        "condition-repeated",
        {"conditions": ONE("从业人员 >= 300", "300 <= 从业人员")},
        {"conditions": ONE("从业人员 >= 300", "300 <= 新招人数")},
    ),
    (
        "exclusion-redundant",
        {"exclusions": "[{id: x, text: 大型企业, clause: 三, when: '企业规模 = \"大型\"'}]"},
        {"exclusions": "[{id: x, text: 微型企业, clause: 三, when: '企业规模 = \"微型\"'}]"},
    ),
    (
        "alternative-implied",
        {"conditions": "\n  - {id: g, text: 任一, clause: 一, any: [{id: a, when: 从业人员 > 9}, {id: b, when: 从业人员 > 5}]}"},
        {"conditions": "\n  - {id: g, text: 任一, clause: 一, any: [{id: a, when: 从业人员 > 9}, {id: b, when: 新招人数 > 5}]}"},
    ),
    (
        "alternative-never",
        {
            "conditions": "\n  - {id: c, text: 多, clause: 一, when: 从业人员 > 9}"
            "\n  - {id: g, text: 任一, clause: 一, any: [{id: a, when: 从业人员 < 5}, {id: b, when: 新招人数 > 5}]}"
        },
        {
            "conditions": "\n  - {id: c, text: 多, clause: 一, when: 从业人员 > 9}"
            "\n  - {id: g, text: 任一, clause: 一, any: [{id: a, when: 从业人员 > 50}, {id: b, when: 新招人数 > 5}]}"
        },
    ),
    (
        "part-never",
        {"benefit": "{parts: [{id: a, amount: 1, when: '企业规模 = \"大型\"'}, {id: b, amount: 2}]}"},
        {"benefit": "{parts: [{id: a, amount: 1, when: '企业规模 = \"小型\"'}, {id: b, amount: 2}]}"},
    ),
    (
        "part-always",
        {"benefit": "{parts: [{id: a, amount: 1, when: 营业收入 > 1000}, {id: b, amount: 2}]}"},
        {"benefit": "{parts: [{id: a, amount: 1, when: 营业收入 > 60000000}, {id: b, amount: 2}]}"},
    ),
    (
        "part-never",
        {"conditions": "\n  - {id: a, text: 贷, clause: 一, some: 贷款, meets: [{when: 贷款本金 < 0}]}"},
        {"conditions": "\n  - {id: a, text: 贷, clause: 一, some: 贷款, meets: [{when: 贷款本金 < 1}]}"},
    ),
    (
        "part-always",
        {"conditions": "\n  - {id: a, text: 贷, clause: 一, every: 贷款, meets: [{any: [{when: 贷款本金 >= 0}, {when: '贷款种类 = \"创业担保贷款\"'}]}]}"},
        {"conditions": "\n  - {id: a, text: 贷, clause: 一, every: 贷款, meets: [{any: [{when: 贷款本金 >= 1}, {when: '贷款种类 = \"创业担保贷款\"'}]}]}"},
    ),
    (
        "conditions-contradict",
        {"conditions": "\n  - {id: a, text: 贷, clause: 一, some: 贷款, meets: [{when: 贷款本金 < 5}, {all: [{when: 贷款本金 > 9}]}]}"},
        {"conditions": "\n  - {id: a, text: 贷, clause: 一, some: 贷款, meets: [{when: 贷款本金 > 5}, {any: [{when: 贷款本金 < 5}, {when: 贷款本金 < 9}]}]}"},
    ),
    (
        "exclusion-never",
        {"exclusions": "\n  - {id: a, text: 贷, clause: 一, some: 贷款, meets: [{when: 贷款本金 < 5}, {when: 贷款本金 > 9}]}"},
        {"exclusions": "\n  - {id: a, text: 贷, clause: 一, some: 贷款, meets: [{when: 贷款本金 < 9}, {when: 贷款本金 > 5}]}"},
    ),
    (
        "part-never",
        {"benefit": "{lines: {of: 贷款, where: '贷款本金 > 9 and 贷款本金 < 5', amount: 1}}"},
        {"benefit": "{lines: {of: 贷款, where: '贷款本金 > 5 and 贷款本金 < 9', amount: 1}}"},
    ),
    # --- kinds ---
    ("type-mismatch", {"conditions": ONE('从业人员 >= "100"')}, {"conditions": ONE("从业人员 >= 100")}),
    ("type-mismatch", {"conditions": ONE('拖欠工资 = "否"')}, {"conditions": ONE("not(拖欠工资)")}),
    (
        "type-mismatch",
        {"conditions": ONE('成立日期 >= "2024-01-01"')},
        {"conditions": ONE('成立日期 >= date("2024-01-01")')},
    ),
    ("type-mismatch", {"conditions": ONE("today() - 30 > 成立日期")}, {"conditions": ONE('today() - duration("P30D") > 成立日期')}),
    ("type-mismatch", {"conditions": ONE('starts with(从业人员, "1")')}, {"conditions": ONE('starts with(所属行业, "C")')}),
    (
        "type-mismatch",
        {"conditions": ONE("some 笔 in 贷款 satisfies 笔.本金金额 > 1")},
        {"conditions": ONE("some 笔 in 贷款 satisfies 笔.贷款本金 > 1")},
    ),
    *[
        (
            "type-mismatch",
            {"parameters": "[{name: 标准, values: [{value: 1}]}]", "benefit": f"{{amount: {wrong}}}"},
            {"parameters": "[{name: 标准, values: [{value: 1}]}]", "benefit": "{amount: 标准(成立日期) * 5}"},
        )
        for wrong in ("标准(2024)", "标准(企业规模)", '标准(成立日期) * 新建企业')
    ],
    (
        "value-unknown",
        {"conditions": ONE('企业规模 = "小形"')},
        {"conditions": ONE('企业规模 = "小型"')},
    ),
    (
        "value-unknown",
        {"conditions": ONE('count(贷款[贷款种类 = "创业贷款"]) > 0')},
        {"conditions": ONE('count(贷款[贷款种类 = "创业担保贷款"]) > 0')},
    ),
    (
        "list-comparison",
        {"conditions": ONE('资质荣誉 = "高新技术企业"')},
        {"conditions": ONE('list contains(资质荣誉, "高新技术企业")')},
    ),
    (
        "list-comparison",
        {"conditions": ONE('list contains(企业规模, "小型")')},
        {"conditions": ONE('"高新技术企业" in 资质荣誉')},
    ),
    (
        "value-unknown",
        {"conditions": "\n  - {id: a, text: 贷, clause: 一, some: 贷款, meets: [{when: '贷款种类 = \"创业贷款\"'}, {when: 贷款本金 > 0}]}"},
        {"conditions": "\n  - {id: a, text: 贷, clause: 一, some: 贷款, meets: [{when: '贷款种类 = \"创业担保贷款\"'}, {when: 贷款本金 > 0}]}"},
    ),
    (
        "type-mismatch",
        {"conditions": ONE("today() - 成立日期 >= 365")},
        {"conditions": ONE("(today() - 成立日期).days >= 365")},
    ),
    ("type-mismatch", {"conditions": ONE("成立日期 >= 2024-01-01")}, {"conditions": ONE('成立日期 >= @"2024-01-01"')}),
    ("text-order", {"conditions": ONE('企业规模 >= "中型"')}, {"conditions": ONE('所属行业 >= "13"')}),
    ("not-boolean", {"conditions": ONE("从业人员")}, {"conditions": ONE("拖欠工资")}),
    ("not-boolean", {"conditions": ONE("从业人员 and 拖欠工资")}, {"conditions": ONE("从业人员 > 1 and 拖欠工资")}),
    ("not-number", {"benefit": "{amount: 企业规模}"}, {"benefit": "{amount: 营业收入 * 0.01}"}),
    ("null-comparison", {"conditions": ONE("从业人员 != null")}, {"conditions": ONE("从业人员 != 0")}),
    ("unquoted-text", {"conditions": ONE("企业规模 = 小型")}, {"conditions": ONE('企业规模 = "小型"')}),
    # --- units ---
    (
        "unit-slip",
        {"conditions": ONE("营业收入 >= 5000", text="营业收入5000万元以上")},
        {"conditions": ONE("注册资本 >= 5000", text="注册资本5000万元以上")},
    ),
    (
        "unit-slip",
        {"conditions": ONE("营业收入 >= 3000000", text="营业收入三万元以上的，三百元除外")},
        {"conditions": ONE("营业收入 >= 3000000", text="营业收入三百万元以上")},
    ),
    (
        "unit-slip",
        {"conditions": ONE("研发费用占比 >= 0.3", text="研发费用占比不低于3%")},
        {"conditions": ONE("研发费用占比 >= 0.03", text="研发费用占比不低于百分之三")},
    ),
    (
        "unit-slip",
        {"benefit": "{amount: 营业收入 * 0.01, caps: [{amount: 50, text: 最高50万元}]}"},
        {"benefit": "{amount: 营业收入 * 0.01, caps: [{amount: 50, unit: 万元, text: 最高50万元}]}"},
    ),
    (
        "unit-slip",
        {
            "parameters": "[{name: 标准, unit: 元, values: [{value: 2, text: 每户2万元}]}]",
            "benefit": "{amount: 标准}",
        },
        {
            "parameters": "[{name: 标准, unit: 万元, values: [{value: 2, text: 每户2万元}]}]",
            "benefit": "{amount: 标准, unit: 万元}",
        },
    ),
    (
        "unit-slip",
        {"benefit": "{amount: 营业收入 * 0.01, unit: 万元}"},
        {"benefit": "{amount: 注册资本 * 0.01, unit: 万元}"},
    ),
    (
        "unit-slip",
        {"benefit": "{amount: 注册资本 * 0.01}"},
        {"benefit": "{amount: 注册资本 * 10000 * 0.01}"},
    ),
    (
        "unit-slip",
        {"benefit": "{bands: {by: 注册资本, rows: [{within: '>= 100', rate: 1%}]}}"},
        {"benefit": "{bands: {by: 注册资本, rows: [{within: '>= 100', amount: 5000}]}}"},
    ),
    (
        "unit-slip",
        {"benefit": "{amount: 新招人数 * 2, text: 每人补贴2万元}"},
        {"benefit": "{amount: 新招人数 * 2, text: 每人补贴2万元, unit: 万元}"},
    ),
    (
        "unit-slip",
        {"benefit": "{amount: 营业收入 * 5, text: 按营业收入的5%}"},
        {"benefit": "{amount: 营业收入 * 0.05, text: 按营业收入的5%}"},
    ),
    (
        "unit-slip",
        {"benefit": "{unit: 万元, parts: [{id: a, amount: 2, text: 一次性2元}]}"},
        {"benefit": "{unit: 万元, parts: [{id: a, amount: 2, text: 一次性2万元}, {id: b, unit: 万元, amount: 3, text: 3万元}]}"},
    ),
    (
        "unit-slip",
        {
            "conditions": "\n  - {id: a, text: 贷款, clause: 一, some: 贷款, meets: [{text: 本金50万元以上, when: 贷款本金 >= 50}]}",
        },
        {
            "conditions": "\n  - {id: a, text: 本金50万元以上的贷款, clause: 一, some: '贷款[贷款本金 >= 500000]', meets: [{when: 贷款本金 < 9000000}]}",
        },
    ),
    (
        "ratio-percent",
        {"benefit": bands(band("< 5000000", "rate: 2"), band(">= 5000000", "rate: 3%"))},
        {"benefit": bands(band("< 5000000", "rate: 2%"), band(">= 5000000", "rate: 3%"))},
    ),
    (
        "ratio-percent",
        {"benefit": bands(band("[3..5)", "amount: 1"), band("[0.05..0.1)", "amount: 2"), by="研发费用占比").replace("[3..5)", "3")},
        {"benefit": bands(band("[0.03..0.05)", "amount: 1"), band("[0.05..0.1)", "amount: 2"), by="研发费用占比")},
    ),
    (
        "ratio-percent",
        {"conditions": ONE("研发费用占比 >= 要求"), "tables": "{要求: {inputs: [营业收入], rules: [{when: ['< 50000000'], then: '5'}, {when: ['>= 50000000'], then: 0.04}]}}"},
        {"conditions": ONE("研发费用占比 >= 要求 and 研发费用占比 > 3 / 100"), "tables": "{要求: {inputs: [营业收入], rules: [{when: ['< 50000000'], then: 0.05}, {when: ['>= 50000000'], then: 0.04}]}}"},
    ),
    ("ratio-percent", {"conditions": ONE("研发费用占比 >= 3")}, {"conditions": ONE("研发费用占比 >= 0.03")}),
    (
        "ratio-percent",
        {"conditions": ONE("营收增速 >= 10")},
        {"conditions": ONE("营收增速 >= 3", text="营收增速300%以上")},
    ),
    (
        "amount-implausible",
        {"benefit": "{amount: 营业收入, caps: [{amount: 4000000, unit: 万元}]}"},
        {"benefit": "{amount: 营业收入, caps: [{amount: 400, unit: 万元}]}"},
    ),
    ("text-negation", {"conditions": ONE("拖欠工资", text="未拖欠职工工资")}, {"conditions": ONE("not(拖欠工资)", text="未拖欠职工工资")}),
    ("text-negation", {"conditions": ONE("not(新建企业)", text="未来产业的新建企业")}, {"conditions": ONE("新建企业", text="未来产业的新建企业")}),
    (
        "text-negation",
        {"exclusions": "[{id: x, text: 拖欠工资的企业除外, clause: 三, when: not(拖欠工资)}]"},
        {"exclusions": "[{id: x, text: 拖欠工资的企业除外, clause: 三, when: 拖欠工资}]"},
    ),
    (
        "unit-slip",
        {"benefit": "{text: 5000万元以上奖励, bands: {by: 营业收入, rows: [{within: '>= 5000', amount: 1000}]}}"},
        {"benefit": "{text: 5000万元以上奖励, bands: {by: 注册资本, rows: [{within: '>= 5000', amount: 1000}]}}"},
    ),
    (
        "text-number",
        {"conditions": ONE("从业人员 >= 30", text="从业人员30人以上且营业收入300万元以上")},
        {"conditions": ONE("从业人员 >= 30 and 营业收入 >= 3000000", text="2024年从业人员30人以上且营业收入300万元以上")},
    ),
    (
        "text-number",
        {"conditions": ONE('成立日期 <= today() - duration("P2Y")', text="成立满三年")},
        {"conditions": ONE('成立日期 <= today() - duration("P36M")', text="成立满三年")},
    ),
    (
        "text-number",
        {"conditions": "\n  - {id: g, text: 具备下列条件3项以上, clause: 一, at_least: 2, of: [{when: 从业人员 > 9}, {when: 新招人数 > 5}, {when: 新建企业}]}"},
        {"conditions": "\n  - {id: g, text: 具备下列条件2项以上, clause: 一, at_least: 2, of: [{when: 从业人员 > 9}, {when: 新招人数 > 5}, {when: 新建企业}]}"},
    ),
    # --- sources ---
    ("source-missing", {"document": None}, {}),
    ("source-missing", {"document": "{title: 办法}"}, {"document": "{title: 办法, url: 'http://x.cn'}"}),
    ("source-incomplete", {"document": "{number: 一号, url: 'http://x.cn'}"}, {}),
    ("clause-missing", {"conditions": "\n  - {id: a, text: 甲, when: 从业人员 > 1}"}, {"conditions": ONE("从业人员 > 1")}),
    (
        "clause-missing",
        {"conditions": "\n  - {id: a, text: 甲, some: 贷款, meets: [{clause: 一, when: 贷款本金 > 1}, {when: 贷款本金 < 9}]}"},
        {"conditions": "\n  - {id: a, text: 甲, some: 贷款, meets: [{clause: 一, when: 贷款本金 > 1}, {clause: 二, when: 贷款本金 < 9}]}"},
    ),
    ("text-missing", {"conditions": "\n  - {id: a, clause: 一, when: 从业人员 > 1}"}, {"conditions": ONE("从业人员 > 1")}),
    ("scenarios-missing", {"scenarios": None}, {}),
    ("scenarios-incomplete", {"scenarios": "[{name: 甲, facts: {}, outcome: entitled}]"}, {"scenarios": SCENARIOS}),
    *[
        ("scenario-undated", {"scenarios": SCENARIOS.replace("as_of: 2026-11-21, facts: {}, outcome: entitled", "facts: {}, outcome: entitled"), **fields}, fields)
        for fields in (
            {},
            {"effective": "{from: 2026-01-01}"},
        )
    ],
    (
        "scenario-undated",
        {"effective": None, "conditions": ONE('成立日期 <= today() - duration("P3Y")'), "scenarios": "[{name: 甲, facts: {成立日期: 2023-05-05}, outcome: entitled}]"},
        {"effective": None, "conditions": ONE('成立日期 <= today() - duration("P3Y")'), "scenarios": "[{name: 甲, facts: {从业人员: 5}, outcome: undecided}]"},
    ),
    (
        "scenario-undated",
        {"effective": None, "benefit": "{amount: 标准}", "parameters": "[{name: 标准, values: [{from: 2026-01-01, value: 1}]}]", "scenarios": "[{name: 甲, facts: {}, outcome: undecided}]"},
        {"effective": None, "benefit": "{amount: 标准}", "parameters": "[{name: 标准, values: [{from: 2026-01-01, value: 1}]}]", "scenarios": "[{name: 甲, facts: {}, parameters: {标准: 5}, outcome: undecided}]"},
    ),
    (
        "scenario-undated",
        {"effective": None, "conditions": ONE("上年度纳税额 > 5"), "scenarios": "[{name: 甲, facts: {纳税额2025年: 9}, outcome: entitled}]"},
        {"effective": None, "conditions": ONE("上年度纳税额 > 5"), "scenarios": "[{name: 甲, facts: {上年度纳税额: 9}, outcome: entitled}]"},
    ),
    # --- dates ---
    ("effective-missing", {"effective": None}, {"effective": "{from: 2026-01-01}"}),
    (
        "dates-order",
        {"effective": "{from: 2027-01-01, to: 2026-01-01}"},
        {"effective": "{from: 2026-01-01, to: 2026-01-01}"},
    ),
    ("date-unreadable", {"effective": "{from: 2026-01-01, to: 2026-02-30}"}, {"effective": "{from: 2026-01-01, to: 2028-02-29}"}),
    (
        "window-outside",
        {"windows": "[{from: 2028-01-01, to: 2028-02-01}]"},
        {"windows": "[{from: 2027-01-01, to: 2028-02-01}]"},
    ),
    (
        "windows-overlap",
        {"windows": "[{from: 2026-01-01, to: 2026-02-01}, {from: 2026-02-01, to: 2026-03-01}]"},
        {"windows": "[{from: 2026-01-01, to: 2026-02-01}, {from: 2026-02-02, to: 2026-03-01}]"},
    ),
    (
        "retroactive",
        {"document": "{title: 办法, number: 一号, url: 'http://x.cn', issued: 2026-03-01}"},
        {"document": "{title: 办法, number: 一号, url: 'http://x.cn', issued: 2026-01}"},
    ),
    *[
        (
            code,
            {"benefit": "{amount: 标准}", "parameters": f"[{{name: 标准, values: [{bad}]}}]"},
            {"benefit": "{amount: 标准}", "parameters": f"[{{name: 标准, values: [{good}]}}]"},
        )
        for code, bad, good in (
            (
                "parameter-overlap",
                "{from: 2025-01-01, to: 2026-03-01, value: 1}, {from: 2026-03-01, value: 2}",
                "{from: 2025-01-01, value: 1}, {from: 2026-03-01, value: 2}",
            ),
            (
                "parameter-gap",
                "{to: 2026-02-01, value: 1}, {from: 2026-03-01, value: 2}",
                "{to: 2026-02-28, value: 1}, {from: 2026-03-01, value: 2}",
            ),
            ("parameter-missing", "{to: 2026-02-01, value: 1}", "{to: 2027-02-01, value: 1}"),
            ("parameter-missing", "{to: 2026-02-01, value: 1}", "{from: 2026-02-01, value: 1}"),
            ("dates-order", "{from: 2026-09-01, to: 2026-02-01, value: 1}, {value: 2}", "{value: 2}"),
        )
    ],
    (
        "parameter-missing",
        {"benefit": "{amount: 标准}", "parameters": "[{name: 标准, values: [{to: 2025-12-31, value: 1}]}]"},
        {"benefit": "{amount: 标准(成立日期)}", "parameters": "[{name: 标准, values: [{to: 2025-12-31, value: 1}]}]"},
    ),
    # --- payment ---
    (
        "cap-never-binds",
        {"benefit": "{amount: 100000, caps: [{amount: 20, unit: 万元}]}"},
        {"benefit": "{amount: 营业收入 * 0.01, caps: [{amount: 20, unit: 万元}]}"},
    ),
    (
        "cap-below-bands",
        {
            "benefit": "{bands: {by: 营业收入, rows: [{within: '< 100', amount: 5000}, {within: '>= 100', amount: 9000}]},"
            " caps: [{amount: 4000}]}"
        },
        {
            "benefit": "{bands: {by: 营业收入, rows: [{within: '< 100', amount: 5000}, {within: '>= 100', amount: 9000}]},"
            " caps: [{amount: 6000}]}"
        },
    ),
    (
        "caps-contradict",
        {"benefit": "{amount: 营业收入, caps: [{amount: 4000}, {amount: 5000}]}"},
        {"benefit": "{amount: 营业收入, caps: [{amount: 4000}, {amount: 5000, per: cumulative}]}"},
    ),
    (
        "instalments-sum",
        {"benefit": "{amount: 1000, instalments: [{id: a, ratio: 50%}, {id: b, ratio: 40%}]}"},
        {"benefit": "{amount: 1000, instalments: [{id: a, ratio: 60%}, {id: b, ratio: 40%}]}"},
    ),
    ("quota-unranked", {"quota": "{count: 10}"}, {"quota": "{count: 10, rank_by: 营业收入}"}),
    ("budget-too-small", {"budget": "{amount: 500}"}, {"budget": "{amount: 5000000}"}),
    (
        "pool-too-small",
        {"pool": "{amount: 1, unit: 万元, sharing: first come}"},
        {"pool": "{amount: 1000, unit: 万元, sharing: first come}"},
    ),
    # --- names ---
    (
        "definition-unused",
        {"definitions": "{人均: 营业收入 / 1000}"},
        {"definitions": "{人均: 营业收入 / 1000}", "benefit": "{amount: 人均}"},
    ),
    (
        "parameter-unused",
        {"parameters": "[{name: 标准, values: [{value: 1}]}]"},
        {"parameters": "[{name: 标准, values: [{value: 1}]}]", "benefit": "{amount: 标准}"},
    ),
    (
        "table-unused",
        {"tables": "{档: {inputs: [从业人员], rules: [{when: ['-'], then: '1'}]}}"},
        {"tables": "{档: {inputs: [从业人员], rules: [{when: ['-'], then: '1'}]}}", "benefit": "{amount: 档}"},
    ),
    (
        "name-shadows",
        {"definitions": "{从业人员: '5'}", "benefit": "{amount: 从业人员}"},
        {"definitions": "{从业者: '5'}", "benefit": "{amount: 从业者}"},
    ),
    (
        "name-shadows",
        {"conditions": "\n  - {id: a, text: 贷, clause: 一, some: 贷款, as: 贷款本金, meets: [{when: '贷款种类 = \"创业担保贷款\"'}]}"},
        {"conditions": "\n  - {id: a, text: 贷, clause: 一, some: 贷款, as: 一笔, meets: [{when: '贷款种类 = \"创业担保贷款\"'}]}"},
    ),
    (
        "name-repeated",
        {"definitions": "{标准: '5'}", "parameters": "[{name: 标准, values: [{value: 1}]}]", "benefit": "{amount: 标准}"},
        {"definitions": "{标准: '5'}", "benefit": "{amount: 标准}"},
    ),
    # --- expressions ---
    ("self-comparison", {"conditions": ONE("从业人员 >= 从业人员")}, {"conditions": ONE("从业人员 >= 新招人数")}),
    (
        "operand-repeated",
        {"conditions": ONE("新建企业 or 新建企业")},
        {"conditions": ONE("新建企业 or 拖欠工资")},
    ),
    ("function-as-value", {"conditions": ONE("count > 5")}, {"conditions": ONE("count(贷款) > 5")}),
    ("range-empty", {"conditions": ONE("从业人员 in [300..20]")}, {"conditions": ONE("从业人员 in [20..300]")}),
    ("range-empty", {"conditions": ONE("从业人员 between 300 and 20")}, {"conditions": ONE("从业人员 between 20 and 300")}),
    (
        "division-by-zero",
        {"conditions": ONE("新招人数 / 从业人员 >= 0.1")},
        {"conditions": ONE("从业人员 > 0 and 新招人数 / 从业人员 >= 0.1")},
    ),
    (
        "division-by-zero",
        {"benefit": "{amount: 营业收入 / 从业人员}"},
        {"benefit": "{amount: 'if 从业人员 = 0 then 0 else 营业收入 / 从业人员'}"},
    ),
    # --- what cannot be read ---
    ("unknown-name", {"conditions": ONE("从业人数 > 5")}, {"conditions": ONE("从业人员 > 5")}),
    ("expression", {"conditions": ONE("从业人员 > ")}, {"conditions": ONE("从业人员 > 5")}),
    ("schema", {"conditon": "[]"}, {}),
]  # fmt: skip


def test_a_well_written_item_has_no_findings() -> None:
    assert lint(item()) == []


@pytest.mark.parametrize(
    ("code", "wrong", "fine"), CASES, ids=[f"{code}-{index}" for index, (code, _, _) in enumerate(CASES)]
)
def test_finding(code: str, wrong: dict[str, str | None], fine: dict[str, str | None]) -> None:
    assert codes(item(**wrong)).count(code) == 1
    assert code not in codes(item(**fine))


def test_every_code_is_tested() -> None:
    tested = {code for code, _, _ in CASES} | {
        "excludes-unknown", "excludes-itself", "excludes-one-sided", "excludes-cycle", "stacking-alone",
        "stacking-rules", "item-duplicate", "item-similar", "accepted-unused",
    }  # fmt: skip
    assert set(CODES) <= tested


# --- items among each other ---------------------------------------------------------------------------------------


def other(identifier: str, **changes: str | None) -> str:
    return item(
        **{
            "id": identifier,
            "name": f"奖励{identifier}",
            "benefit": f"{{amount: 1{ord(identifier[0])}}}",
            **changes,
        }
    )


def test_excluding_what_is_not_there_suggests_what_is() -> None:
    found = only("excludes-unknown", item(excludes="[B11]"), other("B1", excludes="[A1]"))
    assert "B1" in found.message


def test_an_item_cannot_exclude_itself() -> None:
    assert "excludes-itself" in codes(item(excludes="[A1]"))


def test_an_exclusion_is_said_on_both_sides() -> None:
    assert "excludes-one-sided" in codes(item(excludes="[B]"), other("B"))
    assert "excludes-one-sided" not in codes(item(excludes="[B]"), other("B", excludes="[A1]"))


def test_items_that_exclude_each_other_in_a_ring() -> None:
    found = only(
        "excludes-cycle", item(excludes="[B]"), other("B", excludes="[C]"), other("C", excludes="[A1]")
    )
    assert "A1 → B → C → A1" in found.message
    ring = (item(excludes="[B, C]"), other("B", excludes="[A1, C]"), other("C", excludes="[A1, B]"))
    assert not {"excludes-cycle", "excludes-one-sided"} & set(codes(*ring))


def test_a_stacking_group_has_several_items_with_one_rule() -> None:
    highest, top_up = "{group: 人才, rule: highest}", "{group: 人才, rule: top up}"
    assert "stacking-alone" in codes(item(stacking=highest))
    assert "stacking-rules" in codes(item(stacking=highest), other("B", stacking=top_up))
    assert not {"stacking-rules", "stacking-alone"} & set(
        codes(item(stacking=highest), other("B", stacking=highest))
    )


def test_the_same_item_twice() -> None:
    assert "item-duplicate" in codes(item(), item(id="A2", name="另一奖励"))
    assert "item-duplicate" not in codes(item(), item(id="A2", effective="{from: 2028-01-01}"))
    assert "item-similar" in codes(item(), item(id="A2", benefit="{amount: 5}"))
    assert not {"item-duplicate", "item-similar"} & set(
        codes(item(), item(id="A2", name="另一奖励", benefit="{amount: 5}"))
    )


# --- what a finding says ------------------------------------------------------------------------------------------


def test_an_overlap_names_the_value_and_the_line() -> None:
    found = only(
        "bands-overlap",
        item(
            benefit="""
  bands:
    by: 营业收入
    rows:
      - {within: '[3000000..5000000]', amount: 1000}
      - {within: '[5000000..8000000)', amount: 2000}
      - {within: '>= 8000000', amount: 3000}"""
        ),
    )
    assert found.place.file == "1.yaml"
    assert "5000000" in found.message
    assert "第 1 档和第 2 档" in found.message_zh
    text = item(benefit="x").splitlines()
    assert found.place.line > next(index for index, each in enumerate(text) if each.startswith("benefit"))


def test_a_gap_names_a_value_within() -> None:
    found = only(
        "bands-gap", item(benefit=bands(band("< 3000000", "amount: 1"), band(">= 3010000", "amount: 2")))
    )
    assert 3_000_000 <= float(found.text) < 3_010_000


def test_a_value_that_comes_near_is_suggested() -> None:
    assert "小型" in only("value-unknown", item(conditions=ONE('企业规模 = "小形"'))).message


def test_yes_and_no_are_booleans() -> None:
    found = only("type-mismatch", item(conditions=ONE('拖欠工资 = "否"')))
    assert "not(拖欠工资)" in found.message


def test_a_slip_names_both_figures() -> None:
    found = only("unit-slip", item(conditions=ONE("营业收入 >= 5000", text="营业收入5000万元以上")))
    assert found.severity == "error"
    assert "5000万元" in found.message
    assert "50000000" in found.message


def test_a_slip_stands_where_the_figure_is() -> None:
    benefit = """
  text: 每人补贴2万元，最高50万元
  amount: 新招人数 * 2
  caps:
    - {amount: 50, text: 最高50万元}"""
    found = [each for each in lint(item(benefit=benefit)) if each.code == "unit-slip"]
    first = item(benefit=benefit).splitlines().index("benefit:")
    assert [(each.place.line - first, each.text) for each in found] == [(3, "2"), (5, "50")]


def test_not_is_a_function() -> None:
    assert "not(拖欠工资)" in only("unknown-name", item(conditions=ONE("not 拖欠工资"))).message


def test_the_order_of_texts_is_shown() -> None:
    assert 'holds for "小型", "微型"' in only("text-order", item(conditions=ONE('企业规模 > "大型"'))).message


def test_conditions_are_looked_at_though_the_benefit_is_broken() -> None:
    found = codes(
        item(conditions=ONE("从业人员 < 0"), benefit="{amount: 1, shares: [{payer: 市, ratio: 40%}]}")
    )
    assert found == ["condition-never", "policy"]


def test_a_share_that_is_no_number_is_found() -> None:
    assert codes(item(benefit="{amount: 1, shares: [{payer: 市, ratio: '@\"2026-01-01\"'}]}")) == [
        "not-number"
    ]


def test_a_figure_is_not_missed_in_what_cannot_be_read() -> None:
    assert codes(item(benefit="{amount: 营业收入 * 5%, text: 按5%}")) == ["expression"]


def test_a_contradiction_names_both_conditions_and_stands_at_the_second() -> None:
    found = only("conditions-contradict", item(conditions=ONE("从业人员 >= 300", "从业人员 < 100")))
    assert "c1" in found.message
    assert "c2" in found.message


def test_all_errors_of_an_item_are_reported_at_once() -> None:
    found = lint(item(conditions=ONE("从业人数 > 5", "企业规模 = 小型", "从业人员 > ")))
    assert [each.code for each in found] == ["unknown-name", "unquoted-text", "expression"]
    assert "从业人员" in found[0].message
    assert '"小型"' in found[1].message


def test_what_hangs_on_a_broken_definition_is_not_reported_again() -> None:
    broken = item(definitions="{人均: 营业收入 / 从业人数}", benefit="{amount: 人均 * 2}")
    assert codes(broken) == ["unknown-name"]


def test_one_broken_item_does_not_hide_the_others() -> None:
    found = lint(item(conditions=ONE("从业人数 > 5")), other("B", conditions=ONE("从业人员 < 0")))
    assert [(each.item, each.code) for each in found] == [("A1", "unknown-name"), ("B", "condition-never")]


def test_findings_come_in_the_order_of_the_file() -> None:
    found = lint(item(document=None, effective=None, scenarios=None, conditions=ONE("从业人员 < 0")))
    places = [(each.place.file, each.place.line) for each in found]
    assert places == sorted(places)


def test_what_is_handed_down_to_items_is_reported_once() -> None:
    policy = """
policy: {id: P, name: 办法}
document: {title: 办法}
effective: {from: 2026-01-01}
parameters:
  - {name: 标准, values: [{to: 2026-02-01, value: 1}]}
definitions: {没人用: '5'}
items:
  - {id: A, name: 甲, conditions: [{id: a, text: 甲, clause: 一, when: 从业人员 > 5}], benefit: {amount: 标准}}
  - {id: B, name: 乙, conditions: [{id: a, text: 乙, clause: 一, when: 从业人员 > 6}], benefit: {amount: 标准 * 2}}
"""
    found = [
        each
        for each in lint(policy)
        if each.code in ("source-missing", "parameter-missing", "definition-unused")
    ]
    assert [(each.code, each.place.line) for each in found] == [
        ("source-missing", 3),
        ("parameter-missing", 6),
        ("definition-unused", 7),
    ]


def test_an_expired_item_is_read_with_the_figures_of_its_time() -> None:
    expired = item(
        effective="{from: 2020-01-01, to: 2020-12-31}",
        document="{title: 办法, number: 一号, url: 'http://x.cn'}",
        parameters="[{name: 标准, values: [{from: 2020-01-01, to: 2020-12-31, value: 1}]}]",
        benefit="{amount: 标准}",
    )
    assert codes(expired) == []


def test_without_a_catalogue_any_name_is_a_fact() -> None:
    assert codes(item(conditions=ONE('甲 >= 5 and 乙 = "丙"')), catalogue=None) == []
    assert "condition-never" in codes(item(conditions=ONE("甲 > 5 and 甲 < 3")), catalogue=None)


def test_a_condition_on_one_line_is_read_whole() -> None:
    loan = "\n  - {id: a, text: 本金不低于50万元的贷款, clause: 一, some: 贷款, as: 笔, meets: [{when: 笔.贷款本金 >= VALUE}]}"
    assert codes(item(conditions=loan.replace("VALUE", "500000"))) == []
    assert codes(item(conditions=loan.replace("VALUE", "50"))) == ["unit-slip"]


# --- accepted findings --------------------------------------------------------------------------------------------


def accepted(code: str) -> str:
    return f"[{{code: {code}, reason: 原文未编号}}]"


def test_an_accepted_finding_is_a_note_with_the_reason() -> None:
    found = only("source-missing", item(document=None, accepted=accepted("source-missing")))
    assert found.severity == "note"
    assert found.message.startswith("accepted: 原文未编号 (")
    assert found.message_zh.startswith("已接受：原文未编号（")


def test_accepting_what_is_not_found_is_said() -> None:
    found = only("accepted-unused", item(accepted=accepted("source-missing")))
    assert found.text == "source-missing"
    assert "source-missing" in only("accepted-unused", item(accepted=accepted("sources-missing"))).message
    assert "accepted-unused" not in codes(item(document=None, accepted=accepted("source-missing")))


def test_what_cannot_be_read_cannot_be_accepted() -> None:
    found = lint(item(conditions=ONE("从业人数 > 5"), accepted=accepted("unknown-name")))
    assert [(each.code, each.severity) for each in found] == [
        ("unknown-name", "error"),
        ("accepted-unused", "note"),
    ]


def test_an_acceptance_is_about_its_own_item() -> None:
    found = lint(item(document=None, accepted=accepted("source-missing")), other("B", document=None))
    assert {each.item: each.severity for each in found} == {"A1": "note", "B": "warning"}


# --- names of functions -------------------------------------------------------------------------------------------


def test_a_fact_called_like_a_function_is_found_where_it_is_declared() -> None:
    catalogue = "facts:\n  - {code: emp.total, name: 从业人员, type: number}\n  - {code: count, name: 户数, type: number}"
    found = [each for each in lint(item(), catalogue=catalogue) if each.code == "name-shadows"]
    assert [(each.place.line, each.severity, each.text) for each in found] == [(3, "error", "count")]


def test_without_a_catalogue_a_function_is_no_fact() -> None:
    assert codes(item(conditions=ONE("sum >= 3"), scenarios=None), catalogue=None) == [
        "scenarios-missing",
        "function-as-value",
    ]
    assert codes(item(conditions=ONE("sum(for sum in 甲 return sum) >= 3")), catalogue=None) == []


def test_the_least_item_has_no_errors() -> None:
    least = "id: A\nname: 甲\nconditions: [{id: a, text: 甲, when: 从业人员 > 5}]\nbenefit: {amount: 100}"
    assert {each.severity for each in lint(least)} == {"warning", "note"}


def test_many_items_take_little_time() -> None:
    """1,500 such items take about 5 seconds; a tenth of them, with room for a busy machine."""
    items = [
        item(
            id=f"N{each}",
            name=f"奖励{each}",
            conditions=ONE(
                f"营业收入 >= {each}000000",
                f"从业人员 >= {each}",
                '企业规模 != "大型"',
                f"研发费用占比 >= 0.0{each}",
            ),
            benefit=bands(band("< 5000000", f"amount: {each}"), band(">= 5000000", f"amount: {each}0")),
        )
        for each in range(1, 151)
    ]
    started = time.process_time()
    assert len(lint(*items)) < 150 * 3
    assert time.process_time() - started < 3


def test_bad_yaml_is_among_the_findings() -> None:
    policies = load_policies([("broken.yaml", "id: [A\nname: x")])
    found = check(policies, None, AS_OF)
    assert [each.place.file for each in found] == ["broken.yaml"]
