"""Messages of the accounts library go through the outbox like all others: a mail server that is slow or down delays the
message, not the person who registers."""

from __future__ import annotations

from typing import Any

from allauth.core import context as library
from django.utils import timezone
from django.utils.translation import get_language

from yingshang.kernel.access.accounts import AccountAdapter as OurAccounts
from yingshang.kernel.access.api import actor_from, system_actor

from .actions.send_text import send_text


class AccountAdapter(OurAccounts):
    """Named by the setting ACCOUNT_ADAPTER."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        request = library.request
        message = self.render_mail(template_prefix, email, {"request": request, "email": email, **context})
        actor = actor_from(request)
        send_text(
            actor=actor if actor.kind == "user" else system_actor("accounts"),
            email=email,
            template=f"accounts.{template_prefix.rpartition('/')[2]}",
            subject=message.subject,
            body=str(message.body),
            language=get_language() or "",
            now=timezone.now(),
        )
