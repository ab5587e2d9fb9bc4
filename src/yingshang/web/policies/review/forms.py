"""Forms of the review and of consultations. What may be said, the room that takes it says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.areas.policies.api import consultation_rules
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language


def _words(codes: Any) -> list[tuple[str, str]]:
    return [(each.code, in_language(each.name, each.name_en)) for each in codes]


class ConsultationFilter(FilterForm):
    """Consultations by words and state."""

    text = forms.CharField(label=_("政策名称"), max_length=60)
    state = forms.ChoiceField(
        label=_("状态"),
        choices=choices(
            [
                ("open", _("正在征求意见")),
                ("closed", _("期满，正在研究")),
                ("concluded", _("已公布采纳情况")),
            ],
            _("全部"),
        ),
    )


class CommentForm(forms.Form):
    """What somebody says of a draft, and who they are."""

    kind = forms.ChoiceField(label=_("您是"), widget=forms.RadioSelect)
    name = forms.CharField(
        label=_("姓名或者单位名称"), max_length=60, help_text=_("公布时个人只显示姓氏，单位显示全称。")
    )
    contact = forms.CharField(
        label=_("联系方式"),
        max_length=100,
        required=False,
        help_text=_("只用于核实意见，加密保存，不公布。"),
    )
    text = forms.CharField(label=_("意见和建议"), widget=forms.Textarea(attrs={"rows": 6}))

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        rules = consultation_rules()
        self.fields["kind"].choices = _words(rules.kinds)  # type: ignore[attr-defined]
        self.fields["text"].max_length = rules.longest_text  # type: ignore[attr-defined]
        self.fields["text"].widget.attrs["maxlength"] = rules.longest_text


class LetterForm(CommentForm):
    """The same for what came by letter or at a meeting."""

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["kind"].label = _("意见人")
        # Those the author proposed to ask: what they say counts as their answer.
        self.fields["name"].widget.attrs["list"] = "named-organisations"


class AnswerForm(forms.Form):
    """What becomes of a comment."""

    verdict = forms.ChoiceField(label=_("采纳情况"))
    answer = forms.CharField(
        label=_("理由"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("将与意见一并公布；采纳的可以不写。"),
    )
    public_text = forms.CharField(
        label=_("公布的文字"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("电话、证件号等已遮盖；还有不宜公布的，请改为 * 号，不能改写或者删去。"),
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["verdict"].choices = choices(  # type: ignore[attr-defined]
            _words(consultation_rules().verdicts), _("请选择")
        )


class ConcludeForm(forms.Form):
    """What became of the comments on the whole."""

    summary = forms.CharField(
        label=_("意见采纳情况说明"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("例如：共收到意见12条，采纳5条、部分采纳3条、未采纳4条，主要修改了申报条件。"),
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class SubmitForm(forms.Form):
    """What goes along with a version that is handed in."""

    explanation = forms.CharField(
        label=_("起草说明"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("为什么制定、主要内容、测算依据；征求意见时随草案公布。"),
    )
    departments = forms.CharField(
        label=_("建议征求意见的部门"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("每行一个"),
    )
    associations = forms.CharField(
        label=_("建议征求意见的行业协会"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("每行一个"),
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(label=_("理由"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
