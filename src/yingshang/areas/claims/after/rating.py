"""An enterprise rates the steps of its claim 好差评: what can be rated, and whose it is. The rest is kernel/ratings."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ratings.api import (
    InvalidRating,
    Rated,
    RatedKind,
    StepRating,
    give_rating,
    own_ratings,
    read_rating_rules,
)

from ..actions._steps import tell_enterprise
from ..models import Claim
from ..reach import load, not_found, visible

KIND = "claim"
OWN = "claims.apply_own"


def _tell(subject_id: int, *, correction: str, now: datetime) -> None:
    claim = Claim.objects.select_related("party__merged_into").get(pk=subject_id)
    tell_enterprise(claim, "rate_anew", now=now, correction=correction)


RATED = RatedKind(
    KIND,
    "兑现申请",
    "Claims",
    rules=read_rating_rules(
        (files("yingshang.areas.claims") / "data/rating.yaml").read_text(encoding="utf-8"), name="claim"
    ),
    link=lambda claim_id: f"/desk/claims/{claim_id}/",
    permission="claims.view",
    tell=_tell,
)


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


@transaction.atomic
def rate_claim(
    *,
    actor: Actor,
    claim_id: int,
    step: str,
    level: int,
    reasons: tuple[str, ...] | list[str] | None = (),
    words: str | None = "",
    now: datetime,
) -> int:
    """Rate a step that was reached; given again it is changed, as long as that is possible. The number of the rating.
    Without `reasons` or `words` (None) those that were given stay.

    Needs `claims.apply_own`. Raises ClaimNotFound, InvalidRating with the field; NotPossibleNow of ratings.
    """
    claim = load(actor, claim_id, OWN)
    if step not in steps_reached(claim):
        raise InvalidRating(
            f"{step} of {claim.number} cannot be rated yet",
            message_zh="这个环节还没有办结，不能评价",
            field="step",
            value=step,
        )
    subject = Rated(
        kind=KIND,
        id=claim.pk,
        number=claim.number,
        label=claim.item_name,
        agency_id=claim.agency_id,
        region_path=claim.region_path,
        # Whoever claims often is still one.
        rater=f"party {claim.enterprise.pk}",
        group=claim.item_code,
        party_id=claim.party_id,
    )
    return give_rating(
        actor=actor, subject=subject, step=step, level=level, reasons=reasons, words=words, now=now
    )


def ratings_of_claim(*, actor: Actor, claim_id: int, now: datetime) -> tuple[StepRating, ...]:
    """The steps of one's own claim that were reached. Needs `claims.apply_own`; raises ClaimNotFound."""
    actor.require(OWN)
    claim = visible(actor).filter(pk=claim_id).first()
    if claim is None:
        raise not_found(claim_id)
    return own_ratings(kind=KIND, subject_id=claim.pk, steps=steps_reached(claim), now=now)
