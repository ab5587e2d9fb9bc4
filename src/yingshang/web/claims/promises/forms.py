"""Forms of promises. What may be said, the room that takes it says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import promise_rules, promise_states
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language


class PromiseFilter(FilterForm):
    """Promises by words, state, and when they are due."""

    text = forms.CharField(label=_("企业、事项、材料或编号"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))
    due = forms.ChoiceField(
        label=_("核查期限"),
        choices=choices(
            [("overdue", _("已逾期")), ("week", _("一周内到期")), ("month", _("三十天内到期"))], _("全部")
        ),
    )

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        states = [(code, in_language(each[0], each[1])) for code, each in promise_states().items()]
        self.fields["state"].choices = choices(states, _("全部"))  # type: ignore[attr-defined]


class CheckForm(forms.Form):
    """What was found of a promise."""

    use_required_attribute = False
    what = forms.ChoiceField(
        label=_("核查结果"),
        widget=forms.RadioSelect,
        choices=[("kept", _("已履行")), ("broken", _("未履行"))],
    )
    finding = forms.CharField(
        label=_("核查方式和情况"),
        help_text=_("企业可以看到。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    fact = forms.ChoiceField(
        label=_("能够证明的数据"), required=False, help_text=_("已履行的，选择数据或者上传证明材料。")
    )
    file = forms.FileField(label=_("证明材料"), required=False)

    def __init__(self, *arguments: Any, facts: tuple[tuple[str, str], ...], **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["finding"].widget.attrs["maxlength"] = promise_rules().longest_finding
        self.fields["fact"].choices = choices(facts, "—")  # type: ignore[attr-defined]


class BringForm(forms.Form):
    """The file that was promised."""

    file = forms.FileField(label=_("文件"))
