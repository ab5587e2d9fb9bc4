"""Whose documents they are: each room that has some says who may read them. Nobody may read what no room speaks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError

MayRead = Callable[[Actor, str], bool]
MayReadOne = Callable[[Actor, str, int], bool]
Opened = Callable[[Actor, str, str, datetime], None]

_owners: dict[str, MayRead] = {}
_singly: dict[str, MayReadOne] = {}
_opened: dict[str, Opened] = {}


def register_owner(
    kind: str, *, may_read: MayRead, may_read_one: MayReadOne | None = None, opened: Opened | None = None
) -> None:
    """Make a kind of owner known; called when Django starts. `may_read(actor, identifier)` is asked at each opening.

    `may_read_one(actor, identifier, document)` is asked where that is a no: a single document may be lent to what
    others see. `opened(actor, identifier, name of the document, now)` is told of each opening, for who has to note who
    saw what.
    """
    _owners[kind] = may_read
    if may_read_one is not None:
        _singly[kind] = may_read_one
    if opened is not None:
        _opened[kind] = opened


def tell_opened(actor: Actor, kind: str, identifier: str, name: str, now: datetime) -> None:
    """Tell the owner's room that a document is handed over."""
    tell = _opened.get(kind)
    if tell is not None:
        tell(actor, identifier, name, now)


def may_read(actor: Actor, kind: str, identifier: str, document_id: int) -> bool:
    """Whether an actor may read a document of an owner. A refusal of the room, or no room at all, is a no."""
    ask, ask_singly = _owners.get(kind), _singly.get(kind)
    return (ask is not None and _said_yes(lambda: ask(actor, identifier))) or (
        ask_singly is not None and _said_yes(lambda: ask_singly(actor, identifier, document_id))
    )


def _said_yes(ask: Callable[[], bool]) -> bool:
    try:
        return ask() is True
    except DomainError:
        return False
