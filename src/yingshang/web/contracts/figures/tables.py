"""Tables of units, and of the obligations, risks and contracts behind a figure."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts.api import BareContract, FigureRow, RiskRow, UnitRow, risk_rules
from yingshang.web.columns import DayColumn
from yingshang.web.design import formats
from yingshang.web.words import in_language

from ..templatetags.contracts import fen, large_fen, state_tag
from ..words import SIDES, region_name, state_of, yuan
from .asked import Asked

_NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}
_LEAD = {"td": {"class": "lead-cell"}}
_IN_FILES = {"td": {"class": "d-none"}, "th": {"class": "d-none"}}


def contract_url(contract_id: int) -> str:
    """Where one contract is read; nowhere while there is no such page."""
    try:
        return reverse("contracts_desk:contract", args=[contract_id])
    except NoReverseMatch:
        return ""


class MoneyColumn(tables.Column):
    """Fen as money; in yuan where it is exported. What is not known is said so."""

    def __init__(self, *, large: bool = False, **extra: Any) -> None:
        super().__init__(attrs=_NUMBER, empty_values=(), **extra)
        self.large = large

    def render(self, value: int | None) -> Any:
        if value is None:
            return format_html('<span class="unknown">{}</span>', gettext("未知"))
        return large_fen(value) if self.large else fen(value)

    def value(self, value: int | None) -> str:
        return "" if value is None else str(yuan(value))


class _LinkedTable(tables.Table):
    """Figures lead to what they count."""

    @property
    def asked(self) -> Asked:
        return self.request.asked  # type: ignore[no-any-return]

    def linked(self, count: int, name: str, **more: Any) -> Any:
        """A count, and where it leads; nought leads nowhere."""
        if not count:
            return "0"
        return format_html('<a href="{}">{}</a>', self.asked.url(name, **more), formats.number(count))


class UnitTable(_LinkedTable):
    """Units beside each other."""

    class Meta:
        empty_text = _("这里还没有单位登记合同")
        order_by_field = "sort"

    agency_name = tables.Column(verbose_name=_("单位"), attrs=_LEAD)
    region_path = tables.Column(verbose_name=_("地区"))
    contract_count = tables.Column(verbose_name=_("合同"), attrs=_NUMBER)
    contract_fen = MoneyColumn(verbose_name=_("合同金额"), large=True)
    open_count = tables.Column(verbose_name=_("尚未履行"), attrs=_NUMBER)
    late_count = tables.Column(verbose_name=_("逾期"), attrs=_NUMBER)
    late_fen = MoneyColumn(verbose_name=_("逾期金额"), large=True)
    interest_fen = MoneyColumn(verbose_name=_("已计利息"), large=True)
    oldest = DayColumn(verbose_name=_("最早到期"))
    bare_count = tables.Column(verbose_name=_("未登记义务"), attrs=_NUMBER)
    in_time = tables.Column(verbose_name=_("按期率"), attrs=_NUMBER, empty_values=())
    late_days = tables.Column(verbose_name=_("平均逾期天数"), attrs=_NUMBER, empty_values=())

    def render_agency_name(self, record: UnitRow) -> Any:
        return format_html(
            '<a href="{}">{}</a>', self.asked.url("home", agency=record.agency_id), record.agency_name
        )

    def value_agency_name(self, record: UnitRow) -> str:
        return record.agency_name

    def render_region_path(self, value: str) -> str:
        return region_name(value)

    def render_open_count(self, record: UnitRow) -> Any:
        return self.linked(record.open_count, "list", agency=record.agency_id, what="open")

    def render_late_count(self, record: UnitRow) -> Any:
        return self.linked(record.late_count, "list", agency=record.agency_id, what="late")

    def render_bare_count(self, record: UnitRow) -> Any:
        return self.linked(record.bare_count, "bare", agency=record.agency_id)

    def value_open_count(self, value: int) -> int:
        return value

    value_late_count = value_bare_count = value_open_count

    def render_in_time(self, value: float | None) -> str:
        return "—" if value is None else formats.percent(value)

    def value_in_time(self, value: float | None) -> str:
        return "" if value is None else f"{value:.4f}"

    def render_late_days(self, value: float | None) -> str:
        return "—" if value is None else formats.number(round(value))

    def value_late_days(self, value: float | None) -> str:
        return "" if value is None else f"{value:.1f}"


class _ObligationTable(tables.Table):
    title = tables.Column(verbose_name=_("义务"), orderable=False, attrs=_LEAD)
    contract_number = tables.Column(verbose_name=_("登记编号"), orderable=False, attrs=_IN_FILES)
    contract_title = tables.Column(verbose_name=_("合同"), orderable=False, attrs=_IN_FILES)
    agency_name = tables.Column(verbose_name=_("单位"), orderable=False)
    due_on = DayColumn(verbose_name=_("到期日"))
    open_fen = MoneyColumn(verbose_name=_("未付金额"))

    def render_title(self, record: Any) -> SafeString:
        address = contract_url(record.contract_id)
        shown = format_html('<a href="{}">{}</a>', address, record.title) if address else record.title
        return format_html(
            '{}<div class="small text-secondary">{} <span class="code nowrap">{}</span></div>',
            shown,
            record.contract_title,
            record.contract_number,
        )

    def value_title(self, record: Any) -> str:
        return str(record.title)


class BehindTable(_ObligationTable):
    """The obligations behind a figure."""

    class Meta:
        empty_text = _("这里没有履约义务")
        order_by_field = "sort"
        sequence = (
            "title", "contract_number", "contract_title", "agency_name", "counterparty_name", "side", "state",
            "due_on", "performed_on", "late_days", "open_fen", "interest_fen",
        )  # fmt: skip

    counterparty_name = tables.Column(verbose_name=_("相对方"), orderable=False)
    side = tables.Column(verbose_name=_("义务方"), orderable=False)
    state = tables.Column(verbose_name=_("状态"), orderable=False)
    performed_on = DayColumn(verbose_name=_("履行日"), orderable=False)
    late_days = tables.Column(verbose_name=_("逾期天数"), orderable=False, attrs=_NUMBER)
    interest_fen = MoneyColumn(verbose_name=_("已计利息"), orderable=False)

    def render_open_fen(self, record: FigureRow) -> Any:
        return "—" if record.amount_fen is None else fen(record.open_fen)

    def render_interest_fen(self, record: FigureRow) -> Any:
        if record.amount_fen is None:
            return "—"
        if record.interest_fen is None:
            return format_html('<span class="unknown">{}</span>', gettext("未知"))
        return fen(record.interest_fen)

    def render_side(self, value: str) -> str:
        return str(SIDES.get(value, value))

    def render_state(self, value: str) -> SafeString:
        return state_tag("obligation", value)

    def value_state(self, value: str) -> str:
        return state_of("obligation", value)[0]


class RiskTable(_ObligationTable):
    """What may not be paid in time, and why."""

    class Meta:
        empty_text = _("近期没有需要提示的付款")
        order_by_field = "sort"
        orderable = False

    reasons = tables.Column(verbose_name=_("原因"), orderable=False)
    points = tables.Column(verbose_name=_("分值"), attrs=_NUMBER, orderable=False)

    def render_reasons(self, record: RiskRow) -> SafeString:
        return reason_tags(record.reasons)

    def value_reasons(self, record: RiskRow) -> str:
        return "、".join(reason_name(code) for code in record.reasons)


def reason_name(code: str) -> str:
    """预算未安排 for `unreserved`."""
    found = risk_rules().reasons[code]
    return in_language(found.name, found.name_en)


def reason_tags(codes: tuple[str, ...]) -> SafeString:
    """Each reason as a word, with what it means for those who ask."""
    rules = risk_rules().reasons
    return SafeString(
        " ".join(
            format_html(
                '<span class="tag warn" title="{}">{}</span>',
                in_language(rules[code].says, rules[code].says_en),
                reason_name(code),
            )
            for code in codes
        )
    )


class BareTable(tables.Table):
    """Contracts without obligations."""

    class Meta:
        empty_text = _("履行中的合同都登记了义务")
        order_by_field = "sort"
        orderable = False

    title = tables.Column(verbose_name=_("合同"), attrs=_LEAD)
    number = tables.Column(verbose_name=_("登记编号"), attrs=_IN_FILES)
    agency_name = tables.Column(verbose_name=_("单位"))
    counterparty_name = tables.Column(verbose_name=_("相对方"))
    amount_fen = MoneyColumn(verbose_name=_("合同金额"))
    signed_on = DayColumn(verbose_name=_("签订日期"))

    def render_title(self, record: BareContract) -> SafeString:
        address = contract_url(record.contract_id)
        shown = format_html('<a href="{}">{}</a>', address, record.title) if address else record.title
        return format_html(
            '{}<div class="small text-secondary"><span class="code nowrap">{}</span></div>',
            shown,
            record.number,
        )

    def value_title(self, record: BareContract) -> str:
        return record.title


class SilentTable(tables.Table):
    """Units of which nothing is heard."""

    class Meta:
        empty_text = _("这个季度各单位都已登记合同或声明无合同")
        order_by_field = "sort"
        orderable = False

    agency_name = tables.Column(verbose_name=_("单位"), attrs=_LEAD)
    region_path = tables.Column(verbose_name=_("地区"))
    last_signed_on = DayColumn(verbose_name=_("最近一次签订"), default="—")

    def render_region_path(self, value: str) -> str:
        return region_name(value)
