"""Who the caller is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from yingshang.kernel.access.api import actor_from, signed_in

router = Router(tags=["账号 · Account"])


class GrantOut(Schema):
    """One role held in one agency, and how far it reaches."""

    role: str
    reach: str
    agency_id: int | None
    region_path: str
    permissions: list[str]


class MandateOut(Schema):
    """What the caller may do for one party."""

    party_id: int
    legal_representative: bool
    powers: list[str]


class MeOut(Schema):
    """The caller, with everything their roles and mandates allow."""

    kind: str
    identifier: str
    name: str
    permissions: list[str]
    grants: list[GrantOut]
    mandates: list[MandateOut]


@router.get("/me", response=MeOut, summary="我是谁 · Who I am")
@signed_in
def get_me(request: HttpRequest) -> dict[str, Any]:
    """The caller's name, permissions, roles and mandates. With a token: what the token's scopes leave of them."""
    actor = actor_from(request)
    grants = [
        {
            "role": grant.role,
            "reach": grant.reach,
            "agency_id": grant.agency_id,
            "region_path": grant.region_path,
            "permissions": sorted(grant.permissions),
        }
        for grant in actor.grants
    ]
    mandates = [
        {
            "party_id": mandate.party_id,
            "legal_representative": mandate.legal_representative,
            "powers": sorted(mandate.powers),
        }
        for mandate in actor.mandates
    ]
    permissions = {code for grant in actor.grants for code in grant.permissions}
    permissions |= {code for mandate in actor.mandates for code in mandate.powers}
    return {
        "kind": actor.kind,
        "identifier": actor.identifier,
        "name": actor.name,
        "permissions": sorted(permissions),
        "grants": grants,
        "mandates": mandates,
    }
