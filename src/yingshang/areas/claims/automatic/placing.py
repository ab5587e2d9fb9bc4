"""Quota and pool of an item on its list: everybody is known once it is drawn up, so that places and money are given
there, before anybody looks at it. Who is outside stands among those left out, with the rank that was missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cmp_to_key
from heapq import nsmallest
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum

from yingshang.areas.policies.api import Sharing, rank_frozen, rank_order, sharing_of

from ..bulk import AnyOf, copy_rows
from ..errors import InvalidList
from ..lifecycle import CLAIM
from ..models import Claim, EntitlementList, ListOmission
from ..ranking.places import awarded, first_come_only
from .parameters import list_rules

OUTSIDE = "outside"
_Ranked = tuple[tuple[object, ...] | None, int, int]
"""(what somebody is ranked by, None where that is not known; number of the enterprise; number of the claim)."""


def ensure_listable(code: str, shared: Sharing | None) -> None:
    """That what an item has for everybody together can be given on a list, where nobody comes before another.

    Raises InvalidList for what is first come.
    """
    problem = first_come_only(shared)
    if problem is not None:
        raise InvalidList(problem[0], message_zh=problem[1], field="code", value=code)


def give_places(row: EntitlementList, *, now: datetime) -> bool:
    """Give the places of a quota by rank and share a pool among those on a list; False where the item has neither.

    Of equal rank whoever has the smaller number in the register is ahead: on a list nobody came earlier. Changes the
    claims, and `row` without saving it. In memory there are as many as there are places, not as are on the list.
    """
    shared = sharing_of(version_id=row.version_id, day=row.day)
    if shared is None:
        return False
    ensure_listable(row.item_code, shared)
    ordered: list[int] | None = None
    if shared.count is not None:
        taken = awarded(row.item_code, row.period).count()
        ordered = _rank(row, shared, max(0, shared.count - taken), now)
    if shared.pool_fen is not None:
        given = awarded(row.item_code, row.period).aggregate(fen=Sum("award_fen"))["fen"] or 0
        left = max(0, shared.pool_fen - int(given))
        if shared.pro_rata or ordered is None:
            _share(row, left)
        else:
            _serve(row, ordered, left)
        nothing = "资金池已分配完"
        for some in _parts(_listed(row).filter(expected_fen=0).values_list("pk", "party_id").iterator()):
            _outside(row, [(claim, party, nothing) for claim, party in some], now)
    kept = _listed(row).aggregate(fen=Sum("expected_fen"))
    row.total, row.amount_fen = _listed(row).count(), int(kept["fen"] or 0)
    return True


def _listed(row: EntitlementList) -> QuerySet[Claim]:
    return Claim.objects.filter(entitlement_list=row, state="listed").order_by("pk")


def _ranks(row: EntitlementList) -> Iterator[_Ranked]:
    """Everybody on the list with what they are ranked by, as it was frozen."""
    rows = _listed(row).values_list("pk", "party_id", "facts").iterator(chunk_size=2000)
    for some in _parts(rows):
        facts = [each for *_, each in some]
        found = rank_frozen(version_id=row.version_id, day=row.day, facts=facts)
        for (claim, party, _), value in zip(some, found, strict=True):
            yield value, party, claim


def _rank(row: EntitlementList, shared: Sharing, places: int, now: datetime) -> list[int]:
    """Those within the quota, the first first; the others are put outside."""
    direction = -1 if shared.descending else 1

    def ahead(left: _Ranked, right: _Ranked) -> int:
        if (left[0] is None) != (right[0] is None):
            return 1 if left[0] is None else -1
        if left[0] is not None and right[0] is not None:
            order = direction * rank_order(left[0], right[0])
            if order:
                return order
        return left[1] - right[1]

    inside = nsmallest(places, _ranks(row), key=cmp_to_key(ahead))
    kept = {claim for *_, claim in inside}
    line = f"，入围最后一名的排序值为 {_text(inside[-1])}" if inside else "，已无剩余名额"
    beyond = (each for each in _ranks(row) if each[2] not in kept)
    for some in _parts(beyond):
        _outside(
            row,
            [
                (claim, party, f"排序值 {_text((value, party, claim))}；名额 {shared.count} 个{line}")
                for value, party, claim in some
            ],
            now,
        )
    return [claim for *_, claim in inside]


def _text(ranked: _Ranked) -> str:
    return "—" if ranked[0] is None else "、".join(str(each) for each in ranked[0])


def _share(row: EntitlementList, pool_fen: int) -> None:
    """In proportion to the fen, largest remainders first, nobody more than their own: `ranking.places.shares_of`."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARE, {"list": row.pk, "pool": pool_fen})


def _serve(row: EntitlementList, ordered: Sequence[int], pool_fen: int) -> None:
    """One after the other by rank, as long as there is something."""
    own = dict(_listed(row).filter(AnyOf("id", ordered)).values_list("pk", "expected_fen"))
    left = pool_fen
    for claim in ordered:
        fen = own[claim] or 0
        if fen > left:
            Claim.objects.filter(pk=claim).update(expected_fen=left)
        left -= min(fen, left)


def _outside(row: EntitlementList, some: Sequence[tuple[int, int, str]], now: datetime) -> None:
    """Claims that get nothing: ended without a word, since nobody has heard of them, and among those left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE claims_claim AS claim SET state = %s, state_before = 'listed', ended_at = %s, decided_at = %s,"
            " reason = told.reason FROM unnest(%s::bigint[], %s::text[]) AS told(id, reason)"
            " WHERE claim.id = told.id AND claim.state = 'listed'",
            [
                CLAIM.after("listed", "unranked"),
                now,
                now,
                [claim for claim, _, _ in some],
                [reason for *_, reason in some],
            ],
        )
    copy_rows(
        ListOmission,
        {"entitlement_list_id": row.pk, "reason": OUTSIDE},
        ({"party_id": party, "detail": reason[:120]} for _, party, reason in some),
    )
    row.left_out = {**row.left_out, OUTSIDE: row.left_out.get(OUTSIDE, 0) + len(some)}


def _parts(rows: Iterator[Any]) -> Iterator[list[Any]]:
    size = list_rules().chunk
    while some := list(islice(rows, size)):
        yield some


_SHARE = """
WITH own AS (
    SELECT id, expected_fen::numeric AS fen FROM claims_claim
     WHERE entitlement_list_id = %(list)s AND state = 'listed'
), whole AS (SELECT sum(fen) AS fen FROM own),
part AS (
    SELECT own.id, div(own.fen * %(pool)s, whole.fen) AS fen,
           row_number() OVER (ORDER BY mod(own.fen * %(pool)s, whole.fen) DESC, own.id) AS place
      FROM own, whole WHERE whole.fen > %(pool)s
), rest AS (SELECT %(pool)s - sum(fen) AS fen FROM part)
UPDATE claims_claim AS claim
   SET expected_fen = part.fen + CASE WHEN part.place <= rest.fen THEN 1 ELSE 0 END
  FROM part, rest WHERE claim.id = part.id
"""
