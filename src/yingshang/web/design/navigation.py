"""Where one can go, face by face. A destination is shown to those who may open it: its view's own rule decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import Promise

from yingshang.kernel.access.api import Actor, Rule, rule_of


@dataclass(frozen=True, slots=True)
class Destination:
    """One entry of a navigation. Entries of one group stand together under its name."""

    face: str
    name: str | Promise
    view: str
    icon: str
    order: int = 100
    group: str | Promise = ""
    hidden_from_visitors: bool = False
    """Left out before logging in, although opening it would only ask to log in."""
    only_for_visitors: bool = False
    """Left out after logging in, where something better takes its place."""

    @property
    def url(self) -> str:
        return _url(self.view)


_DESTINATIONS: dict[tuple[str, str], Destination] = {}


def add_destinations(*destinations: Destination) -> None:
    """Called by a face when it is ready."""
    for destination in destinations:
        _DESTINATIONS[destination.face, destination.view] = destination


def all_destinations() -> tuple[Destination, ...]:
    """Every entry of every face."""
    return tuple(_DESTINATIONS.values())


@cache
def _url(view: str) -> str:
    return reverse(view)


@cache
def _rule(view: str) -> Rule | None:
    return rule_of(resolve(_url(view)).func)


def destinations(face: str, actor: Actor) -> Iterator[Destination]:
    """The entries of a face that are open to the actor, in order."""
    for destination in sorted(_DESTINATIONS.values(), key=lambda each: each.order):
        if destination.face != face:
            continue
        try:
            rule = _rule(destination.view)
        except NoReverseMatch:
            continue
        if rule is None:
            continue
        if actor.kind == "visitor" and (destination.hidden_from_visitors or rule.who != "everybody"):
            continue
        if destination.only_for_visitors and actor.kind != "visitor":
            continue
        if rule.allows(actor):
            yield destination
