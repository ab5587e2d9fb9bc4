"""An opinion, a decision, and the filter of opinions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.areas.policies.api import opinion_levels
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

DECISION_WORDS = {"continue": _("继续执行"), "change": _("调整完善"), "stop": _("停止执行")}


def level_choices() -> list[tuple[int, str]]:
    """The five levels in the language of the page, the best first."""
    return [(each.code, in_language(each.name, each.name_en)) for each in opinion_levels()]


class OpinionForm(forms.Form):
    """How an enterprise finds an item."""

    rating = forms.TypedChoiceField(
        label=_("您对这项政策满意吗"), coerce=int, widget=forms.RadioSelect, choices=level_choices
    )
    comment = forms.CharField(
        label=_("意见和建议"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 500}),
        help_text=_("最多 500 字。工作人员看到的意见不带企业名称，电话和证件号码会遮盖。"),
    )


class DecisionForm(forms.Form):
    """What is to become of an item."""

    decision = forms.ChoiceField(
        label=_("评价结论"), widget=forms.RadioSelect, choices=list(DECISION_WORDS.items())
    )
    reason = forms.CharField(
        label=_("理由"), widget=forms.Textarea(attrs={"rows": 3, "maxlength": 1000}), max_length=1000
    )


class OpinionFilter(FilterForm):
    """Opinions by level."""

    rating = forms.TypedChoiceField(label=_("评价"), coerce=int, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rating"].choices = choices(level_choices(), _("全部评价"))  # type: ignore[attr-defined]
