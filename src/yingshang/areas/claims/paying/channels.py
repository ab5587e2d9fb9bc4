"""Which way to its bank a fund has: `PAYMENT_CHANNELS` of the settings, by the code a fund names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from ..banking.channels import Channel, Format, open_channel
from ..banking.errors import ChannelMisconfigured
from ..banking.plain_files import Encoding

_OWN = frozenset({"type", "name", "encoding"})


@dataclass(frozen=True, slots=True)
class Way:
    """A way to a bank, open: what is sent, and how files for it are written."""

    code: str
    channel: Channel
    format: Format = Format.XML
    encoding: Encoding = Encoding.UTF_8


Ways = Callable[[str], Way]
"""The way of a code. Raises ChannelMisconfigured."""


def way_to(code: str) -> Way:
    """The way the settings describe. Raises ChannelMisconfigured, also for a code they do not name."""
    given = _configured().get(code)
    if given is None:
        raise ChannelMisconfigured(
            f"PAYMENT_CHANNELS names no channel {code!r}; it has {', '.join(sorted(_configured())) or 'none'}",
            message_zh=f"PAYMENT_CHANNELS 中没有支付渠道 {code!r}",
            field="channel",
        )
    words = {name: str(value) for name, value in given.items() if name not in _OWN}
    channel = open_channel(str(given.get("type", "")), words)
    try:
        encoding = Encoding(given.get("encoding") or Encoding.UTF_8)
    except ValueError:
        raise ChannelMisconfigured(
            f"{code}: encoding is one of {', '.join(Encoding)}",
            message_zh=f"{code}：encoding 须为 {'、'.join(Encoding)} 之一",
            field="encoding",
        ) from None
    return Way(code, channel, Format(words.get("format") or Format.XML), encoding)


def channel_names() -> dict[str, str]:
    """Code → what people call it, of every channel of the settings."""
    return {code: str(given.get("name") or code) for code, given in sorted(_configured().items())}


def _configured() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = settings.PAYMENT_CHANNELS
    return found
