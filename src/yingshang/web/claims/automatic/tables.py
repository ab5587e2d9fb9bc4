"""Tables of lists and of who stands on them."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import (
    ListedClaim,
    ListSummary,
    OmittedParty,
    claim_states,
    list_states,
)
from yingshang.web.columns import CountColumn, DayColumn
from yingshang.web.design.icons import icon
from yingshang.web.words import in_language

from ..columns import LEAD, ClaimedColumn, CodeColumn, FenColumn
from ..templatetags.claims import claim_state
from ..templatetags.lists import list_state, omission_name


class ListTable(tables.Table):
    """Lists, newest first."""

    class Meta:
        empty_text = _("还没有免申即享名单")
        orderable = False

    name = tables.Column(verbose_name=_("政策事项"), accessor="item_name", attrs=LEAD)
    period = tables.Column(verbose_name=_("周期"))
    day = DayColumn(verbose_name=_("判定日期"))
    total = CountColumn(verbose_name=_("企业"))
    amount = FenColumn(verbose_name=_("金额"), accessor="amount_fen")
    waiting = CountColumn(verbose_name=_("等待预算"))
    state = tables.Column(verbose_name=_("状态"))

    def render_name(self, record: ListSummary) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            reverse("claims_desk:list", args=[record.id]),
            record.item_name,
            record.number,
        )

    def value_name(self, record: ListSummary) -> str:
        return record.item_name

    def render_state(self, value: str) -> SafeString:
        return list_state(value)

    def value_state(self, value: str) -> str:
        return in_language(*list_states()[value][:2])


class ListedTable(tables.Table):
    """Enterprises of a list."""

    class Meta:
        empty_text = _("名单上还没有企业")
        orderable = False

    name = tables.Column(verbose_name=_("企业"), attrs=LEAD)
    credit_code = CodeColumn(verbose_name=_("统一社会信用代码"))
    number = CodeColumn(verbose_name=_("申请编号"))
    amount = ClaimedColumn(verbose_name=_("金额"), accessor="expected_fen")
    account = tables.Column(verbose_name=_("收款账户"), accessor="standing")
    state = tables.Column(verbose_name=_("状态"))

    def render_name(self, record: ListedClaim) -> SafeString:
        address = reverse("claims_desk:listed", args=[record.id])
        sign = format_html(' <span class="tag warn">{}{}</span>', icon("message-circle"), _("反映有误"))
        return format_html('<a href="{}">{}</a>{}', address, record.name, sign if record.remark else "")

    def value_name(self, record: ListedClaim) -> str:
        return record.name

    def render_account(self, value: bool) -> Any:
        return _("已有") if value else _("待企业填写")

    def value_account(self, value: bool) -> str:
        return str(_("已有") if value else _("待企业填写"))

    def render_state(self, value: str) -> SafeString:
        return claim_state(value)

    def value_state(self, value: str) -> str:
        return in_language(*claim_states()[value][:2])


class OmittedTable(tables.Table):
    """Who was matched and is not on a list."""

    class Meta:
        empty_text = _("没有未列入的企业")
        orderable = False

    name = tables.Column(verbose_name=_("企业"), attrs=LEAD)
    credit_code = CodeColumn(verbose_name=_("统一社会信用代码"))
    reason = tables.Column(verbose_name=_("未列入的原因"))
    detail = tables.Column(verbose_name=_("说明"))

    def render_name(self, record: OmittedParty) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("desk:party", args=[record.party_id]), record.name)

    def value_name(self, record: OmittedParty) -> str:
        return record.name

    def render_reason(self, value: str) -> str:
        return omission_name(value)

    def value_reason(self, value: str) -> str:
        return omission_name(value)
