"""Many contracts that wait for review are registered together: each by the rules of one, for itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import QuerySet

from yingshang.kernel.access.api import Actor
from yingshang.kernel.jobs.api import enqueue
from yingshang.kernel.notices.api import Recipient, send_where_possible
from yingshang.rules.errors import DomainError

from ...errors import InvalidStep, NotPossibleNow
from ...models import Contract
from ...reach import REVIEW, agencies_of, on_desk
from ..rules import contract_rules
from ._steps import PLATFORM
from .review_contract import register_one

logger = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]
TO_REVIEW = "/desk/contracts/?tab=review"
"""The list of what waits for review."""
NAMED = 10
"""How many that were refused a message names."""


@dataclass(frozen=True, slots=True)
class NotRegistered:
    """One of many that was not registered, and why."""

    contract_id: int
    number: str
    title: str
    why: str
    why_zh: str


@dataclass(frozen=True, slots=True)
class RegisteredMany:
    """What registering many came to. `refused` has the first that were refused, `refused_count` counts all."""

    registered: int
    refused_count: int
    refused: tuple[NotRegistered, ...]


@dataclass(slots=True)
class _Course:
    """What it has come to so far; of each who wrote some down, how many of theirs were registered."""

    registered: int = 0
    refused_count: int = 0
    refused: list[NotRegistered] = field(default_factory=list)
    written_by: Counter[int] = field(default_factory=Counter)


def waiting_to_register(*, actor: Actor, batch_id: int) -> int:
    """How many contracts of a batch wait for this reviewer. One query. Raises NotAllowed."""
    return _waiting(actor, (), batch_id).count()


def register_contracts(
    *,
    actor: Actor,
    contract_ids: Collection[int] = (),
    batch_id: int | None = None,
    now: datetime,
    progress: Progress | None = None,
) -> RegisteredMany:
    """Register some contracts of the actor's units, or all of a batch that wait for review: each as `register_contract`
    does, in a transaction of its own with its own event, so that one that is refused stops no other. Whatever is not
    in reach, or waits no more by the time it would be its turn, is left out. Cut off, it is called again: what is
    registered is done.

    Who wrote some of them down is told once how many. Raises NotAllowed.
    """
    rows = list(_waiting(actor, contract_ids, batch_id).values_list("pk", "number", "title", "registered_by"))
    course, most = _Course(), contract_rules().most_refused
    for done, (number, name, title, writer) in enumerate(rows, 1):
        try:
            with transaction.atomic():
                register_one(actor=actor, contract_id=number, now=now)
        except NotPossibleNow:
            # Somebody else has dealt with it meanwhile, or the same button was pressed twice.
            logger.info("a contract waits for review no more", contract=number)
        except DomainError as error:
            course.refused_count += 1
            if len(course.refused) < most:
                course.refused.append(NotRegistered(number, name, title, error.message, error.message_zh))
        else:
            course.registered += 1
            if writer is not None:
                course.written_by[writer] += 1
        if progress and (done % contract_rules().registered_at_once == 0 or done == len(rows)):
            progress(done, len(rows))
    _tell_writers(course.written_by, by=actor.name, now=now)
    return RegisteredMany(course.registered, course.refused_count, tuple(course.refused))


@transaction.atomic
def request_registering(
    *, actor: Actor, contract_ids: Collection[int] = (), batch_id: int | None = None, now: datetime
) -> int:
    """Queue `register_contracts` for more than are registered at once; the number of the job, which tells what it came
    to when it is done. Raises NotAllowed, InvalidStep where nothing waits.
    """
    from ..jobs import register_contracts_job

    count = _waiting(actor, contract_ids, batch_id).count()
    if not count:
        raise InvalidStep(
            "none of these contracts waits for your review",
            message_zh="没有等待您审核的合同",
            field="contract",
        )
    return enqueue(
        register_contracts_job,
        actor=actor,
        title=f"审核登记 {count} 份合同",
        now=now,
        contract_ids=sorted(contract_ids),
        batch_id=batch_id,
    )


def tell_outcome(found: RegisteredMany, *, to: int, batch_id: int | None, now: datetime) -> None:
    """A message to who had many registered by a job: how many were, and of the others the first with why."""
    some = found.refused[:NAMED]
    more = ["…"] if found.refused_count > len(some) else []
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=to)],
        template="contracts.registered_together",
        context={
            "registered": found.registered,
            "refused": found.refused_count,
            "named": "\n".join([*(f"{each.number}：{each.why_zh}" for each in some), *more]),
            "named_en": "\n".join([*(f"{each.number}: {each.why}" for each in some), *more]),
        },
        link=TO_REVIEW if batch_id is None else f"{TO_REVIEW}&batch={batch_id}",
        now=now,
    )


def _waiting(actor: Actor, contract_ids: Collection[int], batch_id: int | None) -> QuerySet[Contract]:
    """What waits in the units whose contracts somebody reviews, the oldest first. Raises NotAllowed."""
    rows = on_desk(actor, REVIEW).filter(state="submitted")
    if actor.kind != "system":
        rows = rows.filter(agency__in=agencies_of(actor, REVIEW))
    rows = rows.filter(pk__in=contract_ids) if batch_id is None else rows.filter(batch=batch_id)
    return rows.order_by("pk")


def _tell_writers(written_by: Counter[int], *, by: str, now: datetime) -> None:
    for writer, count in sorted(written_by.items()):
        send_where_possible(
            actor=PLATFORM,
            to=[Recipient(user_id=writer)],
            template="contracts.registered_many",
            context={"count": count, "by": by},
            link="/desk/contracts/",
            now=now,
        )
