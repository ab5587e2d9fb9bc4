"""Who follows appeals about things of one kind: told when such an appeal begins, ends, is opened again, or when it is
said afterwards what it is about.

This area does not know who that is. Each registers for its kind of link; what it does runs in the transaction of the
action, after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .lifecycle import APPEAL
from .models import Appeal


@dataclass(frozen=True, slots=True)
class FollowedAppeal:
    """An appeal as its followers are told of it. `about` are the numbers of their kind it is about now, perhaps
    none any more. Of an anonymous one `party_id` is None: whose it is nobody is told.
    """

    id: int
    number: str
    title: str
    state: str
    open: bool
    anonymous: bool
    party_id: int | None
    about: tuple[str, ...]


Follower = Callable[[Sequence[FollowedAppeal], datetime], None]

_followers: dict[str, Follower] = {}


def register_follower(kind: str, handler: Follower) -> None:
    """Make known who follows appeals about things of a kind; when Django starts. The same kind again replaces it."""
    _followers[kind] = handler


def tell_followers(appeals: Iterable[Appeal], *, now: datetime, unlinked: str = "") -> None:
    """Tell those who follow what these are about, and who follows the kind that was just taken away."""
    rows = list(appeals)
    for kind, handler in _followers.items():
        told = [
            found for found in (_followed(row, kind) for row in rows) if found.about or (unlinked == kind)
        ]
        if told:
            handler(told, now)


def _followed(row: Appeal, kind: str) -> FollowedAppeal:
    return FollowedAppeal(
        row.pk,
        row.number,
        row.title,
        row.state,
        APPEAL.states[row.state].open,
        row.anonymous,
        None if row.anonymous else row.party_id,
        tuple(each["id"] for each in row.links if each["kind"] == kind),
    )
