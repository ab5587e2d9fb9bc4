"""Callers of the API: systems with tokens, users with sessions, and where they work."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import yaml
from django.db import transaction
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model

from yingshang.kernel.access import models as access
from yingshang.kernel.access.api import permissions, system_actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.models import Agency, Party, Region
from yingshang.kernel.reference import api as reference

OWN, OTHER = "230102", "230103"
"""Two neighbouring districts of Harbin: where the actors of a test work, and where they do not."""


@cache
def roles_file() -> dict[str, Any]:
    """The roles as the platform begins with them."""
    from importlib.resources import files

    text = (files("yingshang.kernel.access") / "data" / "roles.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def audited() -> None:
    """Tell the ledger of what a test sets up, in the open transaction."""
    record(actor=system_actor("test"), action="tests.set_up", target=Target("test", "1"), now=timezone.now())


def a_region(code: str) -> Region:
    """A division with all those above it."""
    region = reference.get_region(code)
    parent = None if region.parent_code is None else a_region(region.parent_code)
    found, _ = Region.objects.get_or_create(
        code=code,
        defaults={
            "path": region.path,
            "name": region.name,
            "full_name": reference.region_path(code),
            "level": region.level,
            "parent": parent,
        },
    )
    return found


def an_agency(region: str = OWN, kind: str = "industry") -> Agency:
    """The agency of a kind in a region."""
    found, _ = Agency.objects.get_or_create(
        code=f"{region}-{kind}",
        defaults={
            "name": f"{reference.get_region(region).name}工信局",
            "kind": kind,
            "region": a_region(region),
        },
    )
    return found


def a_role(code: str) -> access.Role:
    """A role as `roles.yaml` has it."""
    entry = next(each for each in roles_file()["roles"] if each["code"] == code)
    found, _ = access.Role.objects.get_or_create(
        code=code,
        defaults={
            "name": entry["name"],
            "name_en": entry["name_en"],
            "permissions": entry["permissions"],
            "reach": entry["reach"],
        },
    )
    return found


def a_user(name: str = "nobody") -> access.User:
    """Somebody with an account and nothing else."""
    return access.User.objects.create_user(username=name, password=None, name=name)


def an_official(role: str, region: str = OWN, name: str = "") -> access.User:
    """Somebody appointed to a role in the agency of a region."""
    user = a_user(name or f"{role}-{region}")
    access.Appointment.objects.create(
        user=user,
        role=a_role(role),
        agency=an_agency(region),
        valid_from=timezone.localdate() - timedelta(days=1),
    )
    return user


def an_enterprise(region: str = OWN, number: int = 1, name: str = "") -> Party:
    """An invented enterprise in a region."""
    now = timezone.now()
    return Party.objects.create(
        kind=Party.ENTERPRISE,
        credit_code=reference.make_credit_code("9", "1", region, f"MA{number:06d}"),
        name=name or f"演示企业{region}{number}号",
        region=a_region(region),
        demonstration=True,
        created_at=now,
        updated_at=now,
    )


def a_mandate(user: access.User, party: Party, kind: str = "clerk") -> access.Mandate:
    """A user acts for an enterprise, as its clerk or its legal representative."""
    return access.Mandate.objects.create(
        user=user,
        party=party,
        legal_representative=kind == "legal_representative",
        powers=roles_file()["mandates"][kind],
        granted_at=timezone.now(),
    )


@dataclass
class System:
    """A system with credentials for the API."""

    application: Any
    secret: str
    client: access.SystemClient


def a_system(role: str = "department_official", region: str = OWN) -> System:
    """A system of an agency, under one role."""
    secret = secrets.token_urlsafe(32)
    model = get_application_model()
    application = model.objects.create(
        name=f"{role}-{region}",
        client_type=model.CLIENT_CONFIDENTIAL,
        authorization_grant_type=model.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    client = access.SystemClient.objects.create(
        application=application, role=a_role(role), agency=an_agency(region)
    )
    return System(application, secret, client)


def a_token(system: System, *, scope: str | None = None, seconds: int = 3600) -> str:
    """An access token of a system, for everything unless `scope` says for what."""
    token = secrets.token_urlsafe(30)
    get_access_token_model().objects.create(
        application=system.application,
        token=token,
        scope=" ".join(each.code for each in permissions()) if scope is None else scope,
        expires=timezone.now() + timedelta(seconds=seconds),
    )
    return token


def bearer(system: System, **options: Any) -> Client:
    """A client that calls with a token of a system."""
    return Client(headers={"Authorization": f"Bearer {a_token(system, **options)}"})


def browser(user: access.User, *, csrf: bool = False) -> Client:
    """A client signed in as a user. With `csrf` it is checked as strictly as a real browser is."""
    client = Client(enforce_csrf_checks=csrf)
    with transaction.atomic():
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
