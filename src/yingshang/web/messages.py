"""Words of messages for the faces: kinds and channels in the language of the page."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables

from yingshang.kernel.notices.api import UnknownChannel, channels, get_channel, message_kinds
from yingshang.web.words import in_language


def channel_name(code: str) -> str:
    """What a channel is called; its code when it is gone."""
    try:
        channel = get_channel(code)
    except UnknownChannel:
        return code
    return in_language(channel.name, channel.name_en)


def kind_name(code: str) -> str:
    """What a kind of message is called; its code when it is gone."""
    kind = message_kinds().get(code)
    return in_language(kind.name, kind.name_en) if kind else code


def channel_choices(*, of_people: bool = False) -> list[tuple[str, str]]:
    """All channels, or those that reach people and are set up here."""
    return [
        (each.code, in_language(each.name, each.name_en))
        for each in channels()
        if not of_people or (each.for_people and each.is_configured())
    ]


_ONE_LINE = {"td": {"class": "nowrap"}}


class ChannelColumn(tables.Column):
    """A channel by its name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"attrs": _ONE_LINE} | kwargs))

    def render(self, value: str) -> str:
        return channel_name(value)

    def value(self, **kwargs: Any) -> Any:
        return channel_name(kwargs["value"])


class KindColumn(tables.Column):
    """A kind of message by its name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"attrs": _ONE_LINE} | kwargs))

    def render(self, value: str) -> str:
        return kind_name(value)

    def value(self, **kwargs: Any) -> Any:
        return kind_name(kwargs["value"])
