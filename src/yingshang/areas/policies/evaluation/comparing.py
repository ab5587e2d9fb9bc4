"""The effect of an item over the snapshot: which years can be compared, and what comes out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow.parquet as pq

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import party_traits, snapshot_parts
from yingshang.kernel.reference.api import get_fact

from ..matching.live import VIEW
from ..matching.selectors import stored_parties
from ..outreach.reach import published_by_code
from ..outreach.rules import effect_rules
from ..outreach.stages import stage
from .effect import Effect, effect_of

PAID, ENTITLED = "paid", "entitled"


@dataclass(frozen=True, slots=True)
class FactEffect:
    """The effect on one fact."""

    column: str
    name: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class EffectReport:
    """Changes from one year to the next of who got an item (`basis` paid) or, while nobody can say, is entitled to it.

    `later` says whether the second year lies behind the day the item came into force: otherwise it is what differed
    before. `years` are those that can be asked for; `year` is None when there is nothing to compare.
    """

    basis: str
    year: int | None
    years: tuple[int, ...]
    later: bool
    facts: tuple[FactEffect, ...]
    fewest: int


def compare_effect(*, actor: Actor, code: str, year: int | None = None) -> EffectReport:
    """Compare over the enterprises of the item's place that the actor reaches. Needs `policies.view_matches`.

    Raises ItemNotFound. `year` is the year compared with the one before it; without it the first that lies behind the
    item's coming into force and is known.
    """
    actor.require(VIEW)
    item = published_by_code(code)
    rules = effect_rules()
    since = (item.effective_from or item.published_at.date()).year
    paid = stage("paid", item)
    basis = ENTITLED if paid is None else PAID
    known = _columns(rules.facts)
    years = tuple(
        sorted({year for _, year in known if any((fact, year - 1) in known for fact in rules.facts)})
    )
    chosen = year if year in years else next((each for each in years if each >= since), None)
    if chosen is None:
        return EffectReport(basis, None, years, False, (), rules.fewest)
    traits = {
        each.id: each
        for each in party_traits(actor=actor, also=VIEW)
        if each.region_path.startswith(item.region_path)
    }
    treated = frozenset(stored_parties(item.version_id) if paid is None else _until(paid, chosen))
    wanted = [f"{fact}.{which}" for fact in rules.facts for which in (chosen - 1, chosen)]
    values = _values(wanted, traits)
    return EffectReport(
        basis=basis,
        year=chosen,
        years=years,
        later=chosen >= since,
        facts=tuple(
            FactEffect(
                fact,
                get_fact(fact).name,
                effect_of(
                    traits,
                    treated,
                    values[f"{fact}.{chosen - 1}"],
                    values[f"{fact}.{chosen}"],
                    fewest=rules.fewest,
                    fewest_in_cell=rules.fewest_in_cell,
                ),
            )
            for fact in rules.facts
        ),
        fewest=rules.fewest,
    )


def _until(paid: object, year: int) -> list[int]:
    """Who was paid before the year ended."""
    days: dict[int, date] = dict(paid)  # type: ignore[call-overload]
    return [party for party, day in days.items() if day.year <= year]


def _columns(facts: Collection[str]) -> set[tuple[str, int]]:
    """(fact, year) that any file of the snapshot has."""
    names = {name for part in snapshot_parts() for name in pq.read_schema(part.path).names}
    found = set()
    for name in names:
        fact, _, year = name.rpartition(".")
        if fact in facts and year.isdigit():
            found.add((fact, int(year)))
    return found


def _values(columns: Sequence[str], parties: Collection[int]) -> dict[str, dict[int, float]]:
    """Column → party → value, of some parties; what is not known is not in it."""
    found: dict[str, dict[int, float]] = {name: {} for name in columns}
    wanted = np.array(sorted(parties), np.int64)
    for part in snapshot_parts():
        there = [name for name in columns if name in pq.read_schema(part.path).names]
        table = pq.read_table(part.path, columns=["party", *there])
        numbers = table.column("party").to_numpy().astype(np.int64)
        chosen = np.isin(numbers, wanted)
        for name in there:
            column = table.column(name).cast("float64").to_numpy(zero_copy_only=False)
            known = chosen & ~np.isnan(column)
            found[name].update(zip(numbers[known].tolist(), column[known].tolist(), strict=True))
    return found
