"""A unit moves to another region: its contracts go along, with all that is kept of them beside them."""

from __future__ import annotations

from yingshang.kernel.clock.api import get_deadlines, hand_over_deadline
from yingshang.kernel.parties.api import AgencyMove

from .figures import region_cells
from .lifecycle import CANCELLATION, HAND_OVER, NOTICE, OBLIGATION, SUPPLEMENT
from .models import (
    Cancellation,
    Contract,
    DoneCell,
    DueCell,
    EmptyQuarter,
    HandOver,
    Head,
    ImportBatch,
    Obligation,
    SupervisionCase,
    SupervisionNotice,
    Supplement,
    Transfer,
    UnitFigures,
)

_OF_UNIT = (
    Contract,
    Obligation,
    SupervisionNotice,
    SupervisionCase,
    Cancellation,
    EmptyQuarter,
    ImportBatch,
    Head,
    HandOver,
    # Sums last, and cells before units, as they are written everywhere.
    DueCell,
    DoneCell,
    UnitFigures,
)


def follow_agency(move: AgencyMove) -> None:
    """Contracts, obligations and what is supervised of the unit are of the new region, with their sums; ended ones too,
    for a unit has all its figures in one place. Its clocks go on as they were. Portraits stay as they were published.
    Called in the transaction of the move, whose event this is part of.
    """
    contracts = Contract.objects.select_for_update(of=("self",)).filter(agency=move.agency_id)
    # Whoever changes one of them holds it locked: they are through, or begin behind this.
    len(contracts.order_by("pk").values_list("pk", flat=True))
    region_cells.add_unit(move.agency_id, -1)
    for model in _OF_UNIT:
        model.objects.filter(agency=move.agency_id).update(region_path=move.region_path)
    region_cells.add_unit(move.agency_id, 1)
    Transfer.objects.filter(case__agency=move.agency_id).update(region_path=move.region_path)
    _hand_over_clocks(move)


def _hand_over_clocks(move: AgencyMove) -> None:
    """Those of supervisors, and of who receives a transfer, stay where these sit."""
    numbers: set[int] = set()
    for model, of, states in (
        (Obligation, "agency", OBLIGATION.open_states),
        (SupervisionNotice, "agency", NOTICE.open_states),
        (Cancellation, "agency", CANCELLATION.open_states),
        (HandOver, "agency", HAND_OVER.open_states),
        (Supplement, "contract__agency", SUPPLEMENT.open_states),
    ):
        rows = model.objects.filter(**{of: move.agency_id}, state__in=states, deadline_id__isnull=False)
        numbers.update(each for each in rows.values_list("deadline_id", flat=True) if each is not None)
    clocks = get_deadlines(numbers, now=move.now)
    for number in sorted(clocks):
        clock = clocks[number]
        if clock.state in ("running", "paused") and clock.agency_id == move.agency_id:
            hand_over_deadline(
                deadline_id=number,
                agency_id=move.agency_id,
                region_code=move.region_code,
                actor=move.actor,
                now=move.now,
            )
