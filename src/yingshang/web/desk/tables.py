"""The tables of the workbench."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from yingshang.web.columns import CountColumn, DayColumn, MomentColumn, ToneColumn, WordColumn, tone_tag
from yingshang.web.words import DUPLICATE_REASONS, SIZES, SYSTEM_ACTORS, in_language


class DueTable(tables.Table):
    """What is due."""

    class Meta:
        empty_text = _("没有要办的事")

    title = tables.TemplateColumn(template_name="desk/due_title.html", verbose_name=_("事项"))
    colour = tables.TemplateColumn(
        template_name="desk/due_clock.html", verbose_name=_("时限"), orderable=False
    )
    due_on = DayColumn(verbose_name=_("到期日"))
    kind_name = tables.Column(verbose_name=_("种类"), attrs={"td": {"class": "nowrap"}})
    since = DayColumn(verbose_name=_("自"))
    region_name = tables.Column(verbose_name=_("区划"), attrs={"td": {"class": "nowrap"}})
    agency_name = tables.Column(verbose_name=_("机构"), attrs={"td": {"class": "agency"}})

    def value_title(self, record: Any) -> str:
        return str(record.title)

    def value_colour(self, record: Any) -> str:
        return str(record.colour_name.name)


class PartyTable(tables.Table):
    """Enterprises."""

    class Meta:
        empty_text = _("您的范围内还没有企业")

    name = tables.Column(verbose_name=_("名称"), linkify=("desk:party", [tables.A("id")]))
    credit_code = tables.Column(verbose_name=_("统一社会信用代码"))
    region_full_name = tables.Column(verbose_name=_("所在区划"), attrs={"td": {"class": "place"}})
    industry_name = tables.Column(verbose_name=_("行业"))
    size = WordColumn(SIZES, verbose_name=_("规模"))
    status = ToneColumn("status", verbose_name=_("登记状态"))

    def render_credit_code(self, value: str) -> str:
        return format_html('<span class="code">{}</span>', value)

    def value_credit_code(self, value: str) -> str:
        return value


class ImportTable(tables.Table):
    """Deliveries of files."""

    class Meta:
        empty_text = _("还没有导入过文件")

    file_name = tables.Column(verbose_name=_("文件"), linkify=("desk:import", [tables.A("id")]))
    source = tables.Column(verbose_name=_("来源"))
    as_of = DayColumn(verbose_name=_("数据日期"))
    state = ToneColumn("import", verbose_name=_("状态"))
    created = CountColumn(verbose_name=_("新增"))
    changed = CountColumn(verbose_name=_("有变化"))
    unchanged = CountColumn(verbose_name=_("无变化"))
    rejected = CountColumn(verbose_name=_("剔除"))
    started_by_name = WordColumn(SYSTEM_ACTORS, verbose_name=_("导入人"), orderable=False)
    started_at = MomentColumn(verbose_name=_("开始"))


class RejectTable(tables.Table):
    """Rows that could not be used."""

    class Meta:
        empty_text = _("没有剔除的行")

    row = CountColumn(verbose_name=_("行"), orderable=False)
    subject = tables.Column(verbose_name=_("主体"), orderable=False)
    reasons = tables.TemplateColumn(
        template_name="desk/reject_reasons.html", verbose_name=_("原因"), orderable=False
    )

    def value_reasons(self, record: Any) -> str:
        return "；".join(str(each) for each in record.reasons)


class DuplicateTable(tables.Table):
    """Pairs of parties that may be one."""

    class Meta:
        empty_text = _("没有发现重复的主体")

    pair = tables.TemplateColumn(
        template_name="desk/duplicate_pair.html", verbose_name=_("两个主体"), orderable=False, empty_values=()
    )
    reasons = tables.Column(verbose_name=_("为何可能相同"), orderable=False)

    def value_pair(self, record: Any) -> str:
        one, other = record.kept, record.duplicate
        return f"{one.credit_code} {one.name} / {other.credit_code} {other.name}"

    def render_reasons(self, value: Any) -> str:
        return "、".join(str(DUPLICATE_REASONS.get(each, each)) for each in value)

    def value_reasons(self, value: Any) -> str:
        return self.render_reasons(value)


class BindingTable(tables.Table):
    """Requests for binding."""

    class Meta:
        empty_text = _("没有绑定申请")

    enterprise = tables.Column(
        verbose_name=_("企业"), linkify=("desk:binding", [tables.A("id")]), empty_values=()
    )
    credit_code = tables.Column(verbose_name=_("统一社会信用代码"))
    requester = tables.Column(verbose_name=_("申请人"))
    agency = tables.Column(verbose_name=_("办理机构"))
    requested_at = MomentColumn(verbose_name=_("申请时间"))
    due_on = DayColumn(verbose_name=_("到期日"))
    state = tables.Column(verbose_name=_("状态"))

    def render_enterprise(self, value: str, record: Any) -> str:
        return value or record.credit_code

    def value_enterprise(self, value: str) -> str:
        return value

    def render_state(self, record: Any) -> str:
        tone = {"in_review": "waiting", "approved": "approved", "refused": "refused"}.get(record.state, "")
        return tone_tag("binding", tone, in_language(record.state_name, record.state_name_en))

    def value_state(self, record: Any) -> str:
        return in_language(record.state_name, record.state_name_en)
