"""What the accounts library asks us: how an account is saved, how often a password may be tried, where secrets go."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.adapter import get_adapter as accounts
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.mfa.adapter import DefaultMFAAdapter
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .personal_data import decrypt, encrypt


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

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Not limited here: axes counts wrong passwords, for a name and an address together.

        The library's own limit counts for a name alone, so that anybody could lock anybody out. It stays in force for
        the codes of second factors, which only who has the password can try.
        """
        self._login_failed_rl_usage = None


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of second factors are encrypted like other personal data."""

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)


def login_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The user name that wrong passwords are counted for, however the account was named: by its e-mail, or in capitals.

    Read by axes. A name that no account has is counted as it was written, so both look the same from outside; so is an
    address that several accounts claim and none has confirmed, lest a log-in to one wipe out what failed for another.
    """
    given = (credentials or {}).get("username") or (credentials or {}).get("email")
    if not given and request is not None:
        given = request.POST.get("login", "")
    given = str(given or "").strip()
    # The very accounts that the library would try the password on.
    named = filter_users_by_email(given, prefer_verified=True, for_login=True) if "@" in given else []
    user = named[0] if len(named) == 1 else None if named else get_user_by_username(given)
    return str(user.get_username() if user else given.lower())[:60]


def client_address(request: HttpRequest) -> str:
    """The address a request comes from, as the accounts library reads it; read by axes."""
    return str(accounts().get_client_ip(request))
