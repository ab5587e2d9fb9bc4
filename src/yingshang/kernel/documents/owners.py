"""Whose documents they are: each room that has some says who may read them. Nobody may read what no room speaks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError

MayRead = Callable[[Actor, str], bool]
Opened = Callable[[Actor, str, str, datetime], None]

_owners: dict[str, MayRead] = {}
_opened: dict[str, Opened] = {}


def register_owner(kind: str, *, may_read: MayRead, opened: Opened | None = None) -> None:
    """Make a kind of owner known; called when Django starts. `may_read(actor, identifier)` is asked at each opening.

    `opened(actor, identifier, name of the document, now)` is told of each opening, for who has to note who saw what.
    """
    _owners[kind] = may_read
    if opened is not None:
        _opened[kind] = opened


def tell_opened(actor: Actor, kind: str, identifier: str, name: str, now: datetime) -> None:
    """Tell the owner's room that a document is handed over."""
    tell = _opened.get(kind)
    if tell is not None:
        tell(actor, identifier, name, now)


def may_read(actor: Actor, kind: str, identifier: str) -> bool:
    """Whether an actor may read the documents of an owner. A refusal of the room, or no room at all, is a no."""
    ask = _owners.get(kind)
    if ask is None:
        return False
    try:
        return ask(actor, identifier) is True
    except DomainError:
        return False
