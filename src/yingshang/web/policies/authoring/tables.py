"""Documents and items as lists of authors show them."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.policies.api import states
from yingshang.web.columns import CountColumn, MomentColumn
from yingshang.web.design.formats import day as written_day
from yingshang.web.design.formats import english
from yingshang.web.filters import FilterForm, choices
from yingshang.web.regions import region_of_path

STATUSES = {
    "draft": _("征求意见稿"),
    "in_force": _("现行有效"),
    "expired": _("已到期"),
    "repealed": _("已废止"),
    "superseded": _("已被替代"),
    "unknown": _("效力待核"),
}


class DocumentFilter(FilterForm):
    """Documents by words and by validity."""

    text = forms.CharField(label=_("标题、文号或发文机关"), max_length=60)
    status = forms.ChoiceField(label=_("效力"), choices=choices(STATUSES.items(), _("全部")))


class ItemFilter(FilterForm):
    """Items by words and by state."""

    text = forms.CharField(label=_("事项名称或编号"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["state"].choices = choices(  # type: ignore[attr-defined]
            ((each.code, state_name(each.code)) for each in states().values()), _("全部")
        )


def state_name(code: str) -> str:
    """A state of a version, in the language of the page."""
    state = states()[code]
    return state.name_en if english() else state.name


def state_tag(code: str) -> SafeString:
    """The state as a tag."""
    return format_html('<span class="tag {}">{}</span>', states()[code].tone, state_name(code))


def place_name(path: str) -> str:
    """A division by its path."""
    region = region_of_path(path)
    return region.name if region else path


class DocumentTable(tables.Table):
    """Documents, newest first."""

    title = tables.Column(verbose_name=_("标题"), orderable=False)
    number = tables.Column(verbose_name=_("文号"), orderable=False)
    issuer = tables.Column(verbose_name=_("发文机关"), orderable=False)
    region_path = tables.Column(
        verbose_name=_("地区"), orderable=False, empty_values=(None,), attrs={"td": {"class": "nowrap"}}
    )
    issued_on = tables.Column(verbose_name=_("成文日期"), orderable=False)
    status = tables.Column(verbose_name=_("效力"), orderable=False)
    items = CountColumn(verbose_name=_("事项"), orderable=False)

    class Meta:
        empty_text = _("还没有录入政策文件")

    def render_title(self, record: Any) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("policies_desk:document", args=[record.id]), record.title
        )

    def value_title(self, record: Any) -> str:
        return str(record.title)

    def render_region_path(self, value: str) -> str:
        return place_name(value)

    def render_issued_on(self, value: Any) -> str:
        return written_day(value)

    def render_status(self, value: str) -> str:
        return str(STATUSES[value])


class ItemTable(tables.Table):
    """Items by the version that matters now."""

    name = tables.Column(verbose_name=_("事项"), orderable=False)
    code = tables.Column(verbose_name=_("编号"), orderable=False)
    state = tables.Column(verbose_name=_("状态"), orderable=False)
    number = tables.Column(verbose_name=_("版本"), orderable=False)
    region_path = tables.Column(
        verbose_name=_("地区"), orderable=False, empty_values=(None,), attrs={"td": {"class": "nowrap"}}
    )
    document_title = tables.Column(verbose_name=_("依据文件"), orderable=False)
    changed_at = MomentColumn(verbose_name=_("修改时间"), orderable=False)

    class Meta:
        empty_text = _("还没有政策事项")

    def render_name(self, record: Any) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("policies_desk:item", args=[record.code]), record.name
        )

    def value_name(self, record: Any) -> str:
        return str(record.name)

    def render_state(self, value: str) -> SafeString:
        return state_tag(value)

    def value_state(self, value: str) -> str:
        return state_name(value)

    def render_region_path(self, value: str) -> str:
        return place_name(value)
