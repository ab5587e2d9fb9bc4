"""The tables of the library on the desk."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import KeptAnswer, TemplateView
from yingshang.web.columns import MomentColumn

from ..templatetags.appeals import state_tag
from ..words import region_name, state_of, topic_name


class KeptTable(tables.Table):
    """Each answer on a line."""

    class Meta:
        empty_text = _("这里没有条目。诉求的答复发送后，可以在诉求页面收入知识库。")
        orderable = False

    question = tables.Column(verbose_name=_("问题"), attrs={"td": {"class": "lead-cell"}})
    state = tables.Column(verbose_name=_("状态"))
    topic = tables.Column(verbose_name=_("主题"), default="—")
    region_path = tables.Column(verbose_name=_("适用地区"), default="—")
    agency_name = tables.Column(verbose_name=_("单位"))
    use_count = tables.Column(verbose_name=_("引用次数"), attrs={"td": {"class": "number"}})
    published_at = MomentColumn(verbose_name=_("发布时间"), default="—")

    def render_question(self, record: KeptAnswer) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("appeals_desk:answer", args=[record.id]), record.question
        )

    def value_question(self, record: KeptAnswer) -> str:
        return record.question

    def render_state(self, record: KeptAnswer) -> SafeString:
        waits = record.open_state if record.state != "new" or record.open_state == "returned" else ""
        if not waits:
            return state_tag("answer", record.state)
        more = state_tag("answer_version", waits)
        own = state_tag("answer", record.state)
        return more if record.state == "new" else format_html("<span>{} {}</span>", own, more)

    def value_state(self, record: KeptAnswer) -> str:
        return state_of("answer", record.state)[0]

    def render_topic(self, value: str) -> str:
        return topic_name(value)

    def render_region_path(self, value: str) -> str:
        return region_name(value)


class TemplateTable(tables.Table):
    """Each template of a place on a line."""

    class Meta:
        empty_text = _("还没有自己的模板，平台的模板见下面。")
        orderable = False

    name = tables.Column(verbose_name=_("名称"), attrs={"td": {"class": "lead-cell"}})
    topic = tables.Column(verbose_name=_("主题"), default="—")
    whose = tables.Column(verbose_name=_("谁可以用"), empty_values=(), accessor="agency_name")
    written_by_name = tables.Column(verbose_name=_("最近修改"))
    written_at = MomentColumn(verbose_name=_("修改时间"))

    def render_name(self, record: TemplateView) -> SafeString | str:
        # What is another agency's is read here, and changed by them.
        if not record.may:
            return record.name
        return format_html(
            '<a href="{}">{}</a>', reverse("appeals_desk:template", args=[record.id]), record.name
        )

    def value_name(self, record: TemplateView) -> str:
        return record.name

    def render_topic(self, value: str) -> str:
        return topic_name(value)

    def render_whose(self, record: TemplateView) -> str:
        return record.agency_name or gettext("%(region)s各单位") % {"region": region_name(record.region_path)}
