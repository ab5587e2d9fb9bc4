"""Whose claims an actor reaches; used by every action and every read."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from yingshang.kernel.access.api import Actor, NotAllowed, Scope, scope_of
from yingshang.kernel.parties.api import PartyNotFound

from .errors import ClaimNotFound
from .models import Claim

OWN, CONFIRM, VIEW = "claims.apply_own", "claims.confirm_own", "claims.view"


def own_party(actor: Actor, party_id: int, permission: str = OWN) -> int:
    """The enterprise somebody claims for: the entry that is kept, of a merged one. Raises PartyNotFound."""
    scope = actor.require(permission)
    party_id = actor.kept_entry(party_id, permission)
    if not (scope.everywhere or party_id in scope.parties):
        raise PartyNotFound(
            f"no enterprise {party_id} of {actor.name}",
            message_zh="没有这家企业，或者您没有为它申请兑现的授权",
            value=party_id,
        )
    return party_id


def ensure_region(scope: Scope, region_path: str) -> None:
    """That a whole region lies within a scope. Raises NotAllowed."""
    if not scope.covers("subtree", agency_id=0, region_path=region_path):
        raise NotAllowed(
            f"the region {region_path or 'of the whole country'} lies beyond your reach",
            message_zh="该地区超出您的管理范围",
            value=region_path,
        )


def visible(actor: Actor) -> QuerySet[Claim]:
    """The claims an actor may see: an enterprise's own, or those of an official's reach. Of a list an enterprise hears
    once it was approved and the enterprise is asked.
    """
    rows = Claim.objects.all()
    if not actor.may(VIEW):
        unheard = Q(entitlement_list__isnull=False) & ~Q(entitlement_list__state="approved")
        rows = rows.exclude(unheard | Q(state="listed"))
    return scope_of(actor, OWN, VIEW).filter(rows, region="region_path", party="party")


def load(actor: Actor, claim_id: int, permission: str) -> Claim:
    """One claim within the reach of a permission, locked. Raises NotAllowed, ClaimNotFound."""
    scope = actor.require(permission)
    rows = Claim.objects.select_for_update(of=("self",)).select_related("party__merged_into")
    found = scope.filter(rows, region="region_path", party="party").filter(pk=claim_id).first()
    if found is None:
        raise not_found(claim_id)
    return found


def load_seen(actor: Actor, claim_id: int, permission: str) -> Claim:
    """The same only to be read, by officials. Raises NotAllowed, ClaimNotFound."""
    rows = Claim.objects.select_related("party__merged_into")
    found = actor.require(permission).filter(rows, region="region_path").filter(pk=claim_id).first()
    if found is None:
        raise not_found(claim_id)
    return found


def not_found(claim_id: int) -> ClaimNotFound:
    """The refusal for a claim that is not there, or not for this actor."""
    return ClaimNotFound(f"no claim {claim_id}", message_zh="没有这项申请，或者您不能查看", value=claim_id)
