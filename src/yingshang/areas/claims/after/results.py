"""Results flow back 结果回流: what a claim has brought becomes facts of the enterprise, which later conditions read.

Terms name the columns: {"column", "from"}. `amount` is what was paid, by the sum of all claims that tell the same
column; of a series by the year in which it was paid. `award` is whether, or how much, was awarded. Money that came
back, or was given back, is taken out again: that is why the day of payment cannot be told. A number can become nought
and a yes a no; of a date nothing can be said that takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from yingshang.kernel.access.api import Actor, entries_of
from yingshang.kernel.ledger.api import record
from yingshang.kernel.parties.api import InvalidFact, correct_fact
from yingshang.kernel.reference.api import UnknownFact, get_fact

from ..actions._steps import target_of
from ..models import Claim, ClaimResult, ItemTerms, PaymentOrder, Repayment

KINDS = {"amount": ("number",), "award": ("boolean", "number")}
"""What of a claim can be told → the types of facts it can be told to."""


def record_results(*, actor: Actor, now: datetime, limit: int = 500) -> int:
    """Tell the register what has been paid, or came back, since the last time; of how many claims. Each claim is a
    transaction of its own, so this is not run within one. Told again it changes nothing. Needs `parties.import`.
    """
    actor.require("parties.import")
    found = list(_pending()[:limit].values_list("pk", flat=True))
    for claim_id in found:
        _record(claim_id, actor, now)
    return len(found)


def _pending() -> QuerySet[Any]:
    repaid = (
        Repayment.objects.filter(recovery__claim=OuterRef("pk"))
        .values("recovery__claim")
        .annotate(all=Sum(F("amount_fen") - F("interest_fen")))
        .values("all")
    )
    with_results = ItemTerms.objects.exclude(results=[]).values("item_code")
    rows: QuerySet[Any] = Claim.objects.filter(item_code__in=with_results).annotate(
        net=F("paid_fen") - Coalesce(Subquery(repaid), 0)
    )
    return rows.filter(
        Q(result__isnull=True, net__gt=0) | ~Q(result__paid_fen=F("net")) & Q(result__isnull=False)
    ).order_by("pk")


@transaction.atomic
def _record(claim_id: int, actor: Actor, now: datetime) -> None:
    claim = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("party__merged_into", "agency")
        .get(pk=claim_id)
    )
    held = _pending().filter(pk=claim_id).values_list("net", flat=True).first()
    if held is None:
        return
    net = int(held)
    terms = ItemTerms.objects.get(item_code=claim.item_code)
    payments = _payments(claim)
    last = max((day for day, _ in payments.get(claim.pk, [])), default=None)
    before = ClaimResult.objects.filter(claim=claim).first()
    # What is taken back is said today; a later day wins over the day of payment.
    as_of = (
        last if last is not None and (before is None or net > before.paid_fen) else timezone.localdate(now)
    )
    told: dict[str, str] = {}
    problems: list[str] = []
    for each in terms.results:
        try:
            for column, text in _said(each, claim, payments, before).items():
                correct_fact(
                    actor=actor,
                    party_id=claim.enterprise.pk,
                    column=column,
                    text=text,
                    source=claim.agency.name,
                    as_of=as_of,
                    reason=f"兑现申请 {claim.number}",
                    now=now,
                )
                told[column] = text
        except (InvalidFact, UnknownFact) as error:
            # A column the catalogue no longer has: what can be told is told, and the event says what cannot.
            problems.append(error.message_zh)
    ClaimResult.objects.update_or_create(
        claim=claim, defaults={"told": told, "paid_fen": net, "recorded_at": now}
    )
    record(
        actor=actor,
        action="claims.result_recorded",
        target=target_of(claim),
        now=now,
        after={"paid_fen": net, "columns": sorted(told), **({"problems": problems} if problems else {})},
    )


def _payments(claim: Claim) -> dict[int, list[tuple[date, int]]]:
    """Claim → (day, fen) of what all claims of the enterprise were paid; what was given back is taken off the last."""
    party = entries_of(claim.enterprise.pk)
    found: dict[int, list[tuple[date, int]]] = {}
    rows = PaymentOrder.objects.filter(claim__party__in=party, state="paid", paid_on__isnull=False)
    for number, day, fen in rows.order_by("paid_on", "pk").values_list("claim", "paid_on", "amount_fen"):
        if day is not None:
            found.setdefault(number, []).append((day, fen))
    for row in (
        Repayment.objects.filter(recovery__claim__party__in=party)
        .values("recovery__claim")
        .annotate(all=Sum(F("amount_fen") - F("interest_fen")))
    ):
        if days := found.get(row["recovery__claim"]):
            day, fen = days[-1]
            days[-1] = (day, fen - row["all"])
    return found


def _said(
    each: Mapping[str, Any],
    claim: Claim,
    payments: Mapping[int, list[tuple[date, int]]],
    before: ClaimResult | None,
) -> dict[str, str]:
    """Column → text, of one line of the terms."""
    column = str(each["column"])
    fact = get_fact(column)
    same = _claims_telling(column, claim)
    match each["from"], fact.type:
        case "amount", "number":
            sums: dict[int, int] = {}
            for number in same:
                for day, fen in payments.get(number, []):
                    sums[day.year] = sums.get(day.year, 0) + fen
            if fact.series != "year":
                return {column: _yuan(sum(sums.values()))}
            # A year in which everything came back says nought, where it had said something.
            told = before.told if before else {}
            years = {int(name.rpartition(".")[2]) for name in told if name.startswith(f"{column}.")}
            mine = {day.year for day, _ in payments.get(claim.pk, [])}
            return {f"{column}.{year}": _yuan(sums.get(year, 0)) for year in sorted(years | mine)}
        case "award", "boolean":
            return {column: "是" if any(payments.get(number) for number in same) else "否"}
        case "award", "number":
            paid = [number for number in same if payments.get(number)]
            awards = Claim.objects.filter(pk__in=paid).aggregate(all=Sum("award_fen"))["all"] or 0
            return {column: _yuan(awards)}
    return {}


def _claims_telling(column: str, claim: Claim) -> list[int]:
    """The claims of the same enterprise whose items tell the same column."""
    codes = [
        row.item_code
        for row in ItemTerms.objects.exclude(results=[])
        if any(each.get("column") == column for each in row.results)
    ]
    rows = Claim.objects.filter(party__in=entries_of(claim.enterprise.pk), item_code__in=codes)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _yuan(fen: int) -> str:
    return f"{max(fen, 0) // 100}.{max(fen, 0) % 100:02d}"
