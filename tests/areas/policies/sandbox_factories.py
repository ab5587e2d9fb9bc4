"""Situations of the sandbox: an item with parameters, one in force and its draft, and a snapshot of a city."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.areas.policies.factories import author, published_item, written_item
from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, NOW, SYSTEM, Person, arranged
from tests.kernel.parties.factories import region_tree, told
from yingshang.areas.policies.api import begin_version, save_version
from yingshang.areas.policies.sandbox.asking import memory
from yingshang.areas.policies.sandbox.values import Question
from yingshang.kernel.parties.api import update_snapshot
from yingshang.kernel.reference.api import make_credit_code

TUNABLE = """id: {code}
name: 吸纳就业补贴
issuer: 哈尔滨市人力资源和社会保障局
region: "{region}"
effective: {{from: 2026-01-01, to: 2027-12-31}}
parameters:
  - name: 人数下限
    unit: 人
    text: 参保人数不少于
    values: [{{from: 2026-01-01, value: {staff}}}]
  - name: 每人标准
    unit: 元/人
    values: [{{value: {rate}}}]
budget: {{amount: {budget}}}
conditions:
  - {{id: insured, text: 参保人数达到下限, when: 参保人数 >= 人数下限}}
  - {{id: ownership, text: 民营企业, when: 所有制 = "民营"}}
benefit:
  text: 每人按标准，最高2万元
  amount: 每人标准 * 参保人数
  caps: [{{amount: 2, unit: 万元}}]
"""

RATIO = """id: {code}
name: 人均营收奖励
region: "{region}"
effective: {{from: 2026-01-01, to: 2027-12-31}}
parameters:
  - {{name: 人均营收下限, unit: 元/人, values: [{{value: 100000}}]}}
conditions:
  - {{id: per_head, text: 人均营业收入达到下限, when: 营业收入2025年 / 参保人数 >= 人均营收下限}}
benefit: {{amount: 10000}}
"""

STAFF = [5, 10, 15, 20, 30, None, 12, 0]


def tunable(
    code: str = "HIRING", *, region: str = HARBIN, staff: Any = 10, rate: Any = 1000, budget: int = 50000
) -> str:
    """An item with two parameters: one in a condition, one in the amount."""
    return TUNABLE.format(code=code, region=region, staff=staff, rate=rate, budget=budget)


def enterprises(staff: Sequence[int | None] = STAFF, *, region: str = DAOLI, letter: str = "E") -> list[str]:
    """Private enterprises with so many insured; None is not known. Their credit codes."""
    region_tree(HARBIN)
    codes = [make_credit_code("9", "1", region, f"{letter}{number:07d}") for number in range(len(staff))]
    told(
        [
            {
                "subject": code,
                "name": f"演示{letter}企业{number}",
                "ent.region": region,
                "ent.ownership": "民营",
                "ent.industry": "3911",
                "ent.size": "小型",
                "ent.established": "2019-05-01",
                "fin.revenue.2025": "3000000",
                **({} if count is None else {"emp.insured_count": count}),
            }
            for number, (code, count) in enumerate(zip(codes, staff, strict=True))
        ]
    )
    return codes


def snapshot(folder: Path) -> None:
    """What the register knows now, as files; the memory of the sandbox is empty."""
    assert folder == settings.DATA_DIRECTORY
    memory().clear()
    with arranged():
        update_snapshot(actor=SYSTEM, now=NOW)


def city(folder: Path) -> list[str]:
    """Eight enterprises in one district and two in another, and their snapshot."""
    codes = enterprises() + enterprises([40, 50], region=NANGANG, letter="N")
    snapshot(folder)
    return codes


def draft_against_what_is_in_force(code: str = "HIRING", *, staff: int = 15) -> Person:
    """An item in force from ten insured on, and a draft that asks for more; somebody who writes it."""
    published_item(code, source=tunable(code))
    who = author()
    actor = who.actor()
    with arranged():
        begin_version(actor=actor, code=code, now=NOW)
        save_version(actor=actor, code=code, source=tunable(code, staff=staff), revision=1, now=NOW)
    return who


def never_published(code: str = "HIRING", *, source: str | None = None) -> Person:
    """A first draft, and somebody who writes it."""
    written_item(code, source=source or tunable(code))
    return author()


def asked(code: str = "HIRING", number: int = 0, budget: str = "", **figures: str) -> Question:
    """A question with figures."""
    return Question(code, number, tuple(figures.items()), budget)
