"""Putting awards on a public list, some a transaction, until all of its item are on it and its period begins."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import Term, calendar_of_region, due_at
from yingshang.kernel.reference.api import code_of_path, find_region

from ..automatic.rows import move_claims, refresh_statistics
from ..bulk import copy_rows
from ..lifecycle import PUBLICITY
from ..models import Claim, Publicity, PublicityEntry
from .parameters import publicity_rules, shown
from .steps import note_publicity

Progress = Callable[[int, int | None], None]


def fill_publicity(
    *, actor: Actor, publicity_id: int, now: datetime, progress: Progress | None = None
) -> None:
    """Put all awards of the item that wait on the list, and open it. Not inside a transaction; goes on where it was."""
    done = 0
    while _filled(actor=actor, publicity_id=publicity_id, now=now):
        done += 1
        refresh_statistics(done, Claim, PublicityEntry)
        if progress is not None:
            progress(Publicity.objects.get(pk=publicity_id).entries_count, None)


@transaction.atomic
def _filled(*, actor: Actor, publicity_id: int, now: datetime) -> bool:
    """Put some more on a list, or open it where there are none: whether to go on. One event."""
    row = Publicity.objects.select_for_update(of=("self",)).get(pk=publicity_id)
    if row.state != "preparing":
        return False
    if added := put_on(row, now=now, limit=publicity_rules().chunk):
        row.save()
        note_publicity(row, "publicity_filled", actor=actor, now=now, after={"claims": added})
        return True
    open_publicity(row, now=now)
    row.save()
    note_publicity(row, "published", actor=actor, now=now, after=told_of(row))
    return False


def put_on(row: Publicity, *, now: datetime, limit: int, claims: Collection[int] | None = None) -> int:
    """Put the next awards of the item, or these, on a list that is being prepared; how many. Changes `row` only."""
    rows = Claim.objects.select_for_update(of=("self",)).filter(
        item_code=row.item_code, state="approved", pk__gt=row.reached
    )
    if claims is not None:
        rows = rows.filter(pk__in=list(claims))
    found = list(
        rows.annotate(name=F("party__name"), credit_code=F("party__credit_code"))
        .annotate(kept_name=F("party__merged_into__name"), kept_code=F("party__merged_into__credit_code"))
        .order_by("pk")
        .values_list("pk", "name", "credit_code", "kept_name", "kept_code", "region_path", "award_fen")[
            :limit
        ]
    )
    if not found:
        return 0
    places: dict[str, str] = {}
    entries = []
    for claim, name, code, kept_name, kept_code, path, fen in found:
        if path not in places:
            region = find_region(code_of_path(path)) if path else None
            places[path] = region.name if region else ""
        words = shown(kept_name or name, (kept_code if kept_name else code) or "")
        entries.append(
            {
                "claim_id": claim,
                "name": words[0],
                "credit_code": words[1],
                "region_name": places[path],
                "amount_fen": fen or 0,
            }
        )
    copy_rows(PublicityEntry, {"publicity_id": row.pk}, entries)
    move_claims([each[0] for each in found], "published", source="approved", now=now)
    row.reached = found[-1][0]
    row.entries_count += len(found)
    row.amount_fen += sum(each[-1] or 0 for each in found)
    return len(found)


def open_publicity(row: Publicity, *, now: datetime) -> None:
    """The whole list can be read from now on; its period is counted from here. Changes `row` only."""
    row.state = PUBLICITY.after(row.state, "opened")
    row.published_at = now
    derived = due_at(
        now,
        Term(row.working_days, "working_days"),
        calendar_of_region(row.agency.region_id),
        start_event={"zh": "公示", "en": "published"},
    )
    row.closes_on = derived.due_on
    row.derivation, row.derivation_en = derived.text("zh")[:400], derived.text("en")[:400]


def told_of(row: Publicity) -> dict[str, object]:
    """What the event of a published list says."""
    return {"claims": row.entries_count, "amount_fen": row.amount_fen, "closes_on": row.closes_on}
