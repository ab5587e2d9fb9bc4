"""Appeals as kernel/ratings sees them: their kind, when one can be rated, how who rated is told it was put right."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files

from django.db.models import Q

from yingshang.kernel.ratings.api import Rated, RatedKind, read_rating_rules

from ..actions._steps import tell_reporter
from ..models import Appeal, Reply

KIND, STEP = "appeal", "answer"
OVER = frozenset({"withdrawn", "declined"})
"""States in which nothing new is rated; what was rated before, and put right since, may be rated anew."""
MOST = 50
"""Ratings of voices that a page shows; of all of them it shows how many gave each level."""


def _tell(subject_id: int, *, correction: str, now: datetime) -> None:
    appeal = Appeal.objects.select_related("party__merged_into").get(pk=subject_id)
    # Each voice rates for itself.
    tell_reporter(appeal, "rate_anew", now=now, voices=False, correction=correction)


RATED = RatedKind(
    KIND,
    "诉求",
    "Appeals",
    rules=read_rating_rules(
        (files("yingshang.areas.appeals") / "data/rating.yaml").read_text(encoding="utf-8"), name="appeal"
    ),
    link=lambda appeal_id: f"/desk/appeals/{appeal_id}/",
    permission="appeals.view",
    tell=_tell,
)


def last_reply(appeal: Appeal) -> Reply | None:
    """The reply that can be rated: its own last one, or that of the appeal it was joined to. None before that."""
    own = Q(appeal=appeal.pk)
    rows = Reply.objects.filter(own | Q(appeal=appeal.main_id) if appeal.main_id else own, state="sent")
    return rows.order_by("-sent_at", "-pk").first()


def rated(appeal: Appeal, reply: Reply) -> Rated:
    """It as the room of ratings is given it. Of an anonymous one nobody is told who rates."""
    return Rated(
        kind=KIND,
        id=appeal.pk,
        number=appeal.number,
        label=appeal.title,
        agency_id=reply.agency_id,
        region_path=appeal.region_path,
        rater=_rater(appeal),
        group=appeal.topic,
        party_id=appeal.party_id,
        named=not appeal.anonymous,
    )


def _rater(appeal: Appeal) -> str:
    """Who rates often is one: the enterprise, the account, who left the same number; at last the appeal itself."""
    if appeal.party is not None:
        kept = appeal.party.merged_into or appeal.party
        return f"party {kept.pk}"
    if appeal.filed_by_id is not None:
        return f"user {appeal.filed_by_id}"
    return f"reporter {appeal.reporter_hash}" if appeal.reporter_hash else f"appeal {appeal.pk}"
