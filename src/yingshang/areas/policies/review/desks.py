"""Which agencies work in the lanes of a review."""

from __future__ import annotations

from datetime import date

from yingshang.kernel.access.api import Actor, NotAllowed, agencies_that_may, system_actor
from yingshang.kernel.parties.api import agencies
from yingshang.kernel.reference.api import COUNTRY, ancestors_of, code_of_path, find_region

from ..models import PolicyItem
from ..selectors import AUTHOR
from .data import figures
from .errors import NobodyToReview

PLATFORM = system_actor("policy-review")
"""Who acts where the review itself does: following its case, opening and closing consultations, sending messages."""


def drafting_agency(actor: Actor, item: PolicyItem, agency_id: int | None) -> int:
    """The item's own agency, or the one its author writes for. Raises NobodyToReview, NotAllowed."""
    if item.agency_id is not None:
        return int(item.agency_id)
    mine = [
        grant.agency_id
        for grant in actor.grants
        if AUTHOR in grant.permissions and grant.agency_id is not None
    ]
    if agency_id is None and mine:
        return int(mine[0])
    if agency_id is None:
        raise NobodyToReview(
            "say which agency hands it in; the item belongs to none",
            message_zh="请指明由哪个机构提交审查，该事项没有所属机构",
            lane="drafting",
        )
    if actor.kind != "system" and agency_id not in mine:
        raise NotAllowed(
            f"{actor.name} does not write policies for this agency",
            message_zh="您不在该机构编写政策",
            permission=AUTHOR,
        )
    return agency_id


def lanes_for(*, region_path: str, drafting: int, today: date) -> dict[str, int]:
    """Lane → agency: the nearest of its kinds from the region upwards, those where somebody sits before empty ones.

    Raises NobodyToReview.
    """
    code = code_of_path(region_path or "")
    place = find_region(code) or find_region(COUNTRY)
    assert place is not None
    staffed = {each.agency_id for each in agencies_that_may("flow.work", region_path=place.path, today=today)}
    found = {"drafting": drafting}
    for lane, kinds in figures()["lanes"].items():
        found[lane] = _nearest(lane, place.code, kinds, staffed)
    return found


def _nearest(lane: str, region_code: str, kinds: list[str], staffed: set[int]) -> int:
    empty: int | None = None
    for kind in kinds:
        for region in ancestors_of(region_code):
            rows = agencies(actor=PLATFORM, region=region.code, kind=kind, active_only=True, per_page=1).rows
            if rows and rows[0].region_code == region.code:
                if rows[0].id in staffed:
                    return rows[0].id
                empty = empty or rows[0].id
    if empty is None:
        raise NobodyToReview(
            f"no agency of the kinds {', '.join(kinds)} in or above {region_code}",
            message_zh="没有找到可以审查的机构，请联系平台管理员登记机构",
            lane=lane,
            region=region_code,
        )
    return empty
