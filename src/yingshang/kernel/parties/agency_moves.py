"""Rooms above that keep where an agency is beside their own rows are told when it moves, in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from yingshang.kernel.access.api import Actor


@dataclass(frozen=True, slots=True)
class AgencyMove:
    """An agency that is in another region from now on."""

    agency_id: int
    region_code: str
    region_path: str
    actor: Actor
    now: datetime


Follow = Callable[[AgencyMove], None]

_followers: dict[str, Follow] = {}


def register_agency_follower(room: str, follow: Follow) -> None:
    """Have a room told of every move; called when Django starts. Its error undoes the move. Repeating replaces."""
    _followers[room] = follow


def tell_followers(move: AgencyMove) -> None:
    """Tell every room, in the order of their names."""
    for room in sorted(_followers):
        _followers[room](move)
