"""Ratings: those of one subject, those of an official's reach, and figures for everybody."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Min, Q

from yingshang.kernel.access.api import Actor

from .actions.give_rating import may_change
from .kinds import RatedKind, rated_kind, rated_kinds
from .lifecycle import FOLLOW_UP
from .models import BadRating, Rating
from .rules import published_for
from .steps import REVIEW, agencies_of, not_found, on_desk, was_rated


@dataclass(frozen=True, slots=True)
class StepRating:
    """One step as who rates sees it: what was said, and whether it can be said (anew) now. `level` 0: nothing yet."""

    step: str
    level: int
    reasons: tuple[str, ...]
    answers: Mapping[str, bool]
    words: str
    may_rate: bool
    follow_up: str
    correction: str
    excluded: bool


@dataclass(frozen=True, slots=True)
class GivenRating:
    """What was said of a subject, for the pages of the area whose it is; without words and without who said it."""

    id: int
    subject_id: int
    step: str
    level: int
    answers: Mapping[str, bool]
    bad: bool
    excluded: bool
    agency_id: int
    given_at: datetime
    follow_up: str


@dataclass(frozen=True, slots=True)
class GivenRatings:
    """Some of what was said of some subjects. `counts` are all of it by level, the best first; levels nobody gave are
    not in it.
    """

    rows: tuple[GivenRating, ...]
    counts: tuple[tuple[int, int], ...]

    @property
    def total(self) -> int:
        """How many ratings there are."""
        return sum(times for _level, times in self.counts)


@dataclass(frozen=True, slots=True)
class RatingView:
    """One rating on the desk. What was written is read by `read_words`; `has_words` says whether something was.

    `enterprise` is empty where nobody may see who rated.
    """

    id: int
    kind: str
    subject_id: int
    number: str
    label: str
    link: str
    enterprise: str
    agency_id: int
    agency_name: str
    step: str
    level: int
    first_level: int
    bad: bool
    reasons: tuple[str, ...]
    answers: Mapping[str, bool]
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
    appeal_agency_id: int | None
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
    """How one agency is found at one step, by everybody who said so. `counts` are by level, the best first; `answers`
    are (question, how many said yes, how many answered).
    """

    kind: str
    agency_name: str
    step: str
    total: int
    counts: tuple[tuple[int, int], ...]
    satisfied: float
    answers: tuple[tuple[str, int, int], ...]


def own_ratings(
    *, kind: str, subject_id: int, steps: Iterable[str], done_at: datetime | None = None, now: datetime
) -> tuple[StepRating, ...]:
    """The steps of a subject that were reached, as who rates sees them. Whose it is, the area knows: it asks for one
    it has found to be the actor's. One query.
    """
    given = {
        row.step: row
        for row in Rating.objects.filter(kind=kind, subject_id=subject_id).select_related("follow_up")
    }
    return tuple(_own(step, given.get(step), done_at, now) for step in steps)


def _own(step: str, row: Rating | None, done_at: datetime | None, now: datetime) -> StepRating:
    if row is None:
        return StepRating(step, 0, (), {}, "", True, "", "", False)
    follow_up = getattr(row, "follow_up", None)
    return StepRating(
        step,
        row.level,
        tuple(row.reasons),
        dict(row.answers),
        row.words,
        may_change(row, rated_kind(row.kind).rules, now=now, done_at=done_at),
        follow_up.state if follow_up else "",
        follow_up.correction if follow_up else "",
        row.excluded,
    )


def ratings_of(*, kind: str, subject_ids: Iterable[int], most: int) -> GivenRatings:
    """What was said of some subjects: `most` of it, what waits and the worst first, and how often each level was given.
    The area asks for subjects within its reader's reach. One query, two where there are more.
    """
    rows = Rating.objects.filter(kind=kind, subject_id__in=list(subject_ids))
    order = (F("waits_until").asc(nulls_last=True), "level", "pk")
    found = list(rows.select_related("follow_up").defer("words").order_by(*order)[: most + 1])
    if len(found) > most:
        counts = dict(rows.order_by().values_list("level").annotate(times=Count("pk")))
    else:
        counts = Counter(row.level for row in found)
    return GivenRatings(
        tuple(_given(row) for row in found[:most]), tuple(sorted(counts.items(), reverse=True))
    )


def bad_ratings(*, kind: str, since: datetime, until: datetime) -> tuple[GivenRating, ...]:
    """What was rated badly from one moment to before another, excluded ones left out: when, how, and of which agency,
    whatever was said afterwards. For figures of the area, which puts its reader's reach into them. One query.
    """
    rows = BadRating.objects.filter(rating__kind=kind, at__gte=since, at__lt=until, dropped=False)
    found = rows.select_related("rating__follow_up").order_by("pk")
    return tuple(
        replace(
            _given(each.rating),
            level=each.level,
            bad=True,
            excluded=False,
            agency_id=each.agency_id,
            given_at=each.at,
        )
        for each in found
    )


def _given(row: Rating) -> GivenRating:
    follow_up = getattr(row, "follow_up", None)
    return GivenRating(
        row.pk,
        row.subject_id,
        row.step,
        row.level,
        dict(row.answers),
        rated_kind(row.kind).rules.bad(row.level, row.answers),
        row.excluded,
        row.agency_id,
        row.given_at,
        follow_up.state if follow_up else "",
    )


def ratings(
    *,
    actor: Actor,
    kind: str = "",
    state: str = "",
    level: int | None = None,
    mine: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> RatingPage:
    """Ratings within the actor's reach, those that wait first, by their day; two queries. `state` is that of a
    follow-up or `appealed`; `mine` are those of the agencies in which the actor follows up. Needs `ratings.view`.
    """
    rows = on_desk(actor)
    if kind:
        rows = rows.filter(kind=kind)
    if state == "appealed":
        rows = rows.filter(appeal__state="open")
    elif state:
        rows = rows.filter(follow_up__state=state)
    if level:
        rows = rows.filter(level=level)
    if mine:
        rows = rows.filter(agency__in=agencies_of(actor, REVIEW))
    ordered = rows.order_by(F("waits_until").asc(nulls_last=True), "-id").defer("words")
    # Deferred, whether something was written is asked beside it.
    with_words = ordered.annotate(wrote=~Q(words=""))
    return RatingPage(tuple(_view(row) for row in with_words[offset : offset + limit]), rows.count())


def may_follow_up(*, actor: Actor, rating: RatingView) -> bool:
    """Whether it is the actor who follows a rating up: their agency was rated, and they hold `ratings.review` in it."""
    return was_rated(actor, rating.agency_id)


def get_rating(*, actor: Actor, rating_id: int) -> RatingView:
    """One rating within the actor's reach. Needs `ratings.view`; raises RatingNotFound."""
    row = on_desk(actor).filter(pk=rating_id).first()
    if row is None:
        raise not_found(rating_id)
    return _view(row)


def public_ratings(*, kind: str = "") -> tuple[AgencyRatings, ...]:
    """How agencies are found, for everybody: only where enough have said so, without excluded ones. All ratings of a
    kind are summed once for the minutes of `levels.yaml`, or when its rules change; in between the sums are kept.
    """
    found: list[AgencyRatings] = []
    for each in rated_kinds():
        if kind in ("", each.code):
            found += _kept(each)
    return tuple(found)


def _kept(kind: RatedKind) -> list[AgencyRatings]:
    version = hashlib.sha256(repr(kind.rules).encode()).hexdigest()[:16]
    name, kept_for = f"ratings:{kind.code}:{version}", published_for().total_seconds()
    found: list[AgencyRatings] | None = cache.get(name)
    if found is None:
        found = _public(kind.code)
        cache.set(name, found, kept_for)
    return found


def _public(kind: str) -> list[AgencyRatings]:
    rules = rated_kind(kind).rules
    order = list(rules.steps)
    rows: Any = (
        Rating.objects.filter(kind=kind, excluded=False)
        .values("agency", "step")
        .annotate(
            # Grouped by number: names would be compared as words, for each rating.
            name=Min("agency__name"),
            total=Count("pk"),
            # Who rates often is still one.
            raters=Count("rater", distinct=True),
            **{f"level_{code}": Count("pk", filter=Q(level=code)) for code in rules.levels},
            **{
                f"yes_{code}": Count("pk", filter=Q(answers__contains={code: True}))
                for code in rules.questions
            },
            **{f"asked_{code}": Count("pk", filter=Q(answers__has_key=code)) for code in rules.questions},
        )
        .filter(raters__gte=rules.publish_from)
        .order_by()
    )
    found = [
        AgencyRatings(
            kind,
            row["name"],
            row["step"],
            row["total"],
            tuple((code, row[f"level_{code}"]) for code in rules.levels),
            sum(row[f"level_{code}"] for code in rules.levels if code >= rules.satisfied_from) / row["total"],
            tuple((code, row[f"yes_{code}"], row[f"asked_{code}"]) for code in rules.questions),
        )
        for row in rows
        if row["step"] in rules.steps
    ]
    return sorted(found, key=lambda each: (each.agency_name, order.index(each.step)))


def ratings_of_group(*, kind: str, group: str) -> tuple[int, float | None]:
    """How many ratings an item, a topic … has, and the share of content ones; None while too few have. One query."""
    rules = rated_kind(kind).rules
    sums = Rating.objects.filter(kind=kind, group=group, excluded=False).aggregate(
        all=Count("pk"),
        content=Count("pk", filter=Q(level__gte=rules.satisfied_from)),
        raters=Count("rater", distinct=True),
    )
    enough = sums["raters"] >= rules.publish_from
    return sums["all"], sums["content"] / sums["all"] if enough else None


def follow_up_states() -> dict[str, tuple[str, str, str, bool]]:
    """State → its Chinese name, its English name, how a page colours it, and whether something is still to be done."""
    return {code: (each.name, each.name_en, each.tone, each.open) for code, each in FOLLOW_UP.states.items()}


def _view(row: Rating) -> RatingView:
    follow_up, appeal = getattr(row, "follow_up", None), getattr(row, "appeal", None)
    kind = rated_kind(row.kind)
    party = row.party and (row.party.merged_into or row.party)
    wrote = getattr(row, "wrote", None)
    return RatingView(
        id=row.pk,
        kind=row.kind,
        subject_id=row.subject_id,
        number=row.number,
        label=row.label,
        link=kind.link(row.subject_id),
        enterprise=party.name if party else "",
        agency_id=row.agency_id,
        agency_name=row.agency.name,
        step=row.step,
        level=row.level,
        first_level=row.first_level,
        bad=kind.rules.bad(row.level, row.answers),
        reasons=tuple(row.reasons),
        answers=dict(row.answers),
        has_words=bool(row.words) if wrote is None else bool(wrote),
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
        appeal_agency_id=appeal.agency_id if appeal else None,
        appeal_by_name=appeal.made_by_name if appeal else "",
        appeal_decision=appeal.decision if appeal else "",
        appeal_decided_by_name=appeal.decided_by_name if appeal else "",
    )
