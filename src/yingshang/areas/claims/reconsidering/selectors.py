"""Reads of reconsiderations: an official's reach, or an enterprise's own claims, with the scope in the query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, reference_of, scope_of

from ..lifecycle import RECONSIDERATION
from ..models import Claim, Reconsideration
from ..models.claims import ENDED_WITHOUT
from ..reach import OWN, VIEW, visible
from ..reach import not_found as claim_not_found
from .rules import Elsewhere, reconsideration_rules
from .steps import DECIDE, decision_of, hands_in, not_found, of_agency, questions_of


@dataclass(frozen=True, slots=True)
class ReconsiderationView:
    """One of them. `findings` say for each condition why it is still not met; `late_reason` why it was asked for late.

    `may_decide`: this actor may, with `questions` the conditions a decision to keep it answers.
    """

    id: int
    number: str
    claim_id: int
    claim_number: str
    item_name: str
    item_code: str
    party_id: int
    party_name: str
    about: str
    agency_name: str
    state: str
    told_at: datetime
    ask_by: date
    asked_at: datetime
    asked_by_name: str
    reasons: str
    late_reason: str
    files: tuple[tuple[int, str], ...]
    due_on: date
    overdue: bool
    decided_at: datetime | None
    decided_by_name: str
    ground: str
    decision: str
    findings: tuple[Mapping[str, Any], ...]
    added_fen: int
    asked_event: int | None
    decided_event: int | None
    may_decide: bool = False
    questions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ReconsiderationPage:
    """Some of them, those that wait first, and how many there are."""

    rows: tuple[ReconsiderationView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Askable:
    """Whether and until when an enterprise can ask: `about` refusal or amount, `late` after the period.

    `asked`: this decision was asked about already. `needs_account`: the claim has none that can be paid to.
    """

    about: str
    told_at: datetime
    ask_by: date
    late: bool
    asked: bool
    claimed_again: bool
    needs_account: bool
    ask_source: str
    decide_days: int
    decide_in_working_days: bool
    elsewhere: tuple[Elsewhere, ...]


def reconsiderations(
    *,
    actor: Actor,
    now: datetime,
    state: str = "",
    text: str = "",
    about: str = "",
    overdue: bool | None = None,
    claim_id: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> ReconsiderationPage:
    """Those within the actor's reach, open ones first, the one due soonest ahead. Two queries.

    `text` is looked for in the numbers, the enterprise's and the item's name.
    """
    rows = _rows(actor)
    if state:
        rows = rows.filter(state=state)
    if about:
        rows = rows.filter(about=about)
    if claim_id is not None:
        rows = rows.filter(claim=claim_id)
    if overdue is not None:
        late = Q(state="open", due_on__lt=timezone.localdate(now))
        rows = rows.filter(late) if overdue else rows.exclude(late)
    for word in text.split():
        rows = rows.filter(
            Q(number__icontains=word)
            | Q(claim__number__icontains=word)
            | Q(claim__party__name__icontains=word)
            | Q(claim__item_name__icontains=word)
        )
    ordered = rows.extra(
        select={"waits": "CASE WHEN claims_reconsideration.state = 'open' THEN 0 ELSE 1 END"}
    )
    found = ordered.order_by("waits", "due_on", "-id")[offset : offset + limit]
    return ReconsiderationPage(tuple(_view(row, now) for row in found), rows.count())


def get_reconsideration(*, actor: Actor, reconsideration_id: int, now: datetime) -> ReconsiderationView:
    """One of them, with what a decision on it has to answer. Raises ReconsiderationNotFound."""
    row = _rows(actor).filter(pk=reconsideration_id).first()
    if row is None:
        raise not_found(reconsideration_id)
    may = (
        row.state == "open"
        and actor.may(DECIDE)
        and (not row.elsewhere or of_agency(actor, row.agency_id))
        and reference_of(actor) not in hands_in(row, row.claim)
    )
    return _view(row, now, may=may, questions=questions_of(row, row.claim, now=now) if may else [])


def askable(*, actor: Actor, claim_id: int, now: datetime) -> Askable | None:
    """Whether reconsideration of a claim can be asked for; None where there is nothing to be reconsidered.

    Raises ClaimNotFound.
    """
    claim = visible(actor).select_related("account").filter(pk=claim_id).first()
    if claim is None:
        raise claim_not_found(claim_id)
    decided = decision_of(claim)
    if decided is None:
        return None
    rules = reconsideration_rules()
    others = Claim.objects.filter(party=claim.party_id, item_code=claim.item_code, period=claim.period)
    return Askable(
        about=decided.about,
        told_at=decided.told_at,
        ask_by=decided.ask_by,
        late=timezone.localdate(now) > decided.ask_by,
        asked=claim.reconsiderations.filter(about_event=decided.event).exclude(state="withdrawn").exists(),
        claimed_again=decided.about == "refusal"
        and others.exclude(pk=claim.pk).exclude(state__in=ENDED_WITHOUT).exists(),
        needs_account=decided.about == "refusal"
        and (claim.account is None or claim.account.state != "usable"),
        ask_source=rules.ask_source,
        decide_days=rules.decide.amount,
        decide_in_working_days=rules.decide.unit == "working_days",
        elsewhere=rules.elsewhere,
    )


def reconsideration_states() -> dict[str, tuple[str, str, str]]:
    """State → its Chinese name, its English name, how a page colours it."""
    return {code: (each.name, each.name_en, each.tone) for code, each in RECONSIDERATION.states.items()}


def may_read_file(actor: Actor, identifier: str) -> bool:
    """Who may open a file of a reconsideration: the enterprise, and the officials who see its claim."""
    if not identifier.isdigit() or not (actor.may(OWN) or actor.may(VIEW)):
        return False
    return _rows(actor).filter(pk=int(identifier)).exists()


def _rows(actor: Actor) -> QuerySet[Reconsideration]:
    rows = Reconsideration.objects.select_related("claim__party__merged_into", "agency")
    return scope_of(actor, OWN, VIEW).filter(rows, region="region_path", party="claim__party")


def _view(
    row: Reconsideration, now: datetime, *, may: bool = False, questions: list[dict[str, Any]] | None = None
) -> ReconsiderationView:
    claim = row.claim
    return ReconsiderationView(
        id=row.pk,
        number=row.number,
        claim_id=claim.pk,
        claim_number=claim.number,
        item_name=claim.item_name,
        item_code=claim.item_code,
        party_id=claim.enterprise.pk,
        party_name=claim.enterprise.name,
        about=row.about,
        agency_name=row.agency.name,
        state=row.state,
        told_at=row.told_at,
        ask_by=row.ask_by,
        asked_at=row.asked_at,
        asked_by_name=row.asked_by_name,
        reasons=row.reasons,
        late_reason=row.late_reason,
        files=tuple((int(each["document_id"]), str(each["name"])) for each in row.files),
        due_on=row.due_on,
        overdue=row.state == "open" and row.due_on < timezone.localdate(now),
        decided_at=row.decided_at,
        decided_by_name=row.decided_by_name,
        ground=row.ground,
        decision=row.decision,
        findings=tuple(row.findings),
        added_fen=row.added_fen,
        asked_event=row.asked_event,
        decided_event=row.decided_event,
        may_decide=may,
        questions=tuple(questions or ()),
    )
