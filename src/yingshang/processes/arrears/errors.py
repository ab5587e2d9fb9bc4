"""Refusals of this journey."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class NotOwed(DomainError):
    """Nothing of it is late, and the unit does not say that it paid: there is nothing to have waited for in vain."""

    code = "arrears.not_owed"


class InvalidWording(DomainError):
    """The data file with the words of such an appeal cannot be read; says what is missing."""

    code = "arrears.invalid_wording"
