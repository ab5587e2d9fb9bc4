"""What anybody may know about a registered enterprise: the facts that its registration makes public."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .models import Party


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """An enterprise as the public register shows it; nothing of its people, contacts or money."""

    credit_code: str
    name: str
    region_name: str
    status: str
    established_on: date | None
    demonstration: bool


def public_entry(*, credit_code: str) -> PublicEntry | None:
    """The enterprise with this code, or None when it is not in this platform's register.

    Open to everybody, so its caller limits how often it is asked. A duplicate answers as the party it was merged into.
    """
    party = (
        Party.objects.filter(kind=Party.ENTERPRISE, credit_code=credit_code)
        .select_related("region", "merged_into__region")
        .first()
    )
    if party is None:
        return None
    shown = party.merged_into or party
    return PublicEntry(
        credit_code=shown.credit_code or "",
        name=shown.name,
        region_name=shown.region.full_name if shown.region else "",
        status=shown.status,
        established_on=shown.established_on,
        demonstration=shown.demonstration,
    )
