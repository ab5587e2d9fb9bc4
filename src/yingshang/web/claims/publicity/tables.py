"""Tables of public lists, their awards and objections."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import (
    ObjectionView,
    PublicAward,
    PublicitySummary,
    publicity_states,
)
from yingshang.web.columns import CountColumn, DayColumn, MomentColumn
from yingshang.web.words import in_language

from ..columns import LEAD, CodeColumn, FenColumn
from ..templatetags.lists import (
    AWARD_STANDINGS,
    OBJECTION_STATES,
    award_standing,
    objection_state,
    publicity_state,
)


class PublicityTable(tables.Table):
    """Public lists as everybody sees them."""

    class Meta:
        empty_text = _("还没有公示")
        orderable = False

    item_name = tables.Column(verbose_name=_("政策事项"), attrs=LEAD)
    agency_name = tables.Column(verbose_name=_("公示单位"))
    entries = CountColumn(verbose_name=_("企业"))
    amount = FenColumn(verbose_name=_("金额"), accessor="amount_fen")
    closes_on = DayColumn(verbose_name=_("公示截止"))
    state = tables.Column(verbose_name=_("状态"))

    def render_item_name(self, record: PublicitySummary) -> SafeString:
        if record.state == "preparing":
            return format_html('{}<small class="code">{}</small>', record.item_name, record.number)
        address = reverse("claims:publicity", args=[record.id])
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>', address, record.item_name, record.number
        )

    def value_item_name(self, record: PublicitySummary) -> str:
        return record.item_name

    def render_state(self, value: str) -> SafeString:
        return publicity_state(value)

    def value_state(self, value: str) -> str:
        return in_language(*publicity_states()[value][:2])


class AwardTable(tables.Table):
    """Awards of one list as everybody sees them."""

    class Meta:
        empty_text = _("没有企业")
        orderable = False

    name = tables.Column(verbose_name=_("企业"), attrs=LEAD)
    credit_code = CodeColumn(verbose_name=_("统一社会信用代码"))
    region_name = tables.Column(verbose_name=_("区划"))
    amount = FenColumn(verbose_name=_("金额"), accessor="amount_fen")
    standing = tables.Column(verbose_name=_("状态"))
    objection = tables.Column(verbose_name=_("异议"), accessor="id", exclude_from_export=True)

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.columns["objection"].column.attrs = {"td": {"class": "nowrap"}}

    def render_standing(self, value: str) -> SafeString:
        return award_standing(value)

    def value_standing(self, value: str) -> str:
        return str(AWARD_STANDINGS[value][0])

    def render_objection(self, record: PublicAward) -> Any:
        if record.standing not in {"open", "objected"}:
            return "—"
        address = reverse("claims:award", args=[record.id])
        return format_html('<a href="{}">{}</a>', address, _("提出异议"))

    def value_objection(self, record: PublicAward) -> str:
        return ""


class ObjectionTable(tables.Table):
    """Objections on the desk."""

    class Meta:
        empty_text = _("没有公示异议")
        orderable = False

    enterprise = tables.Column(verbose_name=_("被异议的企业"), attrs=LEAD)
    item_name = tables.Column(verbose_name=_("政策事项"))
    given_at = MomentColumn(verbose_name=_("提出时间"))
    closes_on = DayColumn(verbose_name=_("公示截止"))
    state = tables.Column(verbose_name=_("状态"))

    def render_enterprise(self, record: ObjectionView) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            reverse("claims_desk:publicity-objection", args=[record.id]),
            record.enterprise,
            record.number,
        )

    def value_enterprise(self, record: ObjectionView) -> str:
        return record.enterprise

    def render_state(self, value: str) -> SafeString:
        return objection_state(value)

    def value_state(self, value: str) -> str:
        return str(OBJECTION_STATES[value][0])
