"""Answers and policies that fit what somebody is writing. What they write is not kept, and stands in no log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import Combinable

from yingshang.areas.policies.api import LibraryHit, LibraryQuestion, search_library

from ..dispatching.current import model_in_use
from ..dispatching.parameters import settings
from ..dispatching.proposals import Proposal, propose
from ..dispatching.topics import topics
from ..models import LibraryAnswer
from ..searching import words_of
from ..text.cleaning import clean
from .rules import library_rules

WEIGHTS = [0.0, 0.0, 0.2, 1.0]
"""D to A: the question, and the name of its topic, count more than what the answer says."""


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """A published answer, as lists show it to everybody."""

    id: int
    question: str
    beginning: str
    topic: str
    region_path: str
    agency_name: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What fits a text: answers, and policies of the place."""

    answers: tuple[FoundAnswer, ...]
    policies: tuple[LibraryHit, ...]

    def __bool__(self) -> bool:
        return bool(self.answers or self.policies)


_BEGINNING = 120


def found_answer(row: LibraryAnswer) -> FoundAnswer:
    """As everybody sees it in a list. Of published ones only."""
    assert row.published_at is not None
    line = " ".join(row.text.split())
    return FoundAnswer(
        row.pk,
        row.question,
        line if len(line) <= _BEGINNING else f"{line[:_BEGINNING]}…",
        row.topic,
        row.region_path,
        row.agency.name,
        row.published_at,
    )


def index_answer(answer: LibraryAnswer) -> None:
    """What a published answer is found by; one that is not published is found by nothing."""
    vector: Combinable | None = None
    if answer.state == "published":
        topic = topics().get(answer.topic)
        asked = " ".join(words_of(f"{answer.question} {topic.name if topic else ''}"))
        said = " ".join(words_of(f"{answer.text} {answer.law}"))
        vector = SearchVector(Value(asked), config="simple", weight="A") + SearchVector(
            Value(said), config="simple", weight="B"
        )
    LibraryAnswer.objects.filter(pk=answer.pk).update(words=vector)


def holding_in(region_path: str) -> Q:
    """Answers that hold in a region: of it and of every one above it; all where none is named."""
    if not region_path:
        return Q()
    return Q(region_path__in=[region_path[:length] for length in range(len(region_path) + 1)])


def suggest(*, text: str, region_path: str = "", day: date) -> Suggestions:
    """What everybody may read that fits a text. At most five queries; none for a text that says nothing yet."""
    rules = library_rules().suggestions
    text = clean(text[: rules.longest_text])
    if len(text) < rules.shortest_text:
        return Suggestions((), ())
    _number, model = model_in_use()
    proposal = propose(text, model=model)
    rows = answers_like(text, topics_of(proposal), region_path=region_path, most=rules.answers)
    return Suggestions(
        tuple(found_answer(row) for row in rows), _policies(proposal, region_path, day, rules.policies)
    )


def topics_of(proposal: Proposal) -> Mapping[str, float]:
    """The likeliest topics with their shares: the first, and others that are likely too."""
    return likely_topics(proposal.topics)


def likely_topics(ranked: Sequence[tuple[str, float]]) -> Mapping[str, float]:
    """Of ranked topics the first, and those of a share that says something."""
    least = library_rules().suggestions.topic_least
    return {code: share for place, (code, share) in enumerate(ranked) if not place or share >= least}


def answers_like(
    text: str, likely: Mapping[str, float], *, region_path: str, most: int
) -> Sequence[LibraryAnswer]:
    """Published answers that hold in the place and whose questions share words with the text, best first. One query."""
    rules = library_rules().suggestions
    words = _telling(text)[: rules.most_words]
    if not words:
        return ()
    queries = [SearchQuery(word, config="simple", search_type="phrase") for word in words]
    query = reduce(or_, queries)
    rank = SearchRank(F("words"), query, weights=WEIGHTS)
    rows: QuerySet[LibraryAnswer] = LibraryAnswer.objects.filter(
        holding_in(region_path), state="published", words=query
    )
    found = rows.select_related("agency").defer("words").annotate(rank=rank).order_by("-rank", "-pk")
    said = frozenset(words)
    scored = []
    for place, row in enumerate(found[: rules.compared]):
        shared = said.intersection(words_of(row.question))
        score = sum(map(len, shared)) + (rules.topic_counts if row.topic in likely else 0)
        if shared and score >= rules.least_shared:
            scored.append((-score, place, row))
    return [row for _score, _place, row in sorted(scored, key=lambda each: each[:2])[:most]]


def _telling(text: str) -> list[str]:
    """Its words without those every appeal has, and without single signs."""
    common = settings().common_words
    return [each for each in words_of(text) if len(each) > 1 and each not in common and not each.isdecimal()]


def _policies(proposal: Proposal, region_path: str, day: date, most: int) -> tuple[LibraryHit, ...]:
    """Items in force in the place that have half of the words that say what it is about."""
    words = [each.word for each in proposal.reasons if each.source != "sign"]
    if not words:
        return ()
    question = LibraryQuestion(text=" ".join(words), what="item", place=region_path, some=True)
    return search_library(question, day=day, limit=most, facets=False).hits
