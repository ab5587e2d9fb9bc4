"""What a channel is, and which there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from ..errors import UnknownChannel


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message on its way. The same one is handed over again when it is not known whether it arrived.

    `reference` is what a gateway that reports knows it by.
    """

    message_id: int
    address: str
    subject: str
    body: str
    language: str
    template: str
    link: str
    reference: str = ""


class TemporaryFailure(Exception):
    """It may work later; `after` is how long the other side asked to wait."""

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class PermanentFailure(Exception):
    """It will not work however often it is tried."""


class Channel(Protocol):
    """A way to deliver messages."""

    code: str
    name: str
    name_en: str
    immediate: bool
    """Whether the message has arrived when it is written, as it has in the inbox."""
    for_people: bool
    """Whether it reaches people, who then may choose what they get over it."""
    reports: bool
    """Whether the other side tells what became of a message."""

    def is_configured(self) -> bool:
        """Whether this platform can use it."""

    def address(self, *, email: str, phone: str, endpoint: str) -> str:
        """Where it reaches somebody with these; empty where it does not."""

    def deliver(self, envelope: Envelope) -> None:
        """Hand the message over. Raises TemporaryFailure, PermanentFailure."""


_registered: dict[str, Channel] = {}


def register(channel: Channel) -> None:
    """Make a channel known."""
    _registered[channel.code] = channel


def get_channel(code: str) -> Channel:
    """The channel with this code. Raises UnknownChannel."""
    if code not in _registered:
        raise UnknownChannel(f"no channel {code!r}", message_zh=f"没有消息渠道“{code}”", value=code)
    return _registered[code]


def channel_codes() -> tuple[str, ...]:
    """All channels, in the order of registration."""
    return tuple(_registered)


def channels() -> tuple[Channel, ...]:
    """All channels, in the order of registration."""
    return tuple(_registered.values())
