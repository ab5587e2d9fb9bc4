"""The items of a workload as policy files, as a government would keep them: one file an item, and a catalogue."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Final

from bench.workload import COUNTS, DATES, FLAGS, MONEY, RATIOS, TEXTS, Test, Workload
from yingshang.rules.feel.temporal import Date

DAY: Final = Date(2026, 11, 21)
CATALOGUE: Final = "facts.yaml"

_WORDS: Final = {">=": "不低于", ">": "高于", "<": "低于", "<=": "不高于", "=": "为", "in": "属于"}


def policy_files(workload: Workload) -> list[tuple[str, str]]:
    """(file name, text) of the catalogue and of every item, each condition with its text and clause."""
    files = [(CATALOGUE, _catalogue())]
    for place, item in enumerate(workload.items):
        lines = [
            f"id: item-{place:05d}",
            f"name: 惠企事项 {place}",
            "issuer: 市发展和改革委员会",
            "effective: {from: 2024-01-01, to: 2028-12-31}",
            "conditions:",
        ]
        for each in item:
            test = workload.tests[each]
            lines += [
                f"  - id: c{each}",
                f"    text: {test.column} {_WORDS[test.operator]}规定的标准",
                f"    clause: 第 {each + 1} 条",
                f"    when: '{_feel(test)}'",
                f"    evidence: [{test.column}]",
            ]
        amount = (
            f"min(revenue * 0.0{place % 9 + 1}, {place % 20 + 1}00000)"
            if place % 10 < 3
            else f"{place % 99 + 1}0000"
        )
        lines += ["benefit:", "  kind: 奖励", f"  amount: {amount}"]
        files.append((f"item-{place:05d}.yaml", "\n".join(lines) + "\n"))
    return files


def _catalogue() -> str:
    kinds = [
        *((name, "number", "元", "税务局") for name in MONEY),
        *((name, "number", "比值", "统计局") for name in RATIOS),
        *((name, "number", "个", "人力资源社会保障局") for name in COUNTS),
        *((name, "date", None, "市场监督管理局") for name in DATES),
        *((name, "string", None, "市场监督管理局") for name in TEXTS),
        *((name, "boolean", None, "信用中心") for name in FLAGS),
    ]
    lines = [
        f"  - {{code: {name}, name: {name}, type: {kind}, agency: {agency}"
        + (f", unit: {unit}}}" if unit else "}")
        for name, kind, unit, agency in kinds
    ]
    return "facts:\n" + "\n".join(lines) + "\n"


def _feel(test: Test) -> str:
    def literal(value: Decimal | str | bool | datetime.date) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, datetime.date):
            return f'@"{value}"'
        return str(value) if isinstance(value, Decimal) else f'"{value}"'

    if isinstance(test.value, tuple):
        return f"{test.column} in ({', '.join(map(literal, test.value))})"
    return f"{test.column} {test.operator} {literal(test.value)}"
