"""What is rated: areas above this room register the kinds of things whose service is rated (ADR 0013)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .errors import UnknownRatedKind
from .rules import RatingRules


class TellRater(Protocol):
    """Tells who rated that what was wrong was put right, so that they may rate anew; in the transaction of that."""

    def __call__(self, subject_id: int, *, correction: str, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class RatedKind:
    """A kind of subject. `permission` is what one needs to see subjects of it, and with that their ratings; `link`
    gives a subject's page on the desk; `tell` says to who rated that it was put right.
    """

    code: str
    name: str
    name_en: str
    rules: RatingRules
    link: Callable[[int], str]
    permission: str
    tell: TellRater


@dataclass(frozen=True, slots=True)
class Rated:
    """One thing whose service is rated. `group` is by what results are summed besides the agency (an item, a topic).

    `rater` tells those who rate apart without saying who they are: only a keyed hash of it is kept. Without a
    `party_id`, or not `named`, nobody on the desk sees who rated.
    """

    kind: str
    id: int
    number: str
    label: str
    agency_id: int
    region_path: str
    rater: str
    group: str = ""
    party_id: int | None = None
    named: bool = True


_kinds: dict[str, RatedKind] = {}


def register_rated(kind: RatedKind) -> None:
    """Make a kind known, when Django starts. Repeating replaces."""
    _kinds[kind.code] = kind


def rated_kind(code: str) -> RatedKind:
    """The kind with this code. Raises UnknownRatedKind."""
    found = _kinds.get(code)
    if found is None:
        raise UnknownRatedKind(
            f"nobody has registered ratings of {code!r}; there are {', '.join(sorted(_kinds)) or 'none'}",
            message_zh=f"没有“{code}”这类评价",
            value=code,
        )
    return found


def rated_kinds() -> tuple[RatedKind, ...]:
    """All kinds, by their code."""
    return tuple(_kinds[code] for code in sorted(_kinds))
