"""The table of an enterprise's claims."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import ClaimSummary, claim_states
from yingshang.web.columns import MomentColumn
from yingshang.web.words import in_language

from ..columns import ClaimedColumn
from ..templatetags.claims import claim_state, mode_name


class ClaimTable(tables.Table):
    """Each claim on a line."""

    item_name = tables.Column(verbose_name=_("政策事项"), orderable=False)
    number = tables.Column(verbose_name=_("申请编号"), orderable=False, attrs={"td": {"class": "nowrap"}})
    mode = tables.Column(verbose_name=_("办理方式"), orderable=False)
    state = tables.Column(verbose_name=_("状态"), orderable=False)
    award_fen = ClaimedColumn(verbose_name=_("金额"), orderable=False, empty_values=())
    submitted_at = MomentColumn(verbose_name=_("提交时间"), orderable=False)

    class Meta:
        empty_text = _("还没有兑现申请。可以从“可享政策”开始。")

    def render_item_name(self, record: ClaimSummary) -> SafeString:
        link = format_html('<a href="{}">{}</a>', reverse("claims:claim", args=[record.id]), record.item_name)
        if not record.bundle:
            return link
        return format_html(
            '{} <a class="tag outline" href="{}">{}</a>',
            link,
            reverse("claims:bundle", args=[record.bundle]),
            _("一并申请"),
        )

    def value_item_name(self, record: ClaimSummary) -> str:
        return record.item_name

    def render_mode(self, record: ClaimSummary) -> str:
        return mode_name(record.mode)

    def render_state(self, record: ClaimSummary) -> SafeString:
        return claim_state(record.state)

    def value_state(self, record: ClaimSummary) -> str:
        return in_language(*claim_states()[record.state][:2])
