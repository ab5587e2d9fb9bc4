"""The tables of mass messages."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from yingshang.web.columns import MomentColumn, ToneColumn, WordColumn
from yingshang.web.messages import ChannelColumn, KindColumn, channel_name
from yingshang.web.words import LIST_PROBLEMS


class CampaignTable(tables.Table):
    """Mass messages."""

    class Meta:
        empty_text = _("还没有群发过消息")

    title = tables.Column(
        verbose_name=_("名称"), orderable=False, linkify=("desk:campaign", [tables.A("id")])
    )
    state = ToneColumn("campaign", verbose_name=_("状态"), orderable=False)
    kind = KindColumn(verbose_name=_("种类"), orderable=False)
    channels = tables.Column(verbose_name=_("渠道"), orderable=False)
    created_by_name = tables.Column(verbose_name=_("发起人"), orderable=False)
    created_at = MomentColumn(verbose_name=_("创建"), orderable=False)
    send_at = MomentColumn(verbose_name=_("发送时间"), orderable=False)
    ended_at = MomentColumn(verbose_name=_("结束"), orderable=False)

    def render_channels(self, value: Any) -> str:
        return "、".join(channel_name(each) for each in value)

    def value_channels(self, value: Any) -> str:
        return self.render_channels(value)


class RecipientTable(tables.Table):
    """Each message of one of them."""

    class Meta:
        empty_text = _("还没有写出消息")

    party_name = tables.Column(
        verbose_name=_("企业"), orderable=False, linkify=("desk:party", [tables.A("party_id")])
    )
    credit_code = tables.Column(verbose_name=_("统一社会信用代码"), orderable=False)
    region_name = tables.Column(verbose_name=_("区划"), orderable=False)
    channel = ChannelColumn(verbose_name=_("渠道"), orderable=False)
    address = tables.Column(verbose_name=_("地址"), orderable=False)
    state = ToneColumn("message", verbose_name=_("状态"), orderable=False)
    sent_at = MomentColumn(verbose_name=_("送出"), orderable=False)
    delivered_at = MomentColumn(verbose_name=_("送达"), orderable=False)
    read_at = MomentColumn(verbose_name=_("阅读"), orderable=False)
    error = tables.Column(verbose_name=_("原因"), orderable=False)


class UnreachedTable(tables.Table):
    """Who was not reached, and why."""

    class Meta:
        empty_text = _("没有送不到的企业")

    text = tables.Column(verbose_name=_("代码"), orderable=False)
    party_name = tables.Column(verbose_name=_("企业"), orderable=False)
    row = tables.Column(verbose_name=_("行"), orderable=False)
    problem = WordColumn(LIST_PROBLEMS, verbose_name=_("原因"), orderable=False)
