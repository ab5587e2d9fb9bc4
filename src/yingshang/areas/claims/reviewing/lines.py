"""The line items of a claim as officials read them: personal columns are stars until read in the clear."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yingshang.kernel.access.api import Actor

from ..line_tables import columns_of
from ..models import Claim, ClaimLine, ItemTerms
from ..reach import not_found, visible
from .evidence import HIDDEN

MOST = 200
"""So many lines stand on a page; the file the enterprise uploaded has them all."""


@dataclass(frozen=True, slots=True)
class LineItems:
    """A table of line items. `columns` are (code, name, personal); `rows` hold a text for each. `total` counts all."""

    name: str
    columns: tuple[tuple[str, str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    total: int

    @property
    def personal(self) -> tuple[str, ...]:
        """The names of the personal columns."""
        return tuple(name for _, name, personal in self.columns if personal)


def lines_of(*, actor: Actor, claim_id: int) -> LineItems:
    """The line items of a claim within the actor's reach, personal ones masked. Raises ClaimNotFound."""
    claim = visible(actor).filter(pk=claim_id).first()
    if claim is None:
        raise not_found(claim_id)
    return line_items(claim)


def line_items(claim: Claim, *, clear: bool = False) -> LineItems:
    """The same of a claim that is at hand."""
    terms = ItemTerms.objects.filter(item_code=claim.item_code).first()
    described: Mapping[str, Any] = terms.lines if terms else {}
    columns = columns_of(described)
    found = list(ClaimLine.objects.filter(claim=claim).order_by("number")[:MOST])
    rows = []
    for line in found:
        values = dict(line.values)
        if clear and line.personal:
            values |= json.loads(line.personal)
        rows.append(
            tuple(
                HIDDEN if each.personal and not clear else str(values.get(each.code, "") or "")
                for each in columns
            )
        )
    return LineItems(
        str(described.get("name", "")),
        tuple((each.code, each.name, each.personal) for each in columns),
        tuple(rows),
        ClaimLine.objects.filter(claim=claim).count() if len(found) == MOST else len(found),
    )
