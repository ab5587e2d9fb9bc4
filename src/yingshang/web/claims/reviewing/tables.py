"""Tables of claims on the desk."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import ClaimSummary, TermsSummary, claim_states
from yingshang.web.columns import MomentColumn
from yingshang.web.design import formats
from yingshang.web.design.icons import icon
from yingshang.web.words import by_name, in_language

from ..columns import ClaimedColumn, CodeColumn
from ..templatetags.claims import claim_state, mode_name
from .forms import PERIODS

_LEAD = {"td": {"class": "lead-cell"}}
_NUMBER = {"th": {"class": "number"}, "td": {"class": "number nowrap"}}


class DeskTable(tables.Table):
    """Each claim on a line."""

    class Meta:
        empty_text = _("还没有兑现申请")
        orderable = False

    party_name = tables.Column(verbose_name=_("企业"), attrs=_LEAD)
    # On the page these two stand under the names; an export has them by themselves.
    credit_code = CodeColumn(verbose_name=_("统一社会信用代码"), visible=False)
    item_name = tables.Column(verbose_name=_("政策事项"))
    number = CodeColumn(verbose_name=_("申请编号"), visible=False)
    mode = tables.Column(verbose_name=_("办理方式"))
    amount = ClaimedColumn(verbose_name=_("金额"), accessor="expected_fen", empty_values=(), attrs=_NUMBER)
    state = tables.Column(verbose_name=_("状态"))
    submitted_at = MomentColumn(verbose_name=_("提交时间"))

    def render_party_name(self, record: ClaimSummary) -> SafeString:
        address = reverse("claims_desk:claim", args=[record.id])
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            address,
            record.party_name,
            record.credit_code,
        )

    def value_party_name(self, record: ClaimSummary) -> str:
        return record.party_name

    def render_item_name(self, record: ClaimSummary) -> SafeString:
        return format_html('{}<small class="code">{}</small>', record.item_name, record.number)

    def value_item_name(self, record: ClaimSummary) -> str:
        return record.item_name

    def render_mode(self, value: str) -> str:
        return mode_name(value)

    def value_mode(self, value: str) -> str:
        return mode_name(value)

    def render_state(self, record: ClaimSummary) -> SafeString:
        sign = format_html(' <span class="tag bad">{}{}</span>', icon("alert-triangle"), _("监督核查中"))
        return format_html("{}{}", claim_state(record.state), sign if record.stopped else "")

    def value_state(self, record: ClaimSummary) -> str:
        return in_language(*claim_states()[record.state][:2])


class TermsTable(tables.Table):
    """How claims for each item are dealt with."""

    class Meta:
        empty_text = _("还没有事项开通网上兑现")
        orderable = False

    name = tables.Column(verbose_name=_("政策事项"), attrs=_LEAD)
    code = tables.Column(verbose_name=_("事项编号"))
    mode = tables.Column(verbose_name=_("办理方式"))
    agency_name = tables.Column(verbose_name=_("兑现部门"))
    fund_name = tables.Column(verbose_name=_("专项资金"))
    period = tables.Column(verbose_name=_("申请周期"))
    changed_at = tables.Column(verbose_name=_("修改时间"))

    def render_name(self, record: TermsSummary) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("claims_desk:terms-item", args=[record.code]), record.name
        )

    def value_name(self, record: TermsSummary) -> str:
        return record.name

    def render_mode(self, value: str) -> str:
        return mode_name(value)

    def render_period(self, value: str) -> str:
        return str(PERIODS.get(value, value))

    def render_changed_at(self, record: TermsSummary) -> str:
        return f"{formats.moment(record.changed_at)} {by_name(record.changed_by_name)}"
