"""The tables of these pages."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.reference.api import agency_kinds
from yingshang.web.columns import CountColumn, MomentColumn, ToneColumn, WordColumn, tone_tag
from yingshang.web.desk.templatetags.words import duration_word
from yingshang.web.words import (
    ACTIONS,
    FACT_TYPES,
    SYSTEM_ACTORS,
    VERSION_STATES,
    actor_name,
    in_language,
    job_title,
)


class AuditTable(tables.Table):
    """Events."""

    class Meta:
        empty_text = _("还没有操作记录")

    occurred_at = MomentColumn(
        verbose_name=_("时间"), linkify=("administration:audit-event", [tables.A("id")])
    )
    actor_name = tables.Column(verbose_name=_("操作人"))
    action = WordColumn(ACTIONS, verbose_name=_("动作"))
    target_name = tables.Column(verbose_name=_("对象"), empty_values=())
    reason = tables.Column(verbose_name=_("理由"), orderable=False)

    def render_actor_name(self, value: str, record: Any) -> str:
        return actor_name(record.actor_kind, value)

    def value_actor_name(self, value: str, record: Any) -> str:
        return actor_name(record.actor_kind, value)

    def render_target_name(self, value: str | None, record: Any) -> str:
        return value or f"{record.target_kind} {record.target_id}"

    def value_target_name(self, value: str | None, record: Any) -> str:
        return self.render_target_name(value, record)


class JobTable(tables.Table):
    """Jobs."""

    class Meta:
        empty_text = _("还没有任务")

    id = tables.Column(
        verbose_name=_("编号"), orderable=False, linkify=("administration:job", [tables.A("id")])
    )
    title = tables.Column(verbose_name=_("任务"), orderable=False)
    state = ToneColumn("job", verbose_name=_("状态"), orderable=False)
    percent = tables.TemplateColumn(
        template_name="administration/job_progress.html",
        verbose_name=_("进度"),
        orderable=False,
        empty_values=(),
    )
    attempts = tables.Column(verbose_name=_("次数"), orderable=False)
    started_by_name = WordColumn(SYSTEM_ACTORS, verbose_name=_("发起人"), orderable=False)
    created_at = MomentColumn(verbose_name=_("创建"), orderable=False)
    updated_at = MomentColumn(verbose_name=_("更新"), orderable=False)

    def render_title(self, value: str, record: Any) -> str:
        return job_title(value, record.name)

    def value_title(self, value: str, record: Any) -> str:
        return job_title(value, record.name)

    def value_percent(self, record: Any) -> str:
        return "" if record.percent is None else f"{record.percent}%"


class CatalogueTable(tables.Table):
    """Facts."""

    class Meta:
        empty_text = _("目录是空的")

    name = tables.Column(verbose_name=_("名称"), linkify=("administration:fact", [tables.A("code")]))
    code = tables.Column(verbose_name=_("代码"))
    type = WordColumn(FACT_TYPES, verbose_name=_("类型"))
    unit = tables.Column(verbose_name=_("单位"))
    agency = tables.Column(verbose_name=_("来源部门"))
    sensitivity = ToneColumn("sensitivity", verbose_name=_("敏感程度"))
    fresh_for = tables.Column(verbose_name=_("保鲜期"))

    def render_code(self, value: str) -> str:
        return format_html("<code>{}</code>", value)

    def value_code(self, value: str) -> str:
        return value

    def render_fresh_for(self, value: str) -> str:
        return duration_word(value)

    def value_fresh_for(self, value: str) -> str:
        return value


class AgencyTable(tables.Table):
    """Agencies."""

    class Meta:
        empty_text = _("您的范围内还没有机构")

    name = tables.Column(verbose_name=_("名称"), linkify=("administration:agency", [tables.A("id")]))
    code = tables.Column(verbose_name=_("机构代码"))
    document_code = tables.Column(verbose_name=_("机关代字"))
    kind = tables.Column(verbose_name=_("类别"))
    region_full_name = tables.Column(verbose_name=_("所在区划"))
    parent_name = tables.Column(verbose_name=_("上级机构"), orderable=False)
    is_active = ToneColumn("active", verbose_name=_("状态"))

    def render_kind(self, value: str) -> str:
        kind = agency_kinds().get(value)
        return in_language(kind.name, kind.name_en) if kind else value

    def value_kind(self, value: str) -> str:
        return self.render_kind(value)


class UserTable(tables.Table):
    """Users."""

    class Meta:
        empty_text = _("您的范围内还没有用户")

    name = tables.Column(
        verbose_name=_("姓名"), linkify=("administration:user", [tables.A("id")]), empty_values=()
    )
    username = tables.Column(verbose_name=_("用户名"))
    agency_name = tables.Column(verbose_name=_("所属机构"), orderable=False)
    appointments = tables.Column(verbose_name=_("现任角色"), orderable=False)
    is_active = ToneColumn("active", verbose_name=_("账号"), orderable=False)

    def render_name(self, value: str, record: Any) -> str:
        return value or record.username

    def value_name(self, value: str, record: Any) -> str:
        return value or str(record.username)

    def render_appointments(self, value: Any) -> str:
        today = timezone.localdate()
        return "、".join(dict.fromkeys(each.role_name for each in value if each.in_force(today))) or "—"

    def value_appointments(self, value: Any) -> str:
        return self.render_appointments(value)


class ClientTable(tables.Table):
    """Systems."""

    class Meta:
        empty_text = _("还没有接入系统")

    name = tables.Column(verbose_name=_("系统名称"))
    client_id = tables.Column(verbose_name=_("客户端编号"), orderable=False)
    role_name = tables.Column(verbose_name=_("角色"))
    agency_name = tables.Column(verbose_name=_("所属机构"))
    registered_at = MomentColumn(verbose_name=_("登记"))
    disabled_at = tables.TemplateColumn(
        template_name="administration/client_state.html",
        verbose_name=_("状态"),
        orderable=False,
        empty_values=(),
    )
    actions = tables.TemplateColumn(
        template_name="administration/client_actions.html", verbose_name="", orderable=False, empty_values=()
    )

    def value_disabled_at(self, value: Any) -> str:
        return "" if value is None else str(timezone.localtime(value).date())


class FlowTable(tables.Table):
    """Flows."""

    class Meta:
        empty_text = _("还没有流程")

    name = tables.Column(verbose_name=_("名称"), linkify=("administration:flow", [tables.A("code")]))
    code = tables.Column(verbose_name=_("代码"))
    published = tables.Column(verbose_name=_("已发布版本"), empty_values=())
    has_draft = tables.Column(verbose_name=_("草稿"), orderable=False)
    open_cases = CountColumn(verbose_name=_("在办件数"))
    changed_at = MomentColumn(verbose_name=_("修改"))

    def render_name(self, value: str, record: Any) -> str:
        return in_language(value, record.name_en)

    def value_name(self, value: str, record: Any) -> str:
        return self.render_name(value, record)

    def render_code(self, value: str) -> str:
        return format_html("<code>{}</code>", value)

    def value_code(self, value: str) -> str:
        return value

    def render_published(self, value: int | None) -> str:
        return "—" if value is None else gettext("第 %(number)d 版") % {"number": value}

    def value_published(self, value: int | None) -> str:
        return "" if value is None else str(value)

    def render_has_draft(self, value: bool) -> str:
        return tone_tag("version", "draft") if value else "—"

    def value_has_draft(self, value: bool) -> str:
        return str(VERSION_STATES["draft"]) if value else ""


class LadderTable(tables.Table):
    """Ladders."""

    class Meta:
        empty_text = _("还没有提醒阶梯")

    name = tables.Column(
        verbose_name=_("名称"),
        accessor="shown__name",
        orderable=False,
        linkify=("administration:ladder", [tables.A("code")]),
    )
    code = tables.Column(verbose_name=_("代码"), orderable=False)
    rungs = tables.Column(verbose_name=_("级数"), accessor="shown__rungs", orderable=False)
    published = tables.Column(verbose_name=_("已发布版本"), empty_values=(), orderable=False)
    changed_at = MomentColumn(verbose_name=_("修改"), accessor="shown__changed_at", orderable=False)
    draft = tables.Column(verbose_name=_("草稿"), empty_values=(), orderable=False)

    def render_name(self, value: str, record: Any) -> str:
        return in_language(value, record.shown.name_en)

    def value_name(self, value: str, record: Any) -> str:
        return self.render_name(value, record)

    def render_code(self, value: str) -> str:
        return format_html("<code>{}</code>", value)

    def value_code(self, value: str) -> str:
        return value

    def render_rungs(self, value: Any) -> int:
        return len(value)

    def value_rungs(self, value: Any) -> int:
        return len(value)

    def render_published(self, value: Any) -> str:
        return "—" if value is None else gettext("第 %(number)d 版") % {"number": value.number}

    def value_published(self, value: Any) -> str:
        return "" if value is None else str(value.number)

    def render_draft(self, value: Any) -> str:
        return "—" if value is None else tone_tag("version", "draft")

    def value_draft(self, value: Any) -> str:
        return "" if value is None else str(value.number)
