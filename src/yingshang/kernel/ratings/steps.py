"""What actions over ratings share: finding them, noting what happened, the follow-up of a bad one."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, officials_who_may, system_actor
from yingshang.kernel.clock.api import FiredRung, Owner, start_deadline
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import Recipient, send_where_possible
from yingshang.kernel.reference.api import code_of_path, find_region

from .errors import InvalidRating, NotYourRating, RatingNotFound
from .kinds import rated_kind, rated_kinds
from .lifecycle import FOLLOW_UP
from .models import BadRating, Rating, RatingFollowUp
from .rules import RatingRules

OWNER = "rating"
VIEW, REVIEW, DECIDE = "ratings.view", "ratings.review", "ratings.decide"
PLATFORM = system_actor("ratings")
"""Who messages come from, and who does what follows by itself."""
# Control characters but ends of lines, halves of characters, and what turns the direction of writing around.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def rules_of(rating: Rating) -> RatingRules:
    """What the area whose service was rated asks."""
    return rated_kind(rating.kind).rules


def reached(actor: Actor, permission: str) -> Q:
    """The ratings a permission reaches: of its regions, and of the agencies it is held in; only of kinds whose subjects
    the actor may see at all, as a rating tells who asked for what. Raises NotAllowed.
    """
    places = agencies_of(actor, permission)
    condition = actor.require(permission).condition(region="region_path", agency="agency")
    if places:
        condition |= Q(agency__in=places)
    return condition & Q(kind__in=[each.code for each in rated_kinds() if actor.may(each.permission)])


def agencies_of(actor: Actor, permission: str) -> frozenset[int]:
    """The agencies in which somebody holds a role with this permission."""
    return frozenset(
        grant.agency_id
        for grant in actor.grants
        if permission in grant.permissions and grant.agency_id is not None
    )


def was_rated(actor: Actor, agency_id: int) -> bool:
    """Whether it is the actor's own agency that was rated: who puts right what was wrong."""
    return actor.kind == "system" or agency_id in agencies_of(actor, REVIEW)


def ensure_was_rated(actor: Actor, rating: Rating) -> None:
    """That it is the actor's own agency that was rated. Raises NotYourRating."""
    if not was_rated(actor, rating.agency_id):
        raise NotYourRating(
            f"{rating.agency.name} was rated: it calls back, puts right and appeals",
            message_zh=f"被评价的是“{rating.agency.name}”，请由该单位回访、整改或者申诉",
            value=rating.pk,
        )


def on_desk(actor: Actor, permission: str = VIEW) -> QuerySet[Rating]:
    """The ratings an official may see."""
    rows = Rating.objects.select_related("party__merged_into", "agency", "follow_up", "appeal")
    return rows.filter(reached(actor, permission))


def load_rating(actor: Actor, rating_id: int, permission: str) -> Rating:
    """One rating within the reach of a permission, locked. Raises NotAllowed, RatingNotFound."""
    rows = Rating.objects.select_for_update(of=("self",)).select_related("party__merged_into", "agency")
    found = rows.filter(reached(actor, permission), pk=rating_id).first()
    if found is None:
        raise not_found(rating_id)
    return found


def not_found(rating_id: int) -> RatingNotFound:
    """The refusal for a rating that is not there, or not for this actor."""
    return RatingNotFound(
        f"no rating {rating_id}", message_zh="没有这条评价，或者您不能查看", value=rating_id
    )


def note(
    rating: Rating,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event `ratings.<what>` about a rating; its number. Words of who rated stay out of it."""
    return record(
        actor=actor,
        action=f"ratings.{what}",
        target=Target(
            "rating",
            str(rating.pk),
            f"{rating.number} {rating.label}"[:200],
            region_path=rating.region_path,
            agency_id=rating.agency_id,
            party_id=rating.party_id,
        ),
        now=now,
        before=before,
        after=after,
        reason=reason[:400],
    )


def open_follow_up(rating: Rating, *, now: datetime) -> RatingFollowUp:
    """The follow-up of a bad rating, with its deadline; who works there is told. One that is over begins anew: the
    events keep what was done the first time.
    """
    rules = rules_of(rating)
    old = getattr(rating, "follow_up", None)
    deadline = start_deadline(
        actor=PLATFORM,
        owner=Owner(OWNER, str(rating.pk)),
        # Nothing resets the clock it had first.
        kind="step" if old else "case",
        name=f"差评整改：{rating.label}",
        name_en=f"Following up a bad rating: {rating.label}",
        term=rules.follow_up,
        started_at=now,
        region_code=_region_code(rating.region_path),
        agency_id=rating.agency_id,
        party_id=rating.party_id,
        ladder=rules.ladder,
        now=now,
        start_event={"zh": "评价", "en": "rated"},
    )
    row = RatingFollowUp(
        pk=old.pk if old else None,
        rating=rating,
        state=FOLLOW_UP.after(old.state, "opened_again") if old else "open",
        opened_at=now,
        due_on=deadline.due_on,
        deadline_id=deadline.id,
    )
    row.save()
    rating.waits_until = deadline.due_on
    rating.save(update_fields=["waits_until"])
    BadRating.objects.get_or_create(
        rating=rating,
        turn=rating.turn,
        defaults={"agency_id": rating.agency_id, "level": rating.level, "at": now},
    )
    _tell(rating, deadline.due_on, now)
    return row


def end(row: RatingFollowUp, rating: Rating, state: str, *, now: datetime) -> None:
    """A follow-up is over; its rating waits for nothing any more."""
    row.state, row.ended_at = state, now
    row.save(update_fields=["state", "ended_at"])
    rating.waits_until = None
    rating.save(update_fields=["waits_until"])


def on_rung(rung: FiredRung) -> None:
    """The clock of a follow-up says something: whoever works there is told again."""
    rating = Rating.objects.select_related("follow_up").get(pk=int(rung.deadline.owner.identifier))
    _tell(rating, rating.follow_up.due_on, rung.fired_at)


def checked_words(text: str, rules: RatingRules, field: str = "words") -> str:
    """What somebody wrote, without what no page shows and no database keeps, of a bearable length.

    Raises InvalidRating.
    """
    text, longest = _UNSEEN.sub("", text).strip(), rules.longest_words
    if len(text) > longest:
        raise InvalidRating(
            f"{len(text)} characters; write at most {longest}",
            message_zh=f"共 {len(text)} 字，请不要超过 {longest} 字",
            field=field,
        )
    return text


def _tell(rating: Rating, due_on: date, now: datetime) -> None:
    users = officials_who_may(REVIEW, agency_id=rating.agency_id, today=timezone.localdate(now))
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=each) for each in users],
        template="ratings.rated_badly",
        context={"number": rating.number, "label": rating.label, "due": due_on.isoformat()},
        link=f"/desk/ratings/{rating.pk}/",
        now=now,
    )


def _region_code(path: str) -> str:
    # Whatever is below a county has the calendar of its county.
    code = code_of_path(path[:6])
    region = find_region(code)
    return region.code if region else code
