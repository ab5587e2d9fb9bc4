"""A natural person in the register, known by an identity number that the database never sees in the clear."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from yingshang.kernel.access.api import Actor, lookup_hash, mask
from yingshang.kernel.ledger.api import Target, record

from ..batches import lock_writes, refresh_search
from ..contacts import is_phone
from ..errors import InvalidContact, InvalidIdentityNumber, PartyNotFound
from ..models import Party, Region
from ..names import name_key
from ..scope import contains

LONGEST_NAME = 120


@transaction.atomic
def register_person(
    *,
    actor: Actor,
    identity_number: str,
    name: str,
    now: datetime,
    region: str | None = None,
    phone: str = "",
    demonstration: bool = False,
) -> int:
    """Register a person, or find the one with this identity number; the number of the party.

    Somebody who is there already is left as they are. Needs `parties.import` for the region; without a region, for
    everywhere. Raises InvalidIdentityNumber and InvalidContact.
    """
    scope = actor.require("parties.import")
    number = valid_identity_number(identity_number)
    if phone and not is_phone(phone):
        raise InvalidContact(f"{phone} is no phone number", message_zh=f"{phone} 不是电话号码", field="phone")
    place = Region.objects.filter(pk=region).first() if region else None
    if (region and place is None) or not contains(scope, place.path if place else None):
        raise PartyNotFound(
            "no region within your reach", message_zh="您可以登记的地区中没有该区划", field="region"
        )
    lock_writes()
    hashed = lookup_hash(number)
    found = Party.objects.filter(identity_hash=hashed).values_list("pk", "merged_into_id").first()
    if found is not None:
        return found[1] or found[0]
    person = Party.objects.create(
        kind=Party.PERSON,
        identity_number=number,
        identity_hash=hashed,
        name=name.strip()[:LONGEST_NAME],
        name_key=name_key(name),
        region=place,
        contact_phone=phone,
        phone_hash=lookup_hash(phone) if phone else None,
        demonstration=demonstration,
        created_at=now,
        updated_at=now,
    )
    refresh_search([person.pk])
    record(
        actor=actor,
        action="parties.person_registered",
        target=Target(
            "party", str(person.pk), person.name, region_path=place.path if place else "", party_id=person.pk
        ),
        now=now,
        after={"identity_number": mask(number), "region": region},
    )
    return person.pk


def valid_identity_number(text: str) -> str:
    """The eighteen digits of an identity number (GB 11643), checked: division, day of birth, check character.

    Raises InvalidIdentityNumber.
    """
    try:
        return str(ric.validate(text.strip().upper()))
    except ValidationError:
        raise InvalidIdentityNumber(
            "this is no identity number: the division, the day of birth or the check character is wrong",
            message_zh="身份证号码不正确：地区、出生日期或校验码有误",
            field="identity_number",
        ) from None
