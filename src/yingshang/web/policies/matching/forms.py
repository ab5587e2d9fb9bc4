"""Forms of these pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.reference.api import FactDefinition
from yingshang.web.filters import FilterForm, choices

from .rows import GROUPS


class MatchFilter(FilterForm):
    """Items by words, by what they mean for the enterprise, by window and by kind."""

    text = forms.CharField(label=_("事项名称、编号或发布机关"), max_length=60)
    group = forms.ChoiceField(label=_("结论"), choices=choices(GROUPS.items(), _("全部")))
    window = forms.ChoiceField(
        label=_("受理时间"),
        choices=choices([("open", _("现在可以申请")), ("closing", _("30 天内截止"))], _("全部")),
    )
    kind = forms.ChoiceField(label=_("兑现方式"))

    def __init__(self, data: QueryDict, *, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["kind"].choices = choices(  # type: ignore[attr-defined]
            ((each, each) for each in kinds), _("全部")
        )


class SupplyForm(forms.Form):
    """One fact, as people write it. What is wrong with it says the room that takes it."""

    value = forms.CharField(max_length=200)

    def __init__(self, definition: FactDefinition, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["value"] = field_of(definition)


def field_of(definition: FactDefinition) -> forms.Field:
    """How a fact is asked for, by its type."""
    label = definition.name if not definition.unit else f"{definition.name}（{definition.unit}）"
    hint = definition.description or ""
    if definition.type == "boolean":
        return forms.ChoiceField(
            label=label,
            help_text=hint,
            choices=[("是", _("是")), ("否", _("否"))],
            widget=forms.RadioSelect,
        )
    if definition.type == "date":
        return forms.CharField(
            label=label, help_text=hint, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        )
    if definition.type == "string" and definition.values:
        return forms.ChoiceField(
            label=label,
            help_text=hint,
            choices=[(each, each) for each in definition.values],
            widget=forms.RadioSelect if len(definition.values) <= 5 else forms.Select,
        )
    attributes = {"inputmode": "decimal"} if definition.type == "number" else {}
    return forms.CharField(
        label=label, help_text=hint, max_length=200, widget=forms.TextInput(attrs=attributes)
    )
