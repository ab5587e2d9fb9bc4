"""The table of what an enterprise is entitled to; the page shows it as cards on a phone."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.web.design.icons import icon

from .rows import MatchRow


class MatchTable(tables.Table):
    """Each item on a line."""

    name = tables.Column(verbose_name=_("政策事项"), attrs={"th": {"scope": "col"}})
    code = tables.Column(verbose_name=_("编号"), attrs={"td": {"class": "nowrap"}})
    outcome = tables.Column(verbose_name=_("结论"), orderable=False)
    amount_fen = tables.Column(verbose_name=_("金额"), empty_values=(), attrs={"td": {"class": "nowrap"}})
    window = tables.Column(verbose_name=_("受理时间"), orderable=False)
    next_step = tables.Column(verbose_name=_("还需要什么"), orderable=False)

    class Meta:
        empty_text = _("这里还没有正在施行的政策")

    def render_name(self, record: MatchRow) -> SafeString:
        address = reverse("policies:mine-item", args=[record.decided.party_id, record.code])
        return format_html('<a href="{}">{}</a>', address, record.name)

    def value_name(self, record: MatchRow) -> str:
        return record.name

    def render_outcome(self, record: MatchRow) -> SafeString:
        return format_html('<span class="tag {}">{}{}</span>', record.tone, icon(record.icon), record.outcome)

    def value_outcome(self, record: MatchRow) -> str:
        return record.outcome

    def render_amount_fen(self, record: MatchRow) -> str:
        return record.amount or "—"

    def value_amount_fen(self, record: MatchRow) -> str:
        return record.amount

    def render_window(self, record: MatchRow) -> Any:
        if record.closing:
            return format_html('<span class="tag warn">{}{}</span>', icon("hourglass"), record.window)
        return record.window

    def value_window(self, record: MatchRow) -> str:
        return record.window
