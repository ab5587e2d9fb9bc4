"""What the accounts library does is recorded too: logging in and out, passwords, second factors."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.contrib.auth import signals as auth_signals
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from yingshang.kernel.ledger.api import Target, record

from .actors import Actor
from .models import User

# `last_login` would be a write of its own, outside any transaction, at every log-in; the event says the same.
auth_signals.user_logged_in.disconnect(dispatch_uid="update_last_login")


def _note(user: Any, action: str, **after: Any) -> None:
    if not isinstance(user, User) or user.pk is None:
        return
    with transaction.atomic():
        record(
            actor=Actor(kind="user", identifier=str(user.pk), name=str(user)),
            action=f"access.{action}",
            target=Target("user", str(user.pk), str(user)),
            now=timezone.now(),
            after=after or None,
        )


@receiver(auth_signals.user_logged_in)
def _logged_in(user: Any, **_: Any) -> None:
    _note(user, "logged_in")


@receiver(auth_signals.user_logged_out)
def _logged_out(user: Any, **_: Any) -> None:
    _note(user, "logged_out")


@receiver(account_signals.user_signed_up)
def _signed_up(user: Any, **_: Any) -> None:
    _note(user, "signed_up", username=user.username)


@receiver([account_signals.password_changed, account_signals.password_reset, account_signals.password_set])
def _password_changed(user: Any, **_: Any) -> None:
    _note(user, "password_changed")


@receiver([account_signals.email_added, account_signals.email_changed, account_signals.email_removed])
def _email_changed(user: Any, **_: Any) -> None:
    _note(user, "email_changed")


@receiver(account_signals.email_confirmed)
def _email_confirmed(email_address: Any, **_: Any) -> None:
    _note(email_address.user, "email_confirmed")


@receiver(
    [mfa_signals.authenticator_added, mfa_signals.authenticator_removed, mfa_signals.authenticator_reset]
)
def _second_factor_changed(user: Any, **_: Any) -> None:
    _note(user, "second_factor_changed")
