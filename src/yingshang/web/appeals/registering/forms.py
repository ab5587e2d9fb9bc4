"""What somebody at a hotline, or on a visit, writes down of what another said."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import Reporter

from ..words import named_choices


class FindForm(forms.Form):
    """Which enterprise."""

    use_required_attribute = False
    enterprise = forms.CharField(label=_("企业名称或统一社会信用代码"), max_length=100, required=False)

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class RegisterForm(forms.Form):
    """What was said, over which channel, by whom."""

    channel = forms.ChoiceField(label=_("渠道"), widget=forms.RadioSelect, initial="hotline")
    urgency = forms.ChoiceField(label=_("紧急程度"), widget=forms.RadioSelect, initial="normal")
    reference = forms.CharField(
        label=_("来电或走访编号"), max_length=80, required=False, help_text=_("同一编号只登记一次。")
    )
    region = forms.ChoiceField(label=_("事情发生在哪里"), required=False)
    body = forms.CharField(label=_("诉求内容"), widget=forms.Textarea(attrs={"rows": 7}), strip=False)
    title = forms.CharField(label=_("标题"), required=False)
    name = forms.CharField(label=_("联系人"), max_length=60, required=False)
    phone = forms.CharField(label=_("联系电话"), max_length=30, required=False)
    anonymous = forms.BooleanField(label=_("匿名：不让办理单位看到是谁说的"), required=False)

    def __init__(self, *arguments: Any, regions: list[tuple[str, str]], known: bool, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        channels = [each for each in named_choices("channels") if each[0] in ("hotline", "visit")]
        self.fields["region"].required = not known
        first = ("", _("企业所在地") if known else _("请选择"))
        for name, pairs in (
            ("channel", channels),
            ("urgency", named_choices("urgencies")),
            ("region", [first, *regions]),
        ):
            self.fields[name].choices = pairs  # type: ignore[attr-defined]

    @property
    def reporter(self) -> Reporter:
        """Who called, or was visited."""
        return Reporter(self.cleaned_data["name"], self.cleaned_data["phone"])
