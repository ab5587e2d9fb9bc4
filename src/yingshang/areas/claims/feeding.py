"""What policies learn from claims: who applied, who was paid and how soon, and what became of the money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import connection
from django.db.models import Min, Q, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from yingshang.areas.policies.api import CarriedOut, PublishedItem
from yingshang.kernel.ratings.api import ratings_of_group

from .after.rating import KIND
from .models import Budget, Claim, ItemTerms, PaymentOrder, Reservation

# Unlike `paid_fen` of claims, orders know the day. An order that was returned is paid no more.
_DAYS = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY paid.paid_on - (claim.submitted_at AT TIME ZONE %s)::date),
           count(*)
      FROM claims_claim claim
      JOIN (SELECT claim_id, min(paid_on) AS paid_on
              FROM claims_paymentorder WHERE state = 'paid' GROUP BY claim_id) paid
        ON paid.claim_id = claim.id
     WHERE claim.item_code = %s AND claim.submitted_at IS NOT NULL
"""


def applied(item: PublishedItem) -> Mapping[int, date] | None:
    """Party that is kept → the day it handed a claim in first, or took what it was offered. None without terms."""
    if not ItemTerms.objects.filter(item_code=item.code).exists():
        return None
    rows = (
        Claim.objects.filter(item_code=item.code)
        .filter(Q(submitted_at__isnull=False) | Q(award_fen__isnull=False, mode="automatic"))
        .exclude(state__in=["listed", "offered", "declined", "lapsed"])
        .annotate(kept=Coalesce("party__merged_into", "party"))
        .values("kept")
        .annotate(day=Min(TruncDate(Coalesce("submitted_at", "decided_at", "created_at"))))
    )
    return _by_party(rows)


def paid(item: PublishedItem) -> Mapping[int, date] | None:
    """Party that is kept → the day it was paid first. Money that came back does not count. None without terms."""
    if not ItemTerms.objects.filter(item_code=item.code).exists():
        return None
    rows = (
        PaymentOrder.objects.filter(claim__item_code=item.code, state="paid", paid_on__isnull=False)
        .annotate(kept=Coalesce("claim__party__merged_into", "claim__party"))
        .values("kept")
        .annotate(day=Min("paid_on"))
    )
    return _by_party(rows)


def carried_out(item: PublishedItem) -> CarriedOut | None:
    """The figures of an item that has terms. Five queries."""
    terms = ItemTerms.objects.select_related("fund").filter(item_code=item.code).first()
    if terms is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [timezone.get_current_timezone_name(), item.code])
        days, count = cursor.fetchone()
    budgets = Budget.objects.filter(fund=terms.fund, year=timezone.localdate().year)
    kept = Reservation.objects.filter(instalment__claim__item_code=item.code).aggregate(
        held=Sum("amount_fen", filter=Q(state="held")), spent=Sum("amount_fen", filter=Q(state="spent"))
    )
    ratings, satisfied = ratings_of_group(kind=KIND, group=item.code)
    return CarriedOut(
        fund=terms.fund.name,
        fund_fen=budgets.aggregate(all=Sum("amount_fen"))["all"] or 0,
        reserved_fen=kept["held"] or 0,
        spent_fen=kept["spent"] or 0,
        paid=count,
        days=None if days is None else float(days),
        ratings=ratings,
        satisfied=satisfied,
    )


def _by_party(rows: Iterable[Mapping[str, object]]) -> dict[int, date]:
    return {row["kept"]: row["day"] for row in rows}  # type: ignore[misc]
