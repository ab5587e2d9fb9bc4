"""Parties that are perhaps in the register twice, and what was merged."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from math import ceil

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, QuerySet

from yingshang.kernel.access.api import Actor

from .errors import MarkNotFound, MergeNotFound, party_not_found
from .models import DistinctPair, Merge, Party
from .selectors import summary_of_party
from .values import (
    DistinctPage,
    DistinctRow,
    DuplicateCandidate,
    DuplicatePage,
    MergePage,
    MergeRow,
)

_PERMISSION = "parties.merge"
_LARGEST_GROUP = 5
"""More parties than this with one contact have an agent in common, and are no duplicates."""


def duplicate_candidates(*, actor: Actor, page: int = 1, per_page: int = 20) -> DuplicatePage:
    """Pairs that may be one party, of those an actor may merge: the same name, or the same contact, in one region.

    Signs, blanks and the width of letters make no difference to a name. The one that has been there longer is proposed
    to be kept. Pairs that somebody has marked as distinct are left out. Five queries and one for the parties shown.
    """
    rows = _in_scope(actor, Party.objects.filter(merged_into__isnull=True)).order_by()
    reasons: dict[tuple[int, int], list[str]] = defaultdict(list)
    for field, reason in (("name_key", "name"), ("phone_hash", "phone"), ("email_hash", "email")):
        known = (
            rows.exclude(name_key="") if field == "name_key" else rows.exclude(**{f"{field}__isnull": True})
        )
        groups = (
            known.values("kind", "region", field)
            .annotate(parties=Count("pk"), numbers=ArrayAgg("pk", order_by="pk"))
            .filter(parties__gt=1, parties__lte=_LARGEST_GROUP)
            .values_list("numbers", flat=True)
        )
        for numbers in groups:
            for pair in combinations(numbers, 2):
                reasons[pair].append(reason)
    for pair in _in_force(marks_within(actor)).order_by().values_list("first", "second"):
        reasons.pop(pair, None)
    pairs = sorted(reasons, key=lambda pair: (-len(reasons[pair]), pair))
    pages = max(1, ceil(len(pairs) / per_page))
    page = min(max(page, 1), pages)
    shown = pairs[(page - 1) * per_page : page * per_page]
    parties = Party.objects.select_related("region").in_bulk({number for pair in shown for number in pair})
    return DuplicatePage(
        tuple(
            DuplicateCandidate(
                kept=summary_of_party(parties[kept]),
                duplicate=summary_of_party(parties[duplicate]),
                reasons=tuple(reasons[kept, duplicate]),
            )
            for kept, duplicate in shown
        ),
        len(pairs),
        page,
        pages,
    )


def merges(
    *,
    actor: Actor,
    party_id: int | None = None,
    in_force: bool | None = None,
    page: int = 1,
    per_page: int = 20,
) -> MergePage:
    """What was merged, of the parties an actor may merge, newest first. Two queries."""
    scope = actor.require(_PERMISSION)
    rows = Merge.objects.filter(scope.condition(region="kept__region__path", party="kept"))
    if party_id is not None:
        rows = rows.filter(Q(kept=party_id) | Q(duplicate=party_id))
    if in_force is not None:
        rows = rows.filter(undone_at__isnull=in_force)
    total = rows.count()
    pages = max(1, ceil(total / per_page))
    page = min(max(page, 1), pages)
    found = rows.select_related("kept__region", "duplicate__region")[(page - 1) * per_page : page * per_page]
    return MergePage(tuple(_row(each) for each in found), total, page, pages)


def get_merge(*, actor: Actor, merge_id: int) -> MergeRow:
    """One merge. Raises MergeNotFound when there is none within the actor's scope."""
    scope = actor.require(_PERMISSION)
    found = (
        Merge.objects.filter(scope.condition(region="kept__region__path", party="kept"), pk=merge_id)
        .select_related("kept__region", "duplicate__region")
        .first()
    )
    if found is None:
        raise merge_not_found(merge_id)
    return _row(found)


def distinct_pairs(
    *, actor: Actor, in_force: bool | None = None, page: int = 1, per_page: int = 20
) -> DistinctPage:
    """Pairs that were marked as distinct, of the parties an actor may merge, newest first. Two queries."""
    rows = marks_within(actor)
    if in_force is not None:
        rows = rows.filter(taken_back_at__isnull=in_force)
    total = rows.count()
    pages = max(1, ceil(total / per_page))
    page = min(max(page, 1), pages)
    found = rows[(page - 1) * per_page : page * per_page]
    return DistinctPage(tuple(_mark(each) for each in found), total, page, pages)


def distinct_mark(*, actor: Actor, first_id: int, second_id: int) -> DistinctRow | None:
    """The mark in force on two parties, if somebody has found that they are not one."""
    found = (
        _in_force(marks_within(actor))
        .filter(first=min(first_id, second_id), second=max(first_id, second_id))
        .first()
    )
    return None if found is None else _mark(found)


def marks_within(actor: Actor) -> QuerySet[DistinctPair]:
    """The marks whose two parties both lie within what an actor may merge."""
    scope = actor.require(_PERMISSION)
    return DistinctPair.objects.filter(
        scope.condition(region="first__region__path", party="first"),
        scope.condition(region="second__region__path", party="second"),
    ).select_related("first__region", "second__region")


def pair_of(actor: Actor, one: int, other: int) -> tuple[Party, Party]:
    """Two parties an actor may merge, locked, the one with the smaller number first. Raises PartyNotFound."""
    rows = Party.objects.select_for_update(of=("self",)).select_related("region").order_by("pk")
    found = {party.pk: party for party in _in_scope(actor, rows).filter(pk__in=[one, other])}
    for number in (one, other):
        if number not in found:
            raise party_not_found(number)
    return found[min(one, other)], found[max(one, other)]


def _in_force(marks: QuerySet[DistinctPair]) -> QuerySet[DistinctPair]:
    return marks.filter(taken_back_at__isnull=True)


def mark_not_found(mark_id: int) -> MarkNotFound:
    """The answer for what does not exist and for what may not be seen."""
    return MarkNotFound(f"no mark {mark_id}", message_zh=f"没有找到编号为 {mark_id} 的标记", value=mark_id)


def merge_not_found(merge_id: int) -> MergeNotFound:
    """The answer for what does not exist and for what may not be seen."""
    return MergeNotFound(
        f"no merge {merge_id}", message_zh=f"没有找到编号为 {merge_id} 的合并", value=merge_id
    )


def _in_scope(actor: Actor, rows: QuerySet[Party]) -> QuerySet[Party]:
    return actor.require(_PERMISSION).filter(rows, region="region__path", party="pk")


def _mark(mark: DistinctPair) -> DistinctRow:
    return DistinctRow(
        id=mark.pk,
        first=summary_of_party(mark.first),
        second=summary_of_party(mark.second),
        reason=mark.reason,
        marked_by_name=mark.marked_by_name,
        marked_at=mark.marked_at,
        taken_back_at=mark.taken_back_at,
        taken_back_by_name=mark.taken_back_by_name,
    )


def _row(merge: Merge) -> MergeRow:
    return MergeRow(
        id=merge.pk,
        kept=summary_of_party(merge.kept),
        duplicate=summary_of_party(merge.duplicate),
        reason=merge.reason,
        merged_by_name=merge.merged_by_name,
        merged_at=merge.merged_at,
        undone_at=merge.undone_at,
        undone_by_name=merge.undone_by_name,
    )
