"""Which desk reviews a request, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from yingshang.kernel.access.api import agencies_that_may, system_actor
from yingshang.kernel.clock.api import calendar_of_region
from yingshang.kernel.parties.api import get_party
from yingshang.kernel.reference.api import COUNTRY, Region, find_region, parse_credit_code

from .figures import figures

PLATFORM = system_actor("enterprise-binding")
"""Who acts where the journey itself does: binding what was proved, and letting lapse what nobody answered."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a review goes. Without an agency it waits for officials of the region itself."""

    agency_id: int | None
    path: str
    due_on: date
    derivation: str


def desk_for(*, credit_code: str, party_id: int | None, now: datetime) -> Desk:
    """The nearest agency, from the enterprise's region upwards, where an official who reviews bindings sits."""
    region = _region(credit_code, party_id)
    today = timezone.localdate(now)
    desks = agencies_that_may("access.review_bindings", region_path=region.path, today=today)
    derivation = calendar_of_region(region.code).derive(
        today, figures().review_working_days, start_event={"zh": "申请", "en": "requested"}
    )
    return Desk(
        agency_id=desks[0].agency_id if desks else None,
        path=desks[0].region_path if desks else region.path,
        due_on=derivation.due,
        derivation=derivation.text("zh"),
    )


def _region(credit_code: str, party_id: int | None) -> Region:
    """The region the enterprise is registered in; for one that is not registered, the division in its code."""
    if party_id is not None:
        code = get_party(actor=PLATFORM, party_id=party_id).region_code
        found = find_region(code) if code else None
        if found is not None:
            return found
    division = parse_credit_code(credit_code).division
    for candidate in (division, f"{division[:4]}00", f"{division[:2]}0000"):
        found = find_region(candidate)
        if found is not None:
            return found
    country = find_region(COUNTRY)
    assert country is not None
    return country
