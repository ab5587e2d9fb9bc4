"""What is asked of who keeps the library."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import library_rules
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

from ..handling.forms import NeededRemarkForm, RemarkForm, StepForm
from ..words import region_name, topic_choices

Regions = list[tuple[str, str]]


class ReadRemarkForm(RemarkForm):
    """A remark nobody has to make, about the very words that were read."""

    read = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)


class ReadNeededRemarkForm(NeededRemarkForm):
    """A remark about the very words that were read."""

    read = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)


class KeptFilter(FilterForm):
    """Answers by what one looks for."""

    text = forms.CharField(label=_("搜索"), max_length=100)
    topic = forms.ChoiceField(label=_("主题"))
    region_path = forms.ChoiceField(label=_("适用地区"))
    tab = forms.CharField(widget=forms.HiddenInput, max_length=10)

    def __init__(self, data: QueryDict, *, regions: Regions, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("问题或答复里的词")
        self.fields["topic"].choices = choices(topic_choices(), _("全部主题"))  # type: ignore[attr-defined]
        self.fields["region_path"].choices = choices(regions, _("全部地区"))  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, Any]:
        """As the room's arguments."""
        return {name: value for name, value in self.values.items() if name != "tab"}

    @property
    def narrowed(self) -> bool:
        return bool(self.asked)


class PublicFilter(FilterForm):
    """Published answers by words, topic and place."""

    text = forms.CharField(label=_("搜索"), max_length=100)
    topic = forms.ChoiceField(label=_("主题"))
    region = forms.ChoiceField(label=_("地区"))

    def __init__(self, data: QueryDict, *, regions: Regions, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["topic"].choices = choices(topic_choices(), _("全部主题"))  # type: ignore[attr-defined]
        self.fields["region"].choices = choices(regions, _("全部地区"))  # type: ignore[attr-defined]


class TextFilter(FilterForm):
    """By words alone."""

    text = forms.CharField(label=_("搜索"), max_length=100)


class AnswerForm(StepForm):
    """A question and its answer, for everybody."""

    question = forms.CharField(label=_("问题"), help_text=_("像企业会问的那样写，不写是哪家企业、哪件诉求。"))
    text = forms.CharField(
        label=_("答复"),
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("写成对谁都适用的答复；个人信息和诉求人的名称会自动遮盖，遮盖的地方请换个说法。"),
    )
    law = forms.CharField(label=_("依据"), required=False, help_text=_("法规、政策的名称和条款"))
    contact = forms.CharField(
        label=_("咨询电话"), required=False, max_length=60, help_text=_("单位的公开电话，如 12345")
    )
    topic = forms.ChoiceField(label=_("主题"), required=False)
    region_path = forms.ChoiceField(label=_("适用地区"))

    def __init__(self, *arguments: Any, regions: Regions, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        limits = library_rules().limits
        self.fields["text"].widget.attrs["data-most"] = limits.text_longest
        self.fields["topic"].choices = choices(topic_choices(), _("不分主题"))  # type: ignore[attr-defined]
        own = str(self.initial.get("region_path", ""))
        if own and own not in dict(regions):
            regions = [(own, region_name(own)), *regions]
        self.fields["region_path"].choices = regions  # type: ignore[attr-defined]


class TemplateForm(StepForm):
    """A text replies begin with, and for whom."""

    name = forms.CharField(label=_("名称"))
    text = forms.CharField(label=_("正文"), widget=forms.Textarea(attrs={"rows": 10}))
    topic = forms.ChoiceField(label=_("主题"), required=False)
    whose = forms.ChoiceField(label=_("谁可以用"))

    def __init__(
        self, *arguments: Any, regions: Regions, agencies: tuple[tuple[int, str], ...], **kwargs: Any
    ) -> None:
        super().__init__(*arguments, **kwargs)
        names = "　".join(
            f"{{{each.name}}}{in_language('', f' ({each.name_en})')}"
            for each in library_rules().placeholders.values()
        )
        self.fields["text"].help_text = _("可以自动填写：%(names)s") % {"names": names}
        self.fields["topic"].choices = choices(topic_choices(), _("不分主题"))  # type: ignore[attr-defined]
        self.fields["whose"].choices = [  # type: ignore[attr-defined]
            (_("本单位"), [(f"agency:{number}", name) for number, name in agencies]),
            (_("整个地区"), [(f"region:{path}", name) for path, name in regions]),
        ]

    @property
    def told(self) -> dict[str, Any]:
        """As the arguments of the action."""
        told = dict(self.cleaned_data)
        kind, _colon, which = told.pop("whose").partition(":")
        return {**told, **({"agency_id": int(which)} if kind == "agency" else {"region_path": which})}
