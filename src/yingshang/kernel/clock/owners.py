"""Who is told when a rung fires: rooms above this one register the kinds of things their deadlines belong to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from yingshang.kernel.access.api import Actor

from .errors import UnknownOwner
from .ladders import Rung
from .views import DeadlineView


@dataclass(frozen=True, slots=True)
class FiredRung:
    """A rung that fires now. `scheduled_for` is when it should have: the sweeper may have been down."""

    deadline: DeadlineView
    rung: Rung
    scheduled_for: datetime
    fired_at: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class OwnerKind:
    """A kind of owner, and what is called in the sweeper's transaction: for each firing, or for many at once."""

    kind: str
    on_rung: Callable[[FiredRung], None]
    on_rungs: Callable[[Sequence[FiredRung]], Collection[int]] | None = None


_kinds: dict[str, OwnerKind] = {}


def register_owner(
    kind: str,
    *,
    on_rung: Callable[[FiredRung], None],
    on_rungs: Callable[[Sequence[FiredRung]], Collection[int]] | None = None,
) -> None:
    """Make a kind of owner known, when Django starts. Repeating replaces.

    `on_rung` runs in the sweeper's transaction, in a savepoint of its own: what it writes is there exactly when the
    rung counts as fired. If it raises, its writes are undone, the rung is tried again later, and the reason is shown.
    What it wants done outside the database goes through an outbox.

    `on_rungs` may be given besides, where many cost less together than one by one: it is handed all firings of the kind
    in a batch, in one savepoint, and answers with the numbers of those deadlines it has left alone. These, and all when
    it raises, go to `on_rung` one by one: so both must come to the same, and nothing of the promises changes.
    """
    _kinds[kind] = OwnerKind(kind, on_rung, on_rungs)


def owner_kind(kind: str) -> OwnerKind:
    """The kind of owner with this name. Raises UnknownOwner."""
    found = _kinds.get(kind)
    if found is None:
        raise UnknownOwner(
            f"nobody has registered owners of kind {kind!r}; call clock.api.register_owner when Django starts",
            message_zh=f"没有登记过类型为“{kind}”的时限所属对象",
            value=kind,
            known=sorted(_kinds),
        )
    return found


def takes_many(kind: str) -> Callable[[Sequence[FiredRung]], Collection[int]] | None:
    """The handler of many that a kind of owner has registered; None without one, or without the kind."""
    found = _kinds.get(kind)
    return None if found is None else found.on_rungs
