"""Tables of consultations."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.policies.api import ConsultationSummary
from yingshang.web.design import formats
from yingshang.web.design.icons import icon

STATES = {
    "open": (gettext_lazy("正在征求意见"), "note", "message-circle"),
    "closed": (gettext_lazy("期满，正在研究"), "", "hourglass"),
    "concluded": (gettext_lazy("已公布采纳情况"), "good", "circle-check"),
    "cancelled": (gettext_lazy("已取消"), "", "x"),
}


def title_of(row: ConsultationSummary) -> str:
    """What a consultation is called."""
    return _("关于“%(name)s”公开征求意见") % {"name": row.name}


class ConsultationTable(tables.Table):
    """Consultations as everybody sees them."""

    address = "policies:consultation"

    class Meta:
        empty_text = gettext_lazy("还没有公开征求意见的政策")
        orderable = False

    title = tables.Column(
        verbose_name=gettext_lazy("政策草案"), attrs={"td": {"class": "lead-cell"}, "th": {"class": "wide"}}
    )
    issuer = tables.Column(verbose_name=gettext_lazy("制定机关"))
    closes_on = tables.Column(verbose_name=gettext_lazy("截止日期"))
    comments = tables.Column(
        verbose_name=gettext_lazy("意见"), attrs={"td": {"class": "number"}, "th": {"class": "number"}}
    )
    state = tables.Column(verbose_name=gettext_lazy("状态"))

    def render_title(self, value: str, record: ConsultationSummary) -> SafeString:
        address = reverse(self.address, args=[record.id])
        sample = _("演示数据") if record.demonstration else ""
        return format_html('<a href="{}">{}</a><small>{}</small>', address, title_of(record), sample)

    def value_title(self, record: ConsultationSummary) -> str:
        return title_of(record)

    def render_closes_on(self, value: Any, record: ConsultationSummary) -> str:
        day = formats.day(value)
        if record.state != "open":
            return day
        return _("%(day)s（还有 %(left)s 天）") % {"day": day, "left": record.days_left}

    def value_closes_on(self, value: Any) -> str:
        return str(value)

    def render_state(self, value: str) -> SafeString:
        words, tone, sign = STATES[value]
        return format_html('<span class="tag {}">{} {}</span>', tone, icon(sign), words)

    def value_state(self, value: str) -> str:
        return str(STATES[value][0])


class DeskConsultationTable(ConsultationTable):
    """The same for who answers."""

    address = "policies_desk:consultation"

    class Meta:
        empty_text = gettext_lazy("还没有需要答复意见的政策草案")
        orderable = False
