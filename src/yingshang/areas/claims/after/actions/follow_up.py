"""A bad rating is followed up: called back, put right, ended."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import meet_deadline

from ...actions._steps import PLATFORM, tell_enterprise
from ...errors import InvalidRating, NotPossibleNow
from ...lifecycle import FOLLOW_UP
from ...models import Rating, RatingFollowUp
from ..steps import REVIEW, checked_words, load_rating, note


@transaction.atomic
def note_call(*, actor: Actor, rating_id: int, text: str, now: datetime) -> None:
    """What came of calling the enterprise back; kept encrypted. Needs `claims.review`. Raises RatingNotFound,
    InvalidRating, NotPossibleNow.
    """
    rating, row = _load(actor, rating_id)
    row.state = FOLLOW_UP.after(row.state, "called")
    row.call = _said(text)
    row.called_at, row.called_by_name = now, actor.name
    row.save(update_fields=["state", "call", "called_at", "called_by_name"])
    note(rating, "rating_called", actor=actor, now=now, after={"state": row.state})


@transaction.atomic
def note_correction(*, actor: Actor, rating_id: int, text: str, now: datetime) -> None:
    """What was put right; the enterprise reads it and is asked to rate anew. The deadline is met by it."""
    rating, row = _load(actor, rating_id)
    row.state = FOLLOW_UP.after(row.state, "corrected")
    row.correction = _said(text)
    row.corrected_at, row.corrected_by_name = now, actor.name
    row.save(update_fields=["state", "correction", "corrected_at", "corrected_by_name"])
    note(rating, "rating_corrected", actor=actor, now=now, after={"state": row.state}, reason=row.correction)
    meet_deadline(actor=PLATFORM, deadline_id=row.deadline_id, now=now)
    tell_enterprise(rating.claim, "rate_anew", now=now, correction=row.correction)


@transaction.atomic
def end_follow_up(*, actor: Actor, rating_id: int, now: datetime) -> None:
    """The enterprise does not rate anew: the follow-up ends, the rating stays as it is."""
    rating, row = _load(actor, rating_id)
    row.state, row.ended_at = FOLLOW_UP.after(row.state, "ended"), now
    row.save(update_fields=["state", "ended_at"])
    note(rating, "rating_follow_up_ended", actor=actor, now=now, after={"state": row.state})


def _load(actor: Actor, rating_id: int) -> tuple[Rating, RatingFollowUp]:
    rating = load_rating(actor, rating_id, REVIEW)
    row = RatingFollowUp.objects.filter(rating=rating).first()
    if row is None:
        raise NotPossibleNow("this rating has no follow-up", message_zh="这条评价不需要整改", value=rating_id)
    return rating, row


def _said(text: str) -> str:
    text = checked_words(text, "text")
    if not text:
        raise InvalidRating("write what was done", message_zh="请填写办理情况", field="text")
    return text
