"""Appeals that say the same as another: of the same enterprise, of others, and many at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from yingshang.kernel.access.api import Actor, entries_of

from ..models import Appeal
from ..models.appeals import OPEN
from ..reach import DISPATCH, on_desk
from .fingerprints import Fingerprint, fingerprint, likeness, nearness
from .groups import Burst, Said, alike_rules, bursts

_COUNTY_DIGITS = 6
_Values = QuerySet[Appeal, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class AlikeAppeal:
    """An open appeal that says the same: how alike (0 to 1), and whether so much that it is the same said again."""

    id: int
    number: str
    title: str
    state: str
    submitted_at: datetime
    voices: int
    likeness: float
    same: bool


def said_before(*, party_id: int, text: str) -> tuple[AlikeAppeal, ...]:
    """The open appeals of an enterprise that resemble a masked text so much that it is saying it again, likest first.

    What was joined to another is told by that one's number: join to `main`. Two queries.
    """
    rules = alike_rules()
    print_ = fingerprint(text)
    if not print_.bands:
        return ()
    rows = Appeal.objects.filter(party_id__in=entries_of(party_id), likeness__overlap=list(print_.bands))
    return tuple(each for each in _ranked(_newest(rows), print_) if each.likeness >= rules.same_again)


def mains_alike(appeal: Appeal, *, actor: Actor) -> tuple[AlikeAppeal, ...]:
    """The open appeals an appeal might be joined to, likest first: of whomever, within the actor's reach, of the same
    county, and not joined to another themselves. Alike in their characters, or about the same topic in the same telling
    words. Two queries. Raises NotAllowed.
    """
    rules = alike_rules()
    print_ = fingerprint(appeal.text)
    reach = on_desk(actor, DISPATCH).filter(main__isnull=True).exclude(pk=appeal.pk)
    here = reach.filter(region_path__startswith=appeal.region_path[:_COUNTY_DIGITS])
    found: dict[int, AlikeAppeal] = {}
    if print_.bands:
        resembling = here.filter(likeness__overlap=list(print_.bands))
        for each in _ranked(_newest(resembling), print_):
            if each.likeness >= rules.same_thing:
                found[each.id] = each
    topic = appeal.topic or str(appeal.proposal.get("topic") or "")
    if topic:
        since = appeal.submitted_at - timedelta(days=rules.days)
        dispatched = _open(here.filter(topic=topic, submitted_at__gte=since)).order_by("-submitted_at")
        # What waits for its desk has a proposed topic only.
        waiting = here.filter(state="received", topic="", proposal__topic=topic, submitted_at__gte=since)
        about = (
            _values(dispatched)[: rules.looked_at],
            _values(waiting.order_by((F("pk") + 0).desc()))[: rules.looked_at],
        )
        for each in _ranked(about[0].union(about[1], all=True), print_, by_words=True):
            if each.likeness >= rules.burst.near:
                found.setdefault(each.id, each)
    ranked = sorted(found.values(), key=lambda each: (-each.likeness, -each.voices, each.id))
    return tuple(ranked[: rules.shown])


def burst_candidates(*, actor: Actor, now: datetime) -> tuple[Burst, ...]:
    """What many enterprises of a county say at once and nobody has joined yet, within the actor's reach: the most
    first. One query. Raises NotAllowed.

    The topic is that they were dispatched by, before that the proposed one.
    """
    rules = alike_rules().burst
    recent = on_desk(actor, DISPATCH).filter(
        main__isnull=True, submitted_at__gt=now - timedelta(hours=rules.hours), submitted_at__lte=now
    )
    rows = (
        _open(recent)
        .order_by("-submitted_at", "-pk")
        .values_list("pk", "party_id", "topic", "proposal__topic", "region_path", "submitted_at", "text")
    )
    said = [
        Said(number, party, topic or proposed or "", path, at, fingerprint(text))
        for number, party, topic, proposed, path, at, text in rows[: rules.most]
    ]
    return bursts(said, now=now, rules=rules)


def _open(rows: QuerySet[Appeal]) -> QuerySet[Appeal]:
    return rows.filter(state__in=OPEN, ended_at__isnull=True)


def _newest(rows: QuerySet[Appeal]) -> _Values:
    """The newest of rows an index has found: not by walking all appeals from the newest on until enough are found."""
    return _values(_open(rows).order_by((F("pk") + 0).desc()))[: alike_rules().looked_at]


def _values(rows: QuerySet[Appeal]) -> _Values:
    return rows.values_list("pk", "number", "title", "state", "submitted_at", "voice_count", "text")


def _ranked(rows: _Values, print_: Fingerprint, *, by_words: bool = False) -> list[AlikeAppeal]:
    rules = alike_rules()
    found = []
    for number, code, title, state, at, voices, text in rows:
        other = fingerprint(text)
        how = likeness(print_, other)
        value = max(how, nearness(print_, other)) if by_words else how
        found.append(
            AlikeAppeal(number, code, title, state, at, voices, round(value, 3), how >= rules.same_again)
        )
    return sorted(found, key=lambda each: (-each.likeness, each.id))
