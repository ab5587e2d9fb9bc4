"""The table of forms, and its filter."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yingshang.web.columns import CountColumn, MomentColumn
from yingshang.web.design.formats import english
from yingshang.web.filters import FilterForm


class FormFilter(FilterForm):
    """Which forms to show."""

    text = forms.CharField(label=_("名称或代码"), max_length=60)


class FormTable(tables.Table):
    """Forms with their versions."""

    class Meta:
        empty_text = _("还没有表单")

    name = tables.Column(
        verbose_name=_("名称"), linkify=("administration:form", [tables.A("code")]), orderable=False
    )
    code = tables.Column(verbose_name=_("代码"), orderable=False)
    published = tables.Column(verbose_name=_("已发布版本"), orderable=False, empty_values=())
    published_at = MomentColumn(verbose_name=_("发布时间"), orderable=False)
    draft = tables.Column(verbose_name=_("草稿"), orderable=False, empty_values=())
    submissions = CountColumn(verbose_name=_("提交数"), orderable=False)

    def render_name(self, value: str, record: Any) -> str:
        return record.name_en if english() else value

    def render_published(self, value: int | None) -> str:
        return str(value) if value else gettext("尚未发布")

    def render_draft(self, value: int | None) -> str:
        return gettext("版本 %(number)s 的草稿") % {"number": value} if value else "—"
