"""How an appeal was rated: for who said it, and for who deals with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ratings.api import GivenRating, GivenRatings, StepRating, own_ratings, ratings_of

from ..models import Appeal
from ..reach import not_found, on_desk
from .kind import KIND, MOST, OVER, STEP, last_reply


@dataclass(frozen=True, slots=True)
class RatingsOfAppeal:
    """How an appeal of the desk was rated by who said it, and how every voice joined to it found it: all of them by
    level, the best first, and some, those that wait and the worst first.
    """

    own: tuple[GivenRating, ...]
    voices: GivenRatings


def steps_of_own(appeal: Appeal, *, now: datetime) -> tuple[StepRating, ...]:
    """What was said of an appeal by who said it, and whether it can be said (anew) now; nothing before it was
    answered. What was rated before it was taken back may be rated anew. Two queries.
    """
    reply = last_reply(appeal)
    if reply is None:
        return ()
    found = own_ratings(kind=KIND, subject_id=appeal.pk, steps=[STEP], done_at=reply.sent_at, now=now)
    return () if appeal.state in OVER and not any(each.level for each in found) else found


def ratings_of_appeal(*, actor: Actor, appeal_id: int) -> RatingsOfAppeal:
    """How an appeal of the desk, and every voice joined to it, was rated. Five queries. Needs `appeals.view`.

    Raises AppealNotFound.
    """
    if not on_desk(actor).filter(pk=appeal_id).exists():
        raise not_found(appeal_id)
    voices = Appeal.objects.filter(main=appeal_id).order_by().values_list("pk", flat=True)
    return RatingsOfAppeal(
        ratings_of(kind=KIND, subject_ids=[appeal_id], most=1).rows,
        ratings_of(kind=KIND, subject_ids=voices, most=MOST),
    )
