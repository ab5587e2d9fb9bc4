"""Drawing a list up, a bucket of numbers a transaction: wherever it dies, the next run goes on behind what is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from yingshang.areas.policies.api import EntitledBucket, EntitledParty, entitled_in_bucket, listable
from yingshang.kernel.access.api import Actor, entries_of_each
from yingshang.kernel.parties.api import BUCKET_SIZE

from ..actions.begin_claim import terms_for
from ..bulk import AnyOf, copy_rows
from ..lifecycle import LIST
from ..models import Claim, EntitlementList, ListOmission
from ..models.claims import ENDED_WITHOUT
from .lists import note_list
from .parameters import list_rules
from .placing import give_places
from .rows import refresh_statistics

Progress = Callable[[int, int], None]


def draw_up(*, actor: Actor, list_id: int, now: datetime, progress: Progress | None = None) -> None:
    """Draw a list up to its end, from where an earlier run has come to, and freeze it. Not inside a transaction."""
    row = EntitlementList.objects.get(pk=list_id)
    buckets = listable(version_id=row.version_id, day=row.day).buckets
    for done, bucket in enumerate(buckets, 1):
        # Somebody may be claiming by themselves at this moment: then the bucket is looked at once more.
        for attempt in range(3):
            try:
                going_on = draw_bucket(actor=actor, list_id=list_id, bucket=bucket, now=now)
                break
            except IntegrityError:
                if attempt == 2:
                    raise
        if not going_on:
            return
        refresh_statistics(done, Claim)
        if progress is not None:
            progress(done, len(buckets))
    freeze_list(actor=actor, list_id=list_id, now=now)


@transaction.atomic
def draw_bucket(*, actor: Actor, list_id: int, bucket: int, now: datetime) -> bool:
    """The entitled of one bucket as claims on the list; False where the list is not being drawn up any more."""
    row = EntitlementList.objects.select_for_update(of=("self",)).get(pk=list_id)
    if row.state != "computing":
        return False
    if bucket < row.reached:
        return True
    rules = list_rules()
    found = entitled_in_bucket(version_id=row.version_id, bucket=bucket, day=row.day, also=[rules.ended_fact])
    listed, omitted = _chosen(row, found)
    terms = terms_for(row.item_code)
    if listed:
        copy_rows(
            Claim,
            {
                "item_id": row.item_id,
                "item_code": row.item_code,
                "item_name": row.item_name,
                "version_id": row.version_id,
                "version": row.version,
                "period": row.period,
                "mode": "automatic",
                "agency_id": row.agency_id,
                "state": "listed",
                "entitlement_list_id": row.pk,
                "created_at": now,
                "submitted_at": now,
            },
            (
                {
                    "number": f"MX{row.day:%Y%m%d}{row.pk:05d}{each.party_id:09d}",
                    "party_id": each.party_id,
                    "region_path": each.region_path
                    if each.region_path.startswith(terms.region_path)
                    else terms.region_path,
                    "expected_fen": each.fen,
                    "facts": each.facts,
                    "prefilled": len(each.facts),
                    "fields": len(each.facts),
                }
                for each in listed
            ),
        )
    ListOmission.objects.bulk_create(
        (
            ListOmission(entitlement_list=row, party_id=party, reason=reason, detail=detail[:120])
            for party, (reason, detail) in sorted(omitted.items())
        ),
        batch_size=2000,
    )
    counts = dict(row.left_out)
    for reason, _ in omitted.values():
        counts[reason] = counts.get(reason, 0) + 1
    row.left_out = counts
    row.total += len(listed)
    row.amount_fen += sum(each.fen or 0 for each in listed)
    row.digest = chained(row.digest, ((each.party_id, each.fen or 0, each.facts) for each in listed))
    row.reached = bucket + 1
    row.save(update_fields=["left_out", "total", "amount_fen", "digest", "reached"])
    note_list(
        row,
        "list_drawn",
        actor=actor,
        now=now,
        after={"bucket": bucket, "listed": len(listed), "left_out": len(omitted), "digest": row.digest},
    )
    return True


@transaction.atomic
def freeze_list(*, actor: Actor, list_id: int, now: datetime) -> None:
    """Nobody is added any more; the digest in the event is what the agency checks and anybody can compare."""
    row = EntitlementList.objects.select_for_update(of=("self",)).get(pk=list_id)
    if row.state != "computing":
        return
    row.state = LIST.after(row.state, "frozen")
    matched = (row.total, row.amount_fen)
    if give_places(row, now=now):
        row.digest = digest_of_list(row.pk)
    row.frozen_event = note_list(
        row,
        "list_frozen",
        actor=actor,
        now=now,
        after={
            "version": row.version,
            "day": row.day,
            "total": row.total,
            "amount_fen": row.amount_fen,
            "left_out": row.left_out,
            "digest": row.digest,
            **({"before_places": matched} if matched != (row.total, row.amount_fen) else {}),
        },
    )
    row.save()


def digest_of_list(list_id: int) -> str:
    """The digest worked out once more from what stands in the tables: the same as long as nobody has changed it."""
    rows = Claim.objects.filter(entitlement_list=list_id).order_by("party_id")
    digest, bucket = "", -1
    held: list[tuple[int, int, Mapping[str, Any]]] = []
    for party, fen, facts in rows.values_list("party_id", "expected_fen", "facts").iterator(chunk_size=5000):
        if party // BUCKET_SIZE != bucket:
            digest, held = chained(digest, held), []
            bucket = party // BUCKET_SIZE
        held.append((party, fen or 0, facts))
    return chained(digest, held)


def chained(before: str, rows: Iterable[tuple[int, int, Mapping[str, Any]]]) -> str:
    """The digest after some more rows; the same where there are none."""
    lines = [
        f"{party} {fen} {json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(',', ':'))}"
        for party, fen, facts in rows
    ]
    return hashlib.sha256("\n".join([before, *lines]).encode()).hexdigest() if lines else before


def _chosen(
    row: EntitlementList, found: EntitledBucket
) -> tuple[list[EntitledParty], dict[int, tuple[str, str]]]:
    """Who is listed, and who is not: party → (reason, what to know about it)."""
    omitted: dict[int, tuple[str, str]] = {}
    for reason, parties in (
        ("merged", found.merged),
        ("declared", found.declared),
        ("changed", found.changed),
    ):
        omitted |= dict.fromkeys(parties, (reason, ""))
    rules = list_rules()
    claimed = _claimed(row, [each.party_id for each in found.entitled])
    listed = []
    for each in found.entitled:
        status = each.facts.get(rules.ended_fact, {}).get("value")
        if status in rules.ended_values:
            omitted[each.party_id] = ("dissolved", str(status))
        elif each.party_id in claimed:
            omitted[each.party_id] = ("claimed", claimed[each.party_id])
        elif each.fen is None:
            omitted[each.party_id] = ("no_amount", "")
        elif each.fen <= 0:
            omitted[each.party_id] = ("no_amount", "0")
        else:
            listed.append(each)
    return listed, omitted


def _claimed(row: EntitlementList, parties: list[int]) -> dict[int, str]:
    """Party → the claim it has in this period, also under numbers that were merged into it."""
    rows = Claim.objects.filter(item_code=row.item_code, period=row.period).exclude(state__in=ENDED_WITHOUT)
    kept = entries_of_each(parties)
    rows = rows.filter(AnyOf("party_id", kept))
    return {kept[party]: number for party, number in rows.values_list("party", "number")}
