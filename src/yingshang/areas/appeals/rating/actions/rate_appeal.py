"""Who said it says how it was dealt with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ratings.api import InvalidRating, checked_words, give_rating

from ...actions._steps import known_of
from ...actions.have_the_word import own_appeal
from ...text.cleaning import clean
from ...text.masking import mask
from ..kind import RATED, STEP, last_reply, rated
from ..selectors import steps_of_own


@transaction.atomic
def rate_appeal(
    *,
    actor: Actor,
    appeal_id: int,
    level: int,
    answers: Mapping[str, bool] | None = None,
    reasons: Sequence[str] | None = (),
    words: str | None = "",
    step: str = STEP,
    key: str = "",
    now: datetime,
) -> int:
    """Rate one's own appeal, or the one a key opens, once a reply was sent; given again it is changed, as long as that
    is possible, and after another reply it may be given anew. Each voice of a joined appeal rates for itself. The
    number of the rating. Without `reasons` or `words` (None) those that were given stay.

    What is written of an anonymous one is masked before it is kept: who follows it up reads it, and may not be told
    who said it. Raises AppealNotFound, InvalidRating with the field; NotPossibleNow of ratings.
    """
    # Before anything is locked, or looked through for names: nobody writes ten megabytes.
    words = None if words is None else checked_words(words, RATED.rules)
    appeal = own_appeal(actor, appeal_id, key)
    reply = last_reply(appeal)
    if reply is None or not steps_of_own(appeal, now=now):
        raise InvalidRating(
            f"{appeal.number} was not answered yet",
            message_zh="这件诉求还没有答复，答复后可以评价",
            field="step",
            value=appeal.number,
        )
    if appeal.anonymous and words:
        words = mask(clean(words), known=known_of(appeal)).text
    return give_rating(
        actor=actor,
        subject=rated(appeal, reply),
        step=step,
        level=level,
        reasons=reasons,
        answers=answers,
        words=words,
        done_at=reply.sent_at,
        now=now,
    )
