"""Words for the codes of appeals. Names that the data carries are taken from it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import (
    ANSWER,
    ANSWER_VERSION,
    APPEAL,
    CONSULTATION,
    INVITATION,
    NOTICE,
    OBJECTION,
    PART,
    REPLY,
    REQUEST,
    SUGGESTION,
    link_kinds,
    rules_of,
    topics,
)
from yingshang.kernel.reference.api import Lifecycle, code_of_path, find_region
from yingshang.web.words import in_language

Words = dict[str, str | Promise]

MILESTONES: Words = {
    "submitted": _("已提出"),
    "added": _("补充了内容"),
    "dispatched": _("交由办理"),
    "reassigned": _("改由办理"),
    "bounced": _("转回派单单位重新派单"),
    "raised": _("上报上一级"),
    "declined": _("不予受理"),
    "joined": _("与同类诉求合并办理"),
    "contacted": _("办理单位已联系"),
    "contact_tried": _("办理单位联系过，没有联系上"),
    "assisted": _("请其他单位协办"),
    "consulted": _("组织会商"),
    "consultation_ended": _("会商结束"),
    "extended": _("延长了办理期限"),
    "paused": _("中止计时"),
    "resumed": _("恢复计时"),
    "replied": _("已答复"),
    "confirmed": _("确认已解决"),
    "disputed": _("反映没有解决，继续办理"),
    "settled": _("督查人员办结"),
    "reopened": _("重新办理"),
    "withdrawn": _("撤回"),
    "ended": _("确认已解决"),
    "notice_issued": _("已向办理单位发出督办单"),
}
TONES = {
    "submitted": "note",
    "dispatched": "note",
    "contacted": "good",
    "replied": "good",
    "confirmed": "good",
    "ended": "good",
    "settled": "good",
    "declined": "bad",
    "disputed": "warn",
    "reopened": "warn",
    "notice_issued": "warn",
    "bounced": "warn",
    "raised": "warn",
}
OUTCOMES: Words = {
    "solved": _("已解决"),
    "explained": _("已解释说明"),
    "planned": _("列入计划"),
    "impossible": _("不能解决，说明理由"),
}
WAYS: Words = {
    "telephone": _("电话"),
    "visit": _("上门"),
    "online": _("视频"),
    "message": _("消息"),
}
BEGAN_BY: Words = {
    "dispatched": _("派单办理"),
    "reassigned": _("改派"),
    "ruled": _("裁定派单"),
    "automatic": _("自动派单"),
    "reopened": _("重开"),
}
ENDED_BY: Words = {
    "bounced": _("退回"),
    "reassigned": _("改派"),
    "raised": _("上报"),
    "closed": _("办结"),
    "withdrawn": _("撤回"),
}
REQUEST_KINDS: Words = {"extend": _("延长期限"), "pause": _("中止计时")}
ESCALATIONS: Words = {
    "remind": _("已提醒"),
    "warn": _("已预警"),
    "escalate": _("已升级"),
    "supervise": _("已督办"),
    "list": _("领导挂牌"),
}
LINK_KINDS: Words = {
    "policy_item": _("政策事项"),
    "claim": _("兑现申请"),
    "contract": _("合同"),
    "obligation": _("承诺义务"),
    "project": _("项目"),
    "fact": _("数据项"),
}
CLOSED_BY: Words = {
    "enterprise": _("由诉求人确认"),
    "supervisor": _("由督查人员决定"),
    "main": _("随合并的诉求办结"),
}
_TABLES: dict[str, Lifecycle] = {
    "appeal": APPEAL,
    "part": PART,
    "request": REQUEST,
    "reply": REPLY,
    "notice": NOTICE,
    "suggestion": SUGGESTION,
    "objection": OBJECTION,
    "consultation": CONSULTATION,
    "invitation": INVITATION,
    "answer": ANSWER,
    "answer_version": ANSWER_VERSION,
}


def state_of(table: str, state: str) -> tuple[str, str]:
    """The name of a state, and its tone."""
    found = _TABLES[table].states[state]
    return in_language(found.name, found.name_en), found.tone


def state_choices(table: str) -> list[tuple[str, str]]:
    """Every state with its name."""
    return [(code, state_of(table, code)[0]) for code in _TABLES[table].states]


def topic_name(code: str) -> str:
    """The name of a topic; nothing for none, and the code for one the data does not know any more."""
    found = topics().get(code)
    return in_language(found.name, found.name_en) if found else code


def topic_choices() -> list[tuple[str, str]]:
    """Every topic with its name."""
    return [(code, in_language(each.name, each.name_en)) for code, each in topics().items()]


def link_kind_name(code: str) -> str:
    """The name of what an appeal is about: 兑现申请 for `claim`."""
    found = link_kinds().get(code)
    return in_language(found.name, found.name_en) if found else str(LINK_KINDS.get(code, code))


def difficulty_name(code: str) -> str:
    """一般问题 for `simple`."""
    return _named("difficulties", code)


def urgency_name(code: str) -> str:
    """紧急 for `urgent`."""
    return _named("urgencies", code)


def channel_name(code: str) -> str:
    """热线 for `hotline`."""
    return _named("channels", code)


def named_choices(table: str) -> list[tuple[str, str]]:
    """The rows of `difficulties`, `urgencies` or `channels` with their names."""
    return [(code, _named(table, code)) for code in getattr(rules_of(""), table)]


def region_name(path: str) -> str:
    """The name of a region by its path; the digits where there is none."""
    found = find_region(code_of_path(path)) if path else None
    return found.name if found else path


def _named(table: str, code: str) -> str:
    found = getattr(rules_of(""), table).get(code)
    return in_language(found.name, found.name_en) if found else code
