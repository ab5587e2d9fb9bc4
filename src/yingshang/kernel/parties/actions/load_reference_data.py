"""Regions and agencies of the reference data, into the database: what is new is added, what changed is changed.

Nothing is removed. A division that the standard has dropped may still be the place of agencies and parties.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import COUNTRY, AgencySpec, agencies_of, ancestors_of, get_region, regions

from ..models import Agency, Region
from ..values import ReferenceDataSummary

_BATCH = 5_000
_REGION_COLUMNS = ("code", "path", "name", "full_name", "level", "parent_id")
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
    wanted: dict[str, tuple[str | None, ...]] = {}
    full_names: dict[str, str] = {COUNTRY: ""}
    # Sorted by path, so that what a region lies in comes before it.
    for path, region in sorted((each.path, each) for each in regions().values()):
        code, above = region.code, region.parent_code
        if above is not None:
            full_names[code] = full_names[above] + region.name
        wanted[code] = (code, path, region.name, full_names[code] or region.name, region.level, above)
    known = {row[0]: row for row in Region.objects.values_list(*_REGION_COLUMNS)}
    added = [row for code, row in wanted.items() if code not in known]
    if added:
        # Forty thousand of them, at the start of a platform: as rows, not as objects.
        statement = f"COPY parties_region ({', '.join(_REGION_COLUMNS)}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in added:
                copy.write_row(row)
    changed = [
        Region(**dict(zip(_REGION_COLUMNS, row, strict=True)))
        for code, row in wanted.items()
        if known.get(code, row) != row
    ]
    Region.objects.bulk_update(changed, _REGION_COLUMNS[1:], batch_size=_BATCH)
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
    # Level by level from the top down, so that the agency above is there when one below names it.
    from_the_top = sorted(wanted.values(), key=lambda each: (_depth(each), get_region(each.region_code).path))
    for _, specs in groupby(from_the_top, key=_depth):
        new = []
        for spec in specs:
            fresh = Agency(
                code=spec.code,
                name=spec.name,
                kind=spec.kind,
                region_id=spec.region_code,
                parent_id=_above(spec, numbers),
            )
            present = known.get(spec.code)
            if present is None:
                new.append(fresh)
            elif _differ(fresh, present, _AGENCY_FIELDS):
                for name in _AGENCY_FIELDS:
                    setattr(present, name, getattr(fresh, name))
                changed.append(present)
        for each in Agency.objects.bulk_create(new, batch_size=_BATCH):
            numbers[each.kind, each.region_id] = each.pk
        added += len(new)
    Agency.objects.bulk_update(changed, _AGENCY_FIELDS, batch_size=_BATCH)
    return added, len(changed)


def _depth(spec: AgencySpec) -> int:
    return len(get_region(spec.region_code).path)


def _above(spec: AgencySpec, numbers: dict[tuple[str, str], int]) -> int | None:
    """The agency of the same kind in the nearest region above that has one."""
    _, *above = ancestors_of(spec.region_code)
    return next((numbers[spec.kind, each.code] for each in above if (spec.kind, each.code) in numbers), None)


def _differ(one: Any, other: Any, fields: Iterable[str]) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in fields)
