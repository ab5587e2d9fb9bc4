"""The door of "I was not paid". See README.md."""

from __future__ import annotations

from .actions import Reported, ensure_owed, report_not_paid
from .errors import InvalidWording, NotOwed
from .kinds import CONTRACT, OBLIGATION
from .wording import Words, words_of

__all__ = [
    "CONTRACT",
    "OBLIGATION",
    "InvalidWording",
    "NotOwed",
    "Reported",
    "Words",
    "ensure_owed",
    "report_not_paid",
    "words_of",
]
