"""Which agencies take appeals in, and which deal with what: the nearest of a kind, from a region upwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from yingshang.kernel.access.api import agencies_that_may, system_actor
from yingshang.kernel.parties.api import AgencyRow, agencies_at
from yingshang.kernel.reference.api import Region, ancestors_of

from .errors import NobodyToAsk
from .rules import rules_of

PLATFORM = system_actor("appeals")
"""Who acts where the area itself does: proposing, following, escalating, sending messages."""


def desk_of(*, region_code: str, today: date, above: bool = False) -> AgencyRow:
    """The desk that dispatches what is said in a region; with `above`, that of the next region up. Two queries.

    Raises NobodyToAsk.
    """
    places = list(ancestors_of(region_code))
    kinds = rules_of(places[0].path).desk_kinds
    found = _nearest(places[1:] if above else places, kinds, permission="appeals.dispatch", today=today)
    if found is None:
        raise NobodyToAsk(
            f"no agency takes appeals in in or above {region_code}",
            message_zh="没有找到可以受理诉求的机构，请联系平台管理员登记机构",
            region=region_code,
        )
    return found


def agency_for(*, region_code: str, kinds: Sequence[str], today: date) -> AgencyRow | None:
    """The nearest agency of one of these kinds, in their order; staffed ones before empty ones. Two queries."""
    return _nearest(list(ancestors_of(region_code)), kinds, permission="appeals.answer", today=today)


def _nearest(
    places: Sequence[Region], kinds: Sequence[str], *, permission: str, today: date
) -> AgencyRow | None:
    if not places or not kinds:
        return None
    order = {place.code: number for number, place in enumerate(places)}
    rows = agencies_at(kinds=kinds, region_codes=list(order))
    staffed = {
        each.agency_id for each in agencies_that_may(permission, region_path=places[0].path, today=today)
    }
    # Of the first kind there is: one where somebody sits, from the region upwards, and else the nearest empty one.
    ranked = sorted(
        rows, key=lambda row: (kinds.index(row.kind), row.id not in staffed, order[row.region_code])
    )
    return ranked[0] if ranked else None
