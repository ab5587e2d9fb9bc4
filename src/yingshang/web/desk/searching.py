"""What the search of the workbench looks through: the registry of the kinds of things that rooms and areas have.

Each says who may search it, and finds within the actor's scope: the search asks nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from yingshang.kernel.access.api import Actor

MOST_OF_A_KIND = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found."""

    title: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing to search: who may, and how. `list_view` is where the rest of it is."""

    name: str | Promise
    icon: str
    permissions: tuple[str, ...]
    list_view: str
    find: Callable[[Actor, str], tuple[Sequence[Hit], int]]
    order: int = 50


_kinds: dict[str, Kind] = {}


def register_search(*kinds: Kind) -> None:
    """Make kinds of things known; called when Django starts. Repeating replaces."""
    for each in kinds:
        _kinds[each.list_view] = each


def search_kinds() -> tuple[Kind, ...]:
    """Every kind, in the order of the page."""
    return tuple(sorted(_kinds.values(), key=lambda each: each.order))
