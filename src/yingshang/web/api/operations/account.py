"""Who the caller is."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict

from yingshang.kernel.access.api import Actor, actor_from, preferences_of, set_preferences, signed_in

from .. import conditional

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


class PreferencesOut(Schema):
    """How somebody wants to read the platform."""

    language: str
    large_text: bool


class PreferencesIn(Schema):
    """What is to change; what is absent stays."""

    model_config = ConfigDict(extra="forbid")

    language: Literal["zh-hans", "en"] | None = None
    large_text: bool | None = None


@router.get("/me/preferences", response=PreferencesOut, summary="我的偏好 · My preferences")
@signed_in
def get_preferences(request: HttpRequest, response: HttpResponse) -> PreferencesOut:
    """One's own language of messages, and large text. For users; systems have none."""
    return _preferences(actor_from(request), response)


@router.patch("/me/preferences", response=PreferencesOut, summary="修改我的偏好 · Change my preferences")
@signed_in
@conditional.heeds_if_match
def change_preferences(request: HttpRequest, response: HttpResponse, wanted: PreferencesIn) -> PreferencesOut:
    """Set the language of messages, or large text. With `If-Match` only if nobody has changed them meanwhile."""
    actor = actor_from(request)
    conditional.lock(f"preferences {actor.identifier}")
    conditional.ensure_unchanged(request, conditional.etag_of_value(_preferences(actor, response)))
    set_preferences(actor=actor, now=timezone.now(), language=wanted.language, large_text=wanted.large_text)
    return _preferences(actor, response)


def _preferences(actor: Actor, response: HttpResponse) -> PreferencesOut:
    found = PreferencesOut.from_orm(preferences_of(actor=actor))
    response["ETag"] = conditional.etag_of_value(found)
    return found
