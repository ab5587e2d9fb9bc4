"""What the cockpit shows: figures of one region, each with the list that it counts. Of the actor's scope only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils.translation import gettext as _

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import (
    RegionRow,
    parties_by_attribute,
    parties_by_month,
    parties_by_region,
    region_children,
)
from yingshang.web.design.charts import Chart, RegionMap, RegionValue, Series
from yingshang.web.words import Words

MONTHS = 24
_LEVEL_BELOW = {"country": "province", "province": "prefecture", "prefecture": "county"}


@dataclass(frozen=True, slots=True)
class Place:
    """One region below the one shown: its count (None outside the scope) and where a click leads."""

    code: str
    name: str
    parties: int | None
    stale: int | None
    url: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of an attribute, as a bar that leads to its list."""

    name: str
    parties: int
    url: str
    share: int


def list_url(region: str, **wanted: Any) -> str:
    """The list of enterprises with these filters."""
    return f"{reverse('desk:parties')}?{urlencode({'region': region, **wanted})}"


def places_below(actor: Actor, shown: RegionRow, *, today: date) -> tuple[Place, ...]:
    """The regions one level down. Below a county nothing is counted: registers place a party in one."""
    below = _LEVEL_BELOW.get(shown.level)
    if below is None:
        return ()
    counted = {
        row.region_code: row
        for row in parties_by_region(actor=actor, level=below, region=shown.code, today=today)  # type: ignore[arg-type]
    }
    scope = actor.scope("parties.view")
    home = reverse("cockpit:home")
    places = []
    for child in region_children(shown.code):
        inside = scope.everywhere or any(
            child.path.startswith(path) for path in scope.subtrees | scope.regions
        )
        # A region above the actor's own is a way down to it, not a figure.
        leads_inside = any(path.startswith(child.path) for path in scope.subtrees | scope.regions)
        row = counted.get(child.code)
        drill = child.level in _LEVEL_BELOW
        url = f"{home}?region={child.code}" if drill else list_url(child.code)
        places.append(
            Place(
                child.code,
                child.name,
                (row.parties if row else 0) if inside else None,
                (row.stale if row else 0) if inside else None,
                url if inside or leads_inside else "",
            )
        )
    return tuple(places)


def map_of(shown: RegionRow, places: tuple[Place, ...]) -> RegionMap | None:
    """The map of a region's parts, where there is one."""
    name = {"country": "100000", "province": shown.code, "prefecture": shown.path}.get(shown.level)
    shapes = f"cockpit/maps/{name}.json"
    if name is None or not finders.find(shapes):
        return None
    return RegionMap(
        shapes,
        [RegionValue(each.code, each.name, each.parties, each.url) for each in places],
        unit=_("家"),
    )


def bars(
    actor: Actor, region: str, attribute: str, *, most: int, names: Words | None = None
) -> tuple[Bar, ...]:
    """Enterprises by an attribute, as bars. What is unknown is named so and leads nowhere: it cannot be searched.

    Beyond `most` values the others stand together in one bar, so that the bars add up to all enterprises.
    """
    counted = parties_by_attribute(actor=actor, attribute=attribute, region=region)  # type: ignore[arg-type]
    known = [each for each in counted if each.code]
    unknown = [each for each in counted if not each.code]
    # One value more than fits is no reason for a bar of others.
    shown, others = (known, []) if len(known) <= most + 1 else (known[:most], known[most:])
    rest = sum(each.parties for each in others)
    largest = max((each.parties for each in (*shown, *unknown)), default=0)
    largest = max(largest, rest)
    found = [
        Bar(
            str((names or {}).get(each.code, each.name)) or _("未知"),
            each.parties,
            list_url(region, **{attribute: each.code}) if each.code else "",
            round(each.parties * 100 / largest),
        )
        for each in (*shown, *unknown)
    ]
    if others:
        name = _("其余 %(count)d 类") % {"count": len(others)}
        found.insert(len(shown), Bar(name, rest, "", round(rest * 100 / largest)))
    return tuple(found)


def growth(actor: Actor, region: str, *, today: date) -> Chart | None:
    """Enterprises by the month they were established in; None when there is none in the time."""
    since = (today.replace(day=1) - timedelta(days=31 * (MONTHS - 1))).replace(day=1)
    counted = parties_by_month(actor=actor, since=since, until=today, region=region)
    if not any(each.parties for each in counted):
        return None
    return Chart(
        "bar",
        [f"{each.month:%Y-%m}" for each in counted],
        [Series(_("新成立"), [each.parties for each in counted])],
        unit=_("家"),
        urls=[
            list_url(region, established_since=each.month, established_until=_last_day(each.month))
            for each in counted
        ],
    )


def _last_day(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1) - timedelta(days=1)
