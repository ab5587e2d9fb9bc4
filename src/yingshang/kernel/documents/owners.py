"""Whose documents they are: each room that has some says who may read them. Nobody may read what no room speaks for."""

from __future__ import annotations

from collections.abc import Callable

from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError

MayRead = Callable[[Actor, str], bool]

_owners: dict[str, MayRead] = {}


def register_owner(kind: str, *, may_read: MayRead) -> None:
    """Make a kind of owner known; called when Django starts. `may_read(actor, identifier)` is asked at each opening."""
    _owners[kind] = may_read


def may_read(actor: Actor, kind: str, identifier: str) -> bool:
    """Whether an actor may read the documents of an owner. A refusal of the room, or no room at all, is a no."""
    ask = _owners.get(kind)
    if ask is None:
        return False
    try:
        return ask(actor, identifier) is True
    except DomainError:
        return False
