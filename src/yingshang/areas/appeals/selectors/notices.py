"""Supervision notices, as the agency that was sent one and its supervisor see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import DeadlineView, get_deadlines
from yingshang.kernel.documents.api import number_words

from ..errors import StepNotFound
from ..models import SupervisionNotice
from ..reach import VIEW, agencies_of
from .steps import notice_steps


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A supervision notice. `may`: answered, returned, lifted."""

    id: int
    number: str
    state: str
    appeal_id: int
    appeal_number: str
    appeal_title: str
    agency_name: str
    issued_by_agency: str
    issued_by_name: str
    issued_at: datetime
    demand: str
    due_on: date | None
    answer: str
    answered_at: datetime | None
    answered_by_name: str
    remark: str
    lifted_at: datetime | None
    lifted_by_name: str
    document_id: int | None
    receipt_event: int | None
    deadline_id: int | None
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Some of them, and how many there are."""

    rows: tuple[NoticeView, ...]
    total: int


def supervision_notices(
    *,
    actor: Actor,
    text: str = "",
    states: Sequence[str] = (),
    mine: bool = False,
    offset: int = 0,
    limit: int = 20,
) -> NoticePage:
    """The notices of one's reach, or (`mine`) those one's own agencies were sent; newest first. Two queries.

    Raises NotAllowed.
    """
    rows = _reached(actor)
    if mine:
        rows = rows.filter(agency__in=agencies_of(actor, VIEW))
    if states:
        rows = rows.filter(state__in=states)
    if text := text.strip():
        rows = rows.filter(
            Q(number__icontains=text) | Q(appeal__number__istartswith=text) | Q(appeal__title__icontains=text)
        )
    found = rows.select_related("agency", "issued_by_agency", "appeal").order_by("-id")
    return NoticePage(
        tuple(notice_view(actor, row) for row in found[offset : offset + limit]),
        rows.count(),
    )


def supervision_notice(
    *, actor: Actor, notice_id: int, now: datetime
) -> tuple[NoticeView, DeadlineView | None]:
    """One notice and its clock. Raises NotAllowed, StepNotFound."""
    row = _reached(actor).filter(pk=notice_id).select_related("agency", "issued_by_agency", "appeal").first()
    if row is None:
        raise StepNotFound(
            f"no notice {notice_id}", message_zh="没有这份督办单，或者您不能查看", value=notice_id
        )
    clock = get_deadlines([row.deadline_id], now=now).get(row.deadline_id) if row.deadline_id else None
    return notice_view(actor, row), clock


def _reached(actor: Actor) -> QuerySet[SupervisionNotice]:
    scope = actor.require(VIEW)
    places = agencies_of(actor, VIEW)
    return SupervisionNotice.objects.filter(
        scope.condition(region="region_path") | Q(agency__in=places) | Q(issued_by_agency__in=places)
    )


def notice_view(actor: Actor, row: SupervisionNotice) -> NoticeView:
    """A notice as it is shown; its number without the series of the desk before it."""
    return NoticeView(
        row.pk,
        number_words(row.number),
        row.state,
        row.appeal_id,
        row.appeal.number,
        row.appeal.title,
        row.agency.name,
        row.issued_by_agency.name,
        row.issued_by_name,
        row.issued_at,
        row.demand,
        row.due_on,
        row.answer,
        row.answered_at,
        row.answered_by_name,
        row.remark,
        row.lifted_at,
        row.lifted_by_name,
        row.document_id,
        row.receipt_event,
        row.deadline_id,
        notice_steps(actor, row),
    )
