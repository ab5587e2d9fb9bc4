"""Personal data at rest: encrypted, searched by a keyed hash, shown masked.

Encryption is Fernet (AES-128-CBC with HMAC-SHA256); `FIELD_ENCRYPTION_KEYS` lists the keys, newest first. The look-up
hash is HMAC-SHA256 under `LOOKUP_KEY`, which stays when encryption keys are rotated.
"""

from __future__ import annotations

import hmac
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@cache
def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


@cache
def _lookup_key() -> bytes:
    return bytes.fromhex(settings.LOOKUP_KEY)


def encrypt(text: str) -> str:
    """The text under the newest key."""
    return _cipher().encrypt(text.encode()).decode("ascii")


def decrypt(text: str) -> str:
    """What `encrypt` was given, under whichever key it was."""
    return _cipher().decrypt(text.encode()).decode()


def lookup_hash(text: str) -> str:
    """64 hexadecimal digits that find an encrypted value again; equal texts give equal hashes."""
    return hmac.digest(_lookup_key(), text.strip().upper().encode(), "sha256").hex()


def mask(text: str, *, head: int = 3, tail: int = 2) -> str:
    """The first and last characters, the rest as stars: 138*******21. Short texts lose all but the first."""
    if len(text) <= head + tail:
        return text[:1] + "*" * max(len(text) - 1, 0)
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]


if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class EncryptedTextField(_TextField):
    """Text that the database holds encrypted and Python sees in the clear. It cannot be searched or sorted."""

    def get_prep_value(self, value: Any) -> Any:
        return value if not value else encrypt(str(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if not value else decrypt(value)
