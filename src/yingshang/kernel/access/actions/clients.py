"""Systems that call the API with OAuth2 client credentials: registered, given a new secret, disabled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import AccessToken, Application

from yingshang.kernel.ledger.api import Target, record

from ..actors import Actor
from ..errors import ClientNotFound
from ..models import SystemClient
from ._steps import load_agency, load_role, require_administers


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """What a system logs in with. The secret is shown this once; the database keeps its hash."""

    id: int
    client_id: str
    secret: str


def register_client(*, actor: Actor, name: str, role: str, agency_id: int, now: datetime) -> ClientSecret:
    """Register a system of an agency under a role. Raises AgencyNotFound, RoleNotFound, NotAllowed."""
    scope = actor.require("access.manage_clients")
    with transaction.atomic():
        agency = load_agency(agency_id, scope=scope)
        given = load_role(role)
        require_administers(actor, given, agency, "access.manage_clients")
        secret = generate_client_secret()
        application = Application.objects.create(
            name=name.strip(),
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
            client_secret=secret,
        )
        client = SystemClient.objects.create(
            application=application, role=given, agency=agency, registered_at=now
        )
        record(
            actor=actor,
            action="access.client_registered",
            target=_target(client),
            now=now,
            after={"client_id": application.client_id, "role": role, "agency_id": agency_id},
        )
    return ClientSecret(client.pk, application.client_id, secret)


def rotate_secret(*, actor: Actor, client_id: int, now: datetime) -> ClientSecret:
    """Give a system a new secret; the old one and every token end at once. Raises ClientNotFound."""
    with transaction.atomic():
        client = _load(actor, client_id)
        secret = _new_secret(client)
        record(actor=actor, action="access.secret_rotated", target=_target(client), now=now)
    return ClientSecret(client.pk, client.application.client_id, secret)


def disable_client(*, actor: Actor, client_id: int, reason: str, now: datetime) -> None:
    """Shut a system out at once: its tokens, its secret and its role end. Raises ClientNotFound."""
    with transaction.atomic():
        client = _load(actor, client_id)
        _new_secret(client)
        client.disabled_at = now
        client.save(update_fields=["disabled_at"])
        record(
            actor=actor,
            action="access.client_disabled",
            target=_target(client),
            now=now,
            after={"disabled_at": now},
            reason=reason,
        )


def _load(actor: Actor, client_id: int) -> SystemClient:
    scope = actor.require("access.manage_clients")
    rows = scope.filter(SystemClient.objects.all(), region="agency__region__path", agency="agency")
    client = (
        rows.select_for_update(of=("self",))
        .select_related("application", "role", "agency__region")
        .filter(pk=client_id, disabled_at__isnull=True)
        .first()
    )
    if client is None:
        raise ClientNotFound(
            f"no system {client_id}", message_zh="没有这个接入系统，或者它已停用", value=client_id
        )
    require_administers(actor, client.role, client.agency, "access.manage_clients")
    return client


def _new_secret(client: SystemClient) -> str:
    secret: str = generate_client_secret()
    client.application.client_secret = secret
    client.application.save()
    AccessToken.objects.filter(application=client.application).delete()
    return secret


def _target(client: SystemClient) -> Target:
    return Target(
        "client",
        str(client.pk),
        client.application.name,
        region_path=client.agency.region.path,
        agency_id=client.agency_id,
    )
