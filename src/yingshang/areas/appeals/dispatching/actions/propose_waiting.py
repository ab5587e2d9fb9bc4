"""What waits for its desk gets a proposal; where that is sure by the rules of the place, the platform dispatches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record
from yingshang.rules.errors import DomainError

from ...actions._steps import target_of
from ...actions.dispatch_appeal import dispatch_appeal
from ...models import Appeal
from ...reach import DISPATCH, on_desk
from ..proposing import DispatchProposal, propose_for

logger = structlog.get_logger(__name__)
AT_ONCE = 200
"""Of one run; the next one goes on."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """How many got a proposal, and how many of them the platform dispatched."""

    proposed: int
    dispatched: int


def propose_waiting(*, actor: Actor, now: datetime) -> Proposed:
    """For the appeals that wait for their desk and have no proposal yet, the oldest first; each by itself.

    An appeal has one proposal: what was sent back, or handed up, is a person's. One event each, dispatched or proposed.
    One for which no proposal can be made stops no other: it is logged, marked, and left to the desk. Within the actor's
    reach. Raises NotAllowed, and what kept an appeal from being marked.
    """
    waiting = on_desk(actor, DISPATCH).filter(state="received", proposal={}, bounce_count=0, raised_count=0)
    proposed = dispatched = 0
    unmarked: Exception | None = None
    for number in list(waiting.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        try:
            done = _propose(waiting, number, actor=actor, now=now)
        except Exception as error:
            logger.exception("appeal_not_proposed", appeal=number)
            try:
                _give_up(waiting, number, error, actor=actor, now=now)
            except Exception as another:
                logger.exception("appeal_not_marked", appeal=number)
                unmarked = another
            continue
        proposed += bool(done)
        dispatched += done == "dispatched"
    if unmarked is not None:
        raise unmarked
    return Proposed(proposed, dispatched)


@transaction.atomic
def _propose(waiting: QuerySet[Appeal], number: int, *, actor: Actor, now: datetime) -> str:
    """What became of it; nothing when somebody else has it."""
    appeal = _taken(waiting, number)
    if appeal is None:
        return ""
    found = propose_for(appeal, today=timezone.localdate(now))
    appeal.proposal = found.as_dict()
    appeal.save(update_fields=["proposal"])
    if found.sure and _dispatched(appeal, found, actor=actor, now=now):
        return "dispatched"
    record(
        actor=actor,
        action="appeals.proposed",
        target=target_of(appeal),
        now=now,
        after={
            "topic": found.proposal.topic,
            "agency": found.agency.name if found.agency else "",
            "confidence": round(found.proposal.confidence, 4),
            "model": found.model_number,
        },
    )
    return "proposed"


@transaction.atomic
def _give_up(
    waiting: QuerySet[Appeal], number: int, error: Exception, *, actor: Actor, now: datetime
) -> None:
    """Not tried again every minute: the desk dispatches it without a proposal."""
    appeal = _taken(waiting, number)
    if appeal is None:
        return
    appeal.proposal = {"failed": type(error).__name__}
    appeal.save(update_fields=["proposal"])
    record(actor=actor, action="appeals.proposed", target=target_of(appeal), now=now, after=appeal.proposal)


def _taken(waiting: QuerySet[Appeal], number: int) -> Appeal | None:
    rows = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("desk")
    return rows.filter(pk=number).first()


def _dispatched(appeal: Appeal, found: DispatchProposal, *, actor: Actor, now: datetime) -> bool:
    """Carry a sure proposal out; what the rules refuse, or what fails, is left to the desk with the
    proposal."""
    assert found.agency is not None
    said = found.proposal
    words = "、".join(each.word for each in said.reasons[:3])
    try:
        with transaction.atomic():
            dispatch_appeal(
                actor=actor,
                appeal_id=appeal.pk,
                agency_id=found.agency.id,
                topic=said.topic,
                difficulty=said.difficulty if said.difficulty != appeal.difficulty else "",
                urgency=said.urgency if said.urgency == "urgent" else "",
                reason=f"自动派单（模型 {found.model_number}，把握 {said.confidence:.0%}；依据的词：{words}）",
                began_by="automatic",
                now=now,
            )
    except DomainError:
        return False
    except Exception:
        logger.exception("appeal_not_dispatched", appeal=appeal.pk)
        return False
    return True
