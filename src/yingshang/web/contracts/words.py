"""Words for the codes of contracts. Names that the data carries are taken from it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts.api import (
    BATCH,
    CANCELLATION,
    CASE,
    CONTRACT,
    HAND_OVER,
    NOTICE,
    OBJECTION,
    OBLIGATION,
    PERFORMANCE,
    REPAIR,
    SUPPLEMENT,
    TRANSFER,
    contract_rules,
)
from yingshang.kernel.reference.api import Lifecycle, code_of_path, find_region
from yingshang.web.words import in_language

Words = dict[str, str | Promise]

SIDES: Words = {"unit": _("政府方"), "counterparty": _("相对方")}
SOURCES: Words = {"form": _("手工登记"), "table": _("表格导入"), "api": _("接口报送"), "ocds": _("采购系统")}
DIRECTIONS: Words = {"pays": _("政府付款"), "receives": _("政府收款"), "none": _("不涉及价款")}
ESCALATIONS: Words = {
    "remind": _("已提醒"),
    "warn": _("已预警"),
    "escalate": _("已升级"),
    "notice": _("已督办"),
    "case": _("已立案"),
    "transfer": _("已移送"),
}
_TABLES: dict[str, Lifecycle] = {
    "contract": CONTRACT,
    "supplement": SUPPLEMENT,
    "batch": BATCH,
    "obligation": OBLIGATION,
    "performance": PERFORMANCE,
    "notice": NOTICE,
    "case": CASE,
    "transfer": TRANSFER,
    "cancellation": CANCELLATION,
    "hand_over": HAND_OVER,
    "objection": OBJECTION,
    "repair": REPAIR,
}


def state_of(table: str, state: str) -> tuple[str, str]:
    """The name of a state, and its tone."""
    found = _TABLES[table].states[state]
    return in_language(found.name, found.name_en), found.tone


def state_choices(table: str) -> list[tuple[str, str]]:
    """Every state with its name."""
    return [(code, state_of(table, code)[0]) for code in _TABLES[table].states]


def region_name(path: str) -> str:
    """The name of a region by its path; the digits where there is none."""
    found = find_region(code_of_path(path)) if path else None
    return found.name if found else path


RESERVED: Words = {"": _("不清楚"), "yes": _("已列入预算"), "no": _("未列入预算")}
SAID: Words = {
    "done": _("已经履行"),
    "partial": _("部分履行"),
    "not_received": _("未收到"),
    "disputed": _("有争议"),
    "settled": _("争议已解决"),
}
GOES_ON = _("案件已结，移送仍在办理")
"""Of a case that is closed, and of the transfer another body still deals with."""
BROKEN = _("承诺已过期")
"""Of an answer that promised a day which is past, while what it promised is still owed."""
PROMISES: Words = {"promised": _("承诺待兑现"), "broken": BROKEN}
"""Notices by what becomes of the promise in their answer."""
AGREED_AS: Words = {"counterparty": _("相对方"), "supervisor": _("督办部门")}
CONFIRMED_BY: Words = {"counterparty": _("相对方确认"), "supervisor": _("督办单位核定")}


def named(table: str, code: str) -> str:
    """The name of a code of the rules: `named("kinds", "lease")`; the code itself where the rules no longer have it."""
    found = getattr(contract_rules(), table).get(code)
    return in_language(found.name, found.name_en) if found else code


def named_choices(table: str) -> list[tuple[str, str]]:
    """Every code of a table of the rules with its name."""
    return [(code, named(table, code)) for code in getattr(contract_rules(), table)]


def kind_name(code: str) -> str:
    """The name of a class of contracts."""
    return named("kinds", code)


def yuan(fen: Any) -> Decimal | None:
    """An amount in fen as yuan; None stays None."""
    return None if fen is None else (Decimal(fen) / 100).quantize(Decimal("0.01"))
