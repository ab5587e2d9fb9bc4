"""What enterprises say of their applications: facts that belong to one enterprise and one item, and to nothing else."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from yingshang.kernel.parties.api import table_from_values
from yingshang.rules.columns import facts_of_row
from yingshang.rules.feel.values import Unknown

from ..models import Declaration
from .engine import Engine
from .planes import BUCKET

Declared = dict[int, dict[int, dict[str, Any]]]
"""Party → version → column → FEEL value."""


def declared_in(engine: Engine, bucket: int, *, only: Collection[int] | None = None) -> Declared:
    """What has been declared in a bucket for the versions of an engine. One query."""
    rows = Declaration.objects.filter(party__gte=bucket * BUCKET, party__lt=(bucket + 1) * BUCKET)
    if only is not None:
        rows = rows.filter(party__in=list(only))
    found: dict[int, dict[int, dict[str, Any]]] = {}
    for party, version, column, value in rows.values_list("party", "item__current", "column", "value"):
        entry = engine.by_version.get(version)
        if entry is not None and entry.program is not None:
            found.setdefault(party, {}).setdefault(version, {})[column] = value
    return {
        party: {version: feel_facts(values) for version, values in items.items()}
        for party, items in found.items()
    }


def declared_by(party_id: int) -> dict[int, dict[str, Declaration]]:
    """Item → column → what a party declared. One query."""
    found: dict[int, dict[str, Declaration]] = {}
    for row in Declaration.objects.filter(party=party_id):
        found.setdefault(row.item_id, {})[row.column] = row
    return found


def feel_facts(values: dict[str, Any]) -> dict[str, Any]:
    """Facts as portraits keep them, as conditions read them; what is unknown is left out."""
    if not values:
        return {}
    batch = table_from_values(values).combine_chunks().to_batches()[0]
    return {
        name: value
        for name, value in facts_of_row(batch, 0).items()
        if name in values and value.__class__ is not Unknown
    }
