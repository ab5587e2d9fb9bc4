"""Invented results in the shape the reports are made from: names sound like real policies, figures are drawn."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

Report = dict[str, Any]

CITIES = ["云州市", "临江区", "滨湖区", "高新区", "南陵县", "青石县"]
POLICIES = [
    ("失业保险稳岗返还", "返还", "人力资源社会保障局"),
    ("招用毕业两年内高校毕业生一次性扩岗补助", "补助", "人力资源社会保障局"),
    ("小微企业创业担保贷款贴息", "贴息", "财政局"),
    ("小型微利企业“六税两费”减半征收", "减免", "税务局"),
    ("重点群体从事个体经营限额扣减", "减免", "税务局"),
    ("制造业设备更新贷款财政贴息", "贴息", "工业和信息化局"),
    ("技术改造项目设备投资奖励", "奖励", "工业和信息化局"),
    ("国家级绿色工厂奖励", "奖励", "工业和信息化局"),
    ("专精特新“小巨人”企业一次性奖励及地方配套", "奖励", "工业和信息化局"),
    ("高新技术企业研发投入分档补助（规模以上与规模以下分别计算）", "补助", "科学技术局"),
    ("规上工业企业首次入库奖励（小升规）", "奖励", "统计局"),
    ("首台（套）重大技术装备首次应用保费补偿", "补偿", "工业和信息化局"),
    ("限额以上批发零售企业销售增长奖励", "奖励", "商务局"),
    ("外贸企业境外参展展位费资助", "资助", "商务局"),
    ("出口信用保险保费补贴", "补贴", "商务局"),
    ("建筑业企业资质升级奖励", "奖励", "住房城乡建设局"),
]
FACTS = [
    ("emp.insured.count", "参保人数", "人力资源社会保障局"),
    ("emp.layoff_rate.prev_year", "上年度裁员率", "人力资源社会保障局"),
    ("fin.revenue.2025", "营业收入2025年", "税务局"),
    ("fin.research.2025", "研发费用2025年", "税务局"),
    ("credit.dishonest", "失信被执行人", "人民法院"),
    ("tag.high_tech", "高新技术企业证书", "科学技术局"),
    ("export.amount.2025", "出口额2025年", "海关"),
]
INDUSTRIES = [
    "制造业",
    "批发和零售业",
    "信息传输、软件和信息技术服务业",
    "建筑业",
    "住宿和餐饮业",
    "科学研究和技术服务业",
]
SIZES = [("large", "大型"), ("medium", "中型"), ("small", "小型"), ("micro", "微型")]
SUBJECTS = 20_000


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def make_match_summary(items: int = 48, *, seed: int = 1) -> Report:
    """A summary of a matching run with this many items."""
    chance = random.Random(seed)
    results = []
    certain_fen = possible_fen = 0
    for place in range(items):
        name, kind, agency = POLICIES[place % len(POLICIES)]
        entitled = int(
            SUBJECTS * chance.choice([0, 0.0004, 0.003, 0.02, 0.09, 0.31]) * chance.uniform(0.4, 1.4)
        )
        undecided = int(
            (SUBJECTS - entitled) * chance.choice([0, 0.002, 0.03, 0.12]) * chance.uniform(0.3, 1.5)
        )
        each = chance.choice([0, 150_000, 1_000_000, 20_000_000]) * chance.randint(1, 9)
        certain, possible = each * entitled, each * (entitled + undecided)
        certain_fen, possible_fen = certain_fen + certain, possible_fen + possible
        results.append(
            {
                "id": f"P{place + 1:04d}",
                "name": name
                if place < len(POLICIES)
                else f"{CITIES[place % 6]}{name}（{2020 + place % 7}年版）",
                "kind": kind,
                "delivery": ["automatic", "instant", "online", "once"][place % 4 if place % 5 else 0],
                "issuer": f"{CITIES[0]}{agency}",
                "region": CITIES[place % 6],
                "in_force": place % 9 != 8,
                "status": "expired" if place % 9 == 8 else "in force",
                "url": f"https://www.example.gov.cn/policies/{2020 + place % 7}/{place:05d}.html",
                "entitled": entitled,
                "undecided": undecided,
                "refused": SUBJECTS - entitled - undecided - (3 if place == 5 else 0),
                "errors": 3 if place == 5 else 0,
                "amount_certain": _yuan(certain + (place == 2) * 37),
                "amount_possible": _yuan(possible + (place == 2) * 37),
                "amount_unknown": 12 if place == 3 else 0,
                "quota": 30 if place == 7 else None,
                "budget": _yuan(possible * 4 // 5) if place % 6 == 0 and possible else None,
                "missing": [
                    {"fact": fact, "name": title, "count": undecided // (rank + 1)}
                    for rank, (fact, title, _) in enumerate(chance.sample(FACTS, 4))
                ]
                if undecided
                else [],
                "grants": "按上年度实际缴纳失业保险费的 60% 返还" if place == 0 else None,
            }
        )
    certain_fen, possible_fen = certain_fen + 37, possible_fen + 37

    def groups(names: list[tuple[str, str]]) -> list[Report]:
        rows = []
        for key, name in names:
            subjects = chance.randint(300, 6000)
            entitled = int(subjects * chance.uniform(0.2, 0.8))
            rows.append(
                {
                    "key": key,
                    "name": name,
                    "subjects": subjects,
                    "entitled": entitled,
                    "undecided": int(subjects * chance.uniform(0.1, 0.5)),
                    "amount_certain": _yuan(entitled * 3_000_00),
                    "amount_possible": _yuan(entitled * 4_200_00),
                }
            )
        return rows

    return {
        "as_of": "2026-11-21",
        "subjects": SUBJECTS,
        "items": items,
        "decisions": SUBJECTS * items,
        "load_seconds": 0.41,
        "evaluate_seconds": 0.93,
        "decisions_per_second": SUBJECTS * items / 0.93,
        "rejected_rows": 3,
        "files": {"subjects": "city.parquet", "policies": "examples/policies"},
        "results": results,
        "total_certain": _yuan(certain_fen),
        "total_possible": _yuan(possible_fen),
        "entitled_subjects": 12_907,
        "undecided_subjects": 6_421,
        "by_group": {
            "region": groups([(f"99010{place}", name) for place, name in enumerate(CITIES)]),
            "industry": groups([("CFIEHM"[place], name) for place, name in enumerate(INDUSTRIES)]),
            "size": groups(SIZES),
        },
        "missing": [
            {"fact": fact, "name": name, "agency": agency, "decisions": 9_800 // (rank + 1)}
            for rank, (fact, name, agency) in enumerate(FACTS)
        ],
        "problems": [
            {
                "code": "unknown-fact",
                "severity": "error",
                "item": "P0049",
                "file": "examples/policies/2026-049.yaml",
                "line": 31,
                "message": "no fact is called 参保人员; did you mean 参保人数?",
                "message_zh": "没有名为“参保人员”的事实；是否为“参保人数”？",
            },
            {
                "code": "band-overlap",
                "severity": "warning",
                "item": "P0010",
                "file": "examples/policies/2026-010.yaml",
                "line": 58,
                "message": "5,000,000 falls in two bands",
                "message_zh": "5,000,000 同时落在两档之中",
            },
        ],
        "rejects": [
            {
                "row": 17,
                "subject": "91990100MA00000A1X",
                "column": "emp.insured.count",
                "value": "-4",
                "message": "a headcount cannot be negative",
                "message_zh": "人数不能为负",
            },
            {
                "row": 902,
                "subject": "91990100MA00000B2Y",
                "column": "region",
                "value": "999999",
                "message": "no such region",
                "message_zh": "没有这个行政区划代码",
            },
            {
                "row": 1204,
                "subject": None,
                "column": "subject",
                "value": None,
                "message": "the id is missing",
                "message_zh": "缺少主体标识",
            },
        ],
    }


def make_simulation(items: int = 24, *, seed: int = 1) -> Report:
    """What comparing a draft with the base gives, with this many items."""
    chance = random.Random(seed)
    changes = []
    for place in range(items):
        name, _, _ = POLICIES[place % len(POLICIES)]
        change = ["changed", "same", "added", "changed", "removed", "same"][place % 6]
        each = chance.choice([150_000, 1_000_000, 5_000_000])
        before = 0 if change == "added" else chance.randint(10, 900)
        gain = chance.randint(0, 400) if change in ("changed", "added") else 0
        lose = before if change == "removed" else chance.randint(0, before // 3) if change == "changed" else 0
        after = before + gain - lose
        open_before = 0 if change == "added" else chance.randint(0, 300)
        open_after = open_before if change == "same" else 0 if change == "removed" else chance.randint(0, 500)

        def state(entitled: int, undecided: int, each: int = each) -> Report:
            return {
                "entitled": entitled,
                "undecided": undecided,
                "refused": SUBJECTS - entitled - undecided,
                "amount_certain": _yuan(entitled * each),
                "amount_possible": _yuan((entitled + undecided) * each),
            }

        changes.append(
            {
                "id": f"P{place + 1:04d}",
                "name": name if place < len(POLICIES) else f"{CITIES[place % 6]}{name}",
                "change": change,
                "base": state(before, open_before),
                "draft": state(after, open_after),
                "gain": gain,
                "lose": lose,
                "up": chance.randint(0, 90) if change == "changed" else 0,
                "down": chance.randint(0, 60) if change == "changed" else 0,
                "now_undecided": max(0, open_after - open_before),
                "budget": _yuan((after + open_after) * each * 9 // 10) if place % 5 == 0 else None,
            }
        )

    def total(which: str) -> Report:
        sums: Report = {
            key: sum(change[which][key] for change in changes) for key in ("entitled", "undecided", "refused")
        }
        for key in ("amount_certain", "amount_possible"):
            sums[key] = _yuan(sum(int(change[which][key].replace(".", "")) for change in changes))
        return sums

    totals: Report = {"base": total("base"), "draft": total("draft")}
    totals |= {key: sum(change[key] for change in changes) for key in ("gain", "lose", "up", "down")}

    def groups(names: list[tuple[str, str]]) -> list[Report]:
        return [
            {
                "key": key,
                "name": name,
                "base_certain": "3120000.00",
                "draft_certain": _yuan(312_000_000 + chance.randint(-90_000_000, 150_000_000)),
                "base_possible": "4120000.00",
                "draft_possible": _yuan(412_000_000 + chance.randint(-90_000_000, 150_000_000)),
                "gain": chance.randint(0, 500),
                "lose": chance.randint(0, 300),
            }
            for key, name in names
        ]

    certain, possible = totals["draft"]["amount_certain"], totals["draft"]["amount_possible"]
    return {
        "as_of": "2026-11-21",
        "base": "云州市惠企政策（2025年汇编）",
        "draft": "云州市惠企政策（2026年修订草案）",
        "subjects": SUBJECTS,
        "items": changes,
        "totals": totals,
        "by": {
            "region": groups([(f"99010{place}", name) for place, name in enumerate(CITIES)]),
            "industry": groups([("CFIEHM"[place], name) for place, name in enumerate(INDUSTRIES)]),
            "size": groups(SIZES),
        },
        "missing": [
            {
                "fact": fact,
                "name": name,
                "agency": agency,
                "base": 900 // (rank + 1),
                "draft": 240 * (rank + 1),
            }
            for rank, (fact, name, agency) in enumerate(FACTS)
        ],
        "budget": {
            "amount": _yuan((int(certain.replace(".", "")) + int(possible.replace(".", ""))) // 2),
            "certain": certain,
            "possible": possible,
        },
        "examples": {
            "gain": [
                {
                    "subject": "云州甲精密制造有限公司",
                    "item": "技术改造项目设备投资奖励",
                    "before": "refused",
                    "after": {"outcome": "entitled", "amount": "300000.00"},
                    "reason": "设备投资额门槛由 500 万元降为 300 万元",
                }
            ],
            "lose": [
                {
                    "subject": "云州乙商贸有限公司",
                    "item": "限额以上批发零售企业销售增长奖励",
                    "before": "120000.00",
                    "after": "refused",
                    "reason": "增长率门槛由 5% 提高到 10%",
                }
            ],
        },
    }


@pytest.fixture
def match_summary() -> Callable[..., Report]:
    """Makes summaries of matching runs."""
    return make_match_summary


@pytest.fixture
def simulation() -> Callable[..., Report]:
    """Makes results of simulations."""
    return make_simulation
