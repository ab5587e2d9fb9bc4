"""What the accounts library asks us: how a new account is saved, and what the form shows."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class SignupForm(forms.Form):
    """The fields of registration besides the library's own."""

    name = forms.CharField(label=_("姓名"), max_length=60)
    phone = forms.RegexField(
        r"^1\d{10}$",
        label=_("手机号"),
        error_messages={"invalid": _("请输入11位手机号，以1开头。")},
    )

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Called by the library after the account is saved, in the same transaction."""
        user.name = self.cleaned_data["name"]
        user.phone = self.cleaned_data["phone"]
        user.save(update_fields=["name", "phone"])


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Our accounts: open to everybody, since an account alone allows nothing."""
