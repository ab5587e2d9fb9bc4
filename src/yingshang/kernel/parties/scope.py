"""Which parties an actor may see: officials by region, an enterprise's own people by mandate. In the query, always."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from yingshang.kernel.access.api import Actor, Scope

from .errors import party_not_found
from .models import Party

VIEW, VIEW_OWN = "parties.view", "parties.view_own"
PERSONAL, PERSONAL_OWN = "parties.view_personal", "parties.view_own_personal"


def visible(actor: Actor, *, prefix: str = "") -> Q:
    """The condition for parties the actor may see, with `prefix` for a model that leads to one (`party__`).

    Raises NotAllowed when there can be none at all.
    """
    if not actor.may(VIEW_OWN):
        actor.require(VIEW)
    return _either(actor, VIEW, VIEW_OWN, prefix)


def visible_party(actor: Actor, party_id: int, rows: QuerySet[Party] | None = None) -> Party:
    """The party, if the actor may see it. Raises PartyNotFound otherwise, and NotAllowed as `visible` does."""
    found = (Party.objects.all() if rows is None else rows).filter(visible(actor), pk=party_id).first()
    if found is None:
        raise party_not_found(party_id)
    return found


def may_see_personal(actor: Actor, party_id: int) -> bool:
    """Whether personal data of this very party may be shown to the actor in the clear. One query."""
    return Party.objects.filter(_either(actor, PERSONAL, PERSONAL_OWN, ""), pk=party_id).exists()


def contains(scope: Scope, region_path: str | None) -> bool:
    """Whether a scope takes in a party of a region, for rows that are not in the database yet."""
    if scope.everywhere:
        return True
    if region_path is None:
        return False
    return region_path in scope.regions or any(region_path.startswith(path) for path in scope.subtrees)


def _either(actor: Actor, permission: str, of_own: str, prefix: str) -> Q:
    region, party = f"{prefix}region__path", f"{prefix}pk"
    return actor.scope(permission).condition(region=region, party=party) | actor.scope(of_own).condition(
        region=region, party=party
    )
