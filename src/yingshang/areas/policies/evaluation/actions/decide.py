"""What is to become of an item after it was evaluated."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.ledger.api import Target, record

from ...actions._steps import load_version
from ...errors import InvalidEvaluation
from ...models import EvaluationDecision
from ...models.outreach import DECISIONS
from ..selectors import PUBLISH, Evaluation, evaluate

LONGEST: Final = 1000


@transaction.atomic
def record_evaluation(*, actor: Actor, code: str, decision: str, reason: str, now: datetime) -> int:
    """Record that an item is continued, changed or stopped, with the figures as they are; the number of the event.

    It changes nothing of the item itself: a change is another version, a stop its withdrawal. Needs `policies.publish`
    for the item and `policies.view_matches`. Raises ItemNotFound, NotPossibleNow for an item that is not in force, and
    InvalidEvaluation without a reason.
    """
    row = load_version(actor, code, PUBLISH, "published")
    reason = " ".join(reason.replace("\0", "").split())
    if decision not in DECISIONS:
        raise InvalidEvaluation(
            f"a decision is one of {', '.join(DECISIONS)}",
            message_zh="结论应为继续执行、调整完善或停止执行",
            field="decision",
        )
    if not reason or len(reason) > LONGEST:
        raise InvalidEvaluation(
            f"say why, in at most {LONGEST} characters",
            message_zh=f"请写明理由，最多 {LONGEST} 字",
            field="reason",
        )
    figures = figures_for_the_record(evaluate(actor=actor, code=code, now=now))
    event = record(
        actor=actor,
        action="policies.evaluated",
        target=Target(
            "policy_item",
            code,
            f"{code} {row.name} v{row.number}",
            region_path=row.item.region_path,
            agency_id=row.item.agency_id,
        ),
        now=now,
        after={"decision": decision, "version": row.number, "figures": figures},
        reason=reason[:400],
    )
    EvaluationDecision.objects.create(
        item=row.item,
        version=row,
        decision=decision,
        reason=reason,
        figures=figures,
        decided_at=now,
        decided_by=reference_of(actor),
        decided_by_name=actor.name,
        event_id=event,
    )
    return int(event)


def figures_for_the_record(found: Evaluation) -> dict[str, int | float | None]:
    """The figures a decision rests on. What nobody could say is null."""
    return {
        "entitled": found.funnel.matched,
        "told": found.funnel.sent,
        "read": found.funnel.read,
        "clicked": found.funnel.clicked,
        "applied": found.funnel.applied,
        "paid": found.funnel.paid,
        "certain_fen": found.certain_fen,
        "budget_fen": found.budget_fen,
        "spent_fen": found.carried_out.spent_fen if found.carried_out else None,
        "opinions": found.opinions.total,
        "average": None if found.opinions.average is None else round(found.opinions.average, 2),
    }
