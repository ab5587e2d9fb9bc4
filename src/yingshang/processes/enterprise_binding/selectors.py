"""Reading requests: one's own, those one may approve, and those one has to review."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from django.db.models import Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, mask, scope_of
from yingshang.kernel.clock.api import calendar_of_region, national

from .errors import BindingNotFound
from .figures import figures
from .lifecycle import possible, states
from .models import BindingRequest

DueStatus = Literal["overdue", "today", "soon", "later"]


@dataclass(frozen=True, slots=True)
class BindingView:
    """A request as who asked sees it. It says nothing of the enterprise that who asked did not say or prove."""

    id: int
    credit_code: str
    enterprise: str
    state: str
    state_name: str
    state_name_en: str
    masked_contact: str
    code_expires_at: datetime | None
    attempts_left: int
    requested_at: datetime
    due_on: date | None
    derivation: str
    decided_at: datetime | None
    reason: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A request as who may approve clerks sees it."""

    id: int
    party_id: int
    enterprise: str
    requester_id: int
    requester: str
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A request as its reviewer sees it."""

    id: int
    credit_code: str
    party_id: int | None
    enterprise: str
    requester_id: int
    requester: str
    requester_phone: str
    statement: str
    state: str
    state_name: str
    state_name_en: str
    agency_id: int | None
    agency: str
    requested_at: datetime
    review_began_at: datetime | None
    due_on: date | None
    derivation: str
    decided_by: str
    decided_at: datetime | None
    reason: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueBinding:
    """A review that waits. `status` is put into words by whoever shows it; `working_days_left` is below 0 when late."""

    id: int
    credit_code: str
    enterprise: str
    requester: str
    began_on: date
    due_on: date
    status: DueStatus
    working_days_left: int
    agency_id: int | None
    agency: str
    region_path: str


def bindings(*, actor: Actor, limit: int = 50) -> tuple[BindingView, ...]:
    """One's own requests, newest first."""
    return tuple(binding_view(row) for row in own(actor).select_related("party").order_by("-id")[:limit])


def get_binding(*, actor: Actor, request_id: int) -> BindingView:
    """One of one's own requests. Raises BindingNotFound."""
    row = own(actor).select_related("party").filter(pk=request_id).first()
    if row is None:
        raise not_found(request_id)
    return binding_view(row)


def bindings_to_approve(*, actor: Actor) -> tuple[ApprovalView, ...]:
    """Requests of people who want to be clerks of an enterprise the actor may authorise clerks of."""
    if not actor.may("mandates.grant"):
        return ()
    rows = approvable(actor).filter(state="awaiting_representative")
    return tuple(
        ApprovalView(row.pk, kept.pk, kept.name, row.user_id, str(row.user), row.requested_at)
        for row in rows.select_related("party__merged_into", "user").order_by("id")
        if (kept := row.enterprise) is not None
    )


def reviews(*, actor: Actor, state: str = "", text: str = "", limit: int = 200) -> tuple[ReviewView, ...]:
    """Requests that were put before the actor's desk, decided ones too, newest first.

    `text` is part of the name of the enterprise or of who asks, or the beginning of a credit code.
    """
    rows = reviewable(actor)
    if state:
        rows = rows.filter(state=state)
    if text:
        rows = rows.filter(
            Q(party__name__icontains=text)
            | Q(user__name__icontains=text)
            | Q(credit_code__startswith=text.upper())
        )
    return tuple(_review_view(row) for row in _joined(rows).order_by("-id")[:limit])


def get_review(*, actor: Actor, request_id: int) -> ReviewView:
    """One request that was put before the actor's desk. Raises BindingNotFound."""
    row = _joined(reviewable(actor)).filter(pk=request_id).first()
    if row is None:
        raise not_found(request_id)
    return _review_view(row)


def due_bindings(*, actor: Actor, now: datetime, limit: int = 500) -> tuple[DueBinding, ...]:
    """What waits for the actor's decision, those due first."""
    today = timezone.localdate(now)
    rows = _joined(reviewable(actor)).filter(state="in_review").order_by("due_on", "id")[:limit]
    return tuple(_due(row, today) for row in rows)


def overseen_bindings(*, actor: Actor, now: datetime, limit: int = 500) -> tuple[DueBinding, ...]:
    """What waits at the desks of the regions an actor sees enterprises of, those due first: for those who supervise.

    Without the names of the people who asked: to see them is the reviewer's.
    """
    today = timezone.localdate(now)
    scope = actor.require("parties.view")
    rows = scope.filter(BindingRequest.objects.filter(state="in_review"), region="desk_path", agency="agency")
    found = _joined(rows).order_by("due_on", "id")[:limit]
    return tuple(replace(_due(row, today), requester="") for row in found)


def own(actor: Actor) -> QuerySet[BindingRequest]:
    """The requests of the actor."""
    if actor.kind != "user":
        return BindingRequest.objects.none()
    return BindingRequest.objects.filter(user_id=int(actor.identifier))


def approvable(actor: Actor) -> QuerySet[BindingRequest]:
    """Requests for enterprises the actor may authorise clerks of."""
    return scope_of(actor, "mandates.grant").filter(BindingRequest.objects.all(), party="party")


def reviewable(actor: Actor) -> QuerySet[BindingRequest]:
    """Requests that were put before a desk within the actor's scope."""
    scope = actor.require("access.review_bindings")
    rows = scope.filter(BindingRequest.objects.all(), region="desk_path", agency="agency")
    return rows.filter(review_began_at__isnull=False)


def not_found(request_id: int) -> BindingNotFound:
    return BindingNotFound(f"no request {request_id}", message_zh="没有这项绑定申请", value=request_id)


def binding_view(row: BindingRequest) -> BindingView:
    """The request as who asked may see it: the enterprise by name only when they have proved to know it."""
    state = states()[row.state]
    proved = row.state in ("awaiting_representative", "approved") and row.party is not None
    return BindingView(
        id=row.pk,
        credit_code=row.credit_code,
        enterprise=row.party.name if proved and row.party else "",
        state=row.state,
        state_name=state.name,
        state_name_en=state.name_en,
        masked_contact=row.masked_contact if row.state == "code_sent" else "",
        code_expires_at=row.code_expires_at,
        attempts_left=row.attempts_left,
        requested_at=row.requested_at,
        due_on=row.due_on,
        derivation=row.derivation,
        decided_at=row.decided_at,
        reason=row.reason,
        actions=possible(row.state, "requester"),
    )


def _joined(rows: QuerySet[BindingRequest]) -> QuerySet[BindingRequest]:
    return rows.select_related("party", "user", "agency__region", "decided_by")


def _review_view(row: BindingRequest) -> ReviewView:
    state = states()[row.state]
    return ReviewView(
        id=row.pk,
        credit_code=row.credit_code,
        party_id=row.party_id,
        enterprise=row.party.name if row.party else "",
        requester_id=row.user_id,
        requester=str(row.user),
        requester_phone=mask(row.user.phone) if row.user.phone else "",
        statement=row.statement,
        state=row.state,
        state_name=state.name,
        state_name_en=state.name_en,
        agency_id=row.agency_id,
        agency=str(row.agency) if row.agency else "",
        requested_at=row.requested_at,
        review_began_at=row.review_began_at,
        due_on=row.due_on,
        derivation=row.derivation,
        decided_by=str(row.decided_by) if row.decided_by else "",
        decided_at=row.decided_at,
        reason=row.reason,
        actions=possible(row.state, "reviewer"),
    )


def _due(row: BindingRequest, today: date) -> DueBinding:
    assert row.due_on is not None
    assert row.review_began_at is not None
    calendar = calendar_of_region(row.agency.region_id) if row.agency else national()
    left = calendar.working_days_between(today, row.due_on)
    status: DueStatus = "later"
    if row.due_on < today:
        status = "overdue"
    elif row.due_on == today:
        status = "today"
    elif left <= figures().soon_working_days:
        status = "soon"
    return DueBinding(
        id=row.pk,
        credit_code=row.credit_code,
        enterprise=row.party.name if row.party else "",
        requester=str(row.user),
        began_on=timezone.localdate(row.review_began_at),
        due_on=row.due_on,
        status=status,
        working_days_left=left,
        agency_id=row.agency_id,
        agency=str(row.agency) if row.agency else "",
        region_path=row.desk_path,
    )
