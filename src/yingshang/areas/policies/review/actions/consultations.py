"""A draft is put before the public, closed when its time is up, and concluded once every comment has an answer."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import Owner, Term, cancel_deadline, meet_deadline, start_deadline
from yingshang.kernel.reference.api import code_of_path

from ...models import Consultation, ItemVersion, Review
from .._steps import ANSWER, note_consultation
from ..data import consultation_rules
from ..desks import PLATFORM
from ..errors import ConsultationNotFound, ConsultationOpen, InvalidReview

OWNER = "policy_consultation"


def open_consultation(review: Review, row: ItemVersion, *, now: datetime) -> Consultation:
    """Put the draft before the public for as long as the law says. Called when the step begins."""
    rules = consultation_rules()
    found = Consultation(
        review=review,
        version=row,
        title=f"关于“{row.name}”公开征求意见",
        explanation=review.explanation,
        source=row.source,
        digest=row.digest,
        elements=row.elements,
        region_path=row.item.region_path,
        article=rules.article,
        opened_at=now,
        closes_on=timezone.localdate(now),
        demonstration=row.item.demonstration,
    )
    found.save()
    clock = start_deadline(
        actor=PLATFORM,
        owner=Owner(OWNER, str(found.pk)),
        kind="case",
        name=found.title,
        name_en=f"Comments on {row.name}",
        term=Term(rules.days, "days"),
        started_at=now,
        region_code=code_of_path(row.item.region_path or ""),
        agency_id=review.agency_id,
        party_id=None,
        ladder=None,
        now=now,
    )
    found.deadline_id, found.closes_on = clock.id, clock.due_on
    found.save(update_fields=["deadline_id", "closes_on"])
    note_consultation(
        found,
        "consultation_opened",
        actor=PLATFORM,
        now=now,
        after_={"version": row.number, "digest": row.digest, "closes_on": clock.due_on.isoformat()},
    )
    return found


def cancel_consultation(row: Consultation, *, reason: str, now: datetime) -> None:
    """The draft was taken back, or has changed: nobody needs to comment any more."""
    if row.state == "open" and row.deadline_id is not None:
        cancel_deadline(actor=PLATFORM, deadline_id=row.deadline_id, reason=reason, now=now)
    before, row.state = row.state, "cancelled"
    row.closed_at = row.closed_at or now
    row.save(update_fields=["state", "closed_at"])
    note_consultation(
        row,
        "consultation_cancelled",
        actor=PLATFORM,
        now=now,
        before={"state": before},
        after_={"state": row.state},
        reason=reason,
    )


def close_consultations(*, actor: Actor, now: datetime) -> int:
    """Close every consultation whose last day is over; how many."""
    closed = 0
    today = timezone.localdate(now)
    for number in Consultation.objects.filter(state="open", closes_on__lt=today).values_list("pk", flat=True):
        with transaction.atomic():
            row = Consultation.objects.select_for_update().get(pk=number)
            if row.state != "open":
                continue
            row.state, row.closed_at = "closed", now
            row.save(update_fields=["state", "closed_at"])
            if row.deadline_id is not None:
                meet_deadline(actor=actor, deadline_id=row.deadline_id, now=now)
            note_consultation(
                row,
                "consultation_closed",
                actor=actor,
                now=now,
                before={"state": "open"},
                after_={"state": "closed", "comments": row.comments.count()},
            )
            closed += 1
    return closed


@transaction.atomic
def conclude_consultation(*, actor: Actor, consultation_id: int, summary: str, now: datetime) -> None:
    """Publish what became of the comments, once the period is over and all are answered.

    Needs policies.answer_comments. Raises ConsultationNotFound, ConsultationOpen, InvalidReview.
    """
    row = load_consultation(actor, consultation_id)
    if row.state not in ("closed", "open") or row.closes_on >= timezone.localdate(now):
        raise ConsultationOpen(
            f"comments may be given until {row.closes_on}"
            if row.state == "open"
            else "this consultation is over already",
            message_zh=f"征求意见期至 {row.closes_on}，期满后再办理"
            if row.state == "open"
            else "该征求意见已经办结",
            state=row.state,
        )
    waiting = row.comments.filter(verdict="").count()
    if waiting:
        raise ConsultationOpen(
            f"{waiting} comments wait for an answer",
            message_zh=f"还有 {waiting} 条意见没有答复",
            waiting=waiting,
        )
    summary = summary.strip()
    if not summary or len(summary) > 4000:
        raise InvalidReview(
            "say in 1 to 4000 characters what became of the comments; everybody will read it",
            message_zh="请填写意见采纳情况（不超过 4000 字），将向社会公布",
            field="summary",
        )
    if row.state == "open" and row.deadline_id is not None:
        meet_deadline(actor=actor, deadline_id=row.deadline_id, now=now)
    before, row.state, row.summary = row.state, "concluded", summary
    row.closed_at = row.closed_at or now
    row.concluded_at, row.concluded_by_name = now, actor.name
    row.save()
    note_consultation(
        row,
        "consultation_concluded",
        actor=actor,
        now=now,
        before={"state": before},
        after_={"state": row.state, "comments": row.comments.count()},
    )


def load_consultation(actor: Actor, consultation_id: int) -> Consultation:
    """The consultation, locked, for who answers its comments. Raises ConsultationNotFound."""
    scope = actor.require(ANSWER)
    rows = scope.filter(
        Consultation.objects.select_for_update(of=("self",)).select_related("review"),
        region="region_path",
        agency="review__agency",
    )
    found = rows.filter(pk=consultation_id).first()
    if found is None:
        raise consultation_not_found(consultation_id)
    return found


def consultation_not_found(number: object) -> ConsultationNotFound:
    """For who may not see it as for what is not there."""
    return ConsultationNotFound(
        f"no consultation {number}", message_zh="没有这项征求意见，或者您不能查看", value=number
    )
