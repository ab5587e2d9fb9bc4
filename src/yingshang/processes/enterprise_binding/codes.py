"""Codes of a few digits: made, kept as a keyed hash, compared in constant time."""

from __future__ import annotations

import secrets

from django.utils.crypto import constant_time_compare, salted_hmac

_PURPOSE = "yingshang.enterprise_binding.code"


def new_code(digits: int) -> str:
    """A code nobody can foresee; it may begin with noughts."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def new_salt() -> str:
    """Text that makes equal codes of two requests differ at rest."""
    return secrets.token_hex(16)


def code_hash(code: str, salt: str) -> str:
    """What is kept. It hangs on the platform's secret key: so few digits are found by trial without it."""
    return salted_hmac(f"{_PURPOSE}:{salt}", code, algorithm="sha256").hexdigest()


def is_right(code: str, salt: str, kept: str) -> bool:
    """Whether this is the code that was kept. Blanks do not count."""
    given = "".join(code.split())
    return bool(kept) and constant_time_compare(code_hash(given, salt), kept)
