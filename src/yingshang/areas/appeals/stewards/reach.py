"""Whose stewardships an actor reaches; used by every action and every read."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from yingshang.kernel.access.api import Actor

from ..errors import StepNotFound
from ..models import Stewardship

MANAGE, STEWARD = "appeals.manage_stewards", "appeals.steward"


def own(actor: Actor) -> Q:
    """The enterprises somebody is steward of themselves."""
    if actor.kind == "system":
        return ~Q(pk__in=())
    # A system of an agency is nobody's steward.
    if actor.kind != "user" or not actor.may(STEWARD):
        return Q(pk__in=())
    return Q(steward=int(actor.identifier))


def reached(actor: Actor) -> QuerySet[Stewardship]:
    """One's own, and those of the regions whose stewards one manages. Raises NotAllowed."""
    condition = own(actor)
    if actor.may(MANAGE):
        condition |= actor.scope(MANAGE).condition(region="region_path")
    elif not actor.may(STEWARD):
        actor.require(MANAGE)
    return Stewardship.objects.filter(condition)


def load_own(actor: Actor, stewardship_id: int) -> Stewardship:
    """One's own enterprise, locked. Raises NotAllowed, StepNotFound."""
    actor.require(STEWARD)
    rows = Stewardship.objects.select_for_update(of=("self",)).select_related(
        "party__merged_into", "party__region"
    )
    row = rows.filter(own(actor), pk=stewardship_id, until__isnull=True).first()
    if row is None:
        raise not_found(stewardship_id)
    return row


def not_found(stewardship_id: int) -> StepNotFound:
    """The refusal for a stewardship that is not there, over, or not this actor's."""
    return StepNotFound(
        f"no stewardship {stewardship_id}",
        message_zh="没有这项包联，或者已经结束，或者不由您负责",
        value=stewardship_id,
    )
