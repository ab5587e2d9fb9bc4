"""The table of promises on the desk."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import PromiseView, promise_states
from yingshang.web.columns import DayColumn
from yingshang.web.words import in_language

from ..templatetags.reconsidering import promise_state


class PromiseTable(tables.Table):
    """Those to be checked first, the one due soonest ahead."""

    name = tables.Column(
        verbose_name=_("承诺材料"), attrs={"td": {"class": "lead-cell"}, "th": {"class": "wide"}}
    )
    party_name = tables.Column(verbose_name=_("企业"))
    item_name = tables.Column(verbose_name=_("政策事项"))
    promised_until = DayColumn(verbose_name=_("补交期限"))
    document_id = tables.Column(verbose_name=_("补交"), empty_values=())
    due_on = DayColumn(verbose_name=_("核查期限"))
    state = tables.Column(verbose_name=_("状态"))

    class Meta:
        empty_text = _("没有需要核查的承诺。")
        orderable = False

    def render_name(self, record: PromiseView) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            reverse("claims_desk:promise", args=[record.id]),
            record.name,
            record.claim_number,
        )

    def value_name(self, record: PromiseView) -> str:
        return f"{record.claim_number} {record.name}"

    def render_document_id(self, record: PromiseView) -> str:
        return str(_("已补交")) if record.brought_at else "—"

    def render_state(self, record: PromiseView) -> SafeString:
        late = format_html(' <span class="tag bad">{}</span>', _("已逾期")) if record.overdue else ""
        return format_html("{}{}", promise_state(record.state), late)

    def value_state(self, record: PromiseView) -> str:
        name, name_en, _tone = promise_states()[record.state]
        return in_language(name, name_en)
