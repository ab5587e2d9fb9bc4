"""Refusals of this room."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class UnknownTemplate(DomainError):
    """No message template with this code."""

    code = "notices.unknown_template"


class InvalidTemplate(DomainError):
    """A message template that does not hold together."""

    code = "notices.invalid_template"


class MissingContext(DomainError):
    """A template was used without everything it tells of."""

    code = "notices.missing_context"


class UnknownChannel(DomainError):
    """No channel with this code."""

    code = "notices.unknown_channel"


class NoAddress(DomainError):
    """None of the wanted channels reaches the recipient."""

    code = "notices.no_address"


class MessageNotFound(DomainError):
    """No such message among those the actor may see."""

    code = "notices.message_not_found"


class NotFailed(DomainError):
    """Only what failed is sent again."""

    code = "notices.not_failed"
