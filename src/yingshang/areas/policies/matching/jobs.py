"""When matching runs: at once for what changed, every minute for what was left, every night for everybody."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from yingshang.kernel.access.api import system_actor
from yingshang.kernel.jobs.api import Run, enqueue, job
from yingshang.kernel.parties.api import SnapshotRunning, update_snapshot

from ..models import ItemVersion
from .engine import engine_for
from .rematch import forget_version, rematch, rematch_changed, rematch_parties

ACTOR = "policy-matching"
SNAPSHOT = "snapshot"


@job(name="policies.match_version", attempts=3)
def match_version_job(run: Run, **arguments: Any) -> None:
    """Everybody with `version_id`, which was published just now."""
    summary = rematch(
        actor=run.actor,
        now=timezone.now(),
        versions=[arguments["version_id"]],
        progress=lambda done, total: run.report(done=done, total=total),
    )
    run.report(message=f"新符合 {summary.newly} 家")


@app.task(name="policies.rematch_party")
def rematch_party(party_id: int) -> None:
    """One enterprise, which has just supplied something."""
    rematch_parties(actor=system_actor(ACTOR), parties=[party_id], now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="policies.match_what_changed", queueing_lock="policies.match_what_changed")
def match_what_changed(timestamp: int = 0) -> None:
    """Enterprises whose portraits have changed and new ones; everybody where these are too many."""
    actor = system_actor(ACTOR)
    if rematch_changed(actor=actor, now=timezone.now()) is None:
        _match_everybody()


@app.periodic(cron="40 23 * * *")
@app.task(name="policies.compile_tomorrow", queueing_lock="policies.compile_tomorrow")
def compile_tomorrow(timestamp: int) -> None:
    """Twenty minutes before midnight: nobody waits for the items of a new day to be compiled."""
    engine_for(timezone.localdate() + timedelta(days=1))


@app.periodic(cron="7 0 * * *")
@app.task(name="policies.match_everybody", queueing_lock="policies.match_everybody")
def match_everybody_at_night(timestamp: int) -> None:
    """Once a night: a new day opens and closes items, and moves what conditions say of today."""
    _match_everybody()


def rematch_soon(now: datetime, *, party_id: int | None = None) -> None:
    """Have what changed matched as soon as this transaction is committed."""

    def queue() -> None:
        with suppress(AlreadyEnqueued):
            if party_id is None:
                match_what_changed.defer()
            else:
                rematch_party.defer(party_id=party_id)

    transaction.on_commit(queue)


def match_published(row: ItemVersion, now: datetime) -> None:
    """A version was published: what an earlier one had matched is over, and everybody is matched with it."""
    for earlier in (
        ItemVersion.objects.filter(item=row.item_id).exclude(pk=row.pk).values_list("pk", flat=True)
    ):
        forget_version(earlier)
    enqueue(
        match_version_job,
        actor=system_actor(ACTOR),
        title=f"匹配 {row.name}"[:200],
        now=now,
        version_id=row.pk,
    )


def forget_withdrawn(row: ItemVersion, now: datetime) -> None:
    """A version was withdrawn."""
    forget_version(row.pk)


def _match_everybody() -> None:
    with suppress(SnapshotRunning):
        update_snapshot(actor=system_actor(SNAPSHOT), now=timezone.now())
    rematch(actor=system_actor(ACTOR), now=timezone.now())
