"""Which way claims, batches, orders, lists and recoveries may go: the tables of `data/lifecycle.yaml`."""

from __future__ import annotations

from yingshang.kernel.reference.api import Lifecycle

from .errors import NotPossibleNow


def _table(name: str, thing: str, thing_zh: str) -> Lifecycle:
    return Lifecycle(
        "yingshang.areas.claims", table=name, thing=thing, thing_zh=thing_zh, refusal=NotPossibleNow
    )


CLAIM = _table("claim", "claim", "该申请")
BATCH = _table("batch", "batch", "该拨付批次")
ORDER = _table("order", "payment order", "该支付指令")
LIST = _table("list", "list", "该名单")
PROMISE = _table("promise", "promise", "该承诺")
RECONSIDERATION = _table("reconsideration", "reconsideration", "该复核")
RECOVERY = _table("recovery", "recovery", "该追回事项")
PUBLICITY = _table("publicity", "publicity", "该公示")
APPROVAL = _table("approval", "batch of approvals", "该核准批次")
APPOINTMENT = _table("appointment", "appointment", "该预约")
SCORING = _table("scoring", "scoring by experts", "该专家评审")
SEAT = _table("seat", "score sheet", "您的评分")
FIELD_CHECK = _table("field_check", "field check", "该实地核查")
