"""Words for the codes of the library."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yingshang.areas.policies.api import amount_bands, audiences, benefit_kinds, containers
from yingshang.web.policies.library.places import region_name
from yingshang.web.words import Words, in_language

DELIVERIES: Words = {
    "automatic": _("免申即享"),
    "instant": _("即申即享"),
    "online": _("零跑动"),
    "once": _("最多跑一次"),
}
DELIVERY_NOTES: Words = {
    "automatic": _("不用申请，政府比对数据后直接兑现"),
    "instant": _("提交申请当场兑现"),
    "online": _("全程网上办理，不用跑腿"),
    "once": _("最多到窗口一次"),
}
WHAT: Words = {"item": _("政策事项"), "document": _("政策文件")}
LEVELS: Words = {
    "national": _("国家"),
    "province": _("省级"),
    "prefecture": _("市级"),
    "county": _("县级"),
    "township": _("乡级"),
}
STATES: Words = {
    "in_force": _("现行有效"),
    "upcoming": _("尚未施行"),
    "expired": _("已到期"),
    "superseded": _("已被替代"),
    "withdrawn": _("已撤回"),
    "repealed": _("已废止"),
    "draft": _("征求意见稿"),
    "unknown": _("效力待核"),
    "published": _("已发布"),
}
STATE_TONES = {
    "in_force": ("good", "circle-check"),
    "published": ("good", "circle-check"),
    "upcoming": ("note", "clock"),
    "expired": ("", "calendar-off"),
    "superseded": ("", "history"),
    "withdrawn": ("bad", "circle-x"),
    "repealed": ("bad", "circle-x"),
    "draft": ("warn", "edit"),
    "unknown": ("warn", "help-circle"),
}
WINDOWS: Words = {"open": _("现在可以申请"), "upcoming": _("即将开放")}
ORDERS: Words = {"relevance": _("最相关"), "newest": _("最新发布"), "closing": _("最先截止")}
REACHES: Words = {"holds": _("在这里适用的"), "within": _("这里及下级发布的")}
GROUPS: Words = {
    "what": _("类型"),
    "level": _("层级"),
    "kind": _("奖补类型"),
    "delivery": _("办理方式"),
    "audience": _("适用对象"),
    "container": _("集装箱"),
    "amount": _("最高金额"),
    "region": _("发布地区"),
}
"""The facets, in the order of the page."""


def facet_name(facet: str, code: str) -> str:
    """What a value of a facet is called."""
    if facet == "region":
        return region_name("" if code == "0" else code)
    subjects = {"audience": audiences, "container": containers, "kind": benefit_kinds}
    if facet in subjects:
        for each in subjects[facet]():
            if each.code == code:
                return in_language(each.name, each.name_en)
    if facet == "amount":
        for band in amount_bands():
            if band.code == code:
                return in_language(band.name, band.name_en)
    named: dict[str, Words] = {"what": WHAT, "level": LEVELS, "delivery": DELIVERIES}
    return str(named.get(facet, {}).get(code, code))
