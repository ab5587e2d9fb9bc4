"""Supplements that wait for somebody's review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yingshang.kernel.access.api import Actor

from ..models import Supplement
from ..reach import REVIEW, agencies_of, readable


@dataclass(frozen=True, slots=True)
class WaitingSupplement:
    """One that was proposed, with the contract it belongs to."""

    id: int
    title: str
    contract_id: int
    contract_title: str
    agency_id: int
    agency_name: str
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """Some of them, and how many there are."""

    rows: tuple[WaitingSupplement, ...]
    total: int


def waiting_supplements(*, actor: Actor, limit: int = 50) -> WaitingPage:
    """Those of the units whose contracts somebody reviews, the oldest first, without their own. Two queries. Raises
    NotAllowed.
    """
    actor.require(REVIEW)
    rows = Supplement.objects.filter(
        readable(actor, "contract__"),
        state="proposed",
        contract__agency__in=agencies_of(actor, REVIEW),
    )
    if actor.kind == "user":
        rows = rows.exclude(proposed_by=int(actor.identifier))
    found = rows.select_related("contract__agency").order_by("proposed_at", "pk")[:limit]
    return WaitingPage(
        tuple(
            WaitingSupplement(
                each.pk,
                each.title,
                each.contract_id,
                each.contract.title,
                each.contract.agency_id,
                each.contract.agency.name,
                each.proposed_at,
            )
            for each in found
        ),
        rows.count(),
    )
