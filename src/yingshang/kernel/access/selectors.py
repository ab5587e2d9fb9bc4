"""Reading who may do what."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any, cast

from allauth.account.models import EmailAddress
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from .actors import VISITOR, Actor, Grant, MandateGrant, Reach, system_actor
from .merged import merged_before
from .models import Appointment, Mandate, SystemClient, User

# Rows of values of one of our tables, not asked for yet.
Rows = QuerySet[Any, tuple[Any, ...]]


def actor_of(user: Any, *, today: date) -> Actor:
    """The actor a logged-in user is, with the roles and mandates in force today. Two queries."""
    if not isinstance(user, User) or not user.is_active:
        return VISITOR
    return Actor(
        kind="user",
        identifier=str(user.pk),
        name=str(user),
        grants=tuple(
            Grant(role, frozenset(permissions), cast(Reach, reach), agency, path, second_factor)
            for role, permissions, reach, agency, path, second_factor in _rows(_appointments, user.pk, today)
        ),
        mandates=tuple(
            MandateGrant(party, frozenset(powers), legal, frozenset([*merged, *json.loads(before or "[]")]))
            for party, powers, legal, merged, before in _rows(_mandates, user.pk, today)
        ),
    )


def _appointments(user: int, today: date) -> Rows:
    return (
        Appointment.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today))
        .filter(user=user, valid_from__lte=today, ended_at__isnull=True, agency__is_active=True)
        .values_list(
            "role__code",
            "role__permissions",
            "role__reach",
            "agency_id",
            "agency__region__path",
            "role__second_factor",
        )
    )


def _mandates(user: int, today: date) -> Rows:
    return (
        Mandate.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today))
        .filter(user=user, revoked_at__isnull=True)
        .annotate(
            merged=ArrayAgg("party__merged", filter=Q(party__merged__isnull=False), default=[]),
            before=merged_before("party_id"),
        )
        .values_list("party_id", "powers", "legal_representative", "merged", "before")
    )


# Stand for the user and the day in a question that is written once: no user and no day is like them.
_ANY_USER, _ANY_DAY = -1, date.max


@cache
def _written(question: Callable[[int, date], Rows]) -> tuple[str, tuple[Any, ...]]:
    return question(_ANY_USER, _ANY_DAY).query.sql_with_params()


def _rows(question: Callable[[int, date], Rows], user: int, today: date) -> list[tuple[Any, ...]]:
    """The answer for a user and a day, as the database gives it: JSON as text.

    Every request asks, and writing the SQL anew would cost more than the answer.
    """
    text, parameters = _written(question)
    values = [user if each == _ANY_USER else today if each == _ANY_DAY else each for each in parameters]
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cast("list[tuple[Any, ...]]", cursor.fetchall())


def actor_by_mail(address: str, *, today: date) -> Actor:
    """The actor whose confirmed address this is; a visitor when nobody's, or more than one's, it is. That a letter of
    the address was written by its owner, the caller knows.
    """
    confirmed = EmailAddress.objects.filter(
        email__iexact=address.strip(), verified=True, user__is_active=True
    )
    users = list(User.objects.filter(pk__in=confirmed.values("user"))[:2])
    return actor_of(users[0], today=today) if len(users) == 1 else VISITOR


def actor_of_client(application: Any) -> Actor:
    """The actor an OAuth2 client is. A client without a role, or of a closed agency, is a visitor."""
    client = (
        SystemClient.objects.filter(application=application, disabled_at__isnull=True, agency__is_active=True)
        .select_related("role", "agency__region")
        .first()
    )
    if client is None:
        return VISITOR
    grant = Grant(
        client.role.code,
        frozenset(client.role.permissions),
        cast(Reach, client.role.reach),
        client.agency_id,
        client.agency.region.path,
    )
    return Actor(kind="client", identifier=str(application.pk), name=str(application.name), grants=(grant,))


def reference_of(actor: Actor) -> str:
    """An actor as text, to be found again by `actor_by_reference`: "user:12", "client:3", "system:import"."""
    return f"{actor.kind}:{actor.identifier}"


def actor_by_reference(reference: str, *, today: date | None = None) -> Actor:
    """The actor a reference names, with what they may do today; a visitor when they are gone or disabled."""
    kind, _, identifier = reference.partition(":")
    if kind == "system":
        return system_actor(identifier)
    if kind == "user":
        user = User.objects.filter(pk=int(identifier), is_active=True).first()
        return actor_of(user, today=today or timezone.localdate())
    if kind == "client":
        client = (
            SystemClient.objects.filter(application_id=int(identifier)).select_related("application").first()
        )
        return VISITOR if client is None else actor_of_client(client.application)
    return VISITOR
