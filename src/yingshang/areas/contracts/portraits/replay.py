"""From what was promised and what has happened to facts, and from facts to the figures of a portrait. Pure.

A portrait of a time until a day knows only what happened until that day: who pays on the first of January was late on
the thirty-first of December, and the portrait of the year stays as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..performing.coming_to import Entry, Facts, come_to
from .rules import Level, PortraitRules, Stretch

ALL, ON_TIME, LATE_DONE, LATE_OPEN, DISPUTED, DISAGREED = (
    "all",
    "on_time",
    "late_done",
    "late_open",
    "disputed",
    "disagreed",
)
FIGURES = (ALL, ON_TIME, LATE_DONE, LATE_OPEN, DISPUTED, DISAGREED)
"""Figures that can be opened; and "delay:<stretch>" and "quarter:<2026Q1>"."""
BEFORE = "before"
"""The quarter of what fell due before the time the portrait is of, and was still open as it began."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What an obligation says: who, how much, until when. `decided_on` is the day a supervisor held it to be done."""

    obligation_id: int
    side: str
    amount_fen: int | None
    due_on: date
    decided_on: date | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """How one obligation stood on the last day. `on_time_fen` of the amount were paid by its day, `done_fen` at all."""

    obligation_id: int
    due_on: date
    done_on: date | None
    amount_fen: int | None
    on_time_fen: int = 0
    done_fen: int = 0
    disputed: bool = False
    disagreed: bool = False

    def late_days(self, until: date) -> int:
        """So many days late: until it was done; while it is open, until the day after the last, which is over then."""
        return max(0, ((self.done_on or until + timedelta(days=1)) - self.due_on).days)

    def written(self) -> list[Any]:
        """For the table; read by `read_fact`."""
        return [
            self.obligation_id,
            self.due_on.isoformat(),
            self.done_on.isoformat() if self.done_on else None,
            self.amount_fen,
            self.on_time_fen,
            self.done_fen,
            int(self.disputed),
            int(self.disagreed),
        ]


def read_fact(written: Sequence[Any]) -> Fact:
    """A fact as a portrait keeps it."""
    number, due, done, amount, on_time, done_fen, disputed, disagreed = written
    return Fact(
        number,
        date.fromisoformat(due),
        date.fromisoformat(done) if done else None,
        amount,
        on_time,
        done_fen,
        bool(disputed),
        bool(disagreed),
    )


def fact_of(promise: Promise, happened: Sequence[Entry], *, until: date) -> Fact:
    """What became of a promise by a day: the entries of both sides until then, weighed as everywhere."""
    decided = promise.decided_on if promise.decided_on and promise.decided_on <= until else None
    known = [each for each in happened if each.happened_on <= until]
    found = come_to(Facts(promise.side, promise.amount_fen, promise.due_on, None, decided), known)
    on_time = sum(
        each.amount_fen - (each.interest_fen or 0) for each in found.counted if each.on <= promise.due_on
    )
    return Fact(
        obligation_id=promise.obligation_id,
        due_on=promise.due_on,
        done_on=found.performed_on if found.performed else None,
        amount_fen=promise.amount_fen,
        on_time_fen=on_time if promise.amount_fen is not None else 0,
        done_fen=found.done_fen,
        disputed=found.disputed,
        disagreed=found.disagreed,
    )


def belongs(fact: Fact, *, since: date, until: date) -> bool:
    """Whether a portrait of this time counts it: due in it, or older and still open as it began."""
    return fact.due_on <= until and (fact.due_on >= since or fact.done_on is None or fact.done_on >= since)


@dataclass(frozen=True, slots=True)
class Quarter:
    """What fell due in a quarter, and how much of it was done on time."""

    code: str
    count: int
    on_time: int

    @property
    def rate(self) -> Decimal | None:
        """The share done on time."""
        return share(self.on_time, self.count)


@dataclass(frozen=True, slots=True)
class Peers:
    """Others of the same level and kind: how many, their middle rate, and the place among them, 1 the best."""

    count: int
    median: Decimal
    place: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a portrait. A rate is unknown where there is nothing it could be a share of."""

    count: int
    on_time: int
    late_done: int
    late_open: int
    amount_fen: int
    on_time_fen: int
    done_fen: int
    rate: Decimal | None
    by_amount: Decimal | None
    average_late_days: Decimal | None
    longest_late_days: int
    longest_open_days: int
    disputed: int
    disagreed: int
    delays: tuple[tuple[str, int], ...]
    quarters: tuple[Quarter, ...]
    peers: Peers | None = None

    @property
    def open_fen(self) -> int:
        """What is due and not paid."""
        return self.amount_fen - self.done_fen

    def written(self) -> dict[str, Any]:
        """For the table; read by `read_figures`."""
        return {
            "count": self.count,
            "on_time": self.on_time,
            "late_done": self.late_done,
            "late_open": self.late_open,
            "amount_fen": self.amount_fen,
            "on_time_fen": self.on_time_fen,
            "done_fen": self.done_fen,
            "rate": _text(self.rate),
            "by_amount": _text(self.by_amount),
            "average_late_days": _text(self.average_late_days),
            "longest_late_days": self.longest_late_days,
            "longest_open_days": self.longest_open_days,
            "disputed": self.disputed,
            "disagreed": self.disagreed,
            "delays": [list(each) for each in self.delays],
            "quarters": [[each.code, each.count, each.on_time] for each in self.quarters],
            "peers": [self.peers.count, str(self.peers.median), self.peers.place] if self.peers else None,
        }


def read_figures(written: Mapping[str, Any]) -> Figures:
    """Figures as a portrait keeps them."""
    peers = written.get("peers")
    plain = {
        key: written[key]
        for key in (
            "count",
            "on_time",
            "late_done",
            "late_open",
            "amount_fen",
            "on_time_fen",
            "done_fen",
            "longest_late_days",
            "longest_open_days",
            "disputed",
            "disagreed",
        )
    }
    return Figures(
        **plain,
        rate=_number(written["rate"]),
        by_amount=_number(written["by_amount"]),
        average_late_days=_number(written["average_late_days"]),
        delays=tuple((code, count) for code, count in written["delays"]),
        quarters=tuple(Quarter(*each) for each in written["quarters"]),
        peers=Peers(peers[0], Decimal(peers[1]), peers[2]) if peers else None,
    )


def portrait_of(facts: Iterable[Fact], rules: PortraitRules, *, since: date, until: date) -> Figures:
    """The figures of a time from the facts; those of other times are passed over. The order does not matter."""
    known = [each for each in facts if belongs(each, since=since, until=until)]
    late = [each.late_days(until) for each in known if _is_late(each, until)]
    count = Counter(figure for each in known for figure in figures_of(each, rules, since=since, until=until))
    priced = [each for each in known if each.amount_fen is not None]
    amount, on_time_fen = (
        sum(each.amount_fen or 0 for each in priced),
        sum(each.on_time_fen for each in priced),
    )
    quarters = sorted({_quarter(each, since) for each in known}, key=lambda code: (code != BEFORE, code))
    on_time_in = Counter(_quarter(each, since) for each in known if not _is_late(each, until))
    return Figures(
        count=len(known),
        on_time=count[ON_TIME],
        late_done=count[LATE_DONE],
        late_open=count[LATE_OPEN],
        amount_fen=amount,
        on_time_fen=on_time_fen,
        done_fen=sum(each.done_fen for each in priced),
        rate=share(count[ON_TIME], len(known)),
        by_amount=share(on_time_fen, amount),
        average_late_days=_average(late),
        longest_late_days=max(late, default=0),
        longest_open_days=max((each.late_days(until) for each in known if each.done_on is None), default=0),
        disputed=count[DISPUTED],
        disagreed=count[DISAGREED],
        delays=tuple((each.code, count[f"delay:{each.code}"]) for each in rules.stretches),
        quarters=tuple(Quarter(code, count[f"quarter:{code}"], on_time_in[code]) for code in quarters),
    )


def figures_of(fact: Fact, rules: PortraitRules, *, since: date, until: date) -> tuple[str, ...]:
    """Every figure one fact counts in: by this a figure is opened down to its obligations."""
    late = _is_late(fact, until)
    kind = ON_TIME if not late else LATE_DONE if fact.done_on is not None else LATE_OPEN
    stretch: Stretch = rules.stretch_of(fact.late_days(until))
    return (
        ALL,
        kind,
        f"delay:{stretch.code}",
        f"quarter:{_quarter(fact, since)}",
        *((DISPUTED,) if fact.disputed else ()),
        *((DISAGREED,) if fact.disagreed else ()),
    )


def level_of(figures: Figures, rules: PortraitRules) -> Level:
    """The level the figures come to; unknown with too few obligations."""
    if figures.count < rules.minimum or figures.rate is None:
        return rules.unknown
    return next((each for each in rules.levels if _holds(each, figures)), rules.levels[-1])


def compared(own: Decimal, others: Sequence[Decimal], figures: Figures) -> Figures:
    """The figures with the place among others; `others` are all rates of the group, one's own included."""
    ordered = sorted(others)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    place = 1 + sum(1 for each in ordered if each > own)
    return replace(figures, peers=Peers(len(ordered), median.quantize(_STEP, ROUND_HALF_UP), place))


_STEP = Decimal("0.0001")


def share(part: int, whole: int) -> Decimal | None:
    """A share to four places; None of nothing. Rounded down: what is not whole is not 100 %."""
    return (Decimal(part) / whole).quantize(_STEP, "ROUND_DOWN") if whole else None


def _is_late(fact: Fact, until: date) -> bool:
    return fact.late_days(until) > 0


def _holds(level: Level, figures: Figures) -> bool:
    assert figures.rate is not None
    return (
        (level.rate is None or figures.rate >= level.rate)
        and (level.by_amount is None or figures.by_amount is None or figures.by_amount >= level.by_amount)
        and (level.late_open_days is None or figures.longest_open_days <= level.late_open_days)
    )


def _quarter(fact: Fact, since: date) -> str:
    if fact.due_on < since:
        return BEFORE
    return f"{fact.due_on.year}Q{(fact.due_on.month + 2) // 3}"


def _average(days: Sequence[int]) -> Decimal | None:
    if not days:
        return None
    return (Decimal(sum(days)) / len(days)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
