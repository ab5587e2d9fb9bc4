"""The table of instalments with a later condition."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import WaitingInstalment
from yingshang.web.columns import MomentColumn

from ..templatetags.claims import fen
from .forms import FOUND, TONES


class InstalmentTable(tables.Table):
    """Those a person has to decide first."""

    item_name = tables.Column(
        verbose_name=_("申请"), attrs={"td": {"class": "lead-cell"}, "th": {"class": "wide"}}
    )
    party_name = tables.Column(verbose_name=_("企业"))
    number = tables.Column(verbose_name=_("期次"))
    amount_fen = tables.Column(verbose_name=_("金额"), attrs={"td": {"class": "nowrap"}})
    condition = tables.Column(verbose_name=_("后续条件"), empty_values=())
    found = tables.Column(verbose_name=_("条件判定"), empty_values=())
    found_at = MomentColumn(verbose_name=_("判定时间"))

    class Meta:
        empty_text = _("没有等待后续条件的分期。")
        orderable = False

    def render_item_name(self, record: WaitingInstalment) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            reverse("claims_desk:instalment", args=[record.claim_id, record.number]),
            record.item_name,
            record.claim_number,
        )

    def value_item_name(self, record: WaitingInstalment) -> str:
        return record.claim_number

    def render_amount_fen(self, value: int) -> str:
        return fen(value)

    def value_amount_fen(self, value: int) -> str:
        return f"{value / 100:.2f}"

    def render_condition(self, record: WaitingInstalment) -> str:
        return record.condition or record.text or "—"

    def render_found(self, record: WaitingInstalment) -> SafeString:
        return format_html('<span class="tag {}">{}</span>', TONES.get(record.found, ""), FOUND[record.found])

    def value_found(self, record: WaitingInstalment) -> str:
        return str(FOUND[record.found])
