"""Entries of the register that are one: a party, and the duplicates that were merged into it.

Rows that name a duplicate stay as they are (docs/adr/0015); whoever asks for the rows of a party asks for those of its
entries. The register belongs to the room above, which is reached through the model that mandates point to.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.db.models import OuterRef, Q, QuerySet, Subquery


def entries_of(party_id: int) -> QuerySet[Any]:
    """The numbers of a party that is kept and of its former duplicates, for a look-up: no query of its own."""
    return _register().filter(Q(pk=party_id) | Q(merged_into=party_id)).values("pk")


def entries_of_each(party_ids: Collection[int]) -> dict[int, int]:
    """The numbers of many parties that are kept and of their former duplicates, each with the one that is kept.

    One query, by index, however many there are.
    """
    rows = _register().filter(merged_into__isnull=False)
    rows = rows.extra(where=["parties_party.merged_into_id = ANY(%s)"], params=[list(party_ids)])
    return {party: party for party in party_ids} | dict(rows.values_list("pk", "merged_into"))


def kept_of(party_id: int) -> QuerySet[Any]:
    """The number of a party and, when it was merged, of the one that is kept and those between: like `entries_of`."""
    between = _merges().filter(moved_parties__contains=[party_id]).values("duplicate")
    return _register().filter(Q(pk=party_id) | Q(merged=party_id) | Q(pk__in=between)).values("pk")


def merged_before(party: str) -> Subquery:
    """What had been merged into a party before it was merged itself, for a row that names it by this column.

    `merged_into` always names the one that is kept in the end; a mandate that stayed behind is for these, too.
    """
    return Subquery(_merges().filter(duplicate=OuterRef(party)).values("moved_parties")[:1])


def _register() -> QuerySet[Any]:
    return apps.get_model("parties", "Party")._default_manager.all()


def _merges() -> QuerySet[Any]:
    return apps.get_model("parties", "Merge")._default_manager.filter(undone_at__isnull=True).order_by()
