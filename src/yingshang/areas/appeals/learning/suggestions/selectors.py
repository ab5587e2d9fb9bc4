"""Suggestions as officials read them; their voices masked, and without whose they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.documents.api import number_words

from ...lifecycle import SUGGESTION
from ...models import Appeal, PolicySuggestion
from ...reach import VIEW, agencies_of
from ..rules import learning_rules
from .actions.suggest import ANSWER_SUGGESTIONS, SUGGEST, reached, suggestion_not_found
from .clusters import item_name, parties_of, voices_of

_SHOWN = 300
"""Characters of a voice."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What one said, masked and cut; never whose it is."""

    title: str
    text: str
    topic: str
    region_path: str
    said_on: date
    unsolved: bool


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """A suggestion. `may`: taken_up, declined, withdrawn."""

    id: int
    number: str
    state: str
    title: str
    text: str
    topic: str
    item_code: str
    item_name: str
    region_path: str
    agency_name: str
    made_by_agency: str
    made_by_name: str
    made_at: datetime
    voice_count: int
    party_count: int
    due_on: date | None
    answer: str
    answered_at: datetime | None
    answered_by_name: str
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class SuggestionPage:
    """Some of them, and how many there are."""

    rows: tuple[SuggestionView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ClusterDetail:
    """What a suggestion would be made of: how many say it, and the newest of them."""

    topic: str
    item_code: str
    item_name: str
    count: int
    parties: int
    voices: tuple[Voice, ...]


def suggestions(
    *,
    actor: Actor,
    state: str = "",
    mine: bool = False,
    text: str = "",
    offset: int = 0,
    limit: int = 20,
) -> SuggestionPage:
    """Suggestions of one's reach, or (`mine`) those one's own agencies owe an answer; newest first. Two queries.

    Raises NotAllowed.
    """
    rows = PolicySuggestion.objects.filter(reached(actor))
    if mine:
        rows = rows.filter(agency__in=agencies_of(actor, ANSWER_SUGGESTIONS) or agencies_of(actor, VIEW))
    if state:
        rows = rows.filter(state=state)
    if text := text.strip():
        rows = rows.filter(
            Q(title__icontains=text) | Q(number__icontains=text) | Q(item_name__icontains=text)
        )
    found = rows.select_related("agency", "made_by_agency")
    return SuggestionPage(
        tuple(_view(actor, row) for row in found[offset : offset + limit]), rows.order_by().count()
    )


def suggestion(
    *, actor: Actor, suggestion_id: int, most: int = 50
) -> tuple[SuggestionView, tuple[Voice, ...]]:
    """One suggestion with the newest of its voices. Two queries. Raises NotAllowed, StepNotFound."""
    rows = PolicySuggestion.objects.filter(reached(actor), pk=suggestion_id)
    row = rows.select_related("agency", "made_by_agency").first()
    if row is None:
        raise suggestion_not_found(suggestion_id)
    said = Appeal.objects.filter(pk__in=row.voices.order_by().values("appeal")).order_by("-submitted_at")
    return _view(actor, row), _voices(said[:most])


def cluster_detail(
    *,
    actor: Actor,
    region_path: str,
    topic: str = "",
    item_code: str = "",
    most: int = 20,
    now: datetime,
) -> ClusterDetail:
    """A cluster with the newest of its voices; nothing at all of what too few enterprises say. Raises NotAllowed."""
    actor.require(SUGGEST)
    rows = voices_of(actor, region_path=region_path, topic=topic, item_code=item_code, now=now)
    name = item_name(item_code, timezone.localdate(now)) if item_code else ""
    parties = parties_of(rows)
    if parties < learning_rules().cluster_from:
        return ClusterDetail(topic, item_code, name, 0, 0, ())
    return ClusterDetail(
        topic,
        item_code,
        name,
        rows.count(),
        parties,
        _voices(rows.order_by("-submitted_at")[:most]),
    )


def _voices(rows: Iterable[Appeal]) -> tuple[Voice, ...]:
    return tuple(
        Voice(
            row.title,
            row.text if len(row.text) <= _SHOWN else row.text[:_SHOWN] + "……",
            row.topic,
            row.region_path,
            timezone.localdate(row.submitted_at),
            bool(row.disputed_count or row.reopened_count),
        )
        for row in rows
    )


def _view(actor: Actor, row: PolicySuggestion) -> SuggestionView:
    possible = set(SUGGESTION.events(row.state))
    may: set[str] = set()
    if row.agency_id in agencies_of(actor, ANSWER_SUGGESTIONS) and row.made_by != reference_of(actor):
        may |= possible & {"taken_up", "declined"}
    if row.made_by_agency_id in agencies_of(actor, SUGGEST):
        may |= possible & {"withdrawn"}
    return SuggestionView(
        row.pk,
        number_words(row.number),
        row.state,
        row.title,
        row.text,
        row.topic,
        row.item_code,
        row.item_name,
        row.region_path,
        row.agency.name,
        row.made_by_agency.name,
        row.made_by_name,
        row.made_at,
        row.voice_count,
        row.party_count,
        row.due_on,
        row.answer,
        row.answered_at,
        row.answered_by_name,
        frozenset(may),
    )
