"""Simple interest by the day on what stands open, payments divided to the fen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

ORDERS = ("principal_first", "interest_first")


@dataclass(frozen=True, slots=True)
class InterestStep:
    """One stretch of the calculation of interest: `principal_fen` stood open for so many days, at one year's rate."""

    since: date
    until: date
    days: int
    principal_fen: int
    interest_fen: int
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Paid:
    """So much came back on a day; `interest_fen` is how much of it was interest, where the books have settled that."""

    on: date
    amount_fen: int
    interest_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a debt stands on a day. `divided` is (principal, interest) of each repayment, in their order."""

    steps: tuple[InterestStep, ...]
    divided: tuple[tuple[int, int], ...]
    open_principal_fen: int
    open_interest_fen: int
    interest_fen: int

    @property
    def open_fen(self) -> int:
        """All that is still to come."""
        return self.open_principal_fen + self.open_interest_fen


class Overpaid(ValueError):
    """More came back than was owed on that day."""

    def __init__(self, open_fen: int) -> None:
        super().__init__(f"{open_fen} fen are owed")
        self.open_fen = open_fen


def standing(
    principal_fen: int,
    *,
    rates: Sequence[tuple[date, Decimal]] = (),
    since: date,
    until: date,
    paid: Sequence[Paid] = (),
    order: str = "principal_first",
    days_in_year: int = 365,
) -> Standing:
    """Interest runs from `since` on the principal that stands open, each stretch rounded to the fen (half up).

    `rates` are years' shares, each from its day on, that begin no later than `since`; none of them asks for none.
    Raises Overpaid.

    >>> rates = [(date(2025, 5, 20), Decimal("0.03"))]
    >>> standing(1_000_000, rates=rates, since=date(2026, 1, 1), until=date(2026, 12, 31)).interest_fen
    29918
    """
    if order not in ORDERS:
        raise ValueError(order)
    principal, interest, whole, day = principal_fen, 0, 0, since
    steps: list[InterestStep] = []
    divided: list[tuple[int, int]] = []
    for each in (*sorted(paid, key=lambda one: one.on), None):
        upto = until if each is None else each.on
        for first, last, rate in _stretches(rates, day, upto) if principal else ():
            days = (last - first).days
            grown = int((Decimal(principal) * rate * days / days_in_year).quantize(Decimal(1), ROUND_HALF_UP))
            steps.append(InterestStep(first, last, days, principal, grown, rate))
            interest, whole = interest + grown, whole + grown
        day = max(day, upto)
        if each is None:
            break
        if each.interest_fen is None and each.amount_fen > principal + interest:
            raise Overpaid(principal + interest)
        if each.interest_fen is not None:
            of_principal = each.amount_fen - each.interest_fen
        elif order == "principal_first":
            of_principal = min(each.amount_fen, principal)
        else:
            of_principal = each.amount_fen - min(each.amount_fen, interest)
        of_interest = each.amount_fen - of_principal
        principal, interest = principal - of_principal, interest - of_interest
        divided.append((of_principal, of_interest))
    # A rate that became known later can be lower than the one a repayment was divided by.
    return Standing(tuple(steps), tuple(divided), principal, max(interest, 0), whole)


def _stretches(
    rates: Sequence[tuple[date, Decimal]], since: date, until: date
) -> Iterator[tuple[date, date, Decimal]]:
    """The days between two, by the rates that hold in them."""
    ordered = sorted(rates)
    for place, (begins, rate) in enumerate(ordered):
        ends = ordered[place + 1][0] if place + 1 < len(ordered) else until
        first, last = max(begins, since), min(ends, until)
        if first < last and rate:
            yield first, last, rate
