"""An agency holds that a rating is malicious or mistaken; an official of another agency decides."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor, note_personal_view, reference_of
from yingshang.kernel.clock.api import cancel_deadline

from ..errors import InvalidRating, NotPossibleNow, NotYourRating
from ..lifecycle import FOLLOW_UP
from ..models import BadRating, Rating, RatingAppeal, RatingFollowUp
from ..steps import (
    DECIDE,
    PLATFORM,
    REVIEW,
    VIEW,
    checked_words,
    end,
    ensure_was_rated,
    load_rating,
    note,
    reached,
    rules_of,
    was_rated,
)

KINDS = ("malicious", "mistaken")


@transaction.atomic
def appeal_rating(*, actor: Actor, rating_id: int, kind: str, reason: str, now: datetime) -> None:
    """Appeal against a rating, once for what was said. It counts until that is decided. Needs `ratings.review` in the
    agency that was rated.

    Raises RatingNotFound, NotYourRating, InvalidRating with the field, NotPossibleNow.
    """
    rating = load_rating(actor, rating_id, REVIEW)
    ensure_was_rated(actor, rating)
    reason = checked_words(reason, rules_of(rating), "reason")
    if kind not in KINDS:
        raise InvalidRating(
            "say whether it is malicious or mistaken", message_zh="请选择恶意评价或误评", field="kind"
        )
    if not reason:
        raise InvalidRating("say why", message_zh="请填写申诉理由", field="reason")
    # The rating is locked: nobody else appeals at this moment.
    old = RatingAppeal.objects.filter(rating=rating).first()
    if old is not None and old.state != "over":
        raise NotPossibleNow(
            "there was an appeal against it already", message_zh="这条评价已经申诉过", value=rating_id
        )
    RatingAppeal(
        # What became of one that is over stays in the events.
        pk=old.pk if old else None,
        rating=rating,
        agency_id=rating.agency_id,
        level=rating.level,
        kind=kind,
        reason=reason,
        made_at=now,
        made_by=reference_of(actor),
        made_by_name=actor.name,
    ).save()
    note(rating, "appealed", actor=actor, now=now, after={"kind": kind}, reason=reason)


@transaction.atomic
def decide_appeal(*, actor: Actor, rating_id: int, upheld: bool, decision: str, now: datetime) -> None:
    """Decide an appeal. Upheld, the rating is kept and counts no more, and its follow-up ends.

    Needs `ratings.decide` in another agency than the one that was rated. Raises RatingNotFound, NotYourRating,
    NotPossibleNow, InvalidRating.
    """
    rating = load_rating(actor, rating_id, DECIDE)
    row = RatingAppeal.objects.select_for_update().filter(rating=rating, state="open").first()
    if row is None:
        raise NotPossibleNow("there is no open appeal", message_zh="没有待处理的申诉", value=rating_id)
    if row.made_by == reference_of(actor) or any(
        grant.agency_id == row.agency_id for grant in actor.grants if grant.agency_id is not None
    ):
        raise NotYourRating(
            "somebody of another agency decides on this appeal",
            message_zh="申诉须由被评价单位以外的人员处理",
            value=rating_id,
        )
    decision = checked_words(decision, rules_of(rating), "decision")
    if not decision:
        raise InvalidRating("say why", message_zh="请填写处理意见", field="decision")
    row.state, row.decision = "upheld" if upheld else "rejected", decision
    row.decided_at, row.decided_by, row.decided_by_name = now, reference_of(actor), actor.name
    row.save()
    if upheld:
        rating.excluded = True
        rating.save(update_fields=["excluded"])
        BadRating.objects.filter(rating=rating, turn=rating.turn).update(dropped=True)
        follow_up = RatingFollowUp.objects.filter(rating=rating).first()
        if follow_up is not None and FOLLOW_UP.states[follow_up.state].open:
            if not follow_up.corrected_at:
                cancel_deadline(
                    actor=PLATFORM, deadline_id=follow_up.deadline_id, reason="评价已排除", now=now
                )
            end(follow_up, rating, FOLLOW_UP.after(follow_up.state, "dropped"), now=now)
    note(
        rating,
        "appeal_decided",
        actor=actor,
        now=now,
        after={"state": row.state, "excluded": rating.excluded},
        reason=decision,
    )


@transaction.atomic
def read_words(*, actor: Actor, rating_id: int, purpose: str, now: datetime) -> tuple[str, str]:
    """What was written by who rated, and what came of the call, in the clear; it is noted who read it.

    Needs `ratings.view` and `parties.view_personal`, in the agency that was rated, or where one decides on appeals.
    Raises RatingNotFound, NotYourRating.
    """
    actor.require("parties.view_personal")
    rating = load_rating(actor, rating_id, VIEW)
    if not was_rated(actor, rating.agency_id) and not _decides(actor, rating_id):
        ensure_was_rated(actor, rating)
    follow_up = RatingFollowUp.objects.filter(rating=rating).first()
    if rating.party_id is not None:
        note_personal_view(
            actor=actor, party_id=rating.party_id, fields=["评价意见"], purpose=purpose, now=now
        )
    note(rating, "words_read", actor=actor, now=now, reason=purpose)
    return rating.words, follow_up.call if follow_up else ""


def _decides(actor: Actor, rating_id: int) -> bool:
    return actor.may(DECIDE) and Rating.objects.filter(reached(actor, DECIDE), pk=rating_id).exists()
