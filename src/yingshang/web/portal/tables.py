"""The tables of these pages; for the portrait only the file to download, the page shows it by source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.kernel.parties.api import FactValue
from yingshang.kernel.reference.api import UnknownFact, get_fact
from yingshang.web.design.formats import day, moment


class FactTable(tables.Table):
    """Every fact on a line."""

    label = tables.Column(verbose_name=gettext_lazy("项目"))
    text = tables.Column(verbose_name=gettext_lazy("内容"))
    unit = tables.Column(verbose_name=gettext_lazy("单位"))
    source = tables.Column(verbose_name=gettext_lazy("来源"))
    as_of = tables.Column(verbose_name=gettext_lazy("数据日期"))
    received_at = tables.Column(verbose_name=gettext_lazy("收到时间"))
    stale = tables.Column(verbose_name=gettext_lazy("是否过期"))
    column = tables.Column(verbose_name=gettext_lazy("代码"))

    def value_text(self, record: FactValue) -> str:
        return record.text if record.hidden or record.value is None else exported(record)

    def value_stale(self, record: FactValue) -> str:
        return _("已过期") if record.stale else ""

    def value_received_at(self, record: FactValue) -> str:
        return moment(record.received_at)


class ViewTable(tables.Table):
    """Who saw personal data, and why."""

    seen_at = tables.Column(verbose_name=gettext_lazy("时间"), orderable=False)
    actor_name = tables.Column(verbose_name=gettext_lazy("查看人"), orderable=False)
    fields = tables.Column(verbose_name=gettext_lazy("看了什么"), orderable=False)
    purpose = tables.Column(verbose_name=gettext_lazy("用途"), orderable=False)

    class Meta:
        empty_text = gettext_lazy("还没有人查看过")

    def render_seen_at(self, value: Any) -> str:
        return moment(value)

    def render_fields(self, value: Any) -> str:
        return names_of_fields(value)


PERSONAL_FIELDS = {
    "contact_email": gettext_lazy("联系邮箱"),
    "contact_phone": gettext_lazy("联系电话"),
    "identity_number": gettext_lazy("证件号码"),
    "facts": gettext_lazy("涉及个人的数据"),
}


def exported(fact: FactValue) -> str:
    """A value as a file keeps it: exact, not shortened."""
    value = fact.value
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if hasattr(value, "isoformat"):
        return day(value)
    if isinstance(value, list | tuple):
        return fact.text
    return str(value)


def names_of_fields(fields: Iterable[str]) -> str:
    """What was seen, in words: the register's own fields and facts by the names of the catalogue."""
    return "、".join(str(PERSONAL_FIELDS.get(each) or _name_of_fact(each)) for each in fields)


def _name_of_fact(code: str) -> str:
    try:
        return get_fact(code).name
    except UnknownFact:
        # A fact that was in the catalogue when it was seen.
        return code
