"""Mandates follow a party that is merged into another. Part of that action, which records the event."""

from __future__ import annotations

from collections.abc import Collection

from ..models import Mandate


def move_mandates(*, from_party: int, to_party: int) -> tuple[list[int], list[int]]:
    """Move what is in force from one party to another: the numbers of those moved, and of those left where they are.

    Left is the mandate of somebody who has one of the other party already, and of a legal representative where the
    other party has one. Must run in the transaction of an action that records its event.
    """
    present = Mandate.objects.filter(party_id=to_party, revoked_at__isnull=True)
    users = set(present.values_list("user_id", flat=True))
    represented = present.filter(legal_representative=True).exists()
    moved, left = [], []
    for mandate in Mandate.objects.select_for_update().filter(party_id=from_party, revoked_at__isnull=True):
        if mandate.user_id in users or (mandate.legal_representative and represented):
            left.append(mandate.pk)
        else:
            moved.append(mandate.pk)
    Mandate.objects.filter(pk__in=moved).update(party_id=to_party)
    return moved, left


def move_mandates_back(*, mandates: Collection[int], from_party: int, to_party: int) -> None:
    """Move these back, as far as they are still there and in force."""
    Mandate.objects.filter(pk__in=mandates, party_id=from_party, revoked_at__isnull=True).update(
        party_id=to_party
    )
