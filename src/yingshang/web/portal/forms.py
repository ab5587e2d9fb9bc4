"""What is filled in on these pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.access.api import Permission
from yingshang.web.design.formats import english


def name_of(permission: Permission) -> str:
    """What a power is called in the language of the page."""
    return permission.name_en[:1].upper() + permission.name_en[1:] if english() else permission.name


class ClerkForm(forms.Form):
    """Whom to authorise, for what, until when."""

    username = forms.CharField(
        label=_("经办人的用户名"),
        max_length=60,
        help_text=_("请经办人先在本平台注册，再把用户名告诉您。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    powers = forms.MultipleChoiceField(label=_("授权内容"), widget=forms.CheckboxSelectMultiple)
    valid_until = forms.DateField(
        label=_("有效期至"),
        required=False,
        help_text=_("不填就一直有效，可以随时撤销。"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, powers: tuple[Permission, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["powers"].choices = [(each.code, name_of(each)) for each in powers]  # type: ignore[attr-defined]


class BindForm(forms.Form):
    """Which enterprise."""

    credit_code = forms.CharField(
        label=_("企业的统一社会信用代码"),
        max_length=40,
        help_text=_("营业执照上的18位代码。验证码会发到企业登记的联系电话或邮箱。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class CodeForm(forms.Form):
    """The code that was sent."""

    code = forms.CharField(
        label=_("验证码"),
        max_length=12,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}
        ),
    )


class StatementForm(forms.Form):
    """Why the desk is asked."""

    statement = forms.CharField(
        label=_("给窗口人员的说明"),
        max_length=400,
        required=False,
        help_text=_("例如：登记的电话已经停用。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RefusalForm(forms.Form):
    """Why somebody may not become a clerk."""

    reason = forms.CharField(label=_("拒绝的理由"), max_length=400, required=False)
