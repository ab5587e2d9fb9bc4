"""Words for the codes that pages show."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.reference.api import facts


def in_language(chinese: str, english: str) -> str:
    """Of two names that the data carries, the one of the page's language."""
    return english if english and (get_language() or "").startswith("en") else chinese


Words = dict[str, str | Promise]

JOB_STATES: Words = {
    "running": _("运行中"),
    "waiting": _("等待中"),
    "failed": _("失败"),
    "succeeded": _("完成"),
    "cancelled": _("已取消"),
}

SENSITIVITIES: Words = {
    "public": _("公开"),
    "internal": _("内部"),
    "confidential": _("保密"),
    "personal": _("个人信息"),
}

FACT_TYPES: Words = {
    "number": _("数值"),
    "string": _("文本"),
    "boolean": _("是否"),
    "date": _("日期"),
    "list<string>": _("多项文本"),
    "list<context>": _("明细"),
}

IMPORT_STATES: Words = {
    "running": _("导入中"),
    "done": _("完成"),
    "failed": _("失败"),
}

DUPLICATE_REASONS: Words = {
    "name": _("名称相同"),
    "phone": _("登记联系电话相同"),
    "email": _("登记联系邮箱相同"),
}

PARTY_STATUSES = facts()["ent.status"].values

ACTIVE: Words = {"yes": _("启用"), "no": _("停用")}

CHANGES: Words = {
    "added": _("新增"),
    "removed": _("删除"),
    "changed": _("修改"),
    "same": _("不变"),
}

CODE_LISTS: Words = {
    "regions": _("行政区划（GB/T 2260）"),
    "townships": _("乡级行政区划（GB/T 10114）"),
    "industries": _("国民经济行业分类（GB/T 4754-2017）"),
}

REACHES: Words = {
    "agency": _("本机构"),
    "region": _("本地区"),
    "subtree": _("本地区及下级"),
    "everywhere": _("全平台"),
}

REGION_LEVELS: Words = {
    "country": _("国家"),
    "province": _("省级"),
    "prefecture": _("地级"),
    "county": _("县级"),
    "township": _("乡级"),
}

ACTOR_KINDS: Words = {
    "user": _("用户"),
    "client": _("接入系统"),
    "system": _("系统"),
    "visitor": _("访客"),
}

ACTIONS: Words = {
    "access.logged_in": _("登录"),
    "access.logged_out": _("退出"),
    "access.signed_up": _("注册"),
    "access.password_changed": _("修改密码"),
    "access.email_changed": _("修改邮箱"),
    "access.email_confirmed": _("确认邮箱"),
    "access.second_factor_changed": _("修改第二验证方式"),
    "jobs.retried": _("重试任务"),
}
"""What events are called. An action without a name here is shown by its code."""
