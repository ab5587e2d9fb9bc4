"""What happens to the case happens to the claim: in the same transaction, never the other way round."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.urls import reverse
from django.utils import timezone

from yingshang.kernel.access.api import officials_who_may, reference_of
from yingshang.kernel.flow.api import BoundFlow, BoundStep, CaseEvent

from .actions._steps import move, tell_enterprise, tell_users
from .actions.begin_claim import terms_for
from .actions.submit_claim import FLOW
from .approving import award
from .assessing.standing import ensure_assessed, ensure_checked, ensure_scored
from .assessing.steps import end_assessments
from .models import Claim
from .promises.beginning import begin_checks
from .ranking.places import ensure_ranked
from .reviewing.evidence import grounds_of

_ACCEPTING, _REVIEWING = "accepting", "reviewing"


def follow(event: CaseEvent) -> None:
    """Called for everything that happens to the case of a claim."""
    react = _REACTIONS.get(event.kind)
    if react is not None:
        rows = Claim.objects.select_for_update(of=("self",)).select_related("party__merged_into")
        react(rows.get(pk=int(event.case.subject.identifier)), event)


def _task_ready(claim: Claim, event: CaseEvent) -> None:
    task = event.task
    if task is None:
        return
    if task.step == "accept" and claim.state == _REVIEWING:
        move(claim, "sent_back", actor=event.actor, now=event.now)
    if task.step == "accept" and claim.appointments.filter(state="came").exists():
        # Whoever would be told is serving it at the window.
        return
    here = officials_who_may("flow.work", agency_id=task.agency_id, today=timezone.localdate(event.now))
    tell_users(
        (task.assignee_id,) if task.assignee_id in here else here,
        "task_ready",
        context={
            "number": claim.number,
            "item": claim.item_name,
            "enterprise": claim.enterprise.name,
            "step": task.name,
            "step_en": task.name_en,
            "due": task.deadline.due_on if task.deadline else "",
        },
        link=reverse("desk:task", args=[task.id]),
        now=event.now,
    )


def _task_completed(claim: Claim, event: CaseEvent) -> None:
    who = reference_of(event.actor)
    match event.task.step if event.task else "", event.outcome:
        case "accept", "accepted":
            claim.accepted_by = who
            move(claim, "accepted", actor=event.actor, now=event.now)
        case "review", "supported":
            claim.reviewed_by = who
            claim.save(update_fields=["reviewed_by"])
        case "experts", "scored":
            ensure_scored(claim)
        case "field", "checked":
            ensure_checked(claim)
        case "approve", "approved":
            ensure_assessed(claim, event.case.data, actor=event.actor)
            claim.approved_by = who
            award(
                claim,
                "approved",
                actor=event.actor,
                now=event.now,
                terms=terms_for(claim.item_code),
                reason=_opinion(event),
            )
        case "approve", "queued":
            ensure_assessed(claim, event.case.data, actor=event.actor)
            claim.approved_by = who
            ensure_ranked(claim, event.now)
            move(claim, "queued", actor=event.actor, now=event.now, reason=_opinion(event))
        case "approve", "refused":
            claim.approved_by = who
            _refuse(claim, event)


def _returned(claim: Claim, event: CaseEvent) -> None:
    claim.reason = "\n".join([*event.what, event.note]).strip()
    move(claim, "returned", actor=event.actor, now=event.now, reason=claim.reason)
    tell_enterprise(claim, "returned", now=event.now, asked_for=claim.reason)


def _resubmitted(claim: Claim, event: CaseEvent) -> None:
    move(claim, "resubmitted", actor=event.actor, now=event.now)
    begin_checks(claim, now=event.now)


def _correction_ended(claim: Claim, event: CaseEvent) -> None:
    if claim.state == "returned":
        move(claim, "correction_ended", actor=event.actor, now=event.now)


def _rejected(claim: Claim, event: CaseEvent) -> None:
    _refuse(claim, event)


def _refuse(claim: Claim, event: CaseEvent) -> None:
    claim.reason = event.note or _opinion(event) or event.case.reason
    # Which conditions fail, if any do: the enterprise reads each with its value and source, and can object to those.
    claim.grounds = grounds_of(claim, now=event.now)
    claim.decided_at = event.now
    claim.decided_event = move(claim, "refused", actor=event.actor, now=event.now, reason=claim.reason)
    claim.save(update_fields=["decided_event"])
    end_assessments(claim, now=event.now, reason="申请已不予兑付")
    tell_enterprise(claim, "refused", now=event.now, reason=claim.reason)


def _withdrawn(claim: Claim, event: CaseEvent) -> None:
    if claim.state in {"accepting", "reviewing", "returned"}:
        move(claim, "withdrawn", actor=event.actor, now=event.now, reason=event.case.reason)
        end_assessments(claim, now=event.now, reason="企业已撤回申请")


def _stopped(claim: Claim, event: CaseEvent) -> None:
    # The claim has ended already; see oversight/actions/decide_trip.py.
    end_assessments(claim, now=event.now, reason="申请已终止")


def _opinion(event: CaseEvent) -> str:
    return event.task.opinion if event.task else ""


_REACTIONS: Mapping[str, Callable[[Claim, CaseEvent], None]] = {
    "task_ready": _task_ready,
    "task_completed": _task_completed,
    "returned": _returned,
    "resubmitted": _resubmitted,
    "correction_ended": _correction_ended,
    "rejected": _rejected,
    "withdrawn": _withdrawn,
    "stopped": _stopped,
}

_ALONE = frozenset({"delegate", "consult", "commitment"})

FOLLOWED = BoundFlow(
    definition=FLOW,
    lanes=("agency", "joint_first", "joint_second", "approving"),
    steps={
        "accept": BoundStep({"accepted": False}, allow=_ALONE | {"return", "reject"}),
        "review": BoundStep({"supported": False}, allow=_ALONE | {"return", "reject"}, after=("accept",)),
        "approve": BoundStep(
            {"approved": True, "queued": True, "refused": True}, allow=_ALONE | {"reject"}, after=("review",)
        ),
    },
    opening=("joint", "experts", "field"),
    others_allow=_ALONE,
)
"""What a version of the flow must have for claims to follow it."""
