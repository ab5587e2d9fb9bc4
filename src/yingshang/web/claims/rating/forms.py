"""Forms of ratings. What may be said, the room that takes it says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import follow_up_states, rating_rules
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

from .words import APPEAL_KINDS, level_name


class RateForm(forms.Form):
    """A level; afterwards reasons and words, which nobody has to give."""

    step = forms.ChoiceField(choices=())
    level = forms.TypedChoiceField(coerce=int, choices=())
    reasons = forms.MultipleChoiceField(required=False, choices=())
    words = forms.CharField(required=False)

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        rules = rating_rules()
        for name, codes in (("step", rules.steps), ("level", rules.levels), ("reasons", rules.reasons)):
            self.fields[name].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]


class RatingFilter(FilterForm):
    """Ratings by what is to be done, and by level."""

    state = forms.ChoiceField(label=_("状态"))
    level = forms.TypedChoiceField(label=_("评价"), coerce=int)

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        states = [(code, in_language(each[0], each[1])) for code, each in follow_up_states().items()]
        self.fields["state"].choices = choices(  # type: ignore[attr-defined]
            [*states, ("appealed", _("申诉待处理"))], _("全部")
        )
        self.fields["level"].choices = choices(  # type: ignore[attr-defined]
            [(str(code), level_name(code)) for code in rating_rules().levels], _("全部")
        )


class StepForm(forms.Form):
    """What was done."""

    text = forms.CharField(label=_("办理情况"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class AppealForm(forms.Form):
    """Why a rating should not count."""

    kind = forms.ChoiceField(label=_("类型"), choices=list(APPEAL_KINDS.items()), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("申诉理由"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class DecideForm(forms.Form):
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

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
