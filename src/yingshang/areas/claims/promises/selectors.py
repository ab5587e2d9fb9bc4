"""Reads of promises: those to be checked, of an official's reach, and those of an enterprise's own claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, scope_of
from yingshang.kernel.parties.api import portrait
from yingshang.rules.errors import DomainError

from ..lifecycle import PROMISE
from ..models import PromiseCheck
from ..models.claims import ENDED_WITHOUT
from ..reach import OWN, VIEW
from .steps import REVIEW, not_found

DUE = ("overdue", "week", "month")
"""Filters by when a check is due."""


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise. `document_id` is what the enterprise brought, or an official's evidence; `fact` what showed it.

    `open`: it can still be brought and checked.
    """

    id: int
    claim_id: int
    claim_number: str
    claim_state: str
    item_name: str
    party_id: int
    party_name: str
    code: str
    name: str
    agency_name: str
    state: str
    made_at: datetime
    promised_until: date
    due_on: date | None
    overdue: bool
    document_id: int | None
    document_name: str
    brought_at: datetime | None
    fact: Mapping[str, Any]
    finding: str
    checked_at: datetime | None
    checked_by_name: str
    recovery_id: int | None
    trip_number: str
    paid_fen: int
    open: bool


@dataclass(frozen=True, slots=True)
class PromisePage:
    """Some of them, those due soonest first, and how many there are."""

    rows: tuple[PromiseView, ...]
    total: int


def promises(
    *,
    actor: Actor,
    now: datetime,
    state: str = "",
    due: str = "",
    text: str = "",
    claim_id: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> PromisePage:
    """Promises within the actor's reach; open ones first, the one due soonest ahead. Two queries.

    `due`: overdue, or within a week or a month. `text` is looked for in the claim's number, the enterprise's, the
    item's and the material's name. Those of claims that came to nothing are not among the open ones.
    """
    rows = _rows(actor)
    today = timezone.localdate(now)
    if claim_id is not None:
        rows = rows.filter(claim=claim_id)
    elif state in {"", "open", "undrawn"}:
        rows = rows.exclude(
            Q(state__in=["open", "undrawn"], claim__paid_fen=0, claim__state__in=ENDED_WITHOUT)
        )
    if state:
        rows = rows.filter(state=state)
    if due:
        days = {"overdue": -1, "week": 7, "month": 30}[due]
        rows = rows.filter(state="open", due_on__lte=today + timedelta(days=days))
        if due != "overdue":
            rows = rows.filter(due_on__gte=today)
    for word in text.split():
        rows = rows.filter(
            Q(claim__number__icontains=word)
            | Q(claim__party__name__icontains=word)
            | Q(claim__item_name__icontains=word)
            | Q(name__icontains=word)
        )
    ordered = rows.extra(select={"waits": "CASE WHEN claims_promisecheck.state = 'open' THEN 0 ELSE 1 END"})
    found = ordered.order_by("waits", "due_on", "-id")[offset : offset + limit]
    return PromisePage(tuple(_view(row, today) for row in found), rows.count())


def get_promise(*, actor: Actor, promise_id: int, now: datetime) -> PromiseView:
    """One of them. Raises PromiseNotFound."""
    row = _rows(actor).filter(pk=promise_id).first()
    if row is None:
        raise not_found(promise_id)
    return _view(row, timezone.localdate(now))


def promises_of_claim(*, actor: Actor, claim_id: int, now: datetime) -> tuple[PromiseView, ...]:
    """Those of one claim within the actor's reach. One query."""
    rows = _rows(actor).filter(claim=claim_id).order_by("pk")
    return tuple(_view(row, timezone.localdate(now)) for row in rows)


def facts_to_show(*, actor: Actor, promise_id: int, now: datetime) -> tuple[tuple[str, str], ...]:
    """(column, name and value) of what the register knows of the enterprise, to show that a promise was kept.

    Personal ones are left out. Needs `claims.review`. Raises PromiseNotFound.
    """
    actor.require(REVIEW)
    row = _rows(actor).filter(pk=promise_id).first()
    if row is None:
        raise not_found(promise_id)
    try:
        known = portrait(actor=actor, party_id=row.claim.enterprise.pk, now=now)
    except DomainError:
        return ()
    return tuple((each.column, f"{each.name}：{each.text}") for each in known.facts if not each.hidden)


def promise_states() -> dict[str, tuple[str, str, str]]:
    """State → its Chinese name, its English name, how a page colours it."""
    return {code: (each.name, each.name_en, each.tone) for code, each in PROMISE.states.items()}


def _rows(actor: Actor) -> QuerySet[PromiseCheck]:
    rows = PromiseCheck.objects.select_related("claim__party__merged_into", "agency", "trip")
    return scope_of(actor, OWN, VIEW).filter(rows, region="region_path", party="claim__party")


def _view(row: PromiseCheck, today: date) -> PromiseView:
    claim = row.claim
    return PromiseView(
        id=row.pk,
        claim_id=claim.pk,
        claim_number=claim.number,
        claim_state=claim.state,
        item_name=claim.item_name,
        party_id=claim.enterprise.pk,
        party_name=claim.enterprise.name,
        code=row.code,
        name=row.name,
        agency_name=row.agency.name,
        state=row.state,
        made_at=row.made_at,
        promised_until=row.promised_until,
        due_on=row.due_on,
        overdue=row.state == "open" and row.due_on is not None and row.due_on < today,
        document_id=row.document_id,
        document_name=row.document_name,
        brought_at=row.brought_at,
        fact=row.fact_told,
        finding=row.finding,
        checked_at=row.checked_at,
        checked_by_name=row.checked_by_name,
        recovery_id=row.recovery_id,
        trip_number=row.trip.number if row.trip else "",
        paid_fen=claim.paid_fen,
        open=row.state in {"open", "undrawn"} and not (claim.state in ENDED_WITHOUT and not claim.paid_fen),
    )
