"""What actions over ratings share: finding them, which steps can be rated, the follow-up of a bad one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, officials_who_may
from yingshang.kernel.clock.api import FiredRung, Owner, start_deadline
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import find_region

from ..actions._steps import PLATFORM, tell_users
from ..errors import InvalidRating, RatingNotFound
from ..models import Claim, Rating, RatingFollowUp
from .rules import rating_rules

OWNER = "claim_rating"
VIEW, REVIEW, DECIDE = "claims.view", "claims.review", "claims.release"


def steps_reached(claim: Claim) -> tuple[str, ...]:
    """The steps of a claim that are over and can be rated."""
    found = []
    if claim.submitted_at is not None and claim.state not in {"draft", "appointed", "lapsed", "accepting"}:
        found.append("accept")
    if claim.decided_at is not None or claim.state in {"refused", "unranked"}:
        found.append("review")
    if claim.paid_fen:
        found.append("pay")
    return tuple(found)


def on_desk(actor: Actor, permission: str = VIEW) -> QuerySet[Rating]:
    """The ratings an official may see."""
    rows = Rating.objects.select_related("claim__party__merged_into", "agency", "follow_up", "appeal")
    return actor.require(permission).filter(rows, region="region_path", party="claim__party")


def load_rating(actor: Actor, rating_id: int, permission: str) -> Rating:
    """One rating within the reach of a permission, locked. Raises NotAllowed, RatingNotFound."""
    scope = actor.require(permission)
    rows = Rating.objects.select_for_update(of=("self",)).select_related(
        "claim__party__merged_into", "agency"
    )
    found = scope.filter(rows, region="region_path", party="claim__party").filter(pk=rating_id).first()
    if found is None:
        raise RatingNotFound(
            f"no rating {rating_id}", message_zh="没有这条评价，或者您不能查看", value=rating_id
        )
    return found


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
    """The audit event `claims.<what>` about a rating; its number. Words of enterprises stay out of it."""
    claim = rating.claim
    return record(
        actor=actor,
        action=f"claims.{what}",
        target=Target(
            "claim_rating",
            str(rating.pk),
            f"{claim.number} {claim.item_name}",
            region_path=rating.region_path,
            agency_id=rating.agency_id,
            party_id=claim.party_id,
        ),
        now=now,
        before=before,
        after=after,
        reason=reason[:400],
    )


def open_follow_up(rating: Rating, *, now: datetime) -> RatingFollowUp:
    """The follow-up of a bad rating, with its deadline; who works there is told."""
    rules = rating_rules()
    region = _region_code(rating.region_path)
    deadline = start_deadline(
        actor=PLATFORM,
        owner=Owner(OWNER, str(rating.pk)),
        kind="case",
        name=f"差评整改：{rating.claim.item_name}",
        name_en=f"Following up a bad rating: {rating.claim.item_name}",
        term=rules.follow_up,
        started_at=now,
        region_code=region,
        agency_id=rating.agency_id,
        party_id=rating.claim.party_id,
        ladder=rules.ladder,
        now=now,
        start_event={"zh": "评价", "en": "rated"},
    )
    row = RatingFollowUp.objects.create(
        rating=rating, opened_at=now, due_on=deadline.due_on, deadline_id=deadline.id
    )
    _tell(rating, row, now)
    return row


def on_rung(rung: FiredRung) -> None:
    """The clock of a follow-up says something: whoever works there is told again."""
    rating = Rating.objects.select_related("claim", "follow_up").get(pk=int(rung.deadline.owner.identifier))
    _tell(rating, rating.follow_up, rung.fired_at)


def checked_words(text: str, field: str = "words") -> str:
    """What somebody wrote, of a bearable length. Raises InvalidRating."""
    text, longest = text.strip(), rating_rules().longest_words
    if len(text) > longest:
        raise InvalidRating(
            f"write at most {longest} characters", message_zh=f"请不要超过 {longest} 字", field=field
        )
    return text


def _tell(rating: Rating, row: RatingFollowUp, now: datetime) -> None:
    tell_users(
        officials_who_may(REVIEW, agency_id=rating.agency_id, today=timezone.localdate(now)),
        "rated_badly",
        context={
            "number": rating.claim.number,
            "item": rating.claim.item_name,
            "due": row.due_on.isoformat(),
        },
        link=f"/desk/claims/ratings/{rating.pk}/",
        now=now,
    )


def _region_code(path: str) -> str:
    # Whatever is below a county has the calendar of its county.
    code = path.ljust(6, "0")[:6] if path else "000000"
    region = find_region(code)
    return region.code if region else code
