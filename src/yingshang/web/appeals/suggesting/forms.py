"""Filters and forms of suggestions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.kernel.access.api import DeskView
from yingshang.web.filters import FilterForm, choices

from ..handling.forms import StepForm
from ..words import state_choices


class SuggestionFilter(FilterForm):
    """Suggestions by words, state, and whose turn it is."""

    text = forms.CharField(label=gettext_lazy("搜索"), max_length=100)
    state = forms.ChoiceField(label=gettext_lazy("状态"))
    mine = forms.ChoiceField(label=gettext_lazy("范围"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("文号、标题或政策")
        self.fields["state"].choices = choices(state_choices("suggestion"), _("全部状态"))  # type: ignore[attr-defined]
        self.fields["mine"].choices = choices([("yes", _("由本单位答复的"))], _("全部"))  # type: ignore[attr-defined]


class RegionFilter(FilterForm):
    """Clusters of a region."""

    region_path = forms.ChoiceField(label=gettext_lazy("地区"))

    def __init__(self, data: QueryDict, *, regions: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["region_path"].choices = regions  # type: ignore[attr-defined]


class SuggestForm(StepForm):
    """To whom, and what."""

    agency_id = forms.TypedChoiceField(label=gettext_lazy("送交的政策制定单位"), coerce=int)
    title = forms.CharField(label=gettext_lazy("标题"), max_length=120)
    text = forms.CharField(
        label=gettext_lazy("建议"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("写明问题、原因和怎样改。不写企业名称和个人信息；手机号、证件号会自动遮盖。"),
    )

    def __init__(self, *arguments: Any, authors: Iterable[DeskView], **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        pairs = [(str(each.agency_id), each.name) for each in authors]
        self.fields["agency_id"].choices = [("", _("请选择")), *pairs]  # type: ignore[attr-defined]


class AnswerSuggestionForm(StepForm):
    """What the author answers."""

    answer = forms.CharField(
        label=gettext_lazy("答复"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("采纳的写明怎么改、什么时候改；不采纳的写明理由。"),
    )


class WithdrawForm(StepForm):
    """Why it is taken back."""

    reason = forms.CharField(label=gettext_lazy("理由"), widget=forms.Textarea(attrs={"rows": 2}))
