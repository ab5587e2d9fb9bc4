"""The list as a document, once the new head has signed for it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner, generate
from yingshang.kernel.ledger.api import receipt_code

from ..models import HandOver, HandOverLine
from .reach import reached
from .rules import hand_over_rules

HAND_OVERS = "contract_hand_over"
"""The owner that documents and clocks know lists by."""
TEMPLATE = "contract_hand_over_list"


def may_read_list(actor: Actor, identifier: str) -> bool:
    """Who reads the list opens its document, which gives the number alone of contracts that are not open."""
    return identifier.isdigit() and reached(actor).filter(pk=int(identifier)).exists()


def set_list(row: HandOver, *, actor: Actor, now: datetime) -> int:
    """Set the list as a document; its number. The contracts most is owed by are named, all are kept under the hash."""
    lines = list(row.lines.select_related("contract").order_by("-late_count", "-owed_fen", "pk"))
    listed = hand_over_rules(row.region_path).listed
    document = generate(
        actor=actor,
        template=TEMPLATE,
        context={
            "agency": row.agency.name,
            "before": row.before.name if row.before else "（无）",
            "after": row.after.name,
            "since": _day(row.after.since),
            "as_of": _day(row.as_of),
            "count": row.contract_count,
            "late": row.late_count,
            "open": _yuan(row.open_fen),
            "owed": _yuan(row.owed_fen),
            "interest": _yuan(row.interest_fen),
            "lines": _written(lines[:listed], row.contract_count),
            "hash": hash_of(lines),
            "remark": row.remark or "无",
            "date": _day(timezone.localdate(now)),
        },
        owner=Owner(HAND_OVERS, str(row.pk)),
        region_path=row.region_path,
        agency_id=row.agency_id,
        receipt_code=receipt_code(row.receipt_event) if row.receipt_event else None,
        name=f"合同移交清单-{row.as_of:%Y%m%d}.pdf",
        now=now,
    )
    return int(document.id)


def hash_of(lines: Sequence[HandOverLine]) -> str:
    """The fingerprint of every line with what both said: by it the list is recognised."""
    text = "\n".join(
        "|".join(
            str(part)
            for part in (
                line.contract_id,
                line.open_count,
                line.late_count,
                line.open_fen,
                line.owed_fen,
                line.interest_fen,
                line.next_due_on or "",
                line.said_before,
                line.said_after,
            )
        )
        for line in sorted(lines, key=lambda each: each.contract_id)
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _written(lines: Sequence[HandOverLine], count: int) -> str:
    written = [_line(number, line) for number, line in enumerate(lines, 1)]
    if count > len(lines):
        written.append(f"其余 {count - len(lines)} 份见平台上的移交清单。")
    return "\n".join(written) or "没有未履行完毕的合同。"


def _line(number: int, line: HandOverLine) -> str:
    contract = line.contract
    title = contract.title if contract.secrecy == "open" else "（非公开合同）"
    late = f"，逾期 {line.late_count} 项、拖欠 {_yuan(line.owed_fen)} 元" if line.late_count else ""
    said = "".join(
        f"；{who}：{what}"
        for who, what in (("移交说明", line.said_before), ("接收意见", line.said_after))
        if what
    )
    to_do = f"未履行 {line.open_count} 项、待付 {_yuan(line.open_fen)} 元"
    return f"（{number}）{contract.number} {title}：{to_do}{late}{said}。"


def _yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:,.2f}"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
