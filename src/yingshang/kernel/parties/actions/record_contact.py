"""The contact an enterprise is registered with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor, lookup_hash, mask
from yingshang.kernel.ledger.api import Target, record

from ..contacts import is_email, is_phone
from ..errors import InvalidContact, party_not_found
from ..models import Party
from ..values import masked_email


@transaction.atomic
def record_contact(
    *,
    actor: Actor,
    party_id: int,
    now: datetime,
    email: str | None = None,
    phone: str | None = None,
    reason: str = "",
) -> None:
    """Record e-mail or phone of a party, or both; None leaves one as it is, an empty text removes it.

    What is said of a duplicate is recorded of the party it was merged into, the only one whose contact is ever used.
    Needs `parties.import`. The event holds them masked. Raises PartyNotFound outside the scope and InvalidContact for
    what is no address or no number, or no change.
    """
    scope = actor.require("parties.import")
    rows = Party.objects.select_for_update(of=("self",)).select_related("region")
    merged = Party.objects.filter(pk=party_id, merged_into__isnull=False).values_list(
        "merged_into", flat=True
    )
    rows = scope.filter(rows, region="region__path", party="pk")
    party = rows.filter(pk=merged.first() or party_id).first()
    if party is None:
        raise party_not_found(party_id)
    if email and not is_email(email):
        raise InvalidContact(
            f"{email} is no e-mail address", message_zh=f"{email} 不是电子邮箱", field="email"
        )
    if phone and not is_phone(phone):
        raise InvalidContact(f"{phone} is no phone number", message_zh=f"{phone} 不是电话号码", field="phone")
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    if email is not None and email != party.contact_email:
        before["email"], after["email"] = masked_email(party.contact_email), masked_email(email)
        party.contact_email, party.email_hash = email, lookup_hash(email) if email else None
    if phone is not None and phone != party.contact_phone:
        before["phone"], after["phone"] = mask(party.contact_phone), mask(phone)
        party.contact_phone, party.phone_hash = phone, lookup_hash(phone) if phone else None
    if not after:
        raise InvalidContact("the contact is this already", message_zh="联系方式没有变化")
    party.updated_at = now
    party.save(update_fields=["contact_email", "email_hash", "contact_phone", "phone_hash", "updated_at"])
    record(
        actor=actor,
        action="parties.contact_recorded",
        target=Target(
            "party",
            str(party.pk),
            party.name,
            region_path=party.region.path if party.region else "",
            party_id=party.pk,
        ),
        now=now,
        before=before,
        after=after,
        reason=reason,
    )
