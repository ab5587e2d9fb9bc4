"""Two entries for one party: merged, and separated again.

Records stay with the party they were told of; the party that is kept is read with those of its duplicates (`history`),
so that separating brings back exactly what there was, and what was told in between.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from yingshang.kernel.access.api import Actor, entries_of, move_mandates, move_mandates_back
from yingshang.kernel.ledger.api import Target, record

from ..batches import lock_writes
from ..duplicates import merge_not_found, pair_of
from ..errors import CannotMerge
from ..models import DistinctPair, Merge, Party
from ._portray import portray_anew

_PERMISSION = "parties.merge"


@transaction.atomic
def merge_parties(*, actor: Actor, kept_id: int, duplicate_id: int, reason: str, now: datetime) -> int:
    """Merge a duplicate into the party that is kept, and return the number of the merge.

    Facts, mandates and ways to be found follow. A mandate stays behind where the kept party has one of the same person
    or has another legal representative. Both parties must be in the actor's scope (PartyNotFound). Raises CannotMerge
    for parties that are one and the same, of different kinds, merged already or marked as distinct, and for a merge
    without a reason.
    """
    actor.require(_PERMISSION)
    lock_writes()
    found = {party.pk: party for party in pair_of(actor, kept_id, duplicate_id)}
    kept, duplicate = found[kept_id], found[duplicate_id]
    reason = reason.strip()
    _refuse_impossible(kept, duplicate, reason)
    _refuse_distinct(kept, duplicate)
    followers = list(Party.objects.filter(merged_into=duplicate).values_list("pk", flat=True))
    Party.objects.filter(pk__in=[duplicate.pk, *followers]).update(merged_into=kept, updated_at=now)
    moved, left = move_mandates(from_party=duplicate.pk, to_party=kept.pk, now=now)
    merge = Merge.objects.create(
        kept=kept,
        duplicate=duplicate,
        reason=reason,
        merged_by_name=actor.name,
        merged_at=now,
        moved_mandates=moved,
        moved_parties=followers,
    )
    portray_anew([kept, duplicate], now)
    record(
        actor=actor,
        action="parties.merged",
        target=_target(kept),
        now=now,
        before={"duplicate": _named(duplicate), "merged_into": None},
        after={
            "merge": merge.pk,
            "duplicate": _named(duplicate),
            "merged_into": kept.pk,
            "mandates_moved": len(moved),
            "mandates_left": len(left),
        },
        reason=reason,
    )
    return merge.pk


@transaction.atomic
def undo_merge(*, actor: Actor, merge_id: int, now: datetime, reason: str = "") -> None:
    """Separate a duplicate again, with its facts, its mandates and what had been merged into it.

    Raises MergeNotFound outside the actor's scope, and CannotMerge when it was undone before or when the party that was
    kept has been merged itself since.
    """
    scope = actor.require(_PERMISSION)
    lock_writes()
    merge = (
        Merge.objects.select_for_update(of=("self",))
        .filter(scope.condition(region="kept__region__path", party="kept"), pk=merge_id)
        .select_related("kept__region", "duplicate")
        .first()
    )
    if merge is None:
        raise merge_not_found(merge_id)
    kept, duplicate = merge.kept, merge.duplicate
    if merge.undone_at is not None:
        raise CannotMerge("this merge was undone before", message_zh="该合并已经撤销", value=merge_id)
    if kept.merged_into_id is not None:
        raise CannotMerge(
            f"{kept.name} has been merged itself since; undo that first",
            message_zh=f"{kept.name} 之后又被合并，请先撤销后一次合并",
            value=kept.merged_into_id,
        )
    Party.objects.filter(pk=duplicate.pk).update(merged_into=None, updated_at=now)
    Party.objects.filter(pk__in=merge.moved_parties, merged_into=kept).update(merged_into=duplicate)
    back = move_mandates_back(
        mandates=merge.moved_mandates,
        from_party=kept.pk,
        to_party=duplicate.pk,
        since=merge.merged_at,
        now=now,
    )
    merge.undone_at = now
    merge.undone_by_name = actor.name
    merge.save(update_fields=["undone_at", "undone_by_name"])
    portray_anew([kept, duplicate], now)
    record(
        actor=actor,
        action="parties.merge_undone",
        target=_target(kept),
        now=now,
        before={"merge": merge.pk, "duplicate": _named(duplicate), "merged_into": kept.pk},
        after={"duplicate": _named(duplicate), "merged_into": None, "mandates_moved": len(back)},
        reason=reason.strip(),
    )


def _refuse_impossible(kept: Party, duplicate: Party, reason: str) -> None:
    if kept.pk == duplicate.pk:
        raise CannotMerge("a party cannot be merged into itself", message_zh="不能与自身合并")
    if kept.kind != duplicate.kind:
        raise CannotMerge(
            "an enterprise and a person cannot be merged", message_zh="企业与个人不能合并", field="duplicate"
        )
    for party in (kept, duplicate):
        if party.merged_into_id is not None:
            raise CannotMerge(
                f"{party.name} was merged already", message_zh=f"{party.name} 已经合并", value=party.pk
            )
    if not reason:
        raise CannotMerge("a merge needs a reason", message_zh="请填写合并理由", field="reason")


def _refuse_distinct(kept: Party, duplicate: Party) -> None:
    """Nor may what was merged into one be marked as distinct from what was merged into the other."""
    sides = entries_of(kept.pk), entries_of(duplicate.pk)
    apart = Q(first__in=sides[0], second__in=sides[1]) | Q(first__in=sides[1], second__in=sides[0])
    mark = DistinctPair.objects.filter(apart, taken_back_at__isnull=True).first()
    if mark is not None:
        raise CannotMerge(
            f"{mark.marked_by_name} found that they are not one: {mark.reason}; take that back first",
            message_zh=f"{mark.marked_by_name}已判断两者不是同一主体（{mark.reason}），请先撤销该判断",
            value=mark.pk,
        )


def _target(party: Party) -> Target:
    return Target(
        "party",
        str(party.pk),
        party.name,
        region_path=party.region.path if party.region else "",
        party_id=party.pk,
    )


def _named(party: Party) -> dict[str, Any]:
    return {"id": party.pk, "name": party.name, "credit_code": party.credit_code}
