"""Interest on what is late, to the fen. Pure.

It runs from the day after the due date on what stands open, by the day, without interest on interest. A late payment
pays interest first unless the contract says otherwise (民法典第五百六十一条); what is recorded as divided by agreement
stays as it is.

`work_out` goes through all payments; `interest_of` goes on from what an obligation keeps of them (`accrued_fen`,
`accrued_until`, `open_fen`). Both come to the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from yingshang.kernel.reference.api import InterestStep, Overpaid, Paid, Standing, standing

__all__ = [
    "InterestFacts",
    "InterestStanding",
    "Overpaid",
    "Owed",
    "Paid",
    "interest_of",
    "late_days",
    "work_out",
]

ENDED = ("released", "dropped")
"""States in which nothing is owed any more."""


class Owed(Protocol):
    """What of an obligation its interest goes on from; see models.Obligation."""

    @property
    def amount_fen(self) -> int | None: ...
    @property
    def open_fen(self) -> int: ...
    @property
    def due_on(self) -> date | None: ...
    @property
    def daily_rate(self) -> Decimal | None: ...
    @property
    def accrued_fen(self) -> int: ...
    @property
    def accrued_until(self) -> date | None: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True, slots=True)
class InterestFacts:
    """What interest is worked out from. `daily_rate` is a share of a day, None unknown; `amount_fen` None unknown."""

    amount_fen: int | None
    due_on: date | None
    daily_rate: Decimal | None
    paid: Sequence[Paid] = ()
    order: str = "interest_first"


@dataclass(frozen=True, slots=True)
class InterestStanding:
    """How it stands on a day. `fen` is the interest that is open, None where it cannot be known; `whole_fen` all there
    was, with what was paid of it; `divided` (principal, interest) of each payment. `unknown` says what is missing:
    amount, due or rate. A step's `rate` is a day's share.
    """

    fen: int | None
    whole_fen: int | None
    open_principal_fen: int | None
    late_days: int
    steps: tuple[InterestStep, ...] = ()
    divided: tuple[tuple[int, int], ...] = ()
    unknown: str = ""


def interest_of(owed: Owed, on: date) -> InterestStanding:
    """The open interest of an obligation on a day, that day included; its payments have been settled before."""
    if owed.state in ENDED:
        return InterestStanding(0, 0, 0, 0)
    if owed.amount_fen is None:
        return InterestStanding(None, None, None, late_days(owed.due_on, on), unknown="amount")
    late = late_days(owed.due_on, on) if owed.open_fen else 0
    if owed.due_on is None:
        return InterestStanding(None, None, owed.open_fen, 0, unknown="due")
    if owed.daily_rate is None:
        return InterestStanding(
            None if late else 0, None if late else 0, owed.open_fen, late, unknown="rate" if late else ""
        )
    since = max(owed.due_on, owed.accrued_until or owed.due_on)
    found = _standing(owed.open_fen, ((since, owed.daily_rate),), since, max(on, since), (), "interest_first")
    whole = owed.accrued_fen + found.interest_fen
    return InterestStanding(whole, whole, owed.open_fen, late, found.steps)


def work_out(facts: InterestFacts, on: date) -> InterestStanding:
    """Interest on a day from all payments until then. Raises Overpaid where more was paid than was owed on its day.

    >>> facts = InterestFacts(1_000_000_00, date(2026, 6, 30), Decimal("0.0005"))
    >>> work_out(facts, date(2026, 7, 10)).fen
    500000
    """
    late = late_days(facts.due_on, on)
    if facts.amount_fen is None:
        return InterestStanding(None, None, None, late, unknown="amount")
    since = facts.due_on or on
    paid = [each for each in facts.paid if each.on <= on]
    until = max(on, since)
    if facts.due_on is None or facts.daily_rate is None:
        # Without a day, or a rate, all that is paid is principal.
        plain = [Paid(each.on, each.amount_fen, each.interest_fen) for each in paid]
        found = _standing(facts.amount_fen, (), since, until, plain, "principal_first")
        unknown = "due" if facts.due_on is None else "rate"
        if facts.due_on is not None and _was_on_time(facts.amount_fen, facts.due_on, paid, on):
            return InterestStanding(0, 0, found.open_principal_fen, 0, (), found.divided)
        return InterestStanding(
            None,
            None,
            found.open_principal_fen,
            late if found.open_principal_fen else 0,
            (),
            found.divided,
            unknown,
        )
    found = _standing(facts.amount_fen, ((since, facts.daily_rate),), since, until, paid, facts.order)
    return InterestStanding(
        found.open_interest_fen,
        found.interest_fen,
        found.open_principal_fen,
        late if found.open_principal_fen else 0,
        found.steps,
        found.divided,
    )


def late_days(due_on: date | None, on: date) -> int:
    """So many days after its day."""
    return 0 if due_on is None else max(0, (on - due_on).days)


def _was_on_time(amount_fen: int, due_on: date, paid: Sequence[Paid], on: date) -> bool:
    """Nothing was open after its day, or it is not over: no interest, whatever the rate."""
    return on <= due_on or sum(each.amount_fen for each in paid if each.on <= due_on) >= amount_fen


def _standing(
    amount_fen: int,
    rates: Sequence[tuple[date, Decimal]],
    since: date,
    until: date,
    paid: Sequence[Paid],
    order: str,
) -> Standing:
    # The rate is a day's share already: a year of one day.
    return standing(amount_fen, rates=rates, since=since, until=until, paid=paid, order=order, days_in_year=1)
