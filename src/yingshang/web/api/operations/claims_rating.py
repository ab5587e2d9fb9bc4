"""How an enterprise found the steps of its claims 好差评. What is done about ratings: `ratings.py`."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from yingshang.areas.claims.api import rate_claim, ratings_of_claim
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.ratings.api import StepRating

router = Router(tags=["好差评 · Ratings"])

OWN = "claims.apply_own"


class StepRatingOut(Schema):
    """A step of one's own claim that was reached. `level` is 5 (very content) to 1; 0: not rated yet."""

    step: str = Field(description="accept, review, pay, …")
    level: int
    reasons: list[str]
    words: str
    may_rate: bool
    follow_up: str
    correction: str
    excluded: bool


class RateIn(Schema):
    """How one step was. Given again it is changed, as long as that is possible."""

    step: str = Field(min_length=1, max_length=20)
    level: int = Field(ge=1, le=5)
    reasons: list[str] | None = Field(None, max_length=20, description="Left out, those that were given stay")
    words: str | None = Field(None, max_length=1000, description="Likewise")


@router.get(
    "/claims/{int:claim_id}/ratings", response=list[StepRatingOut], summary="本企业的评价 · One's own ratings"
)
@needs(OWN)
def list_own_ratings(request: HttpRequest, claim_id: int) -> tuple[StepRating, ...]:
    """The steps of one's own claim that were reached, rated or not."""
    return ratings_of_claim(actor=actor_from(request), claim_id=claim_id, now=timezone.now())


@router.post(
    "/claims/{int:claim_id}/ratings", response=list[StepRatingOut], summary="评价一个环节 · Rate a step"
)
@needs(OWN)
def rate_one_step(request: HttpRequest, claim_id: int, body: RateIn) -> tuple[StepRating, ...]:
    """Five levels of GB/T 39046. A bad one opens a follow-up; one given anew after a correction ends it."""
    actor, now = actor_from(request), timezone.now()
    rate_claim(actor=actor, claim_id=claim_id, now=now, **body.dict())
    return ratings_of_claim(actor=actor, claim_id=claim_id, now=now)
