"""The table of batches."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.web.columns import CountColumn, MomentColumn, WordColumn
from yingshang.web.words import SYSTEM_ACTORS, in_language

from ..templatetags.contracts import state_tag
from ..words import SOURCES, state_of


class ImportTable(tables.Table):
    """Each batch on a line."""

    class Meta:
        empty_text = _("还没有导入过合同")

    name = tables.Column(verbose_name=_("文件"), linkify=("contracts_desk:import", [tables.A("id")]))
    source = WordColumn(SOURCES, verbose_name=_("来源"), orderable=False)
    state = tables.Column(verbose_name=_("状态"), orderable=False)
    row_count = CountColumn(verbose_name=_("合同"), orderable=False)
    contract_count = CountColumn(verbose_name=_("已登记"))
    duplicate_count = CountColumn(verbose_name=_("重复"), orderable=False)
    problem_count = CountColumn(verbose_name=_("问题"))
    started_by_name = WordColumn(SYSTEM_ACTORS, verbose_name=_("导入人"), orderable=False)
    started_at = MomentColumn(verbose_name=_("开始"))

    def render_state(self, value: str) -> SafeString:
        return state_tag("batch", value)

    def value_state(self, value: str) -> str:
        return state_of("batch", value)[0]


class ProblemTable(tables.Table):
    """Each mistake on a line."""

    class Meta:
        empty_text = _("没有问题")

    row = CountColumn(verbose_name=_("行"), orderable=False)
    column = tables.Column(verbose_name=_("列"), orderable=False)
    value = tables.Column(verbose_name=_("填写的内容"), orderable=False)
    told = tables.Column(verbose_name=_("怎么改"), orderable=False, empty_values=())

    def render_told(self, record: Any) -> str:
        return in_language(record.message_zh, record.message)

    def value_told(self, record: Any) -> str:
        return self.render_told(record)
