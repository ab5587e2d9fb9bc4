"""Separation of duties between the steps of one case."""

from __future__ import annotations

from collections.abc import Iterable

from .actors import Actor
from .errors import ConflictingDuties
from .selectors import reference_of


def ensure_separate(actor: Actor, others: Iterable[Actor | str | int]) -> None:
    """That the actor is none of those who took the steps this one must be apart from: who decided may not pay.

    `others` are actors, references ("user:12") or numbers of users. Raises ConflictingDuties.
    """
    taken = {_reference(other) for other in others}
    if reference_of(actor) in taken and actor.kind != "system":
        raise ConflictingDuties(
            f"{actor.name} took another step of this case; somebody else must take this one",
            message_zh="您已参与本事项的另一环节，按不相容岗位分离的要求，这一步须由他人办理",
            actor=reference_of(actor),
        )


def _reference(other: Actor | str | int) -> str:
    if isinstance(other, Actor):
        return reference_of(other)
    return f"user:{other}" if isinstance(other, int) else other
