"""Situations of policies: a document that was issued, an item being written, one in force."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.kept import kept
from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, Person, arranged, official, region
from tests.kernel.parties.factories import region_tree
from yingshang.areas.policies.api import DocumentContent, add_document, create_item, publish_item
from yingshang.areas.policies.models import ItemVersion
from yingshang.kernel.access.api import Actor

EXAMPLES = Path(__file__).parents[3] / "examples" / "policies"

TEXT = """关于支持企业吸纳就业的若干措施
一、支持对象
在本市登记注册的企业，参保人数不少于10人的，可以申请吸纳就业补贴。
二、支持标准
（一）按参保人数给予每人1000元的一次性补贴，每户企业最高2万元；
（二）专精特新中小企业另给予5万元奖励。
"""

HIRING = """# 演示事项
id: {code}
name: 吸纳就业补贴
summary: 参保人数不少于10人的企业，每人1000元，最高2万元。
issuer: 哈尔滨市人力资源和社会保障局
region: "{region}"
kind: 补贴
delivery: automatic
effective: {{from: 2026-01-01, to: 2027-12-31}}
windows:
  - {{from: 2026-03-01, to: 2026-12-31}}
conditions:
  - {{id: insured, text: 参保人数不少于10人, clause: 一、, when: 参保人数 >= {staff}}}
benefit:
  text: 每人1000元，最高2万元
  amount: 1000 * 参保人数
  caps: [{{amount: 2, unit: 万元}}]
tags: [就业]
"""


def hiring(code: str = "HIRING", region_code: str = HARBIN, staff: int = 10) -> str:
    """The source of a small item."""
    return HIRING.format(code=code, region=region_code, staff=staff)


def author(region_code: str = HARBIN) -> Person:
    """Somebody who writes policies there."""
    return official("policy_author", region_code)


@kept
def issued_document(*, actor: Actor = SYSTEM, text: str = TEXT, region_path: str = "2301") -> int:
    """A document in force, with its text."""
    region_tree()
    with arranged():
        return add_document(
            actor=actor,
            content=DocumentContent(
                title="关于支持企业吸纳就业的若干措施",
                text=text,
                number="演示〔2026〕1号",
                issuer="哈尔滨市人民政府",
                region_path=region_path,
                status="in_force",
                is_public=True,
            ),
            now=NOW,
        )


@kept
def written_item(code: str = "HIRING", *, source: str | None = None, actor: Actor = SYSTEM) -> str:
    """An item whose first version is a draft."""
    region(HARBIN)
    with arranged():
        return create_item(actor=actor, source=source or hiring(code), now=NOW)


@kept
def approved_item(code: str = "HIRING", *, source: str | None = None) -> str:
    """An item whose draft has passed the review."""
    written_item(code, source=source)
    with arranged():
        ItemVersion.objects.filter(item__code=code).update(state="approved", approved_at=NOW)
    return code


@kept
def published_item(code: str = "HIRING", *, source: str | None = None, now: datetime = NOW) -> str:
    """An item in force."""
    approved_item(code, source=source)
    with arranged():
        publish_item(actor=SYSTEM, code=code, now=now)
    return code
