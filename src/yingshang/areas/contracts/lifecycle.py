"""Which way contracts, and what belongs to them, may go: the tables of `data/lifecycle.yaml`."""

from __future__ import annotations

from yingshang.kernel.reference.api import Lifecycle

from .errors import NotPossibleNow


def _table(name: str, thing: str, thing_zh: str) -> Lifecycle:
    return Lifecycle(
        "yingshang.areas.contracts", table=name, thing=thing, thing_zh=thing_zh, refusal=NotPossibleNow
    )


CONTRACT = _table("contract", "contract", "该合同")
SUPPLEMENT = _table("supplement", "supplement", "该补充协议")
BATCH = _table("batch", "import", "该批次")
OBLIGATION = _table("obligation", "obligation", "该履约义务")
PERFORMANCE = _table("performance", "entry", "该履约记录")
NOTICE = _table("notice", "supervision notice", "该督办通知书")
CASE = _table("case", "case", "该督办案件")
TRANSFER = _table("transfer", "transfer", "该移送")
CANCELLATION = _table("cancellation", "cancellation", "该销号申请")
HAND_OVER = _table("hand_over", "hand-over list", "该移交清单")
OBJECTION = _table("objection", "objection", "该异议")
REPAIR = _table("repair", "repair", "该修复申请")
