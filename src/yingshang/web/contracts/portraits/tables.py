"""Lists of portraits, of the obligations behind a figure, and of what was asked about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_tables2 as tables
from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.contracts.api import (
    BehindRow,
    Level,
    PortraitRequest,
    PortraitRow,
    portrait_rules,
)
from yingshang.web.columns import CountColumn, DayColumn
from yingshang.web.design.formats import percent
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

from ..handing_over.tables import NUMBER
from ..templatetags.contracts import fen, state_tag
from ..words import region_name, state_of, yuan


def level_name(level: Level) -> str:
    """The name of a level."""
    return in_language(level.name, level.name_en)


def level_tag(level: Level) -> SafeString:
    """A level as a coloured word."""
    return format_html('<span class="tag {}">{}</span>', level.tone, level_name(level))


def level_choices() -> list[tuple[str, str]]:
    """Every level with its name."""
    rules = portrait_rules()
    return [(each.code, level_name(each)) for each in (*rules.levels, rules.unknown)]


class PortraitFilter(FilterForm):
    """Portraits by words, level, region."""

    text = forms.CharField(label=gettext_lazy("搜索"), max_length=100)
    level = forms.ChoiceField(label=gettext_lazy("等级"))
    region_path = forms.ChoiceField(label=gettext_lazy("地区"))

    def __init__(self, data: QueryDict, *, regions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("单位或企业名称")
        self.fields["level"].choices = choices(level_choices(), _("全部等级"))  # type: ignore[attr-defined]
        self.fields["region_path"].choices = choices(regions, _("全部地区"))  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, Any]:
        """As the room's arguments."""
        found = dict(self.values)
        if "level" in found:
            found["levels"] = [found.pop("level")]
        return found


class ShareColumn(tables.Column):
    """A share of a portrait; unknown where there is nothing it could be of."""

    def __init__(self, figure: str, **extra: Any) -> None:
        super().__init__(accessor=f"figures__{figure}", attrs=NUMBER, default="—", **extra)

    def render(self, value: Any) -> str:
        return percent(value)

    def value(self, **kwargs: Any) -> Any:
        value = kwargs["value"]
        return value if value in (None, "", "—") else f"{value:.4f}"


class PortraitTable(tables.Table):
    """Each subject's newest portrait on a line."""

    class Meta:
        empty_text = gettext_lazy("还没有发布履约画像")
        orderable = False

    name = tables.Column(verbose_name=gettext_lazy("单位"), attrs={"td": {"class": "lead-cell"}})
    region_path = tables.Column(verbose_name=gettext_lazy("地区"))
    level = tables.Column(verbose_name=gettext_lazy("等级"))
    rate = ShareColumn("rate", verbose_name=gettext_lazy("按期率（项数）"))
    by_amount = ShareColumn("by_amount", verbose_name=gettext_lazy("按期率（金额）"))
    count = CountColumn(verbose_name=gettext_lazy("应履行"), accessor="figures__count")
    late_open = CountColumn(verbose_name=gettext_lazy("逾期未履行"), accessor="figures__late_open")
    place = tables.Column(verbose_name=gettext_lazy("同级同类位次"), attrs=NUMBER, default="—")
    until = DayColumn(verbose_name=gettext_lazy("截至"))

    address: Callable[[PortraitRow], str] = staticmethod(
        lambda row: reverse("contracts_desk:portrait", args=[row.id])
    )

    def render_name(self, record: PortraitRow) -> SafeString:
        return format_html('<a href="{}">{}</a>', type(self).address(record), record.name)

    def value_name(self, record: PortraitRow) -> str:
        return record.name

    def render_region_path(self, value: str) -> str:
        return region_name(value)

    def render_level(self, value: Level) -> SafeString:
        return level_tag(value)

    def value_level(self, value: Level) -> str:
        return level_name(value)


class EnterpriseTable(PortraitTable):
    """The same of enterprises."""

    class Meta(PortraitTable.Meta):
        pass

    name = tables.Column(verbose_name=gettext_lazy("企业"), attrs={"td": {"class": "lead-cell"}})


class OwnTable(EnterpriseTable):
    """The same in the portal."""

    class Meta(PortraitTable.Meta):
        empty_text = gettext_lazy("本企业还没有履约画像")

    address = staticmethod(lambda row: reverse("contracts:portrait", args=[row.id]))


class PublicTable(PortraitTable):
    """The same for everybody."""

    class Meta(PortraitTable.Meta):
        pass

    address = staticmethod(lambda row: reverse("contracts:unit", args=[row.subject_id]))


class BehindTable(tables.Table):
    """The obligations behind a figure."""

    class Meta:
        empty_text = gettext_lazy("这一项没有义务")
        orderable = False

    title = tables.Column(
        verbose_name=gettext_lazy("义务"), attrs={"td": {"class": "lead-cell"}}, empty_values=()
    )
    other_side = tables.Column(verbose_name=gettext_lazy("另一方"), default="—")
    amount = tables.Column(
        verbose_name=gettext_lazy("金额（元）"), accessor="fact__amount_fen", attrs=NUMBER, default="—"
    )
    due_on = DayColumn(verbose_name=gettext_lazy("到期日"), accessor="fact__due_on")
    done_on = DayColumn(verbose_name=gettext_lazy("履行日"), accessor="fact__done_on", default="—")
    late_days = CountColumn(verbose_name=gettext_lazy("逾期天数"))
    ask = tables.Column(verbose_name=gettext_lazy("操作"), empty_values=(), exclude_from_export=True)

    own = False
    face = "contracts_desk"
    portrait_id = 0

    def render_title(self, record: BehindRow) -> SafeString:
        if record.contract_id is None:
            return format_html('<span class="unknown">{}</span>', _("非公开合同的义务"))
        address = reverse(f"{self.face}:contract", args=[record.contract_id])
        sign = format_html(' <span class="tag note">{}</span>', _("已剔除")) if record.left_out else ""
        return format_html(
            '<a href="{}">{}</a>{}<div class="small text-secondary">{}</div>',
            address,
            record.title,
            sign,
            record.contract_number,
        )

    def value_title(self, record: BehindRow) -> str:
        return f"{record.contract_number} {record.title}" if record.contract_id else _("非公开合同的义务")

    def render_amount(self, value: int) -> str:
        return fen(value)

    def value_amount(self, value: int) -> Any:
        return yuan(value)

    def render_ask(self, record: BehindRow) -> Any:
        if not self.own or record.left_out:
            return ""
        links = [("object", _("提异议"))]
        if record.late_days and record.state == "performed":
            links.append(("repair", _("申请修复")))
        parts = [
            format_html(
                '<a class="btn btn-sm" href="{}">{}</a> ',
                reverse(f"{self.face}:portrait-ask", args=[self.portrait_id, what, record.obligation_id]),
                name,
            )
            for what, name in links
        ]
        return format_html("{}" * len(parts), *parts)


def behind_table(*, own: bool, face: str, portrait_id: int) -> type[BehindTable]:
    """The table for a reader: whose portrait it is may ask."""
    given = {"own": own, "face": face, "portrait_id": portrait_id}
    meta = type("Meta", (BehindTable.Meta,), {} if own else {"exclude": ("ask",)})
    return type("OneBehindTable", (BehindTable,), {"Meta": meta, **given})


KINDS: dict[str, tuple[Any, str]] = {
    "objection": (gettext_lazy("异议"), "objection"),
    "repair": (gettext_lazy("信用修复"), "repair"),
}


class RequestTable(tables.Table):
    """Objections and repairs, the next due first."""

    class Meta:
        empty_text = gettext_lazy("没有待决定的异议或修复")
        orderable = False

    name = tables.Column(verbose_name=gettext_lazy("单位或企业"), attrs={"td": {"class": "lead-cell"}})
    kind = tables.Column(verbose_name=gettext_lazy("事项"))
    obligation = tables.Column(verbose_name=gettext_lazy("义务"))
    state = tables.Column(verbose_name=gettext_lazy("状态"))
    due_on = DayColumn(verbose_name=gettext_lazy("决定期限"), default="—")

    def render_name(self, record: PortraitRequest) -> SafeString:
        address = reverse("contracts_desk:portrait-request", args=[record.kind, record.id])
        return format_html('<a href="{}">{}</a>', address, record.name)

    def value_name(self, record: PortraitRequest) -> str:
        return record.name

    def render_kind(self, value: str) -> str:
        return str(KINDS[value][0])

    def render_state(self, record: PortraitRequest) -> SafeString:
        return state_tag(record.kind, record.state)

    def value_state(self, record: PortraitRequest) -> str:
        return state_of(record.kind, record.state)[0]
