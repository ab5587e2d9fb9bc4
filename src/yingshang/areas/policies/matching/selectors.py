"""Who is entitled to an item, as stored, for officials: within their reach, in the query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import PartySummary, count_parties, parties_after

from ..errors import ItemNotFound
from ..models import ItemVersion, MatchBucket
from . import planes
from .live import ENTITLED, ERROR, UNDECIDED, VIEW
from .planes import BUCKET, UNKNOWN_AMOUNT, decode_amounts, decode_planes, numbers
from .stored import read_version, read_whole_bucket

_PLANES = {ENTITLED: planes.ENTITLED, UNDECIDED: planes.UNDECIDED, ERROR: planes.FAILED}


@dataclass(frozen=True, slots=True)
class MatchedParty:
    """An enterprise an item is due to or open to. `amount_fen` is None where it is not known, or it pays no money."""

    party: PartySummary
    amount_fen: int | None


@dataclass(frozen=True, slots=True)
class MatchedPage:
    """Some of them by number, and how many there are in all. `next_after` is where the next page begins."""

    rows: tuple[MatchedParty, ...]
    total: int
    next_after: int | None


@dataclass(frozen=True, slots=True)
class MatchingState:
    """How far matching has come: the day it is of, when, how many buckets, and how many are of an earlier day."""

    day: date | None
    matched_at: datetime | None
    buckets: int
    behind: int


def matched_parties(
    *,
    actor: Actor,
    code: str,
    outcome: str = ENTITLED,
    after: int = 0,
    limit: int = 50,
    text: str = "",
    region: str | None = None,
) -> MatchedPage:
    """The enterprises of the actor's reach that are entitled to an item (or undecided, or an error), as stored.

    Needs `policies.view_matches`. Raises ItemNotFound for an item that is not published.
    """
    actor.require(VIEW)
    due = stored_parties(_published(code), outcome)
    found = list(due)
    total = count_parties(actor=actor, region=region, also=VIEW, among=found) if found else 0
    rows = (
        parties_after(
            actor=actor,
            after_id=after,
            limit=limit + 1,
            text=text,
            region=region,
            also=VIEW,
            among=[each for each in found if each > after],
        )
        if total
        else ()
    )
    shown = rows[:limit]
    return MatchedPage(
        tuple(MatchedParty(each, due[each.id]) for each in shown),
        total,
        shown[-1].id if len(rows) > limit else None,
    )


def stored_parties(version_id: int, outcome: str = ENTITLED) -> dict[int, int | None]:
    """Party → fen of everybody in a plane of a version, ascending. For this area: whoever calls it applies a scope."""
    found: dict[int, int | None] = {}
    for bucket, stored in read_version(version_id).items():
        parties = numbers(decode_planes(stored.planes)[_PLANES[outcome]], bucket).tolist()
        amounts = decode_amounts(stored) if outcome == ENTITLED else None
        if amounts is None:
            found |= dict.fromkeys(parties)
        else:
            dues: Sequence[int] = [amounts] * len(parties) if isinstance(amounts, int) else amounts.tolist()
            found |= {
                party: None if fen == UNKNOWN_AMOUNT else fen
                for party, fen in zip(parties, dues, strict=True)
            }
    return found


def stored_for_party(party_id: int) -> dict[int, str]:
    """Version → what is stored of one enterprise, where it is not a refusal. For this area."""
    word, bit = (party_id % BUCKET) >> 6, np.uint64(1) << np.uint64(party_id & 63)
    found = {}
    for version, stored in read_whole_bucket(party_id // BUCKET).items():
        held = decode_planes(stored.planes)
        for outcome, plane in _PLANES.items():
            if held[plane, word] & bit:
                found[version] = outcome
    return found


def matching_state(*, actor: Actor) -> MatchingState:
    """How far matching has come. Needs `policies.view_matches`."""
    actor.require(VIEW)
    rows = list(MatchBucket.objects.values_list("day", "matched_at"))
    newest = max((day for day, _ in rows), default=None)
    return MatchingState(
        day=newest,
        matched_at=max((moment for _, moment in rows), default=None),
        buckets=len(rows),
        behind=sum(day != newest for day, _ in rows),
    )


def _published(code: str) -> int:
    row = ItemVersion.objects.filter(item__code=code, state="published").values_list("pk", flat=True).first()
    if row is None:
        raise ItemNotFound(
            f"no published policy item {code!r}", message_zh=f"没有已发布的政策事项“{code}”", value=code
        )
    return int(row)
