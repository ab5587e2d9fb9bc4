"""Steps that several actions of the review share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import NoAddress, Recipient, send

from ..actions._steps import note_version
from ..lifecycle import VERSION
from ..models import Consultation, ItemVersion, Review
from .desks import PLATFORM
from .errors import OwnSubmission

SUBJECT = "policy_version"
FLOW = "policy_review"
REVIEW, ANSWER = "policies.review", "policies.answer_comments"

_for_whom: ContextVar[Actor | None] = ContextVar("policy_review_for_whom", default=None)


@contextmanager
def on_behalf_of(actor: Actor) -> Iterator[None]:
    """Inside, `actor` is who asked for what the platform tells the flow: an author is no party of the case."""
    token = _for_whom.set(actor)
    try:
        yield
    finally:
        _for_whom.reset(token)


def who(actor: Actor) -> Actor:
    """Who really acts."""
    return _for_whom.get() or actor


def ensure_not_own(row: ItemVersion, actor: Actor) -> None:
    """That the actor neither wrote the version nor handed it in. Raises OwnSubmission."""
    if actor.kind == "user" and int(actor.identifier) in row.written_by:
        raise OwnSubmission(
            "you wrote this version or handed it in; somebody else reviews it",
            message_zh="该版本由您编写或者提交，应由其他人员审查",
        )


def move(
    row: ItemVersion,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    more: Mapping[str, Any] | None = None,
    also: tuple[str, ...] = (),
) -> int:
    """Save the version in the state the event leads to, with the audit event. Raises NotPossibleNow."""
    before = row.state
    row.state = VERSION.after(before, event)
    row.save(update_fields=["state", *also])
    return note_version(
        row,
        event,
        actor=actor,
        now=now,
        before={"state": before},
        after={"state": row.state, **(more or {})},
        reason=reason,
    )


def end_review(review: Review, state: str, *, now: datetime, reason: str = "", digest: str = "") -> None:
    review.state, review.ended_at, review.reason, review.digest = state, now, reason[:400], digest
    review.save(update_fields=["state", "ended_at", "reason", "digest"])


def note_consultation(
    row: Consultation,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after_: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event of something that happened to a consultation."""
    return record(
        actor=actor,
        action=f"policies.{event}",
        target=Target(
            "policy_consultation",
            str(row.pk),
            row.title,
            region_path=row.region_path,
            agency_id=row.review.agency_id,
        ),
        now=now,
        before=dict(before) if before else None,
        after=dict(after_) if after_ else None,
        reason=reason[:400],
    )


def tell(users: object, template: str, *, link: str, now: datetime, once: str = "", **context: Any) -> None:
    """A message to each of these officials; that nobody can be reached stops nothing."""
    for user_id in sorted({int(each) for each in users if each is not None}):  # type: ignore[attr-defined]
        try:
            send(
                actor=PLATFORM,
                to=Recipient(user_id=user_id),
                template=f"policies.{template}",
                context=context,
                link=link,
                once=f"{once}:{user_id}" if once else "",
                now=now,
            )
        except NoAddress:
            continue
