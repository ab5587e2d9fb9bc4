"""Links that end subscriptions without logging in. Signed: nobody makes one up."""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from ..errors import SubscriptionNotFound

_SALT = "policies.search_subscriptions"


def end_address(user_id: int) -> str:
    """The whole address at which somebody ends what they subscribed to."""
    token = _signer().sign(f"{user_id:x}")
    return str(settings.PUBLIC_ADDRESS).rstrip("/") + reverse("policies:unsubscribe-all", args=[token])


def item_address(code: str) -> str:
    """The whole address of an item's page, for messages that are read elsewhere."""
    return str(settings.PUBLIC_ADDRESS).rstrip("/") + reverse("policies:item", args=[code])


def user_of_token(token: str) -> int:
    """Whose subscriptions. Raises SubscriptionNotFound for a link that is not ours."""
    try:
        return int(_signer().unsign(token), 16)
    except (BadSignature, ValueError):
        raise SubscriptionNotFound("no such link", message_zh="链接不完整或者已经失效") from None


def _signer() -> Signer:
    return Signer(salt=_SALT, sep="~")
