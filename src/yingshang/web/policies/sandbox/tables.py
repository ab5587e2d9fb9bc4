"""Tables of the sandbox."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from yingshang.areas.policies.api import states
from yingshang.web.columns import MomentColumn
from yingshang.web.design import formats
from yingshang.web.words import in_language

_NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}


class CountColumn(tables.Column):
    """A count."""

    def __init__(self, **more: Any) -> None:
        super().__init__(attrs=_NUMBER, **more)

    def render(self, value: Any) -> str:
        return formats.number(value)

    def value(self, **kwargs: Any) -> Any:
        return kwargs["value"]


class AmountColumn(CountColumn):
    """An amount in yuan."""

    def render(self, value: Any) -> str:
        return formats.large_money(value)

    def value(self, **kwargs: Any) -> Any:
        value = kwargs["value"]
        return "" if value is None else f"{value:.2f}"


class StateColumn(tables.Column):
    """The state of a version."""

    def render(self, value: str) -> str:
        state = states()[value]
        return in_language(state.name, state.name_en)

    def value(self, **kwargs: Any) -> Any:
        return self.render(kwargs["value"])


class GroupTable(tables.Table):
    """The groups of a breakdown."""

    class Meta:
        empty_text = _("没有企业")

    label = tables.Column(verbose_name=_("分组"))
    subjects = CountColumn(verbose_name=_("企业"))
    entitled = CountColumn(verbose_name=_("符合"))
    undecided = CountColumn(verbose_name=_("待定"))
    certain = AmountColumn(verbose_name=_("确定金额"))
    possible = AmountColumn(verbose_name=_("可能金额"))
    base_entitled = CountColumn(verbose_name=_("现行符合"))
    base_certain = AmountColumn(verbose_name=_("现行确定金额"))
    gain = CountColumn(verbose_name=_("新增受益"))
    lose = CountColumn(verbose_name=_("不再受益"))


class SandboxItemTable(tables.Table):
    """Items that can be tried."""

    class Meta:
        empty_text = _("还没有政策事项")

    name = tables.Column(
        verbose_name=_("事项"), orderable=False, linkify=("policies_desk:sandbox", [tables.A("code")])
    )
    code = tables.Column(verbose_name=_("编号"), orderable=False)
    state = StateColumn(verbose_name=_("状态"), orderable=False)
    number = tables.Column(verbose_name=_("版本"), orderable=False)
    issuer = tables.Column(verbose_name=_("发布机关"), orderable=False)
    changed_at = MomentColumn(verbose_name=_("修改时间"), orderable=False)
