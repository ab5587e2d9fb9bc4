"""Regions and agencies of the reference data, into the database: what is new is added, what changed is changed.

Nothing is removed. A division that the standard has dropped may still be the place of agencies and parties.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import COUNTRY, AgencySpec, agencies_of, ancestors_of, get_region, regions

from ..models import Agency, Region
from ..values import ReferenceDataSummary

_BATCH = 5_000
_REGION_FIELDS = ("path", "name", "full_name", "level", "parent_id")
_AGENCY_FIELDS = ("name", "kind", "region_id", "parent_id")


@transaction.atomic
def load_reference_data(
    *, actor: Actor, now: datetime, agency_regions: Iterable[str] = ()
) -> ReferenceDataSummary:
    """Bring the regions up to date, and the agencies of each region named in `agency_regions`.

    One audit event when something changed, none when nothing did. Needs `parties.manage_agencies` everywhere.
    """
    actor.require("parties.manage_agencies")
    summary = ReferenceDataSummary(*_load_regions(), *_load_agencies(tuple(agency_regions)))
    if summary.changed:
        record(
            actor=actor,
            action="parties.reference_data_loaded",
            target=Target("reference_data", "regions-and-agencies", "区划与机构"),
            now=now,
            after={name: getattr(summary, name) for name in summary.__dataclass_fields__},
        )
    return summary


def _load_regions() -> tuple[int, int]:
    full_names: dict[str, str] = {}
    wanted = []
    # Sorted by path, so that what a region lies in comes before it.
    for region in sorted(regions().values(), key=lambda each: each.path):
        above = full_names.get(region.parent_code or "", "")
        full_names[region.code] = "" if region.code == COUNTRY else above + region.name
        wanted.append(
            Region(
                code=region.code,
                path=region.path,
                name=region.name,
                full_name=full_names[region.code] or region.name,
                level=region.level,
                parent_id=region.parent_code,
            )
        )
    known = {each.code: each for each in Region.objects.all()}
    added = [each for each in wanted if each.code not in known]
    changed = [
        each for each in wanted if each.code in known and _differ(each, known[each.code], _REGION_FIELDS)
    ]
    Region.objects.bulk_create(added, batch_size=_BATCH)
    Region.objects.bulk_update(changed, _REGION_FIELDS, batch_size=_BATCH)
    return len(added), len(changed)


def _load_agencies(regions: tuple[str, ...]) -> tuple[int, int]:
    wanted = {each.code: each for code in regions for each in agencies_of(code)}
    kinds = {each.kind for each in wanted.values()}
    numbers = {
        (kind, region): number
        for number, kind, region in Agency.objects.filter(kind__in=kinds).values_list(
            "id", "kind", "region_id"
        )
    }
    known = {each.code: each for each in Agency.objects.filter(code__in=list(wanted))}
    added, changed = 0, []
    # From the top down, so that the agency above is there when one below names it.
    for spec in sorted(wanted.values(), key=lambda each: get_region(each.region_code).path):
        fresh = Agency(
            code=spec.code,
            name=spec.name,
            kind=spec.kind,
            region_id=spec.region_code,
            parent_id=_above(spec, numbers),
        )
        present = known.get(spec.code)
        if present is None:
            fresh.save(force_insert=True)
            numbers[spec.kind, spec.region_code] = fresh.pk
            added += 1
        elif _differ(fresh, present, _AGENCY_FIELDS):
            for name in _AGENCY_FIELDS:
                setattr(present, name, getattr(fresh, name))
            changed.append(present)
    Agency.objects.bulk_update(changed, _AGENCY_FIELDS, batch_size=_BATCH)
    return added, len(changed)


def _above(spec: AgencySpec, numbers: dict[tuple[str, str], int]) -> int | None:
    """The agency of the same kind in the nearest region above that has one."""
    _, *above = ancestors_of(spec.region_code)
    return next((numbers[spec.kind, each.code] for each in above if (spec.kind, each.code) in numbers), None)


def _differ(one: Any, other: Any, fields: Iterable[str]) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in fields)
