"""Instalments with a later condition: what the facts of a day say of it, and which wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from yingshang.areas.policies.api import decide_one, sources_of
from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError
from yingshang.rules.policy.decide import FactValue, Outcome
from yingshang.rules.policy.decide import Payment as Decided
from yingshang.rules.policy.explain import value_text

from ..actions._steps import PLATFORM
from ..models import Claim, Instalment
from ..models.claims import ENDED_WITHOUT
from ..reach import VIEW
from ..reviewing.evidence import HIDDEN
from .values import InstalmentPage, WaitingInstalment

DUE, LATER, LOST, UNKNOWN = "due", "later", "lost", "unknown"
"""What the facts of a day say: it can be paid; not yet; it is no part of the award any more; nobody knows."""
FINDINGS = (UNKNOWN, LOST, LATER)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, with the facts that were read and those nobody has."""

    found: str
    evidence: tuple[dict[str, Any], ...] = ()
    lacking: tuple[str, ...] = ()


def look(claim: Claim, *, now: datetime) -> dict[str, Finding]:
    """Code of an instalment → what the facts of today say. Empty where the item cannot be decided for it today.

    One that has run out since is decided as of its last day: what is not due by then a person decides.
    """
    today = timezone.localdate(now)
    try:
        decided = decide_one(
            actor=PLATFORM,
            party_id=claim.enterprise.pk,
            code=claim.item_code,
            day=today,
            applied_on=claim.applied_on,
        )
        if decided.decision is None:
            return {}
        known = sources_of(actor=PLATFORM, decided=decided)
    except DomainError:
        return {}
    return {
        each.id: Finding(
            _found(each, run_out=decided.day < today),
            tuple(_fact(fact, known.get(fact.code)) for fact in each.facts),
            each.missing,
        )
        for each in decided.decision.payments
    }


def finding_of(row: Instalment, findings: dict[str, Finding]) -> Finding:
    """What was found of one instalment: of which nothing can be said a person decides."""
    return findings.get(row.code) or Finding(UNKNOWN)


def waiting_instalments(
    *,
    actor: Actor,
    found: str = "",
    text: str = "",
    item_code: str = "",
    offset: int = 0,
    limit: int = 50,
) -> InstalmentPage:
    """Instalments that wait for a condition, within the actor's reach, as the last look found them: those a person has
    to decide first. `found` names one kind, or `person` for both of those. Two queries. Needs `claims.view`.
    """
    rows = _rows(actor).filter(state="waiting")
    if found == "person":
        rows = rows.filter(found__in=[UNKNOWN, LOST])
    elif found:
        rows = rows.filter(found=found)
    if item_code:
        rows = rows.filter(claim__item_code=item_code)
    for word in text.split():
        rows = rows.filter(
            Q(claim__number__icontains=word)
            | Q(claim__party__name__icontains=word)
            | Q(claim__item_name__icontains=word)
            | Q(condition__icontains=word)
        )
    first = Case(
        *(When(found=each, then=Value(place)) for place, each in enumerate(FINDINGS)),
        default=Value(len(FINDINGS)),
        output_field=IntegerField(),
    )
    chosen = rows.order_by(first, "found_at", "pk")[offset : offset + limit]
    return InstalmentPage(tuple(_view(row) for row in chosen), rows.count())


def get_instalment(*, actor: Actor, claim_id: int, number: int, now: datetime) -> WaitingInstalment | None:
    """One instalment with what the facts of today say, if it waits; None where there is none within the reach."""
    row = _rows(actor).filter(claim=claim_id, number=number).first()
    if row is None:
        return None
    return _view(row, finding_of(row, look(row.claim, now=now)) if row.state == "waiting" else None)


def _rows(actor: Actor) -> QuerySet[Instalment]:
    rows = Instalment.objects.select_related("claim__party__merged_into", "claim__agency")
    rows = rows.exclude(claim__state__in=ENDED_WITHOUT)
    return actor.require(VIEW).filter(rows, region="claim__region_path")


def _view(row: Instalment, finding: Finding | None = None) -> WaitingInstalment:
    claim = row.claim
    return WaitingInstalment(
        claim_id=claim.pk,
        claim_number=claim.number,
        claim_state=claim.state,
        item_name=claim.item_name,
        party_id=claim.enterprise.pk,
        party_name=claim.enterprise.name,
        agency_name=claim.agency.name,
        number=row.number,
        text=row.text,
        amount_fen=row.amount_fen,
        state=row.state,
        condition=row.condition,
        found=finding.found if finding else row.found,
        found_at=row.found_at,
        evidence=finding.evidence if finding else tuple(row.evidence),
        lacking=finding.lacking if finding else tuple(row.lacking),
        decided_by_name=row.decided_by_name,
        reason=row.reason,
    )


def _found(payment: Decided, *, run_out: bool) -> str:
    if run_out and not payment.due is payment.payable is Outcome.TRUE:
        return UNKNOWN
    if payment.due is Outcome.FALSE:
        return LOST
    if payment.due is not Outcome.TRUE:
        return UNKNOWN
    if payment.payable is Outcome.FALSE:
        return LATER
    return DUE if payment.payable is Outcome.TRUE else UNKNOWN


def _fact(seen: FactValue, known: Any) -> dict[str, Any]:
    if known is not None and known.sensitivity == "personal":
        text = HIDDEN
    else:
        text = known.text if known is not None else value_text(seen)
    day: date | None = known.as_of if known is not None else None
    return {
        "name": seen.name,
        "text": text,
        "source": known.source if known is not None else "",
        "as_of": day.isoformat() if day else None,
    }
