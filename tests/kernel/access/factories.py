"""Situations of access: an official of an agency, a clerk of an enterprise, an administrator.

They are arranged by the platform itself, with the guards of the database on, so every row has its event. What nearly
every test begins with is written as the room's own actions write it; those are tried by tests of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tests.kept import kept
from yingshang.kernel.access.actions._steps import user_target
from yingshang.kernel.access.api import (
    Actor,
    actor_of,
    grant_mandate,
    load_roles,
    system_actor,
)
from yingshang.kernel.access.models import Appointment, Role, User
from yingshang.kernel.ledger.api import NewEvent, Target, record, record_many
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.models import Agency, Party, Region
from yingshang.kernel.reference.api import ancestors_of, make_credit_code, region_path

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""A Monday morning in China."""

SYSTEM = system_actor("test")
_ARRANGER = system_actor("arrangement")
PASSWORD = "correct-horse-battery"

HARBIN, DAOLI, NANGANG, QIQIHAR, HEILONGJIANG = "230100", "230102", "230103", "230200", "230000"

_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """Somebody with an account. `actor()` reads anew what they may do."""

    user: User

    @property
    def id(self) -> int:
        return self.user.pk

    def actor(self, now: datetime = NOW) -> Actor:
        return actor_of(self.user, today=timezone.localdate(now))


@contextmanager
def arranged() -> Iterator[None]:
    """Rows made here by hand get an event of their own."""
    with transaction.atomic():
        yield
        record(actor=_ARRANGER, action="tests.arranged", target=Target("test", "1"), now=NOW)


@contextmanager
def one_event(action: str) -> Iterator[list[dict[str, Any]]]:
    """The block records exactly one event, with this action; it is in the list afterwards.

    What these factories arrange inside the block does not count.
    """
    events: list[dict[str, Any]] = []
    last = _last_event()
    yield events
    events += _recorded().filter(id__gt=last).order_by("id").values()
    assert [event["action"] for event in events] == [action]


@contextmanager
def no_event() -> Iterator[None]:
    """The block records nothing."""
    last = _last_event()
    yield
    # Looking at the end of the record alone: it is long by now, and hundreds of tests look.
    assert list(_recorded().filter(id__gt=last).values()) == []


def _last_event() -> int:
    return _recorded().order_by("-id").values_list("id", flat=True).first() or 0


def _recorded() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.exclude(actor_kind="system", actor_id=_ARRANGER.identifier)


def region(code: str) -> Region:
    """A real division with everything above it."""
    found = Region.objects.filter(pk=code).first()
    return regions(code)[code] if found is None else found


@kept
def regions(*codes: str) -> dict[str, Region]:
    """Real divisions with everything above them, by their codes; those that are missing are made in one go."""
    wanted = {each.code: each for code in codes for each in ancestors_of(code)}
    there = Region.objects.in_bulk(list(wanted))
    missing = [each for code, each in wanted.items() if code not in there]
    if missing:
        with arranged():
            made = Region.objects.bulk_create(
                Region(
                    code=each.code,
                    path=each.path,
                    name=each.name,
                    full_name=region_path(each.code),
                    level=each.level,
                    parent_id=each.parent_code,
                )
                for each in missing
            )
        there |= {each.pk: each for each in made}
    return there


def agency(region_code: str = DAOLI, kind: str = "government_service_center") -> Agency:
    """The agency of this kind in a region; the same one each time."""
    found = Agency.objects.filter(code=f"{kind}-{region_code}").select_related("region").first()
    return found or _new_agency(region_code, kind)


@kept
def _new_agency(region_code: str, kind: str) -> Agency:
    place = region(region_code)
    with arranged():
        return Agency.objects.create(
            code=f"{kind}-{region_code}", name=f"{place.name}{kind}", kind=kind, region=place
        )


@kept
def enterprise(region_code: str = DAOLI, *, email: str = "", phone: str = "", name: str = "") -> Party:
    """An invented enterprise."""
    place = region(region_code)
    number = next(_numbers)
    with arranged():
        return Party.objects.create(
            kind=Party.ENTERPRISE,
            credit_code=make_credit_code("9", "1", region_code, f"{number:08d}"),
            name=name or f"演示企业{number:03d}",
            region=place,
            contact_email=email,
            contact_phone=phone,
            demonstration=True,
            created_at=NOW,
            updated_at=NOW,
        )


@kept
def person(*, agency_code: str | None = None, email: str = "", password: str | None = PASSWORD) -> Person:
    """Somebody with an account and nothing else."""
    kept_by = agency(agency_code) if agency_code else None
    with transaction.atomic():
        user, created = _account(kept_by, email, password)
        record_many(actor=_ARRANGER, events=[created], now=NOW)
    return Person(user)


def _account(kept_by: Agency | None, email: str, password: str | None) -> tuple[User, NewEvent]:
    number = next(_numbers)
    agency_id = kept_by.pk if kept_by else None
    user = User(
        username=f"user{number}", name=f"演示人员{number}", email=email, agency_id=agency_id, created_at=NOW
    )
    user.set_password(password)
    user.save(force_insert=True)
    if email:
        EmailAddress.objects.bulk_create(
            [EmailAddress(user=user, email=email.lower(), primary=True, verified=True)]
        )
    after = {"username": user.username, "agency_id": agency_id}
    return user, NewEvent("access.user_created", user_target(user, kept_by), after=after)


@kept
def official(role: str, region_code: str = DAOLI, kind: str = "government_service_center") -> Person:
    """An official who holds a role in an agency of a region."""
    ensure_roles()
    kept_by, place = agency(region_code), agency(region_code, kind)
    since = date(2020, 1, 1)
    with transaction.atomic():
        user, created = _account(kept_by, "", PASSWORD)
        held = Appointment.objects.create(
            user=user,
            role=Role.objects.get(code=role),
            agency=place,
            valid_from=since,
            appointed_by=_ARRANGER.name,
            appointed_at=NOW,
        )
        after = {"appointment": held.pk, "role": role, "agency_id": place.pk, "valid_from": since}
        appointed = NewEvent("access.appointed", user_target(user, place), after=after)
        record_many(actor=_ARRANGER, events=[created, appointed], now=NOW)
    return Person(user)


def administrator(region_code: str = HARBIN) -> Person:
    """An administrator of a region and everything below."""
    return official("administrator", region_code)


@kept
def legal_representative_of(party: Party) -> Person:
    """The legal representative of an enterprise."""
    who = person()
    grant_mandate(actor=_ARRANGER, user_id=who.id, party_id=party.pk, legal_representative=True, now=NOW)
    return who


@kept
def clerk_of(party: Party, powers: tuple[str, ...] = ("parties.view_own",)) -> Person:
    """A clerk of an enterprise."""
    who = person()
    grant_mandate(actor=_ARRANGER, user_id=who.id, party_id=party.pk, powers=powers, now=NOW)
    return who


def ensure_roles() -> None:
    """The roles of the file, once."""
    if not Role.objects.exists():
        _load_roles()


@kept
def _load_roles() -> None:
    load_roles(actor=_ARRANGER, now=NOW)
