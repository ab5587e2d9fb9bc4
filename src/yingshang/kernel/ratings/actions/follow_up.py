"""A bad rating is followed up by the agency that was rated: called back, put right, ended."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import meet_deadline

from ..errors import InvalidRating, NotPossibleNow
from ..kinds import rated_kind
from ..lifecycle import FOLLOW_UP
from ..models import Rating, RatingFollowUp
from ..steps import PLATFORM, REVIEW, checked_words, end, ensure_was_rated, load_rating, note, rules_of


@transaction.atomic
def note_call(*, actor: Actor, rating_id: int, text: str, now: datetime) -> None:
    """What came of calling back who rated; kept encrypted. Needs `ratings.review` in the agency that was rated. Raises
    RatingNotFound, NotYourRating, InvalidRating, NotPossibleNow.
    """
    rating, row = _load(actor, rating_id)
    row.state = FOLLOW_UP.after(row.state, "called")
    row.call = _said(rating, text)
    row.called_at, row.called_by_name = now, actor.name
    row.save(update_fields=["state", "call", "called_at", "called_by_name"])
    note(rating, "called", actor=actor, now=now, after={"state": row.state})


@transaction.atomic
def note_correction(*, actor: Actor, rating_id: int, text: str, now: datetime) -> None:
    """What was put right; who rated reads it and is asked to rate anew. The deadline is met by it."""
    rating, row = _load(actor, rating_id)
    row.state = FOLLOW_UP.after(row.state, "corrected")
    row.correction = _said(rating, text)
    row.corrected_at, row.corrected_by_name = now, actor.name
    row.save(update_fields=["state", "correction", "corrected_at", "corrected_by_name"])
    note(rating, "corrected", actor=actor, now=now, after={"state": row.state}, reason=row.correction)
    meet_deadline(actor=PLATFORM, deadline_id=row.deadline_id, now=now)
    rated_kind(rating.kind).tell(rating.subject_id, correction=row.correction, now=now)


@transaction.atomic
def end_follow_up(*, actor: Actor, rating_id: int, now: datetime) -> None:
    """Nobody rates anew: the follow-up ends, the rating stays as it is."""
    rating, row = _load(actor, rating_id)
    end(row, rating, FOLLOW_UP.after(row.state, "ended"), now=now)
    note(rating, "follow_up_ended", actor=actor, now=now, after={"state": row.state})


def _load(actor: Actor, rating_id: int) -> tuple[Rating, RatingFollowUp]:
    rating = load_rating(actor, rating_id, REVIEW)
    ensure_was_rated(actor, rating)
    row = RatingFollowUp.objects.filter(rating=rating).first()
    if row is None:
        raise NotPossibleNow("this rating has no follow-up", message_zh="这条评价不需要整改", value=rating_id)
    return rating, row


def _said(rating: Rating, text: str) -> str:
    text = checked_words(text, rules_of(rating), "text")
    if not text:
        raise InvalidRating("write what was done", message_zh="请填写办理情况", field="text")
    return text
