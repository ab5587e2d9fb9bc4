"""Tables of how far items have come."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.policies.api import ReachSummary, UnactedParty
from yingshang.web.columns import CountColumn, MomentColumn
from yingshang.web.design import formats
from yingshang.web.design.icons import icon
from yingshang.web.words import SIZES

from .forms import PROGRESS_WORDS

_TONES = {
    "untold": ("", "hourglass"),
    "told": ("note", "send"),
    "read": ("note", "mail-opened"),
    "clicked": ("good", "check"),
}


_WHOLE = {"td": {"class": "nowrap"}}


class ReachItemTable(tables.Table):
    """Items in force; each leads to its reach and its evaluation."""

    class Meta:
        empty_text = _("还没有正在施行的政策事项")

    name = tables.Column(verbose_name=_("政策事项"), linkify=("policies_desk:reach", [tables.A("code")]))
    code = tables.Column(verbose_name=_("编号"))
    region_name = tables.Column(verbose_name=_("适用地区"), orderable=False, empty_values=())
    entitled = CountColumn(verbose_name=_("符合的企业"))
    told = CountColumn(verbose_name=_("已通知"))
    evaluation = tables.Column(verbose_name=_("评价"), accessor="code", orderable=False)

    def render_code(self, value: str) -> SafeString:
        return format_html('<span class="code">{}</span>', value)

    def value_code(self, value: str) -> str:
        return value

    def render_region_name(self, record: ReachSummary) -> Any:
        return record.region_name or _("全国")

    def value_region_name(self, record: ReachSummary) -> str:
        return record.region_name or str(_("全国"))

    def render_evaluation(self, record: ReachSummary) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("policies_desk:evaluation", args=[record.code]), _("查看评价")
        )

    def value_evaluation(self, record: ReachSummary) -> str:
        return ""


class UnactedTable(tables.Table):
    """Enterprises that are entitled and have not acted, the largest amounts first."""

    class Meta:
        empty_text = _("没有符合而未行动的企业")

    name = tables.Column(verbose_name=_("企业"), accessor="party__name", orderable=False)
    credit_code = tables.Column(
        verbose_name=_("统一社会信用代码"), accessor="party__credit_code", orderable=False
    )
    region = tables.Column(
        verbose_name=_("区划"), accessor="party__region_name", orderable=False, attrs=_WHOLE
    )
    industry = tables.Column(verbose_name=_("行业"), accessor="party__industry_name", orderable=False)
    size = tables.Column(verbose_name=_("规模"), accessor="party__size", orderable=False, attrs=_WHOLE)
    amount = tables.Column(
        verbose_name=_("金额"),
        accessor="certain_fen",
        orderable=False,
        attrs={"td": {"class": "number"}, "th": {"class": "number"}},
    )
    progress = tables.Column(verbose_name=_("进展"), orderable=False)
    told_at = MomentColumn(verbose_name=_("通知时间"), orderable=False)
    reminded_at = MomentColumn(verbose_name=_("提醒时间"), orderable=False)

    def render_name(self, record: UnactedParty) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("desk:party", args=[record.party.id]), record.party.name
        )

    def value_name(self, record: UnactedParty) -> str:
        return record.party.name

    def render_credit_code(self, value: str) -> SafeString:
        return format_html('<span class="code">{}</span>', value)

    def value_credit_code(self, value: str) -> str:
        return value

    def render_size(self, value: str) -> str:
        return str(SIZES.get(value, value))

    def render_amount(self, value: int) -> str:
        return formats.money(value / 100)

    def value_amount(self, record: UnactedParty) -> str:
        return "" if record.certain_fen is None else f"{record.certain_fen / 100:.2f}"

    def render_progress(self, value: str) -> SafeString:
        tone, sign = _TONES[value]
        return format_html('<span class="tag {}">{}{}</span>', tone, icon(sign), PROGRESS_WORDS[value])

    def value_progress(self, record: UnactedParty) -> str:
        return str(PROGRESS_WORDS[record.progress])
