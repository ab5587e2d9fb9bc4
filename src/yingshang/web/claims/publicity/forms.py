"""Forms of public lists and objections. What may be said, the room that takes it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import Unpublished, publicity_states
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

from ..templatetags.lists import OBJECTION_STATES


class PublicityFilter(FilterForm):
    """Public lists by words and state."""

    text = forms.CharField(label=_("政策事项、部门或公示编号"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["state"].choices = choices(  # type: ignore[attr-defined]
            [
                (code, in_language(each[0], each[1]))
                for code, each in publicity_states().items()
                if code != "preparing"
            ],
            _("全部"),
        )


class AwardFilter(FilterForm):
    """Awards of a list by words."""

    text = forms.CharField(label=_("企业名称"), max_length=60)


class ObjectionFilter(FilterForm):
    """Objections by state."""

    state = forms.ChoiceField(
        label=_("状态"),
        choices=choices([(code, words) for code, (words, _tone) in OBJECTION_STATES.items()], _("全部")),
    )


class ObjectionForm(forms.Form):
    """What somebody objects, and who they are."""

    text = forms.CharField(
        label=_("异议的理由"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("请写明事实，例如该企业不符合哪一项条件、有什么依据。"),
    )
    name = forms.CharField(label=_("姓名或者单位名称"), max_length=60, required=False)
    contact = forms.CharField(
        label=_("联系方式"),
        max_length=100,
        required=False,
        help_text=_("姓名和联系方式至少填一项；加密保存，不公布，也不告诉被异议的企业。"),
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class PublishForm(forms.Form):
    """What is put before the public."""

    code = forms.ChoiceField(label=_("政策事项"))
    contact = forms.CharField(
        label=_("异议受理方式"),
        max_length=200,
        required=False,
        help_text=_("除本平台外还可以怎样提出异议，例如受理科室和电话；会公布。"),
    )

    def __init__(self, *arguments: Any, waiting: Sequence[Unpublished], **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["code"].choices = [  # type: ignore[attr-defined]
            (
                each.item_code,
                _("%(name)s（%(count)s 家，公示 %(days)s 个工作日）")
                % {"name": each.item_name, "count": f"{each.claims:,}", "days": each.working_days},
            )
            for each in waiting
        ]


class DecisionForm(forms.Form):
    """What becomes of an objection."""

    verdict = forms.ChoiceField(
        label=_("处理结果"),
        widget=forms.RadioSelect,
        choices=[
            ("rejected", _("异议不成立，继续公示")),
            ("upheld", _("异议成立，取消兑付并释放预算")),
        ],
    )
    decision = forms.CharField(
        label=_("处理意见"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("异议成立时企业可以看到。"),
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
