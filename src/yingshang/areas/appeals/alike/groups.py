"""Many enterprises about one thing: which appeals of a window belong together. Pure, linear in the appeals."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml

from .fingerprints import Fingerprint, likeness, nearness

_COUNTY_DIGITS = 6
_MOST_CENTRES = 12


@dataclass(frozen=True, slots=True)
class BurstRules:
    """From how many enterprises within how many hours appeals are a burst, and how alike they have to be."""

    enterprises: int
    hours: int
    near: float
    most: int


@dataclass(frozen=True, slots=True)
class AlikeRules:
    """What counts as alike: `data/alike.yaml`."""

    same_again: float
    same_thing: float
    shown: int
    looked_at: int
    days: int
    burst: BurstRules


@dataclass(frozen=True, slots=True)
class Said:
    """An appeal as far as grouping needs it; `who` tells enterprises apart, None one that is not named."""

    id: int
    who: Hashable
    topic: str
    region_path: str
    at: datetime
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Burst:
    """Appeals of different enterprises about one thing in one county, the first said first."""

    topic: str
    region_path: str
    appeals: tuple[int, ...]
    enterprises: int
    since: datetime
    until: datetime


@cache
def alike_rules() -> AlikeRules:
    """What the file says."""
    text = (files("yingshang.areas.appeals") / "data/alike.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_yaml(text)
    burst = BurstRules(**data["burst"])
    return AlikeRules(
        data["same_again"], data["same_thing"], data["shown"], data["looked_at"], data["days"], burst
    )


def bursts(rows: Iterable[Said], *, now: datetime, rules: BurstRules | None = None) -> tuple[Burst, ...]:
    """The bursts of the hours before `now`, the one of most enterprises first.

    Appeals of one topic and county gather around the first that says something new; one that is like none begins a
    group, up to a number of groups, so that the work stays linear. Nobody is two enterprises by saying it twice, and
    those who are not named count as one together.
    """
    rules = rules or alike_rules().burst
    since = now - timedelta(hours=rules.hours)
    places: dict[tuple[str, str], list[Said]] = {}
    for row in rows:
        if row.topic and since <= row.at <= now:
            places.setdefault((row.topic, row.region_path[:_COUNTY_DIGITS]), []).append(row)
    found = []
    for (topic, path), here in places.items():
        here.sort(key=lambda row: (row.at, row.id))
        for group in _gathered(here[-rules.most :], rules.near):
            enterprises = len({row.who for row in group})
            if enterprises >= rules.enterprises:
                found.append(
                    Burst(
                        topic,
                        path,
                        tuple(row.id for row in group),
                        enterprises,
                        group[0].at,
                        group[-1].at,
                    )
                )
    return tuple(sorted(found, key=lambda burst: (-burst.enterprises, burst.since, burst.topic)))


def _gathered(rows: Sequence[Said], near: float) -> list[list[Said]]:
    groups: list[list[Said]] = []
    for row in rows:
        best, how = None, 0.0
        for group in groups:
            alike = how_alike(group[0].fingerprint, row.fingerprint, enough=near)
            if alike >= near and alike > how:
                best, how = group, alike
        if best is not None:
            best.append(row)
        elif len(groups) < _MOST_CENTRES:
            groups.append([row])
    return groups


def how_alike(one: Fingerprint, other: Fingerprint, *, enough: float = 1.0) -> float:
    """How alike two texts are, by their words, and by their characters where words are not enough."""
    words = nearness(one, other)
    return words if words >= enough else max(words, likeness(one, other))
