"""What can be a contact. Pure."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?\d[\d -]{5,18}\d")


def is_email(text: str) -> bool:
    """Whether it has the shape of an e-mail address; whether it is one only a letter can tell."""
    return bool(_EMAIL.fullmatch(text))


def is_phone(text: str) -> bool:
    """Whether it has the shape of a phone number, mobile or not."""
    return bool(_PHONE.fullmatch(text))
