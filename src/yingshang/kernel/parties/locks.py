"""One at a time over everything that concerns one party."""

from __future__ import annotations

from collections.abc import Collection

from .errors import PartyNotFound
from .models import Party


def lock_party(party_id: int) -> None:
    """Hold a party until the transaction ends, so that of two actions over all that it has, the second sees what the
    first has done. Rows that name the party can be written meanwhile. Raises PartyNotFound.
    """
    if not Party.objects.select_for_update(no_key=True).filter(pk=party_id).values_list("pk", flat=True):
        raise PartyNotFound(f"no party {party_id}", message_zh="没有这个主体", value=party_id)


def lock_parties(party_ids: Collection[int]) -> None:
    """Hold many at once, in the order of their numbers so that two who want the same ones never wait for each other."""
    rows = Party.objects.select_for_update(no_key=True).extra(
        where=["parties_party.id = ANY(%s)"], params=[list(party_ids)]
    )
    list(rows.order_by("pk").values_list("pk", flat=True))
