"""How the open contracts of a unit stand on a day: the lines of a list, and what they come to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from ..lifecycle import OBLIGATION
from ..models import Contract, Obligation
from ..obligations.interest import interest_of
from ..reach import HIDDEN_FROM_OWN

HANDED_OVER = ("in_force", "suspended")
"""The states of contracts that a new head takes over whatever is open of them: reviewed, and not at their end."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the unit still has to do by one contract. `open_fen` is all it has to pay, `owed_fen` what is past its day;
    interest is that of rates which are known.
    """

    open_count: int = 0
    late_count: int = 0
    open_fen: int = 0
    owed_fen: int = 0
    interest_fen: int = 0
    next_due_on: date | None = None


def standings(contract_ids: Collection[int], *, on: date) -> dict[int, Standing]:
    """How contracts stand on a day, one query; those by which the unit has nothing to do are left out."""
    rows = Obligation.objects.filter(
        contract__in=contract_ids, side="unit", state__in=OBLIGATION.open_states
    ).only(
        "contract", "state", "due_on", "amount_fen", "open_fen", "daily_rate", "accrued_fen", "accrued_until"
    )
    found: dict[int, list[tuple[date | None, int, int]]] = {}
    for row in rows.iterator(chunk_size=2000):
        owed = row.open_fen if row.amount_fen is not None else 0
        found.setdefault(row.contract_id, []).append((row.due_on, owed, interest_of(row, on).fen or 0))
    return {contract: _sum(each, on) for contract, each in found.items()}


def open_contracts(agency_id: int) -> tuple[int, ...]:
    """The numbers of every contract a new head of a unit takes over: those at their end, too, where something of them
    is still owed. A contract that was terminated forgives nothing that was due.
    """
    owed = Obligation.objects.filter(agency=agency_id, state__in=OBLIGATION.open_states).values("contract")
    rows = Contract.objects.filter(agency=agency_id).exclude(state__in=HIDDEN_FROM_OWN)
    rows = rows.filter(Q(state__in=HANDED_OVER) | Q(pk__in=owed)).order_by("pk")
    return tuple(rows.values_list("pk", flat=True))


def _sum(rows: list[tuple[date | None, int, int]], on: date) -> Standing:
    late = [(fen, interest) for due, fen, interest in rows if due is not None and due < on]
    return Standing(
        open_count=len(rows),
        late_count=len(late),
        open_fen=sum(fen for _, fen, _ in rows),
        owed_fen=sum(fen for fen, _ in late),
        interest_fen=sum(interest for _, interest in late),
        next_due_on=min((due for due, _, _ in rows if due is not None), default=None),
    )
