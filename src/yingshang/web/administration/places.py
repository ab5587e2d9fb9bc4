"""The parts of administration: for its first page and for the navigation."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Place:
    """One part of administration, and what one must be allowed to do to see it."""

    url: str
    name: str | Promise
    text: str | Promise
    icon: str
    permissions: tuple[str, ...]


PLACES = (
    Place(
        "administration:regions",
        _("行政区划"),
        _("省、市、县、乡的树，以及每一处的机构"),
        "map",
        ("parties.view_agencies", "parties.view"),
    ),
    Place(
        "administration:agencies",
        _("机构名录"),
        _("新增、改名、迁移、停用"),
        "building-bank",
        ("parties.view_agencies",),
    ),
    Place(
        "administration:users", _("用户与任职"), _("账号、任职、解除锁定"), "users", ("access.view_users",)
    ),
    Place(
        "administration:roles",
        _("角色与权限"),
        _("谁能做什么，哪些岗位不相容"),
        "shield-lock",
        ("access.view_roles",),
    ),
    Place(
        "administration:clients",
        _("接入系统"),
        _("调用接口的系统和它们的密钥"),
        "plug",
        ("access.manage_clients",),
    ),
    Place("administration:calendar", _("工作日历"), _("放假、调休和它们的依据"), "calendar", ("desk.open",)),
    Place(
        "administration:ladders",
        _("提醒阶梯"),
        _("到期前后何时提示、预警、升级、督办"),
        "stairs",
        ("clock.manage",),
    ),
    Place(
        "administration:flows",
        _("流程"),
        _("谁在何时办什么：步骤、画图、发布和版本"),
        "sitemap",
        ("flow.manage",),
    ),
    Place(
        "administration:documents",
        _("文书模板"),
        _("答复书、回执等怎么写：编辑、预览、发布和版本"),
        "file-text",
        ("documents.manage_templates",),
    ),
    Place(
        "administration:forms",
        _("表单"),
        _("请人填写什么：字段、条件、预填来源、版本"),
        "forms",
        ("forms.manage",),
    ),
    Place(
        "administration:facts",
        _("事实目录"),
        _("能知道的每一项事实和它的来源"),
        "list-details",
        ("parties.view_catalogue", "parties.view"),
    ),
    Place(
        "administration:audit",
        _("操作记录"),
        _("谁在何时做了什么，前后有何变化"),
        "history",
        ("access.view_audit",),
    ),
    Place(
        "administration:log",
        _("存证日志"),
        _("记录有没有被改过：检查点、见证方、审计"),
        "shield-check",
        ("access.view_audit", "access.manage_log"),
    ),
    Place(
        "administration:message-templates",
        _("消息模板"),
        _("平台发出的每一种消息怎么说"),
        "message-2",
        ("notices.manage_templates",),
    ),
    Place(
        "administration:message-rules",
        _("消息规则"),
        _("静默时段、保存期限、渠道、敏感词表"),
        "moon",
        ("notices.manage_templates",),
    ),
    Place(
        "administration:outbox",
        _("消息发送"),
        _("发往站外的消息走到哪一步，失败的重发"),
        "mail-forward",
        ("notices.view_outbox",),
    ),
    Place("administration:jobs", _("任务"), _("后台任务的进度、失败与重试"), "list-check", ("jobs.view",)),
)
