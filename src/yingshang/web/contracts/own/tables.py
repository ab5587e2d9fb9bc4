"""The tables of an enterprise's contracts and of what it is owed; the first cell says it all, for telephones."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts.api import Owed, OwnContract
from yingshang.web.columns import DayColumn
from yingshang.web.design import formats
from yingshang.web.design.icons import icon

from ..templatetags.contracts import rate_words, state_tag
from ..words import kind_name, state_of, yuan

_IN_FILES = {"td": {"class": "d-none"}, "th": {"class": "d-none"}}
_NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}


class _FenColumn(tables.Column):
    """Money in fen; exported as yuan, unknown as nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"attrs": _NUMBER, "orderable": False} | kwargs))

    def render(self, value: int) -> str:
        return formats.money(yuan(value))

    def value(self, **kwargs: Any) -> Any:
        return yuan(kwargs["value"])


class OwnTable(tables.Table):
    """Each contract on a line."""

    class Meta:
        empty_text = _("还没有与政府签订的合同")
        order_by_field = "sort"

    title = tables.Column(verbose_name=_("合同"), attrs={"td": {"class": "lead-cell"}})
    number = tables.Column(verbose_name=_("登记编号"), attrs=_IN_FILES)
    agency_name = tables.Column(verbose_name=_("签订单位"), orderable=False)
    state = tables.Column(verbose_name=_("状态"), orderable=False)
    amount_fen = _FenColumn(verbose_name=_("合同金额"), orderable=True, default="—")
    owed_fen = _FenColumn(verbose_name=_("待支付"))
    late_fen = _FenColumn(verbose_name=_("其中逾期"))
    next_due_on = DayColumn(verbose_name=_("最近到期"), default="—")
    signed_on = DayColumn(verbose_name=_("签订日期"))

    def render_title(self, record: OwnContract) -> SafeString:
        asked = (
            format_html(' <span class="tag warn">{}{}</span>', icon("message-circle"), gettext("等您确认"))
            if record.waiting_for_me
            else ""
        )
        return format_html(
            '<a href="{}">{}</a>{}<div class="small text-secondary">{} <span class="code nowrap">{}</span></div>',
            reverse("contracts:contract", args=[record.id]),
            record.title,
            asked,
            kind_name(record.kind),
            record.number,
        )

    def value_title(self, record: OwnContract) -> str:
        return record.title

    def render_state(self, record: OwnContract) -> SafeString:
        return state_tag("contract", record.state)

    def value_state(self, record: OwnContract) -> str:
        return state_of("contract", record.state)[0]

    def render_owed_fen(self, value: int) -> str:
        return formats.money(yuan(value)) if value else "—"

    def render_late_fen(self, value: int) -> SafeString | str:
        if not value:
            return "—"
        return format_html(
            '<span class="tag bad">{}{}</span>', icon("clock-exclamation"), formats.money(yuan(value))
        )


class OwedTable(tables.Table):
    """Each payment on a line, with the way to say that it has not come."""

    class Meta:
        empty_text = _("没有待支付的款项")
        orderable = False

    title = tables.Column(verbose_name=_("款项"), attrs={"td": {"class": "lead-cell"}})
    contract_title = tables.Column(verbose_name=_("合同"), attrs=_IN_FILES)
    contract_number = tables.Column(verbose_name=_("登记编号"), attrs=_IN_FILES)
    agency_name = tables.Column(verbose_name=_("付款单位"), attrs=_IN_FILES)
    open_fen = _FenColumn(verbose_name=_("未付金额"))
    due_on = DayColumn(verbose_name=_("应付日期"))
    late_days = tables.Column(verbose_name=_("逾期天数"), attrs=_NUMBER)
    interest_fen = _FenColumn(verbose_name=_("利息（算到今天）"), empty_values=())

    def render_title(self, record: Owed) -> SafeString:
        said: SafeString | str = ""
        if record.blocked_by:
            said = format_html(
                '<p><span class="tag note">{}{}</span></p>',
                icon("message-2"),
                gettext("已反映：%(label)s") % {"label": "、".join(record.blocked_by)},
            )
        elif record.late_days:
            said = format_html(
                '<p><a class="btn btn-primary" href="{}">{}{}</a></p>',
                reverse("contracts:not-paid", args=[record.obligation_id]),
                icon("alert-circle"),
                gettext("未收到款"),
            )
        return format_html(
            '<a href="{}">{}</a><div class="small text-secondary">{}<br>{}</div>{}',
            f"{reverse('contracts:contract', args=[record.contract_id])}#obligation-{record.obligation_id}",
            record.title,
            record.agency_name,
            record.contract_title,
            said,
        )

    def value_title(self, record: Owed) -> str:
        return record.title

    def render_late_days(self, value: int) -> SafeString | str:
        if not value:
            return gettext("未到期")
        words = ngettext("逾期 %(days)s 天", "逾期 %(days)s 天", value) % {"days": value}
        return format_html('<span class="tag bad nowrap">{}{}</span>', icon("clock-exclamation"), words)

    def value_late_days(self, value: int) -> int:
        return value

    def render_interest_fen(self, record: Owed) -> SafeString | str:
        if record.interest_fen is None:
            return format_html('<span class="unknown">{}</span>', gettext("不详"))
        if not record.interest_fen:
            return "—"
        return format_html(
            '<div>{}<div class="small text-secondary">{}</div></div>',
            formats.money(yuan(record.interest_fen)),
            rate_words(record),
        )

    def value_interest_fen(self, record: Owed) -> Any:
        return yuan(record.interest_fen) if record.interest_fen is not None else ""
