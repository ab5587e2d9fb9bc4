"""Two entries that look like duplicates and are not: marked, so that nobody is asked again, and the mark taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..batches import lock_writes
from ..duplicates import mark_not_found, marks_within, pair_of
from ..errors import CannotMark
from ..models import DistinctPair

_PERMISSION = "parties.merge"


@transaction.atomic
def mark_distinct(*, actor: Actor, first_id: int, second_id: int, reason: str, now: datetime) -> int:
    """Note that two parties are not one; they are not proposed again, nor merged. The number of the mark.

    Raises PartyNotFound outside the actor's scope, and CannotMark for one and the same, for parties that were merged or
    marked already, and without a reason.
    """
    actor.require(_PERMISSION)
    lock_writes()
    first, second = pair_of(actor, first_id, second_id)
    reason = reason.strip()
    if first.pk == second.pk:
        raise CannotMark("a party is not distinct from itself", message_zh="不能与自身比较", value=first.pk)
    for party in (first, second):
        if party.merged_into_id is not None:
            raise CannotMark(
                f"{party.name} was merged; undo that first",
                message_zh=f"{party.name} 已经合并，请先撤销合并",
                value=party.pk,
            )
    if not reason:
        raise CannotMark("say why they are not one", message_zh="请填写为什么不是同一主体", field="reason")
    if DistinctPair.objects.filter(first=first, second=second, taken_back_at__isnull=True).exists():
        raise CannotMark("they are marked as distinct already", message_zh="已经标记为不是同一主体")
    mark = DistinctPair.objects.create(
        first=first, second=second, reason=reason[:400], marked_by_name=actor.name, marked_at=now
    )
    record(
        actor=actor,
        action="parties.marked_distinct",
        target=_target(mark),
        now=now,
        after={"mark": mark.pk, "parties": [first.pk, second.pk]},
        reason=reason[:400],
    )
    return mark.pk


@transaction.atomic
def take_back_distinct(*, actor: Actor, mark_id: int, now: datetime, reason: str = "") -> None:
    """Take the mark back: the two are proposed again while they look like one.

    Raises MarkNotFound outside the actor's scope, CannotMark when it was taken back before.
    """
    actor.require(_PERMISSION)
    lock_writes()
    mark = marks_within(actor).select_for_update(of=("self",)).filter(pk=mark_id).first()
    if mark is None:
        raise mark_not_found(mark_id)
    if mark.taken_back_at is not None:
        raise CannotMark("this mark was taken back before", message_zh="这项标记已经撤销", value=mark_id)
    mark.taken_back_at, mark.taken_back_by_name = now, actor.name
    mark.save(update_fields=["taken_back_at", "taken_back_by_name"])
    record(
        actor=actor,
        action="parties.distinct_taken_back",
        target=_target(mark),
        now=now,
        before={"mark": mark.pk, "parties": [mark.first_id, mark.second_id]},
        reason=reason.strip()[:400],
    )


def _target(mark: DistinctPair) -> Target:
    first, second = mark.first, mark.second
    return Target(
        "party",
        str(first.pk),
        f"{first.name} / {second.name}",
        region_path=first.region.path if first.region else "",
        party_id=first.pk,
    )
