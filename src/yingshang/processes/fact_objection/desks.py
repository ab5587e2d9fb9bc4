"""Which agencies deal with an objection: the desk that takes it in, and the source that checks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from yingshang.kernel.access.api import agencies_that_may, system_actor
from yingshang.kernel.parties.api import AgencyRow, agencies
from yingshang.kernel.reference.api import (
    COUNTRY,
    UnknownAgencyKind,
    agency_kind_of_source,
    ancestors_of,
    find_region,
)

from .errors import NobodyToAsk
from .figures import figures

PLATFORM = system_actor("fact-objection")
"""Who acts where the journey itself does: following its case, correcting what was found wrong, sending messages."""


@dataclass(frozen=True, slots=True)
class Desks:
    """The two agencies of an objection."""

    service_center: AgencyRow
    source_agency: AgencyRow


def desks_for(*, region_code: str | None, source: str, today: date) -> Desks:
    """The nearest agencies, from the enterprise's region upwards; those where somebody sits before empty ones.

    Raises NobodyToAsk when the register has none.
    """
    place = find_region(region_code or COUNTRY) or find_region(COUNTRY)
    assert place is not None
    staffed = {each.agency_id for each in agencies_that_may("flow.work", region_path=place.path, today=today)}
    return Desks(
        service_center=_nearest(place.code, figures().desk_kinds, staffed),
        source_agency=_nearest(place.code, _kinds_of(source), staffed),
    )


def _kinds_of(source: str) -> tuple[str, ...]:
    others = figures().checked_by_if_no_agency
    try:
        kind = agency_kind_of_source(source)
    except UnknownAgencyKind:
        return others
    # A source that is no agency of government has nobody here who could be asked.
    return others if kind.nature == "source" else (kind.code, *others)


def _nearest(region_code: str, kinds: Iterable[str], staffed: set[int]) -> AgencyRow:
    empty: AgencyRow | None = None
    for kind in kinds:
        for found in _upwards(region_code, kind):
            if found.id in staffed:
                return found
            empty = empty or found
        if empty is not None:
            # Nobody sits there yet; its clock runs all the same, and whoever supervises it is told.
            return empty
    raise NobodyToAsk(
        f"no agency of the kinds {', '.join(kinds)} in or above {region_code}",
        message_zh="没有找到可以受理或核实该异议的机构，请联系平台管理员登记机构",
        region=region_code,
    )


def _upwards(region_code: str, kind: str) -> Iterator[AgencyRow]:
    for region in ancestors_of(region_code):
        rows = agencies(actor=PLATFORM, region=region.code, kind=kind, active_only=True, per_page=1).rows
        if rows and rows[0].region_code == region.code:
            yield rows[0]
