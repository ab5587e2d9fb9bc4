"""Everybody matched anew, or some: what differs from what was stored is stored and told, in one transaction a bucket.

Wherever a run dies, what is stored is whole, and the next run goes on behind it. Two runs at once come to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Scope
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import (
    BUCKET_SIZE,
    SnapshotFile,
    changed_portraits,
    fact_table,
    portrait_revision,
    snapshot_parts,
)
from yingshang.rules.columns import facts_of_row
from yingshang.rules.policy.decide import Entitlement

from ..models import MatchBucket, MatchPart
from ..selectors import in_force
from .declared import declared_in
from .differences import anybody_listens, tell_differences
from .engine import Engine, engine_for
from .planes import (
    BUCKET,
    ENTITLED,
    FAILED,
    UNDECIDED,
    BucketMatch,
    Stored,
    count_differences,
    decode,
    decode_planes,
    differences,
    encode_some,
    patch,
    put,
)
from .reading import Population, match_all, match_few, population
from .stored import read_bucket, write_bucket

RUN = "policies.run_matching"
EVERYBODY = Scope(everywhere=True)
FEW = 20_000
"""More changed enterprises than this are matched from the snapshot."""

assert BUCKET == BUCKET_SIZE

Progress = Callable[[int, int], None]
"""Called with the buckets done and the buckets in all."""

_STATES = {Entitlement.ENTITLED: ENTITLED, Entitlement.UNDECIDED: UNDECIDED, Entitlement.ERROR: FAILED}


@dataclass(slots=True)
class RematchSummary:
    """What a run came to. `newly` and `no_longer` count pairs of an enterprise and an item.

    `skipped` buckets had been done already; `undecidable` are the codes of items that do not compile on the day.
    """

    day: date
    items: int = 0
    buckets: int = 0
    skipped: int = 0
    parties: int = 0
    newly: int = 0
    no_longer: int = 0
    changed_parts: int = 0
    undecidable: tuple[str, ...] = ()


def rematch(
    *,
    actor: Actor,
    now: datetime,
    versions: Collection[int] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> RematchSummary:
    """Match everybody in the snapshot with all items in force today, or with some versions of them.

    What became of a portrait after its file was written counts, too: those few are read from the register. Buckets
    that an earlier run has done today are left out. One audit event for the run. Not inside a transaction. Needs
    `policies.run_matching`.
    """
    actor.require(RUN)
    engine = engine_for(timezone.localdate(now), versions=versions)
    if versions is None:
        _forget_ended(engine.day)
    files = snapshot_parts()
    done = {row.bucket: row for row in MatchBucket.objects.all()}
    left = [each for each in files if not _is_done(done.get(each.bucket), engine, each)]
    summary = _begun(engine)
    summary.skipped = len(files) - len(left)
    by_bucket = {each.bucket: each for each in left}

    def finish(people: Population, match: BucketMatch) -> None:
        settle(engine, people.bucket, summary, now, match=match, revision=by_bucket[people.bucket].revision)
        summary.parties += len(people.parties)
        if progress is not None:
            progress(summary.skipped + summary.buckets, len(files))

    if engine.versions and left:
        match_all(engine, left, finish, threads=threads)
    _note(actor, summary, now, versions=versions)
    return summary


def rematch_parties(*, actor: Actor, parties: Collection[int], now: datetime) -> RematchSummary:
    """Match some enterprises anew with all items in force today, from the register as it is this moment."""
    actor.require(RUN)
    engine = engine_for(timezone.localdate(now))
    summary = _begun(engine)
    for bucket, some in _by_bucket(parties).items():
        settle(engine, bucket, summary, now, parties=some)
        summary.parties += len(some)
    if summary.changed_parts:
        _note(actor, summary, now)
    return summary


def rematch_changed(*, actor: Actor, now: datetime) -> RematchSummary | None:
    """Match the enterprises whose portraits have changed since they were matched, new ones included.

    None when they are so many, or so little was matched so far, that everybody has to be matched from the snapshot.
    """
    actor.require(RUN)
    buckets = dict(MatchBucket.objects.values_list("bucket", "revision"))
    newest = portrait_revision()
    if not buckets:
        return (
            None
            if newest and in_force(timezone.localdate(now)).exists()
            else _begun(engine_for(timezone.localdate(now)))
        )
    oldest = min(buckets.values())
    changed = changed_portraits(after_revision=oldest, limit=FEW + 1) if newest > oldest else ()
    if len(changed) > FEW:
        return None
    wanted = [party for party, revision in changed if revision > buckets.get(party // BUCKET, 0)]
    summary = rematch_parties(actor=actor, parties=wanted, now=now)
    MatchBucket.objects.filter(revision__lt=newest).update(revision=newest)
    return summary


def forget_version(version_id: int) -> None:
    """What was stored of a version that is no longer in force."""
    MatchPart.objects.filter(version=version_id).delete()


# --- one bucket -------------------------------------------------------------------------------------------------------


@transaction.atomic
def settle(
    engine: Engine,
    bucket: int,
    summary: RematchSummary,
    now: datetime,
    *,
    match: BucketMatch | None = None,
    revision: int = 0,
    parties: Collection[int] = (),
) -> None:
    """Store what a bucket comes to and tell what differs.

    Of a whole bucket `match` is what its file came to, `revision` how new the file is. Without it the stored match is
    taken, and only `parties` are decided anew.
    """
    row = _locked(bucket, engine, now)
    whole = match is not None
    newest = portrait_revision()
    stored = read_bucket(bucket, engine.versions)
    before = [stored.get(version, Stored()) for version in engine.versions]
    anew = set(parties)
    if match is None:
        match = decode(before)
    else:
        anew |= {party for party, _ in changed_portraits(after_revision=revision, bucket=bucket)}
    declared = declared_in(engine, bucket, only=None if whole else anew)
    touched = _patch(engine, bucket, match, anew, declared)
    items = range(len(before)) if whole else sorted(touched)
    after = zip(items, encode_some(match, items), strict=True)
    changed = {item: new for item, new in after if new != before[item]}
    _tell(engine, bucket, before, match, list(changed), summary, now)
    write_bucket(
        bucket,
        {engine.versions[item]: new for item, new in changed.items()},
        replaced=[engine.versions[item] for item in changed if engine.versions[item] in stored],
    )
    summary.buckets += 1
    summary.changed_parts += len(changed)
    if whole:
        _advance(row, engine, newest)
    row.matched_at = now
    row.save(update_fields=["versions", "day", "revision", "matched_at"] if whole else ["matched_at"])


def _tell(
    engine: Engine,
    bucket: int,
    before: Sequence[Stored],
    match: BucketMatch,
    items: Sequence[int],
    summary: RematchSummary,
    now: datetime,
) -> None:
    """Counts for whom some items are new or over, and says so to whoever listens."""
    if not items:
        return
    are = match.planes[list(items)]
    were = np.zeros_like(are)
    for place, item in enumerate(items):
        if before[item].planes:
            were[place] = decode_planes(before[item].planes)
    newly, no_longer = count_differences(were, are)
    summary.newly += int(newly.sum())
    summary.no_longer += int(no_longer.sum())
    if anybody_listens():
        for place in np.flatnonzero(newly | no_longer).tolist():
            version = engine.versions[items[place]]
            tell_differences(version, *differences(were[place], are[place], bucket), now)


def _locked(bucket: int, engine: Engine, now: datetime) -> MatchBucket:
    MatchBucket.objects.bulk_create(
        [MatchBucket(bucket=bucket, day=engine.day, revision=0, versions=[], matched_at=now)],
        ignore_conflicts=True,
    )
    return MatchBucket.objects.select_for_update().get(bucket=bucket)


def _advance(row: MatchBucket, engine: Engine, newest: int) -> None:
    """What has been seen: of all versions only as much as the one that has seen least."""
    if set(row.versions) <= set(engine.versions):
        row.versions, row.day, row.revision = list(engine.versions), engine.day, newest
    elif row.day == engine.day:
        row.versions = sorted({*row.versions, *engine.versions})


def _is_done(row: MatchBucket | None, engine: Engine, file: SnapshotFile) -> bool:
    return (
        row is not None
        and row.day == engine.day
        and set(engine.versions) <= set(row.versions)
        and row.revision >= file.revision
    )


def _patch(
    engine: Engine,
    bucket: int,
    match: BucketMatch,
    anew: Collection[int],
    declared: Mapping[int, Mapping[int, Mapping[str, Any]]],
) -> set[int]:
    """Decide some enterprises from the register, and those who declared something with what they declared.

    Answers the items of which anything may be other than it was.
    """
    concerned = sorted({*anew, *declared})
    if not concerned:
        return set()
    table = fact_table(scope=EVERYBODY, parties=concerned)
    people = population(table, bucket, engine)
    present = people.parties.tolist()
    fresh = match_few(engine, people)
    gone = np.array([party for party in concerned if party not in set(present)], np.int64)
    touched = patch(match, people.offsets, fresh)
    touched |= patch(
        match, gone - bucket * BUCKET, BucketMatch(np.zeros_like(fresh.planes), [None] * len(fresh.amounts))
    )
    positions = {version: item for item, version in enumerate(engine.versions)}
    for batch in table.to_batches():
        for place, party in enumerate(batch.column("party").to_pylist()):
            for version, values in declared.get(party, {}).items():
                facts = {**facts_of_row(batch, place), **values}
                entry = engine.by_version[version]
                if entry.program is None or not batch.column("place")[place].as_py().startswith(
                    entry.region_path
                ):
                    continue
                decision = engine.rows.decide(entry.program, facts)
                amount = decision.amount.value if decision.amount else None
                fen = None if amount is None else int(amount.scaleb(2))
                put(match, positions[version], party - bucket * BUCKET, _STATES.get(decision.outcome), fen)
                touched.add(positions[version])
    return touched


# --- the run ----------------------------------------------------------------------------------------------------------


def _begun(engine: Engine) -> RematchSummary:
    return RematchSummary(
        day=engine.day,
        items=len(engine.versions),
        undecidable=tuple(each.code for each in engine.entries if each.program is None),
    )


def _by_bucket(parties: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for party in sorted(set(parties)):
        found.setdefault(party // BUCKET, []).append(party)
    return found


def _forget_ended(day: date) -> None:
    MatchPart.objects.exclude(version__in=in_force(day).values("pk")).delete()


@transaction.atomic
def _note(
    actor: Actor, summary: RematchSummary, now: datetime, *, versions: Collection[int] | None = None
) -> None:
    record(
        actor=actor,
        action="policies.matched",
        target=Target("policy_matching", summary.day.isoformat(), f"{summary.items} × {summary.parties}"),
        now=now,
        after={
            "day": summary.day,
            "versions": sorted(versions) if versions is not None else None,
            "items": summary.items,
            "buckets": summary.buckets,
            "skipped": summary.skipped,
            "parties": summary.parties,
            "newly": summary.newly,
            "no_longer": summary.no_longer,
            "undecidable": list(summary.undecidable),
        },
    )
