"""Tables of an evaluation."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from yingshang.web.columns import MomentColumn
from yingshang.web.words import SIZES

from .forms import level_choices

_NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}


class FigureTable(tables.Table):
    """Every figure of an evaluation on a line, to be exported."""

    class Meta:
        empty_text = _("没有数据")

    group = tables.Column(verbose_name=_("分组"), orderable=False)
    name = tables.Column(verbose_name=_("指标"), orderable=False)
    value = tables.Column(verbose_name=_("数值"), orderable=False, attrs=_NUMBER)
    unit = tables.Column(verbose_name=_("单位"), orderable=False)

    def value_value(self, record: Any) -> Any:
        return record.plain


class OpinionTable(tables.Table):
    """Opinions without whose they are."""

    class Meta:
        empty_text = _("还没有意见")

    rating = tables.Column(verbose_name=_("评价"), orderable=False)
    comment = tables.Column(verbose_name=_("意见"), orderable=False)
    size = tables.Column(verbose_name=_("规模"), orderable=False)
    region_name = tables.Column(verbose_name=_("区县"), orderable=False)
    given_at = MomentColumn(verbose_name=_("时间"), orderable=False)

    def render_rating(self, value: int) -> str:
        return dict(level_choices()).get(value, str(value))

    def render_size(self, value: str) -> str:
        return str(SIZES.get(value, value))
