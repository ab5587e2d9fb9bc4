"""The tables of messages."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from yingshang.web.columns import MomentColumn, ToneColumn
from yingshang.web.messages import ChannelColumn, KindColumn
from yingshang.web.words import in_language


class TextTemplateTable(tables.Table):
    """Templates."""

    class Meta:
        empty_text = _("您的范围内还没有消息模板")

    name = tables.Column(
        verbose_name=_("名称"), linkify=("administration:message-template", [tables.A("code")])
    )
    code = tables.Column(verbose_name=_("代码"))
    kind = KindColumn(verbose_name=_("种类"))
    published = tables.Column(verbose_name=_("版本"), orderable=False)
    draft = tables.Column(verbose_name=_("草稿"), orderable=False, empty_values=())

    def render_name(self, value: str, record: Any) -> str:
        return in_language(value, record.name_en)

    def render_code(self, value: str) -> str:
        return format_html("<code>{}</code>", value)

    def value_code(self, value: str) -> str:
        return value

    def render_published(self, value: Any) -> str:
        return str(value.number)

    def value_published(self, value: Any) -> str:
        return str(value.number) if value else ""

    def render_draft(self, value: Any) -> str:
        return str(value.number) if value else "—"

    def value_draft(self, value: Any) -> str:
        return str(value.number) if value else ""


class OutboxTable(tables.Table):
    """Messages on their way."""

    class Meta:
        empty_text = _("还没有发送过消息")

    id = tables.Column(verbose_name=_("编号"), orderable=False)
    channel = ChannelColumn(verbose_name=_("渠道"), orderable=False)
    address = tables.Column(verbose_name=_("地址"), orderable=False)
    state = ToneColumn("message", verbose_name=_("状态"), orderable=False)
    actions = tables.TemplateColumn(
        template_name="administration/outbox_actions.html",
        verbose_name=_("操作"),
        orderable=False,
        empty_values=(),
    )
    kind = KindColumn(verbose_name=_("种类"), orderable=False)
    template = tables.Column(verbose_name=_("模板"), orderable=False)
    created_at = MomentColumn(verbose_name=_("写出"), orderable=False)
    sent_at = MomentColumn(verbose_name=_("送出"), orderable=False)
    delivered_at = MomentColumn(verbose_name=_("送达"), orderable=False)
    read_at = MomentColumn(verbose_name=_("阅读"), orderable=False)
    next_try_at = MomentColumn(verbose_name=_("下次尝试"), orderable=False)
    attempts = tables.Column(verbose_name=_("次数"), orderable=False)
    error = tables.Column(verbose_name=_("原因"), orderable=False)
