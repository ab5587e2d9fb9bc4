"""Lists of hand-overs and of their lines."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.contracts.api import HandOverLineView, HandOverRow
from yingshang.web.columns import CountColumn, DayColumn
from yingshang.web.filters import FilterForm, choices

from ..templatetags.contracts import fen, state_tag
from ..words import state_choices, state_of, yuan

NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}


class FenColumn(tables.Column):
    """An amount kept in fen, in yuan."""

    def __init__(self, **extra: Any) -> None:
        super().__init__(**({"attrs": NUMBER} | extra))

    def render(self, value: int) -> str:
        return fen(value)

    def value(self, **kwargs: Any) -> Any:
        return yuan(kwargs["value"])


class HandOverFilter(FilterForm):
    """Lists by words, state, and whether one is a head of them."""

    text = forms.CharField(label=gettext_lazy("搜索"), max_length=100)
    state = forms.ChoiceField(label=gettext_lazy("状态"))
    own = forms.ChoiceField(label=gettext_lazy("范围"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("单位或负责人")
        self.fields["state"].choices = choices(state_choices("hand_over"), _("全部状态"))  # type: ignore[attr-defined]
        self.fields["own"].choices = choices([("yes", _("我移交或接收的"))], _("全部"))  # type: ignore[attr-defined]


class LineFilter(FilterForm):
    """Lines by words, and those that were late."""

    text = forms.CharField(label=gettext_lazy("搜索"), max_length=100)
    late = forms.ChoiceField(label=gettext_lazy("逾期"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("编号、名称或相对方")
        self.fields["late"].choices = choices([("yes", _("移交时有逾期的"))], _("不限"))  # type: ignore[attr-defined]


class HandOverTable(tables.Table):
    """Each list on a line."""

    class Meta:
        empty_text = gettext_lazy("没有移交清单")
        orderable = False

    agency_name = tables.Column(verbose_name=gettext_lazy("单位"), attrs={"td": {"class": "lead-cell"}})
    before_name = tables.Column(verbose_name=gettext_lazy("前任"), default="—")
    after_name = tables.Column(verbose_name=gettext_lazy("新任"))
    state = tables.Column(verbose_name=gettext_lazy("状态"))
    contract_count = CountColumn(verbose_name=gettext_lazy("合同"))
    late_count = CountColumn(verbose_name=gettext_lazy("逾期义务"))
    owed_fen = FenColumn(verbose_name=gettext_lazy("拖欠（元）"))
    as_of = DayColumn(verbose_name=gettext_lazy("清单日期"))
    due_on = DayColumn(verbose_name=gettext_lazy("签收期限"), default="—")

    def render_agency_name(self, record: HandOverRow) -> SafeString:
        address = reverse("contracts_desk:hand-over", args=[record.id])
        return format_html('<a href="{}">{}</a>', address, record.agency_name)

    def value_agency_name(self, record: HandOverRow) -> str:
        return record.agency_name

    def render_state(self, value: str) -> SafeString:
        return state_tag("hand_over", value)

    def value_state(self, value: str) -> str:
        return state_of("hand_over", value)[0]


class LineTable(tables.Table):
    """Each contract of a list on a line: as it stood, and what is owed today."""

    class Meta:
        empty_text = gettext_lazy("清单上没有合同")
        orderable = False

    title = tables.Column(verbose_name=gettext_lazy("合同"), attrs={"td": {"class": "lead-cell"}})
    counterparty_name = tables.Column(verbose_name=gettext_lazy("相对方"))
    open_count = CountColumn(verbose_name=gettext_lazy("尚未履行"))
    late_count = CountColumn(verbose_name=gettext_lazy("其中逾期"))
    owed_fen = FenColumn(verbose_name=gettext_lazy("移交时拖欠（元）"))
    interest_fen = FenColumn(verbose_name=gettext_lazy("移交时利息（元）"))
    now = tables.Column(
        verbose_name=gettext_lazy("现在拖欠（元）"), accessor="today__owed_fen", attrs=NUMBER, empty_values=()
    )
    said = tables.Column(verbose_name=gettext_lazy("双方说明"), empty_values=())

    def render_title(self, record: HandOverLineView) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><div class="small text-secondary">{}</div>',
            reverse("contracts_desk:hand-over-line", args=[record.id]),
            record.title,
            record.number,
        )

    def value_title(self, record: HandOverLineView) -> str:
        return f"{record.number} {record.title}"

    def render_now(self, record: HandOverLineView) -> SafeString:
        tone = "bad" if record.today.owed_fen else "good"
        return format_html('<span class="tag {}">{}</span>', tone, fen(record.today.owed_fen))

    def value_now(self, record: HandOverLineView) -> Any:
        return yuan(record.today.owed_fen)

    def render_said(self, record: HandOverLineView) -> Any:
        parts = [
            format_html("<div><b>{}</b> {}</div>", who, what)
            for who, what in ((_("移交"), record.said_before), (_("接收"), record.said_after))
            if what
        ]
        # One element: on a phone a cell lays its parts out side by side.
        return format_html("<div>" + "{}" * len(parts) + "</div>", *parts) if parts else "—"

    def value_said(self, record: HandOverLineView) -> str:
        return "；".join(each for each in (record.said_before, record.said_after) if each)
