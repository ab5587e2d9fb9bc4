"""What can be a contact. Pure."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST_EMAIL = 254
"""RFC 5321. It also keeps the pattern from going back and forth over a text without end."""
_PHONE = re.compile(r"\+?\d[\d -]{5,18}\d")


def is_email(text: str) -> bool:
    """Whether it has the shape of an e-mail address; whether it is one only a letter can tell."""
    return len(text) <= _LONGEST_EMAIL and text.isprintable() and bool(_EMAIL.fullmatch(text))


def is_phone(text: str) -> bool:
    """Whether it has the shape of a phone number, mobile or not."""
    return bool(_PHONE.fullmatch(text))
