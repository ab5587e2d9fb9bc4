"""The tables of enterprises with their stewards, and of what stewards did."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import StewardFigures, StewardshipRow
from yingshang.web.columns import CountColumn, DayColumn, MomentColumn
from yingshang.web.design import formats
from yingshang.web.design.icons import icon

from ..words import region_name
from .words import service_name, tier_name


class StewardshipTable(tables.Table):
    """Each enterprise on a line."""

    class Meta:
        empty_text = _("还没有联系的企业")
        order_by_field = "sort"

    party_name = tables.Column(verbose_name=_("企业"), attrs={"td": {"class": "lead-cell"}})
    visit_due_on = tables.Column(verbose_name=_("走访期限"))
    planned_on = DayColumn(verbose_name=_("已安排"), orderable=False, default="—")
    last_visit_at = MomentColumn(verbose_name=_("上次走访"), default="—")
    steward_name = tables.Column(verbose_name=_("管家"), orderable=False)
    tier = tables.Column(verbose_name=_("联系层级"), orderable=False)
    services = tables.Column(verbose_name=_("服务包"), orderable=False, empty_values=())
    region_path = tables.Column(verbose_name=_("地区"), orderable=False)

    def render_party_name(self, record: StewardshipRow) -> SafeString:
        shown = format_html(
            '<a href="{}">{}</a>', reverse("appeals_desk:stewardship", args=[record.id]), record.party_name
        )
        if record.call_due_on is None:
            return shown
        told = gettext("请管家联系，最迟 %(day)s") % {"day": formats.day(record.call_due_on)}
        return format_html('{}<div><span class="tag warn">{}{}</span></div>', shown, icon("phone"), told)

    def value_party_name(self, record: StewardshipRow) -> str:
        return record.party_name

    def render_visit_due_on(self, record: StewardshipRow) -> SafeString:
        shown = format_html('<span class="nowrap">{}</span>', formats.day(record.visit_due_on))
        if record.visit_due_on >= timezone.localdate():
            return shown
        return format_html(
            '<div>{}<div><span class="tag bad">{}{}</span></div></div>',
            shown,
            icon("clock-exclamation"),
            gettext("逾期未走访"),
        )

    def value_visit_due_on(self, record: StewardshipRow) -> str:
        return record.visit_due_on.isoformat()

    def render_steward_name(self, record: StewardshipRow) -> SafeString:
        shown = format_html(
            '<div>{}<div class="small text-secondary">{}</div></div>', record.steward_name, record.agency_name
        )
        if not record.gone:
            return shown
        told = gettext("已不在岗")
        return format_html('<div>{}<span class="tag bad">{}{}</span></div>', shown, icon("user-x"), told)

    def value_steward_name(self, record: StewardshipRow) -> str:
        return record.steward_name

    def render_tier(self, value: str) -> str:
        return tier_name(value)

    def render_services(self, record: StewardshipRow) -> str:
        return _joined(record.services)

    def value_services(self, record: StewardshipRow) -> str:
        return _joined(record.services)

    def render_region_path(self, value: str) -> str:
        return region_name(value)


def _joined(codes: tuple[str, ...]) -> str:
    return gettext("、").join(service_name(code) for code in codes) or "—"


class FiguresTable(tables.Table):
    """Each steward on a line."""

    class Meta:
        empty_text = _("还没有服务管家")
        order_by_field = "sort"

    steward_name = tables.Column(verbose_name=_("管家"), attrs={"td": {"class": "lead-cell"}})
    agency_name = tables.Column(verbose_name=_("单位"))
    enterprises = CountColumn(verbose_name=_("联系企业"))
    late = CountColumn(verbose_name=_("逾期未走访"))
    visits = CountColumn(verbose_name=_("走访次数"))
    share_in_time = tables.Column(verbose_name=_("按时走访"), default="—", attrs={"td": {"class": "number"}})
    satisfaction = tables.Column(
        verbose_name=_("企业满意度"), empty_values=(), attrs={"td": {"class": "number"}}
    )
    calls_in_time = tables.Column(
        verbose_name=_("按时联系"), orderable=False, attrs={"td": {"class": "number"}}
    )
    services = CountColumn(verbose_name=_("服务次数"))

    def render_share_in_time(self, value: float) -> str:
        return f"{value:.0%}"

    def value_share_in_time(self, value: Any) -> Any:
        return value

    def render_satisfaction(self, record: StewardFigures) -> str:
        if record.satisfaction is None:
            return "—"
        return gettext("%(mean)s（%(count)s 次）") % {
            "mean": f"{record.satisfaction:.1f}",
            "count": record.rated,
        }

    def value_satisfaction(self, record: StewardFigures) -> Any:
        return record.satisfaction

    def render_calls_in_time(self, record: StewardFigures) -> str:
        return f"{record.calls_in_time}/{record.calls}" if record.calls else "—"
