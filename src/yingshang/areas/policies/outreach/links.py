"""Links of the platform's own that tell that somebody of an enterprise followed them. Signed: nobody makes one up."""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from ..errors import LinkNotFound

_SALT = "policies.outreach"


def token_of(party_id: int, item_id: int) -> str:
    """What the address of a link ends in: numbers and a signature, nothing of a person."""
    return str(_signer().sign(f"{party_id:x}.{item_id:x}"))


def read_token(token: str) -> tuple[int, int]:
    """(party, item). Raises LinkNotFound for one that is not ours."""
    try:
        party, _, item = _signer().unsign(token).partition(".")
        return int(party, 16), int(item, 16)
    except (BadSignature, ValueError):
        raise LinkNotFound("no such link", message_zh="链接不完整或者已经失效") from None


def address_of_item(party_id: int, item_id: int) -> str:
    """The whole address of a link, for messages that are read elsewhere."""
    return str(settings.PUBLIC_ADDRESS).rstrip("/") + reverse(
        "policies:go", args=[token_of(party_id, item_id)]
    )


def _signer() -> Signer:
    return Signer(salt=_SALT, sep="~")
