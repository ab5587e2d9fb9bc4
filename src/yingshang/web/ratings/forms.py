"""Forms of ratings on the desk. What may be said, the room that takes it says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.ratings.api import follow_up_states, rated_kinds, rating_levels
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

from .words import APPEAL_KINDS, level_name


class RatingFilter(FilterForm):
    """Ratings by what was rated, by what is to be done, and by level."""

    kind = forms.ChoiceField(label=_("类别"))
    state = forms.ChoiceField(label=_("状态"))
    level = forms.TypedChoiceField(label=_("评价"), coerce=int)

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        states = [(code, in_language(each[0], each[1])) for code, each in follow_up_states().items()]
        for name, pairs in (
            ("kind", kind_choices()),
            ("state", [*states, ("appealed", _("申诉待处理"))]),
            ("level", [(str(code), level_name(code)) for code in rating_levels()]),
        ):
            self.fields[name].choices = choices(pairs, _("全部"))  # type: ignore[attr-defined]


class ResultFilter(FilterForm):
    """Published results by what was rated."""

    kind = forms.ChoiceField(label=_("类别"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["kind"].choices = choices(kind_choices(), _("全部"))  # type: ignore[attr-defined]


def kind_choices() -> list[tuple[str, str]]:
    """What is rated, by name."""
    return [(each.code, in_language(each.name, each.name_en)) for each in rated_kinds()]


class _Plain(forms.Form):
    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class StepForm(_Plain):
    """What was done."""

    text = forms.CharField(label=_("办理情况"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class AppealForm(_Plain):
    """Why a rating should not count."""

    kind = forms.ChoiceField(label=_("类型"), choices=list(APPEAL_KINDS.items()), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("申诉理由"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class DecideForm(_Plain):
    """What becomes of an appeal."""

    verdict = forms.ChoiceField(
        label=_("处理结果"),
        widget=forms.RadioSelect,
        choices=[
            ("rejected", _("申诉不成立，评价照常计入")),
            ("upheld", _("申诉成立，评价保留但不计入统计")),
        ],
    )
    decision = forms.CharField(label=_("处理意见"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
