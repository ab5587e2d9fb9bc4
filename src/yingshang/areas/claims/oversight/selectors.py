"""Reads of the supervisor's desk: trips within one's reach, with the scope in the query."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from yingshang.kernel.access.api import Actor

from ..errors import TripNotFound
from ..models import Fund, ItemTerms, Trip
from .actions.decide_trip import PERMISSION
from .evaluator import ASKED_BACK, MANUAL, PROMISE_BROKEN, breaker
from .values import TripPage, TripView

TRIP_STATES: dict[str, tuple[str, str, str]] = {
    "open": ("待处理", "waiting", "warn"),
    "upheld": ("属实，继续停止", "found to be so, stays stopped", "bad"),
    "released": ("已解除", "released", "good"),
    "confirmed": ("属实，已办结", "found to be so, dealt with", "bad"),
}


def trip_states() -> dict[str, tuple[str, str, str]]:
    """State of a trip as it is shown → its Chinese name, its English name, how a page colours it."""
    return dict(TRIP_STATES)


def trip_rules() -> dict[str, tuple[str, str]]:
    """Rule of the circuit breaker → its Chinese and its English name."""
    return {
        MANUAL: ("人工停止", "stopped by hand"),
        PROMISE_BROKEN: ("承诺未履行", "a promise was broken"),
        ASKED_BACK: ("追回未结清", "money of it is asked back"),
        **{rule.code: (rule.name, rule.name_en) for rule in breaker().rules},
    }


def trips(
    *,
    actor: Actor,
    text: str = "",
    state: str = "",
    rule: str = "",
    claim_id: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> TripPage:
    """Trips within the supervisor's reach, those that wait first. Two queries. Needs `claims.release`.

    `text` is looked for in the numbers, the enterprise's name and what is stopped.
    """
    rows = _rows(actor)
    if state == "upheld":
        rows = rows.filter(state="open", decided_at__isnull=False)
    elif state == "open":
        rows = rows.filter(state="open", decided_at__isnull=True)
    elif state:
        rows = rows.filter(state=state)
    if rule:
        rows = rows.filter(rule=rule)
    if claim_id is not None:
        rows = rows.filter(claim=claim_id)
    for word in text.split():
        rows = rows.filter(
            Q(number__icontains=word)
            | Q(claim__number__icontains=word)
            | Q(claim__party__name__icontains=word)
            | Q(claim__item_name__icontains=word)
            | Q(item_code__icontains=word)
            | Q(fund__name__icontains=word)
        )
    waiting = Case(
        When(state="open", decided_at__isnull=True, then=Value(0)),
        When(state="open", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    ordered = rows.order_by(waiting, "-pk")
    return TripPage(tuple(_view(row) for row in ordered[offset : offset + limit]), rows.count())


def get_trip(*, actor: Actor, trip_id: int) -> TripView:
    """One trip. Needs `claims.release`. Raises TripNotFound."""
    row = _rows(actor).filter(pk=trip_id).first()
    if row is None:
        raise TripNotFound(f"no trip {trip_id}", message_zh="没有这条熔断记录", value=trip_id)
    return _view(row)


def stoppable(*, actor: Actor) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[int, str], ...]]:
    """Items (code, code) that are paid, and funds (number, name), a supervisor can stop by hand."""
    scope = actor.require(PERMISSION)
    items = scope.filter(ItemTerms.objects.all(), region="region_path").order_by("item_code")
    funds = scope.filter(Fund.objects.all(), region="region_path").order_by("code")
    return (
        tuple((code, code) for code in items.values_list("item_code", flat=True)),
        tuple(funds.values_list("pk", "name")),
    )


def _rows(actor: Actor) -> QuerySet[Trip]:
    scope = actor.require(PERMISSION)
    return scope.filter(Trip.objects.all(), region="region_path").select_related(
        "claim__party__merged_into", "fund"
    )


def _view(row: Trip) -> TripView:
    name, name_en = trip_rules().get(row.rule, (row.rule, row.rule))
    claim = row.claim
    of = claim.enterprise.name if claim else row.fund.name if row.fund else row.item_code
    upheld = row.state == "open" and row.decided_at is not None
    return TripView(
        id=row.pk,
        number=row.number,
        rule=row.rule,
        rule_name=name,
        rule_name_en=name_en,
        version=row.rule_version,
        target="claim" if claim else "fund" if row.fund_id else "item",
        of=of,
        claim_id=row.claim_id,
        claim_number=claim.number if claim else "",
        claim_state=claim.state if claim else "",
        amount_fen=(claim.award_fen if claim.award_fen is not None else claim.expected_fen)
        if claim
        else None,
        item_code=claim.item_code if claim else row.item_code,
        state="upheld" if upheld else row.state,
        upheld=upheld,
        grounds=tuple(row.grounds),
        region_path=row.region_path,
        tripped_at=row.tripped_at,
        decided_at=row.decided_at,
        decided_by_name=row.decided_by_name,
        reason=row.reason,
        event_id=row.event_id,
        decided_event=row.decided_event,
    )
