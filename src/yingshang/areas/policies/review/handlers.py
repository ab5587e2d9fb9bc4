"""What happens to the case happens to the version: in the same transaction, never the other way round."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.urls import reverse
from django.utils import timezone

from yingshang.kernel.access.api import officials_who_may
from yingshang.kernel.flow.api import BoundFlow, BoundStep, CaseEvent, case_progress

from ..actions._steps import note_writer
from ..models import ItemVersion, Review
from ._steps import FLOW, SUBJECT, end_review, ensure_not_own, move, tell, who
from .actions.consultations import cancel_consultation, open_consultation
from .actions.judge_finding import ensure_judged
from .consulted import consulted
from .elements import completeness
from .errors import ConsultationOpen, ElementsMissing

OPEN = ("open", "closed")


def follow(event: CaseEvent) -> None:
    """Called for everything that happens to the case of a version."""
    react = _REACTIONS.get(event.kind)
    if react is None:
        return
    rows = ItemVersion.objects.select_for_update(of=("self",)).select_related("item")
    row = rows.get(pk=int(event.case.subject.identifier))
    # While the case begins, its number is not known to the review yet.
    review = row.reviews.filter(state="open").first()
    if review is not None:
        react(row, review, event)


def _task_ready(row: ItemVersion, review: Review, event: CaseEvent) -> None:
    task = event.task
    if task is None:
        return
    if task.step == "publicise":
        _publicise(row, review, event)
    here = officials_who_may("flow.work", agency_id=task.agency_id, today=timezone.localdate(event.now))
    tell(
        here if task.assignee_id is None else (task.assignee_id,),
        "review_task_ready",
        link=reverse("desk:task", args=[task.id]),
        now=event.now,
        item=row.name,
        step=task.name,
        step_en=task.name_en,
        due=task.deadline.due_on if task.deadline else "",
    )


def _publicise(row: ItemVersion, review: Review, event: CaseEvent) -> None:
    """Open the draft for comment, unless these very words have been before the public in this review."""
    earlier = review.consultations.exclude(state="cancelled").first()
    if earlier is not None and earlier.digest == row.digest:
        return
    if earlier is not None and earlier.state in OPEN:
        cancel_consultation(earlier, reason="草案已修改", now=event.now)
    open_consultation(review, row, now=event.now)


def _task_completed(row: ItemVersion, review: Review, event: CaseEvent) -> None:
    assert event.task is not None
    step = event.task.step
    if step in _SEPARATE:
        ensure_not_own(row, event.actor)
    if step == "completeness":
        _ensure_complete(row)
    elif step == "consult":
        _ensure_consulted(row, review, event)
    elif step == "publicise":
        _ensure_concluded(review)
    elif step == "fairness" and event.outcome == "fair":
        ensure_judged(row, now=event.now)


_SEPARATE = frozenset({"completeness", "fairness", "legality", "decide"})


def _ensure_complete(row: ItemVersion) -> None:
    lacking = [each for each in completeness(row) if each.lacking]
    if lacking:
        raise ElementsMissing(
            "these elements are missing: "
            + ", ".join(each.name_en for each in lacking)
            + "; return the version to its author",
            message_zh=f"缺少要素：{'、'.join(each.name for each in lacking)}，请退回补充",
            elements=[each.code for each in lacking],
        )


def _ensure_consulted(row: ItemVersion, review: Review, event: CaseEvent) -> None:
    """Whom the author named has answered, or has let its time pass, or the opinion says why it is not waited for."""
    task = event.task
    assert task is not None
    if task.opinion.strip() or (task.deadline and task.deadline.due_on < timezone.localdate(event.now)):
        return
    case = case_progress(kind=SUBJECT, identifier=str(row.pk), now=event.now)
    waiting = [each.name for each in consulted(review, case) if each.kind != "public" and not each.answered]
    if waiting:
        raise ConsultationOpen(
            f"no answer yet from {', '.join(waiting)}; ask them, enter what came by letter, or say why not",
            message_zh=f"{'、'.join(waiting)}还没有答复；请发起会商或录入来函，不再等待的在办理意见中写明原因",
            waiting=waiting,
        )


def _ensure_concluded(review: Review) -> None:
    found = review.consultations.exclude(state="cancelled").first()
    if found is None or found.state != "concluded":
        raise ConsultationOpen(
            "comments are being taken, or wait for their answers; publish what became of them first",
            message_zh="征求意见尚未办结，请在期满后答复全部意见并公布采纳情况",
            consultation=found.pk if found else None,
        )


def _returned(row: ItemVersion, review: Review, event: CaseEvent) -> None:
    reason = "\n".join([*event.what, event.note]).strip()
    move(row, "sent_back", actor=event.actor, now=event.now, reason=reason)
    _tell_author(row, review, event, "review_sent_back", reason=reason)


def _corrected(row: ItemVersion, review: Review, event: CaseEvent) -> None:
    # Told once for each task that waited.
    if row.state == "returned":
        note_writer(row, who(event.actor))
        move(
            row,
            "corrected",
            also=("written_by",),
            actor=who(event.actor),
            now=event.now,
            reason=event.note,
            more={"digest": row.digest},
        )


def _ended(row: ItemVersion, review: Review, event: CaseEvent) -> None:
    reason = event.note or (event.task.opinion if event.task else "")
    _stop_consultation(review, event)
    if event.task is not None and event.task.step == "decide" and event.outcome == "passed":
        row.approved_at = event.now
        end_review(review, "passed", now=event.now, reason=reason, digest=row.digest)
        more = {"digest": row.digest, "case": event.case.number}
        move(row, "passed", actor=event.actor, now=event.now, reason=reason, more=more, also=("approved_at",))
        _tell_author(row, review, event, "review_passed", reason=reason)
    else:
        _failed(row, review, event)


def _failed(row: ItemVersion, review: Review, event: CaseEvent) -> None:
    reason = event.note or (event.task.opinion if event.task else "") or event.case.reason
    _stop_consultation(review, event)
    end_review(review, "failed", now=event.now, reason=reason)
    row.ended_at, row.end_reason = event.now, reason[:400]
    move(
        row,
        "failed",
        actor=event.actor,
        now=event.now,
        reason=reason,
        more={"step": event.task.step if event.task else ""},
        also=("ended_at", "end_reason"),
    )
    _tell_author(row, review, event, "review_failed", reason=reason)


def _withdrawn(row: ItemVersion, review: Review, event: CaseEvent) -> None:
    _stop_consultation(review, event)
    reason = event.case.reason or event.note
    end_review(review, "revoked", now=event.now, reason=reason)
    move(row, "revoked", actor=who(event.actor), now=event.now, reason=reason)


def _stop_consultation(review: Review, event: CaseEvent) -> None:
    for found in review.consultations.filter(state__in=OPEN):
        cancel_consultation(found, reason="审查已结束", now=event.now)


def _tell_author(row: ItemVersion, review: Review, event: CaseEvent, template: str, **context: str) -> None:
    if review.submitted_by_id is not None:
        link = f"/desk/policies/items/{row.item.code}/versions/"
        tell((review.submitted_by_id,), template, link=link, now=event.now, item=row.name, **context)


_REACTIONS: Mapping[str, Callable[[ItemVersion, Review, CaseEvent], None]] = {
    "task_ready": _task_ready,
    "task_completed": _task_completed,
    "returned": _returned,
    "resubmitted": _corrected,
    "correction_ended": _corrected,
    "ended": _ended,
    "rejected": _failed,
    "withdrawn": _withdrawn,
}

# What a version can follow of its flow, however that is edited. While the public comments it is not handed back: what
# they comment on would change under their hands.
_ALONE = frozenset({"consult", "delegate"})
_WITH_RETURN = frozenset({"return", "consult", "delegate", "reject"})

FOLLOWED = BoundFlow(
    definition=FLOW,
    lanes=("drafting", "market_regulation", "justice", "deciding"),
    steps={
        "completeness": BoundStep({"complete": False}, allow=_WITH_RETURN),
        "consult": BoundStep({"consulted": False}, allow=_ALONE, required=False),
        "publicise": BoundStep({"concluded": False}, allow=_ALONE),
        "fairness": BoundStep(
            {"fair": False, "unfair": True}, allow=_WITH_RETURN, after=("completeness", "publicise")
        ),
        "legality": BoundStep({"lawful": False, "unlawful": True}, allow=_WITH_RETURN),
        "decide": BoundStep(
            {"passed": True, "failed": True},
            allow=_WITH_RETURN,
            after=("completeness", "fairness", "legality"),
        ),
    },
    others_allow=_ALONE,
)
