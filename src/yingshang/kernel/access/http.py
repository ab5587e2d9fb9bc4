"""What every view has to say: who may open it. A view that says nothing is closed to everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from django.http import HttpRequest

from .actors import VISITOR, Actor
from .permissions import get_permission

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may open a view: everybody, everybody with an account, or holders of one of the permissions."""

    who: Literal["everybody", "signed-in", "permitted"]
    permissions: tuple[str, ...] = ()

    def allows(self, actor: Actor) -> bool:
        if self.who == "everybody":
            return True
        if self.who == "signed-in":
            return actor.kind != "visitor"
        return any(actor.may(permission) for permission in self.permissions)


def open_to_everybody(view: View) -> View:
    """Anyone may open it, without an account."""
    view.access_rule = Rule("everybody")  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Anyone with an account may open it; what they see there depends on their scope."""
    view.access_rule = Rule("signed-in")  # type: ignore[attr-defined]
    return view


def needs(*permissions: str) -> Callable[[View], View]:
    """Only holders of one of these permissions may open it; how far they see is for the view's query."""
    for permission in permissions:
        get_permission(permission)

    def mark(view: View) -> View:
        view.access_rule = Rule("permitted", permissions)  # type: ignore[attr-defined]
        return view

    return mark


def actor_from(request: HttpRequest) -> Actor:
    """Who acts in this request; the middleware has put it there."""
    return getattr(request, "actor", VISITOR)
