"""What became of enterprises with a policy beside similar ones without it. Pure.

Each enterprise is compared with the mean of those of the same size, industry and region that did not get it; where
these are too few, with those of a wider region, then of all regions, then of the same size alone. Enterprises that get
a policy differ from others in more than that, so this shows a difference and proves no cause.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from yingshang.kernel.parties.api import PartyTraits

LEVELS: tuple[Callable[[PartyTraits], tuple[str, ...]], ...] = (
    lambda one: (one.size, one.industry[:2], one.region_path[:6]),
    lambda one: (one.size, one.industry[:2], one.region_path[:4]),
    lambda one: (one.size, one.industry[:2]),
    lambda one: (one.size,),
)
"""From the narrowest cell to the widest."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The change of one fact. Shares, not percent: 0.05 is five per cent. None where too few are known.

    `treated` and `others` are how many there are with both years known, `compared` how many found enough like them;
    `by_level` counts these by how wide their cell had to be. `low` and `high` bound the difference at 95 %.
    """

    treated: int
    others: int
    compared: int
    change: float | None = None
    change_of_others: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    by_level: tuple[int, ...] = ()


def effect_of(
    traits: Mapping[int, PartyTraits],
    treated: frozenset[int],
    before: Mapping[int, float],
    after: Mapping[int, float],
    *,
    fewest: int,
    fewest_in_cell: int,
) -> Effect:
    """The mean change of the treated beside that of similar others. What was nought before has no change in shares."""
    change = {
        party: after[party] / base - 1
        for party, base in before.items()
        if base > 0 and party in after and party in traits
    }
    mine = sorted(party for party in change if party in treated)
    others = [party for party in change if party not in treated]
    cells: list[dict[tuple[str, ...], list[float]]] = []
    for level in LEVELS:
        cell: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for party in others:
            cell[level(traits[party])].append(change[party])
        cells.append(cell)
    means = [
        {key: fmean(values) for key, values in cell.items() if len(values) >= fewest_in_cell}
        for cell in cells
    ]
    pairs: list[tuple[float, float]] = []
    widths: Counter[int] = Counter()
    for party in mine:
        for width, level in enumerate(LEVELS):
            mean = means[width].get(level(traits[party]))
            if mean is not None:
                pairs.append((change[party], mean))
                widths[width] += 1
                break
    if len(pairs) < max(fewest, 2) or len(others) < fewest:
        return Effect(len(mine), len(others), len(pairs))
    differences = [own - mean for own, mean in pairs]
    difference = fmean(differences)
    margin = 1.96 * stdev(differences) / sqrt(len(differences))
    return Effect(
        treated=len(mine),
        others=len(others),
        compared=len(pairs),
        change=fmean(own for own, _ in pairs),
        change_of_others=fmean(mean for _, mean in pairs),
        difference=difference,
        low=difference - margin,
        high=difference + margin,
        by_level=tuple(widths[width] for width in range(len(LEVELS))),
    )
