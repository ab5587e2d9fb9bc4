"""What somebody wants to be told over which channel, and when it is quiet for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time

from yingshang.kernel.access.api import Actor, NotAllowed

from .channels import Channel, channels
from .kinds import MessageKind, message_kinds
from .models import Preference
from .platform_rules import QuietHours, platform_rules, quiet_hours_of


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """Whether somebody gets a kind of message over a channel."""

    channel: str
    name: str
    name_en: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class KindChoices:
    """The choices for one kind; of a mandatory one everything is wanted."""

    kind: MessageKind
    channels: tuple[ChannelChoice, ...]


@dataclass(frozen=True, slots=True)
class MessagePreferences:
    """All of somebody's choices. `quiet` is "platform", "own" or "none"; `in_force` is what that comes to."""

    kinds: tuple[KindChoices, ...]
    quiet: str
    quiet_from: time | None
    quiet_until: time | None
    of_platform: QuietHours | None
    in_force: QuietHours | None


def message_preferences(*, actor: Actor) -> MessagePreferences:
    """One's own choices, over the channels this platform can use. Raises NotAllowed for what is not a user."""
    user_id = own_user(actor)
    row = Preference.objects.filter(pk=user_id).first()
    rules = platform_rules()
    return MessagePreferences(
        kinds=tuple(
            KindChoices(
                kind,
                tuple(
                    ChannelChoice(each.code, each.name, each.name_en, wants(row, kind.code, each.code))
                    for each in offered_channels()
                ),
            )
            for kind in message_kinds().values()
        ),
        quiet=row.quiet if row else Preference.PLATFORM,
        quiet_from=row.quiet_from if row else None,
        quiet_until=row.quiet_until if row else None,
        of_platform=rules.quiet,
        in_force=quiet_hours_of(row, rules),
    )


def offered_channels() -> tuple[Channel, ...]:
    """The channels that reach people and that this platform can use."""
    return tuple(each for each in channels() if each.is_configured() and each.for_people)


def wants(preference: Preference | None, kind: str, channel: str) -> bool:
    """Whether somebody gets messages of this kind over this channel."""
    found = message_kinds().get(kind)
    if preference is None or found is None or found.mandatory:
        return True
    return channel not in preference.unwanted.get(kind, ())


def preferences_by_user(user_ids: Collection[int]) -> dict[int, Preference]:
    """The choices of those who have made any. One query, or none for nobody."""
    return Preference.objects.in_bulk(list(user_ids)) if user_ids else {}


def own_user(actor: Actor) -> int:
    """The number of the account. Raises NotAllowed for what is not a user."""
    if actor.kind != "user":
        raise NotAllowed("only users have preferences", message_zh="请先登录")
    return int(actor.identifier)
