"""What the accounts library does is recorded too: logging in and out, passwords, addresses, second factors.

Where the library sends its own signal inside the transaction, that is used. For second factors it sends some of them
after the commit, and none for a renamed passkey; there the rows themselves are watched.
"""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social_signals
from axes.signals import user_locked_out
from django.contrib.auth import signals as auth_signals
from django.db import transaction
from django.db.models import signals as model_signals
from django.dispatch import receiver
from django.utils import timezone

from yingshang.kernel.ledger.api import Target, record

from .actors import VISITOR, Actor
from .models import User

# `last_login` would be a write of its own, outside any transaction, at every log-in; the event says the same.
auth_signals.user_logged_in.disconnect(dispatch_uid="update_last_login")


def _note(user: Any, action: str, *, actor: Actor | None = None, **after: Any) -> None:
    if not isinstance(user, User) or user.pk is None:
        return
    agency = user.agency
    with transaction.atomic():
        record(
            actor=actor or Actor(kind="user", identifier=str(user.pk), name=str(user)),
            action=f"access.{action}",
            target=Target(
                "user",
                str(user.pk),
                str(user),
                region_path=agency.region.path if agency else "",
                agency_id=user.agency_id,
            ),
            now=timezone.now(),
            after=after or None,
        )


@receiver(auth_signals.user_logged_in)
def _logged_in(user: Any, **_: Any) -> None:
    _note(user, "logged_in")


@receiver(auth_signals.user_logged_out)
def _logged_out(user: Any, **_: Any) -> None:
    _note(user, "logged_out")


@receiver(user_locked_out)
def _locked_out(username: str | None, ip_address: str | None, **_: Any) -> None:
    """After too many wrong passwords. The person is not known to be the one the name belongs to."""
    user = User.objects.select_related("agency__region").filter(username=username or "").first()
    _note(user, "locked_out", actor=VISITOR, address=ip_address)


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


@receiver([social_signals.social_account_added, social_signals.social_account_updated])
def _account_linked(sociallogin: Any, **_: Any) -> None:
    _note(sociallogin.user, "account_linked", provider=sociallogin.account.provider)


@receiver(social_signals.social_account_removed)
def _account_unlinked(socialaccount: Any, **_: Any) -> None:
    _note(socialaccount.user, "account_unlinked", provider=socialaccount.provider)


@receiver(model_signals.post_save, sender=Authenticator)
def _second_factor_saved(
    instance: Any, created: bool, update_fields: frozenset[str] | None, **_: Any
) -> None:
    if created:
        _note(instance.user, "second_factor_added", kind=instance.type)
    elif update_fields == frozenset({"last_used_at"}):
        _note(instance.user, "second_factor_used", kind=instance.type)
    else:
        _note(instance.user, "second_factor_changed", kind=instance.type)


@receiver(model_signals.post_delete, sender=Authenticator)
def _second_factor_removed(instance: Any, **_: Any) -> None:
    _note(instance.user, "second_factor_removed", kind=instance.type)
