"""Whose hand-over lists somebody reads, and who has which part in one."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from yingshang.kernel.access.api import Actor

from ..errors import NotYours, StepNotFound
from ..models import HandOver
from ..reach import HEAD, SUPERVISE, VIEW, agencies_of


def reached(actor: Actor) -> QuerySet[HandOver]:
    """The lists of an official's reach, and those they themself hand over or take over, wherever they sit now. Raises
    NotAllowed.
    """
    scope = actor.require(VIEW)
    return HandOver.objects.filter(scope.condition(region="region_path", agency="agency_id") | mine(actor))


def mine(actor: Actor, prefix: str = "") -> Q:
    """The condition that somebody is the one or the other of the two heads of a list."""
    user = user_of(actor)
    if user is None:
        return Q(pk__in=())
    return Q(**{f"{prefix}before__user": user}) | Q(**{f"{prefix}after__user": user})


def user_of(actor: Actor) -> int | None:
    """The number of somebody's account; None for what is no person."""
    return int(actor.identifier) if actor.kind == "user" else None


def load(actor: Actor, hand_over_id: int) -> HandOver:
    """One list of the reach, locked. Raises NotAllowed, StepNotFound."""
    found = reached(actor).filter(pk=hand_over_id).values_list("pk", flat=True).first()
    if found is None:
        raise list_not_found(hand_over_id)
    rows = HandOver.objects.select_for_update(of=("self",)).select_related("agency", "before", "after")
    return rows.get(pk=found)


def is_before(actor: Actor, row: HandOver) -> bool:
    """Whether somebody is the head who hands over."""
    return row.before is not None and row.before.user_id == user_of(actor)


def is_after(actor: Actor, row: HandOver) -> bool:
    """Whether somebody is the head who takes over, and still holds that office."""
    return row.after.user_id == user_of(actor) and row.agency_id in agencies_of(actor, HEAD)


def supervises(actor: Actor, row: HandOver) -> bool:
    """Whether somebody supervises the unit from outside of it."""
    if actor.kind == "system":
        return True
    if not actor.may(SUPERVISE) or row.agency_id in agencies_of(actor, SUPERVISE):
        return False
    return actor.scope(SUPERVISE).covers("agency", agency_id=row.agency_id, region_path=row.region_path)


def ensure_yours(here: bool, row: HandOver, *, whose: str, whose_zh: str) -> None:
    """Raises NotYours, which says whose turn it is."""
    if not here:
        raise NotYours(
            f"it is for {whose} of {row.agency.name}",
            message_zh=f"应由“{row.agency.name}”的{whose_zh}办理",
            value=row.pk,
        )


def list_not_found(hand_over_id: int) -> StepNotFound:
    """The refusal for a list that is not there, or not for this actor."""
    return StepNotFound(
        f"no hand-over list {hand_over_id}",
        message_zh="没有这份移交清单，或者您不能查看",
        value=hand_over_id,
    )
