"""What a list that is given up leaves behind: claims nobody has heard of, ended without a word."""

from __future__ import annotations

from datetime import datetime

from ..models import Claim, EntitlementList
from .rows import move_claims


def remove_listed(row: EntitlementList, *, reason: str, now: datetime) -> int:
    """End the claims of a list that nobody was asked about; how many. They count for nothing afterwards."""
    claims = Claim.objects.filter(entitlement_list=row, state="listed")
    numbers = list(claims.values_list("pk", flat=True))
    found, _ = move_claims(numbers, "struck", source="listed", now=now, reason=reason[:400])
    return found
