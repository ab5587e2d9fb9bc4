"""Ratings: an enterprise's own, those of an official's reach, and figures for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q

from yingshang.kernel.access.api import Actor

from ..errors import RatingNotFound
from ..lifecycle import FOLLOW_UP
from ..models import Claim, Rating
from ..reach import not_found, visible
from .rules import rating_rules
from .steps import on_desk, steps_reached

SATISFIED = 3


@dataclass(frozen=True, slots=True)
class StepRating:
    """One step of one's own claim: what was said, and whether it can be said (anew) now. `level` 0: nothing yet."""

    step: str
    level: int
    reasons: tuple[str, ...]
    words: str
    may_rate: bool
    follow_up: str
    correction: str
    excluded: bool


@dataclass(frozen=True, slots=True)
class RatingView:
    """One rating on the desk. What the enterprise wrote is read by `read_words`; `has_words` says whether it did."""

    id: int
    claim_id: int
    claim_number: str
    item_name: str
    enterprise: str
    agency_id: int
    agency_name: str
    step: str
    level: int
    first_level: int
    reasons: tuple[str, ...]
    has_words: bool
    excluded: bool
    given_at: datetime
    follow_up: str
    due_on: date | None
    called_at: datetime | None
    called_by_name: str
    correction: str
    corrected_at: datetime | None
    corrected_by_name: str
    appeal: str
    appeal_kind: str
    appeal_reason: str
    appeal_by_name: str
    appeal_decision: str
    appeal_decided_by_name: str


@dataclass(frozen=True, slots=True)
class RatingPage:
    """Some ratings, those that wait first, and how many there are."""

    rows: tuple[RatingView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class AgencyRatings:
    """How one agency is found at one step, by everybody who said so. `counts` are by level, the best first."""

    agency_name: str
    step: str
    total: int
    counts: tuple[tuple[int, int], ...]
    satisfied: float


def ratings_of_claim(*, actor: Actor, claim_id: int, now: datetime) -> tuple[StepRating, ...]:
    """The steps of one's own claim that were reached. Needs `claims.apply_own`; raises ClaimNotFound."""
    actor.require("claims.apply_own")
    claim = visible(actor).filter(pk=claim_id).first()
    if claim is None:
        raise not_found(claim_id)
    given = {row.step: row for row in claim.ratings.select_related("follow_up")}
    return tuple(_own(step, given.get(step), now) for step in steps_reached(claim))


def _own(step: str, row: Rating | None, now: datetime) -> StepRating:
    if row is None:
        return StepRating(step, 0, (), "", True, "", "", False)
    follow_up = getattr(row, "follow_up", None)
    waits = follow_up is not None and FOLLOW_UP.states[follow_up.state].open
    in_time = now <= row.given_at + timedelta(days=rating_rules().change_days)
    return StepRating(
        step,
        row.level,
        tuple(row.reasons),
        row.words,
        not row.excluded and (waits or in_time),
        follow_up.state if follow_up else "",
        follow_up.correction if follow_up else "",
        row.excluded,
    )


def unrated_steps(claim: Claim) -> tuple[str, ...]:
    """The steps of a claim that were reached and not rated."""
    given = set(claim.ratings.values_list("step", flat=True))
    return tuple(step for step in steps_reached(claim) if step not in given)


def ratings(
    *, actor: Actor, state: str = "", level: int | None = None, offset: int = 0, limit: int = 50
) -> RatingPage:
    """Ratings within the actor's reach. `state` is that of a follow-up or `appealed`. Needs `claims.view`."""
    rows = on_desk(actor)
    if state == "appealed":
        rows = rows.filter(appeal__state="open")
    elif state:
        rows = rows.filter(follow_up__state=state)
    if level:
        rows = rows.filter(level=level)
    # Those that wait first, by their day.
    ordered = rows.order_by(F("follow_up__ended_at").asc(nulls_first=True), "follow_up__due_on", "-id")
    return RatingPage(tuple(_view(row) for row in ordered[offset : offset + limit]), rows.count())


def get_rating(*, actor: Actor, rating_id: int) -> RatingView:
    """One rating within the actor's reach. Needs `claims.view`; raises RatingNotFound."""
    row = on_desk(actor).filter(pk=rating_id).first()
    if row is None:
        raise RatingNotFound(
            f"no rating {rating_id}", message_zh="没有这条评价，或者您不能查看", value=rating_id
        )
    return _view(row)


def public_ratings() -> tuple[AgencyRatings, ...]:
    """How agencies are found, for everybody: only where enough have said so, without excluded ones. One query."""
    rules = rating_rules()
    rows: Any = (
        Rating.objects.filter(excluded=False)
        .values("agency__name", "step")
        .annotate(
            total=Count("pk"),
            # One enterprise that rates often is still one.
            parties=Count("claim__party", distinct=True),
            **{f"level_{code}": Count("pk", filter=Q(level=code)) for code in rules.levels},
        )
        .filter(parties__gte=rules.publish_from)
        .order_by("agency__name", "step")
    )
    order = list(rules.steps)
    found = [
        AgencyRatings(
            row["agency__name"],
            row["step"],
            row["total"],
            tuple((code, row[f"level_{code}"]) for code in rules.levels),
            sum(row[f"level_{code}"] for code in rules.levels if code >= SATISFIED) / row["total"],
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda each: (each.agency_name, order.index(each.step))))


def ratings_of_item(item_code: str) -> tuple[int, float | None]:
    """How many rated claims for an item, and the share of content ones; None while too few have. One query."""
    sums = Rating.objects.filter(item_code=item_code, excluded=False).aggregate(
        all=Count("pk"),
        content=Count("pk", filter=Q(level__gte=SATISFIED)),
        parties=Count("claim__party", distinct=True),
    )
    enough = sums["parties"] >= rating_rules().publish_from
    return sums["all"], sums["content"] / sums["all"] if enough else None


def follow_up_states() -> dict[str, tuple[str, str, str, bool]]:
    """State → its Chinese name, its English name, how a page colours it, and whether something is still to be done."""
    return {code: (each.name, each.name_en, each.tone, each.open) for code, each in FOLLOW_UP.states.items()}


def _view(row: Rating) -> RatingView:
    follow_up, appeal = getattr(row, "follow_up", None), getattr(row, "appeal", None)
    return RatingView(
        id=row.pk,
        claim_id=row.claim_id,
        claim_number=row.claim.number,
        item_name=row.claim.item_name,
        enterprise=row.claim.enterprise.name,
        agency_id=row.agency_id,
        agency_name=row.agency.name,
        step=row.step,
        level=row.level,
        first_level=row.first_level,
        reasons=tuple(row.reasons),
        has_words=bool(row.words),
        excluded=row.excluded,
        given_at=row.given_at,
        follow_up=follow_up.state if follow_up else "",
        due_on=follow_up.due_on if follow_up else None,
        called_at=follow_up.called_at if follow_up else None,
        called_by_name=follow_up.called_by_name if follow_up else "",
        correction=follow_up.correction if follow_up else "",
        corrected_at=follow_up.corrected_at if follow_up else None,
        corrected_by_name=follow_up.corrected_by_name if follow_up else "",
        appeal=appeal.state if appeal else "",
        appeal_kind=appeal.kind if appeal else "",
        appeal_reason=appeal.reason if appeal else "",
        appeal_by_name=appeal.made_by_name if appeal else "",
        appeal_decision=appeal.decision if appeal else "",
        appeal_decided_by_name=appeal.decided_by_name if appeal else "",
    )
