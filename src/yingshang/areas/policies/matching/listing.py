"""Who is entitled to an item, with the facts that say so, a bucket at a time: what a list that is paid from needs.

Candidates are those stored as entitled. They are decided anew from what records hold this moment, so that whoever is
listed is listed with the very facts the decision read. What an enterprise only says of itself does not count here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from yingshang.kernel.parties.api import told_facts
from yingshang.rules.columns.planes import unpack
from yingshang.rules.policy.compile import Program
from yingshang.rules.policy.decide import Decision
from yingshang.rules.policy.population import needed_columns

from ..content import program_of
from ..errors import ItemNotFound
from ..models import ItemVersion, MatchBucket, MatchPart
from .declared import declared_in, feel_facts
from .engine import Engine, engine_of
from .live import HIDDEN, is_personal
from .planes import ENTITLED, UNKNOWN_AMOUNT, decode_planes, numbers
from .reading import match_few, population
from .stored import read_bucket


@dataclass(frozen=True, slots=True)
class EntitledParty:
    """One enterprise that is entitled: what it is due in fen (None: not known), and the facts that were read, each as
    {"value", "source", "as_of"}; the values of personal ones are hidden.
    """

    party_id: int
    region_path: str
    fen: int | None
    facts: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class EntitledBucket:
    """The entitled of one bucket, ascending; and of those stored as entitled who is not: `merged` into another or no
    enterprise any more, `declared` (entitled only by what it said itself), `changed` since it was matched.
    """

    entitled: tuple[EntitledParty, ...]
    merged: tuple[int, ...] = ()
    declared: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Listable:
    """A version as lists are drawn up from it. `in_parts`: paid in instalments or by several payers."""

    version_id: int
    buckets: tuple[int, ...]
    entitled: int
    matched_on: date | None
    pays: bool
    in_parts: bool


def listable(*, version_id: int, day: date) -> Listable:
    """What a list of a published version would be drawn up from. Raises ItemNotFound, InvalidItem."""
    program = _program(version_id, day)
    parts = MatchPart.objects.filter(version=version_id, entitled__gt=0).order_by("bucket")
    found = list(parts.values_list("bucket", "entitled"))
    return Listable(
        version_id,
        tuple(bucket for bucket, _ in found),
        sum(count for _, count in found),
        MatchBucket.objects.order_by("day").values_list("day", flat=True).first(),
        program.benefit.amount is not None,
        bool(program.benefit.instalments or program.benefit.shares),
    )


def entitled_in_bucket(
    *,
    version_id: int,
    bucket: int,
    day: date,
    also: Collection[str] = (),
    only: Collection[int] | None = None,
) -> EntitledBucket:
    """The entitled of one bucket, decided anew by the facts of this moment as of `day`; four queries.

    `also` are columns to keep beside those the decision reads. With `only` these enterprises of the bucket are decided,
    whatever is stored of them.

    For areas that pay by lists: whoever calls it has looked whether the actor reaches the whole region of the item.
    """
    if only is None:
        stored = read_bucket(bucket, [version_id]).get(version_id)
        if stored is None or not stored.planes:
            return EntitledBucket(())
        candidates = numbers(decode_planes(stored.planes)[ENTITLED], bucket).tolist()
    else:
        candidates = sorted(only)
    engine = engine_of_version(version_id, day)
    columns = sorted({*needed_columns(engine.programs), *also})
    table, told = told_facts(parties=candidates, columns=columns)
    people = population(table, bucket, engine)
    match = match_few(engine, people)
    is_due = unpack(match.planes[0, ENTITLED], len(people.parties))
    amounts = match.amounts_of(0, int(is_due.sum()))
    places = np.flatnonzero(is_due).tolist()
    parties = people.parties.tolist()
    regions = people.places.to_pylist()
    hidden = {column for column in columns if is_personal(column)}
    entitled = tuple(
        EntitledParty(
            parties[place],
            regions[place],
            None if not len(amounts) or amounts[position] == UNKNOWN_AMOUNT else int(amounts[position]),
            {
                column: {
                    "value": HIDDEN if column in hidden else fact.value,
                    "source": fact.source,
                    "as_of": fact.as_of.isoformat(),
                }
                for column, fact in sorted(told.get(parties[place], {}).items())
            },
        )
        for position, place in enumerate(places)
    )
    kept = {parties[place] for place in places}
    there = set(parties)
    left = [each for each in candidates if each not in kept]
    own = set(declared_in(engine, bucket, only=left)) if left else set()
    return EntitledBucket(
        entitled,
        merged=tuple(each for each in left if each not in there),
        declared=tuple(each for each in left if each in there and each in own),
        changed=tuple(each for each in left if each in there and each not in own),
    )


def decide_frozen(
    *, version_id: int, day: date, facts: Iterable[Mapping[str, Mapping[str, Any]]]
) -> Iterator[Decision | None]:
    """Decisions made once more from facts that were frozen, and nothing else, by the version as of that day.

    None where the value of a fact was hidden: that decision can only be made from the register.
    """
    engine = engine_of_version(version_id, day)
    [program] = engine.programs
    for each in facts:
        values = {column: fact["value"] for column, fact in each.items()}
        yield None if HIDDEN in values.values() else engine.rows.decide(program, feel_facts(values))


def engine_of_version(version_id: int, day: date) -> Engine:
    """The engine of a single version as of a day. Raises ItemNotFound, InvalidItem."""
    row = ItemVersion.objects.filter(pk=version_id).values_list("pk", "digest").first()
    if row is None:
        raise _no_version(version_id)
    engine = engine_of(day, [row])
    problem = engine.by_version[version_id].problem
    if problem is not None:
        raise problem
    return engine


def _program(version_id: int, day: date) -> Program:
    source = ItemVersion.objects.filter(pk=version_id).values_list("source", flat=True).first()
    if source is None:
        raise _no_version(version_id)
    return program_of(source, day)


def _no_version(version_id: int) -> ItemNotFound:
    return ItemNotFound(f"no version {version_id}", message_zh="没有这个版本的政策事项", value=version_id)
