"""Forms of instalments with a later condition."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.web.filters import FilterForm, choices

FOUND = {
    "due": _("条件成立"),
    "unknown": _("待人工判定"),
    "lost": _("不再属于应付"),
    "later": _("条件尚未成立"),
    "": _("尚未判定"),
}
TONES = {"due": "good", "unknown": "warn", "lost": "bad"}


class InstalmentFilter(FilterForm):
    """Instalments by words and by what the facts say."""

    text = forms.CharField(label=_("企业、事项、条件或编号"), max_length=60)
    found = forms.ChoiceField(
        label=_("条件判定"),
        choices=choices(
            [
                ("person", _("需要人办理")),
                *((code, FOUND[code]) for code in ("unknown", "lost", "later")),
            ],
            _("全部"),
        ),
    )


class DecideForm(forms.Form):
    """Whether the later condition is met."""

    use_required_attribute = False
    what = forms.ChoiceField(
        label=_("处理结果"),
        widget=forms.RadioSelect,
        choices=[("release", _("条件已经成立，转入拨付")), ("drop", _("条件不成立，不再支付，释放预算"))],
    )
    reason = forms.CharField(
        label=_("依据和理由"),
        max_length=400,
        help_text=_("企业可以看到。"),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 400}),
    )

    def __init__(self, *arguments: Any, found: str, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        if found != "unknown":
            # The facts say no: nobody says yes.
            what = self.fields["what"]
            what.choices = what.choices[1:]  # type: ignore[attr-defined]
