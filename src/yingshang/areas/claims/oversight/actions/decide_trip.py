"""A supervisor decides on what the circuit breaker has stopped, and stops an item or a fund by hand."""

from __future__ import annotations

import hashlib
from datetime import datetime

import structlog
from django.db import transaction

from yingshang.kernel.access.api import Actor, ensure_separate, reference_of
from yingshang.kernel.flow.api import stop_case
from yingshang.kernel.ledger.api import record

from ...actions._steps import tell_enterprise
from ...actions.prepare_batch import undo_batch
from ...appointments.places import free
from ...approving import take_back
from ...errors import BudgetNotFound, InvalidDecision, NotPossibleNow, TripNotFound
from ...lifecycle import CLAIM
from ...models import (
    Claim,
    Fund,
    ItemTerms,
    PaymentBatch,
    PaymentOrder,
    Trip,
)
from ...reach import ensure_region
from ...settling import contradicted
from ..evaluator import MANUAL, breaker
from ..screening import keep_trip, target_of_trip, tell_agency

logger = structlog.get_logger(__name__)

PERMISSION = "claims.release"
LONGEST_REASON = 400
_ENDED = tuple(code for code, state in CLAIM.states.items() if not state.open)


@transaction.atomic
def release_trip(*, actor: Actor, trip_id: int, reason: str, now: datetime) -> int:
    """Let it go on; the audit event, whose receipt anybody can check.

    Only a supervisor, and nobody who had a hand in the claim. Raises TripNotFound, NotPossibleNow, InvalidDecision,
    ConflictingDuties.
    """
    trip, claim = _load(actor, trip_id)
    trip.state, trip.reason = "released", _reason(reason)
    event = _decided(trip, "trip_released", actor=actor, now=now)
    _tell(trip, claim, "解除熔断，继续办理", "released; it goes on", now=now)
    if claim is not None and not claim.trips.filter(state="open").exists():
        tell_enterprise(claim, "check_ended", now=now)
    return event


@transaction.atomic
def confirm_trip(*, actor: Actor, trip_id: int, reason: str, now: datetime) -> int:
    """What the breaker found is so: the claim ends, wherever it is. The audit event.

    Before its payment it is refused: its case is stopped, its budget given back, a batch that was not sent is taken
    back, and the enterprise reads why and how to object. Of what was paid in part the rest is not paid; what has come
    to an end stays as it is. What is with the bank stays stopped until the bank has answered, and is then dealt with
    like the others (`end_upheld`); an item or a fund stays stopped until it is released. Raises TripNotFound,
    NotPossibleNow, InvalidDecision, ConflictingDuties.
    """
    unsent = _unsent(actor, trip_id)
    trip, claim = _load(actor, trip_id)
    trip.reason = _reason(reason)
    if claim is not None and claim.state == "paying" and unsent is not None:
        undo_batch(unsent, actor=actor, reason=f"监督熔断 {trip.number}：{trip.reason}", now=now)
        claim.refresh_from_db(fields=["state", "state_before"])
    if claim is None or not _can_end(claim):
        event = _decided(trip, "trip_upheld", actor=actor, now=now)
        _tell(trip, claim, "情况属实，继续停止拨付", "found to be so; it stays stopped", now=now)
        return event
    trip.decided_by, trip.decided_by_name, trip.decided_at = reference_of(actor), actor.name, now
    return _carry_out(trip, claim, actor=actor, now=now)


def end_upheld(*, actor: Actor, now: datetime) -> int:
    """What supervisors found to be so while the bank had the money is carried out once the bank has answered; how many.

    Each in a transaction of its own: safe to begin again. Needs `claims.release`.
    """
    actor.require(PERMISSION)
    upheld = Trip.objects.filter(state="open", decided_at__isnull=False, claim__isnull=False)
    waiting = upheld.exclude(claim__state="paying").order_by("pk").values_list("pk", "claim")
    ended = 0
    for trip, claim in list(waiting):
        try:
            ended += _end_upheld(trip, claim, actor, now)
        except Exception:
            # It stays stopped and is tried again in the next round; the others do not wait for it.
            logger.exception("upheld trip not ended", trip=trip, claim=claim)
    return ended


@transaction.atomic
def _end_upheld(trip_id: int, claim_id: int, actor: Actor, now: datetime) -> bool:
    claim = (
        Claim.objects.select_for_update(of=("self",)).select_related("party__merged_into").get(pk=claim_id)
    )
    trip = Trip.objects.select_for_update(of=("self",)).get(pk=trip_id)
    trip.claim = claim
    if trip.state != "open" or trip.decided_at is None or not _can_end(claim):
        # Released, or ended with another trip of the claim, meanwhile; or the bank says something else now.
        return False
    _carry_out(trip, claim, actor=actor, now=now)
    return True


def _can_end(claim: Claim) -> bool:
    return _ends(claim) or claim.state in _ENDED


def _carry_out(trip: Trip, claim: Claim, *, actor: Actor, now: datetime) -> int:
    """Who decided stands in the trip already; the audit event of what follows, by whoever brings it about."""
    if claim.state in _ENDED:
        event = record(
            actor=actor,
            action="claims.trip_confirmed",
            target=target_of_trip(trip),
            now=now,
            before={"state": "open"},
            after={"state": "confirmed"},
            reason=trip.reason,
        )
        words = (
            ("情况属实，已拨付的资金请依法追回", "found to be so; ask back what was paid")
            if claim.paid_fen
            else ("情况属实，申请此前已办结", "found to be so; the claim had ended")
        )
    else:
        event = _end(trip, claim, actor=actor, now=now)
        paid = bool(claim.paid_fen)
        reason = f"其余各期不再拨付：{trip.reason}" if paid else trip.reason
        tell_enterprise(claim, "refused", now=now, reason=reason)
        words = (
            ("情况属实，其余各期不再拨付", "found to be so; what is left is not paid")
            if paid
            else ("情况属实，不予兑付", "found to be so; refused")
        )
    trip.state, trip.decided_event = "confirmed", event
    trip.save()
    claim.trips.filter(state="open").update(
        state="confirmed",
        reason=trip.reason,
        decided_at=trip.decided_at,
        decided_by=trip.decided_by,
        decided_by_name=trip.decided_by_name,
        decided_event=event,
    )
    _tell(trip, claim, *words, now=now)
    return event


def _ends(claim: Claim) -> bool:
    """Whether it can end now: also not while the bank says that it paid what our books take for unpaid."""
    what = "refused" if not claim.paid_fen else "instalments_ended"
    return CLAIM.may(claim.state, what) and not contradicted(claim)


def _end(trip: Trip, claim: Claim, *, actor: Actor, now: datetime) -> int:
    """End the claim with all that hangs on it; the audit event."""
    claim.reason, claim.decided_at = trip.reason, now
    claim.grounds = [
        {
            "text": each["text"],
            "text_en": each.get("text_en", ""),
            "value": "",
            "source": f"监督核查 {trip.number}",
        }
        for each in trip.grounds
    ]
    if claim.state == "appointed":
        free(claim, who=actor.name, now=now)
    under_review = claim.state in {"accepting", "returned", "reviewing"}
    what = "refused" if not claim.paid_fen else "instalments_ended"
    event = take_back(claim, what, actor=actor, now=now, reason=trip.reason)
    claim.decided_event = event
    claim.save(update_fields=["decided_event"])
    if under_review and claim.case_id is not None:
        # The claim has ended already: the case follows it here, not the other way round (see handlers).
        stop_case(actor=actor, case_id=claim.case_id, reason=trip.reason, now=now)
    # Whoever objected to the award on a public list gets what they asked for.
    claim.publicity_objections.filter(state="open").update(
        state="upheld",
        decision=f"监督核查属实，已取消兑付：{trip.reason}",
        decided_at=now,
        decided_by=reference_of(actor),
        decided_by_name=actor.name,
    )
    return event


def _unsent(actor: Actor, trip_id: int) -> PaymentBatch | None:
    """The batch the claim of a trip is ordered in and that was not sent yet. Locked before the claim, as everywhere."""
    actor.require(PERMISSION)
    orders = PaymentOrder.objects.filter(claim__trips=trip_id, state="prepared")
    rows = PaymentBatch.objects.select_for_update(of=("self",)).filter(
        pk__in=orders.values("batch"), state__in=["prepared", "checked"]
    )
    return rows.first()


@transaction.atomic
def stop_by_hand(
    *, actor: Actor, reason: str, item_code: str = "", fund_id: int | None = None, now: datetime
) -> int:
    """Stop every payment of an item, or out of a fund, until a supervisor releases it; the number of the trip.

    Raises BudgetNotFound for a fund, TripNotFound for an item, that is not there or beyond the actor's reach,
    NotPossibleNow where it is stopped already, InvalidDecision.
    """
    scope = actor.require(PERMISSION)
    reason = _reason(reason)
    fund: Fund | None = None
    agency_id, name = 0, ""
    if fund_id is not None:
        fund = scope.filter(Fund.objects.all(), region="region_path").filter(pk=fund_id).first()
        if fund is None:
            raise BudgetNotFound(f"no fund {fund_id}", message_zh="没有这项资金", value=fund_id)
        region, agency_id, name, item_code = fund.region_path, fund.agency_id, fund.name, ""
    else:
        terms = (
            scope.filter(ItemTerms.objects.all(), region="region_path").filter(item_code=item_code).first()
        )
        if terms is None:
            raise TripNotFound(
                f"no item {item_code} that is paid",
                message_zh="没有这个事项，或者它不在您的监督范围内",
                value=item_code,
            )
        region, agency_id, name = terms.region_path, terms.agency_id, item_code
    ensure_region(scope, region)
    if Trip.objects.filter(state="open", rule=MANUAL, fund=fund, item_code=item_code).exists():
        raise NotPossibleNow("it is stopped already", message_zh="已经停止拨付", value=name)
    trip = keep_trip(
        rule=MANUAL,
        version=breaker().version,
        fund=fund,
        item_code=item_code,
        region_path=region,
        grounds=[{"text": reason, "text_en": reason, "value": ""}],
        finding=hashlib.sha256(f"{name}|{now.isoformat()}|{reference_of(actor)}".encode()).hexdigest(),
        now=now,
    )
    trip.event_id = record(
        actor=actor,
        action="claims.stopped_by_hand",
        target=target_of_trip(trip),
        now=now,
        after={"state": trip.state, "rule": trip.rule},
        reason=reason,
    )
    trip.save(update_fields=["event_id"])
    tell_agency(trip, agency_id, name, "tripped", now=now)
    return int(trip.pk)


def _load(actor: Actor, trip_id: int) -> tuple[Trip, Claim | None]:
    """An open trip and its claim, both locked, that this supervisor may decide on."""
    scope = actor.require(PERMISSION)
    reached = scope.filter(Trip.objects.all(), region="region_path").filter(pk=trip_id)
    claim_id = reached.values_list("claim", flat=True).first()
    claim = (
        Claim.objects.select_for_update(of=("self",)).select_related("party__merged_into").get(pk=claim_id)
        if claim_id
        else None
    )
    trip = reached.select_for_update(of=("self",)).select_related("fund").first()
    if trip is None:
        raise TripNotFound(f"no trip {trip_id}", message_zh="没有这条熔断记录", value=trip_id)
    if claim is not None:
        trip.claim = claim
        hands = [claim.accepted_by, claim.reviewed_by, claim.approved_by]
        hands += [f"user:{claim.created_by_id}"] if claim.created_by_id else []
        ensure_separate(actor, [hand for hand in hands if hand])
    if trip.state != "open":
        raise NotPossibleNow("it was decided already", message_zh="该熔断已经处理", value=trip.number)
    return trip, claim


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidDecision(
            f"give the reason in 1 to {LONGEST_REASON} characters",
            message_zh=f"请填写理由（不超过 {LONGEST_REASON} 字）",
            field="reason",
        )
    return reason


def _decided(trip: Trip, what: str, *, actor: Actor, now: datetime) -> int:
    event = record(
        actor=actor,
        action=f"claims.{what}",
        target=target_of_trip(trip),
        now=now,
        before={"state": "open"},
        after={"state": trip.state},
        reason=trip.reason,
    )
    trip.decided_event, trip.decided_at = event, now
    trip.decided_by, trip.decided_by_name = reference_of(actor), actor.name
    trip.save()
    return event


def _tell(trip: Trip, claim: Claim | None, decision: str, decision_en: str, *, now: datetime) -> None:
    if claim is not None:
        agency_id, name = claim.agency_id, claim.item_name
    elif trip.fund is not None:
        agency_id, name = trip.fund.agency_id, trip.fund.name
    else:
        terms = ItemTerms.objects.filter(item_code=trip.item_code).first()
        agency_id, name = (terms.agency_id if terms else 0), trip.item_code
    tell_agency(
        trip,
        agency_id,
        name,
        "trip_decided",
        now=now,
        decision=decision,
        decision_en=decision_en,
        reason=trip.reason,
    )
