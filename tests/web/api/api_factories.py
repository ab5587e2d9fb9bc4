"""Callers of the API: systems with tokens, users with sessions. Rows come from the factories of access.

Requests happen at the machine's own time, so people are appointed and systems registered at that time, too.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model

from tests.kept import kept
from tests.kernel.access.factories import agency, arranged, ensure_roles, enterprise, person, region
from yingshang.kernel.access.api import appoint, grant_mandate, permissions, register_client, system_actor
from yingshang.kernel.access.models import User
from yingshang.kernel.parties.models import Party

__all__ = ["agency", "arranged", "ensure_roles", "enterprise", "region"]

OWN, OTHER = "230102", "230103"
"""Two neighbouring districts of Harbin: where the callers of a test work, and where they do not."""

PLATFORM = system_actor("test")


@kept
def a_user() -> User:
    """Somebody with an account and nothing else."""
    return person().user


@kept
def an_official(role: str, region_code: str = OWN) -> User:
    """Somebody appointed to a role in the agency of a region."""
    ensure_roles()
    user = a_user()
    appoint(actor=PLATFORM, user_id=user.pk, role=role, agency_id=agency(region_code).pk, now=timezone.now())
    return user


@kept
def a_clerk(party: Party) -> User:
    """Somebody who acts for one enterprise."""
    user = a_user()
    grant_mandate(
        actor=PLATFORM,
        user_id=user.pk,
        party_id=party.pk,
        powers=(
            "parties.view_own",
            "parties.declare_own",
            "forms.fill_own",
            "objections.file_own",
            "policies.match_own",
            "claims.apply_own",
            "appeals.file_own",
            "contracts.view_own",
            "contracts.state_own",
        ),
        now=timezone.now(),
    )
    return user


@kept
def a_legal_representative(party: Party) -> User:
    """The legal representative of one enterprise."""
    user = a_user()
    grant_mandate(
        actor=PLATFORM, user_id=user.pk, party_id=party.pk, legal_representative=True, now=timezone.now()
    )
    return user


@dataclass(frozen=True)
class System:
    """A system of an agency, with its credentials."""

    id: int
    client_id: str
    secret: str


@kept
def a_system(role: str = "department_official", region_code: str = OWN) -> System:
    """A system of an agency, under one role."""
    ensure_roles()
    made = register_client(
        actor=PLATFORM,
        name=f"{role} {region_code}",
        role=role,
        agency_id=agency(region_code).pk,
        now=timezone.now(),
    )
    return System(made.id, made.client_id, made.secret)


def a_token(system: System, *, scope: str | None = None, seconds: int = 3600) -> str:
    """An access token of a system, for everything unless `scope` says for what."""
    token = secrets.token_urlsafe(30)
    get_access_token_model().objects.create(
        application=get_application_model().objects.get(client_id=system.client_id),
        token=token,
        scope=" ".join(each.code for each in permissions()) if scope is None else scope,
        expires=timezone.now() + timedelta(seconds=seconds),
    )
    return token


def bearer(system: System, **options: Any) -> Client:
    """A client that calls with a token of a system."""
    return Client(headers={"Authorization": f"Bearer {a_token(system, **options)}"})


def browser(user: User, *, csrf: bool = False) -> Client:
    """A client signed in as a user. With `csrf` it is checked as strictly as a real browser is."""
    client = Client(enforce_csrf_checks=csrf)
    client.cookies[settings.SESSION_COOKIE_NAME] = _session(user)
    return client


def _session(user: User) -> str:
    # As after a log-in, without the log-in itself: that has tests of its own.
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
