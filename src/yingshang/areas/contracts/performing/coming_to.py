"""What the entries of both sides come to. Pure, but for `put`, which writes it onto a row.

Nothing is averaged. What the unit has said counts unless the other side denied it; what the other side says counts
where it is against its own interest: it received the money, it got the goods. Where the two differ the lesser counts,
and `disagreed` says so. What one side has said after the other's last word is not denied yet: nobody has answered it.

A payment was divided into principal and interest when it was recorded; that stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from ..lifecycle import OBLIGATION
from ..models import Obligation, Performance
from ..obligations.interest import InterestFacts, Paid, work_out

UNIT, COUNTERPARTY = "unit", "counterparty"
SUPERVISOR = "supervisor"
DONE, PARTIAL, NOT_RECEIVED, DISPUTED, SETTLED = "done", "partial", "not_received", "disputed", "settled"
WHAT = (DONE, PARTIAL, NOT_RECEIVED, DISPUTED, SETTLED)
_WORDS = (DONE, PARTIAL, NOT_RECEIVED)
ENDED = ("released", "dropped")

_STEPS = {
    ("waiting", "running"): ("begun",),
    ("waiting", "partial"): ("begun", "part_performed"),
    ("waiting", "performed"): ("performed",),
    ("running", "waiting"): ("unbegun",),
    ("running", "partial"): ("part_performed",),
    ("running", "performed"): ("performed",),
    ("partial", "waiting"): ("undone", "unbegun"),
    ("partial", "running"): ("undone",),
    ("partial", "performed"): ("performed",),
    ("performed", "waiting"): ("undone", "unbegun"),
    ("performed", "running"): ("undone",),
    ("performed", "partial"): ("undone", "part_performed"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What one side has said; `number` in the order of saying. `amount_fen` is missing where none was given."""

    number: int
    side: str
    what: str
    happened_on: date
    amount_fen: int | None = None
    interest_fen: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What of an obligation decides on what entries come to. `decided_on` is the day a supervisor has held it to be
    done, whatever is said.
    """

    side: str
    amount_fen: int | None
    due_on: date | None = None
    daily_rate: Decimal | None = None
    decided_on: date | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the entries come to. `counted` are the payments that count, divided. `confirmed_by` is the creditor's side
    where it has said so itself.
    """

    performed: bool
    partial: bool
    performed_on: date | None
    done_fen: int
    open_fen: int
    unit_said_fen: int | None
    counterparty_said_fen: int | None
    disagreed: bool
    disputed: bool
    confirmed_by: str
    accrued_fen: int
    accrued_until: date | None
    counted: tuple[Paid, ...] = ()


def come_to(facts: Facts, entries: Sequence[Entry]) -> Outcome:
    """What valid entries come to. The order they are given in does not matter."""
    entries = sorted(entries, key=lambda one: one.number)
    disputed = any(_last(entries, side, (DISPUTED, SETTLED)) == DISPUTED for side in (UNIT, COUNTERPARTY))
    if facts.amount_fen is None:
        return _by_words(facts, entries, disputed)
    return _by_amounts(facts, facts.amount_fen, entries, disputed)


def interest_within(facts: Facts, entries: Sequence[Entry], *, on: date, amount_fen: int, order: str) -> int:
    """How much of a payment on a day is interest, by the order the contract or the law says (interest_first or
    principal_first), after what counts so far. Whoever records it, a form, a table or a system.
    """
    if facts.amount_fen is None:
        return 0
    outcome = come_to(facts, entries)
    standing = InterestFacts(facts.amount_fen, facts.due_on, facts.daily_rate, outcome.counted)
    return by_order(
        order,
        amount_fen=amount_fen,
        interest_fen=work_out(standing, on).fen or 0,
        open_fen=outcome.open_fen,
    )


def by_order(order: str, *, amount_fen: int, interest_fen: int, open_fen: int) -> int:
    """How much of an amount is interest, where so much interest and principal is open."""
    if order == "interest_first":
        return min(amount_fen, interest_fen)
    return min(interest_fen, max(0, amount_fen - open_fen))


def _by_words(facts: Facts, entries: Sequence[Entry], disputed: bool) -> Outcome:
    words = {side: _last(entries, side, _WORDS) for side in (UNIT, COUNTERPARTY)}
    unit, other = (None if not words[side] else words[side] == DONE for side in (UNIT, COUNTERPARTY))
    creditor_is_other = facts.side == UNIT
    spoke_last = next((each.side for each in reversed(entries) if each.what in _WORDS), "")
    disagreed = False
    if unit is None:
        done = bool(other) and creditor_is_other
    elif other is None or unit == other:
        done = unit
    elif spoke_last == UNIT and unit:
        done = True
    elif spoke_last == COUNTERPARTY and other:
        done = creditor_is_other
    else:
        done, disagreed = False, True
    creditor = COUNTERPARTY if creditor_is_other else UNIT
    said = [each for each in entries if each.what == DONE and (each.side == UNIT or not unit)]
    on = said[-1].happened_on if done and said else None
    confirmed = creditor if done and words[creditor] == DONE else ""
    if facts.decided_on is not None and not done:
        done, on = True, facts.decided_on
    if facts.decided_on is not None:
        confirmed = SUPERVISOR
    sums = {
        side: sum(
            each.amount_fen or 0 for each in entries if each.side == side and each.what in (DONE, PARTIAL)
        )
        if any(each.side == side and each.amount_fen is not None for each in entries)
        else None
        for side in (UNIT, COUNTERPARTY)
    }
    part = not done and any(
        word == PARTIAL or (word == DONE and (side == UNIT or creditor_is_other))
        for side, word in words.items()
    )
    return Outcome(
        performed=done,
        partial=part and not disagreed,
        performed_on=on,
        done_fen=0,
        open_fen=0,
        unit_said_fen=sums[UNIT],
        counterparty_said_fen=sums[COUNTERPARTY],
        disagreed=disagreed,
        disputed=disputed,
        confirmed_by=confirmed,
        accrued_fen=0,
        accrued_until=None,
    )


def _by_amounts(facts: Facts, amount_fen: int, entries: Sequence[Entry], disputed: bool) -> Outcome:
    creditor = COUNTERPARTY if facts.side == UNIT else UNIT
    paid = {
        side: [each for each in entries if each.side == side and each.amount_fen]
        for side in (UNIT, COUNTERPARTY)
    }
    spoke = {
        side: [each.number for each in entries if each.side == side and each.what in _WORDS] for side in paid
    }
    sums = {side: sum(each.amount_fen or 0 for each in paid[side]) for side in paid}
    closing = _closing(entries, creditor)
    if closing is not None:
        # Who is owed says that all has come: it agrees with what the other has said, and with the whole.
        sums[creditor] = max(sums[creditor], amount_fen, sums[UNIT])
    payments, disagreed = _weigh(paid, sums, spoke, creditor, closed=closing is not None)
    counted, left = _divided(payments, amount_fen)
    if closing is not None and left:
        counted, left = [*counted, Paid(closing.happened_on, left, 0)], 0
    decided = facts.decided_on is not None
    if decided and left:
        assert facts.decided_on is not None
        counted, left = [*counted, Paid(facts.decided_on, left, 0)], 0
    counted.sort(key=lambda one: one.on)
    confirmed = ""
    if decided:
        confirmed = SUPERVISOR
    elif not left and not disagreed and spoke[creditor] and sums[creditor] >= sums[UNIT]:
        confirmed = creditor
    accrued, until = _accrued(facts, amount_fen, counted)
    return Outcome(
        performed=not left,
        partial=0 < left < amount_fen,
        performed_on=counted[-1].on if not left and counted else None,
        done_fen=amount_fen - left,
        open_fen=left,
        unit_said_fen=sums[UNIT] if spoke[UNIT] else None,
        counterparty_said_fen=sums[COUNTERPARTY] if spoke[COUNTERPARTY] else None,
        disagreed=disagreed,
        disputed=disputed,
        confirmed_by=confirmed,
        accrued_fen=accrued,
        accrued_until=until,
        counted=tuple(counted),
    )


def _weigh(
    paid: dict[str, list[Entry]],
    sums: dict[str, int],
    spoke: dict[str, list[int]],
    creditor: str,
    *,
    closed: bool,
) -> tuple[list[Entry], bool]:
    """The entries that count, cut to what they count for, and whether the two sides differ."""
    unit, other = paid[UNIT], paid[COUNTERPARTY]
    if closed and creditor == COUNTERPARTY:
        return (unit or other), False
    if not spoke[COUNTERPARTY]:
        return unit, False
    if not spoke[UNIT]:
        return (other, False) if creditor == COUNTERPARTY else ([], False)
    last_word = max(spoke[COUNTERPARTY])
    answered = [each for each in unit if each.number < last_word]
    since = [each for each in unit if each.number > last_word]
    said = sum(each.amount_fen or 0 for each in answered)
    if said > sums[COUNTERPARTY]:
        return [*_first(answered, sums[COUNTERPARTY]), *since], True
    if sums[COUNTERPARTY] > sums[UNIT]:
        if max(spoke[UNIT]) > last_word:
            return unit, True
        if creditor == COUNTERPARTY:
            return [*unit, *_after(other, sums[UNIT])], False
    return unit, False


def _first(entries: Sequence[Entry], fen: int) -> list[Entry]:
    """So much of some entries, from the first on."""
    found = []
    for each in sorted(entries, key=lambda one: (one.happened_on, one.number)):
        if fen <= 0:
            break
        taken = min(each.amount_fen or 0, fen)
        found.append(replace(each, amount_fen=taken, interest_fen=min(each.interest_fen, taken)))
        fen -= taken
    return found


def _after(entries: Sequence[Entry], fen: int) -> list[Entry]:
    """What is left of some entries after so much of them."""
    found = []
    for each in sorted(entries, key=lambda one: (one.happened_on, one.number)):
        amount = each.amount_fen or 0
        gone = min(amount, fen)
        fen -= gone
        if amount > gone:
            found.append(
                replace(each, amount_fen=amount - gone, interest_fen=min(each.interest_fen, amount - gone))
            )
    return found


def _divided(entries: Sequence[Entry], amount_fen: int) -> tuple[list[Paid], int]:
    """Payments by their day, no more principal among them than is owed; and what is left of it."""
    left, found = amount_fen, []
    for each in sorted(entries, key=lambda one: (one.happened_on, one.number)):
        principal = min((each.amount_fen or 0) - each.interest_fen, left)
        left -= principal
        if principal or each.interest_fen:
            found.append(Paid(each.happened_on, principal + each.interest_fen, each.interest_fen))
    return found, left


def _accrued(facts: Facts, amount_fen: int, counted: Sequence[Paid]) -> tuple[int, date | None]:
    """The interest open at the last payment after the due date, and that day."""
    if facts.due_on is None or facts.daily_rate is None or not counted or counted[-1].on <= facts.due_on:
        return 0, None
    until = counted[-1].on
    found = work_out(InterestFacts(amount_fen, facts.due_on, facts.daily_rate, counted), until)
    return found.fen or 0, until


def _closing(entries: Sequence[Entry], creditor: str) -> Entry | None:
    """The word of who is owed that all has come, where it has not said the contrary since."""
    words = [each for each in entries if each.side == creditor and each.what in _WORDS]
    last = next((each for each in reversed(words) if each.what in (DONE, NOT_RECEIVED)), None)
    return last if last is not None and last.what == DONE else None


def _last(entries: Sequence[Entry], side: str, among: Sequence[str]) -> str:
    return next((each.what for each in reversed(entries) if each.side == side and each.what in among), "")


def facts_of(row: Obligation) -> Facts:
    """What of a row decides on what its entries come to."""
    decided = None
    if row.confirmed_by == SUPERVISOR and row.confirmed_at is not None:
        decided = row.performed_on or timezone.localdate(row.confirmed_at)
    return Facts(row.side, row.amount_fen, row.due_on, row.daily_rate, decided)


def entry_of(row: Performance, number: int) -> Entry:
    """A saved entry as it is weighed."""
    return Entry(number, row.side, row.what, row.happened_on, row.amount_fen, row.interest_fen)


def put(row: Obligation, entries: Sequence[Entry], *, now: datetime) -> Outcome:
    """What the valid entries come to, onto the row: sums, state, interest. Nothing is saved. Raises NotPossibleNow."""
    found = come_to(facts_of(row), entries)
    if row.state in ENDED:
        row.disputed, row.disagreed = found.disputed, found.disagreed
        return found
    row.done_fen, row.open_fen = found.done_fen, found.open_fen
    row.unit_said_fen, row.counterparty_said_fen = found.unit_said_fen, found.counterparty_said_fen
    row.disagreed, row.disputed = found.disagreed, found.disputed
    row.accrued_fen, row.accrued_until = found.accrued_fen, found.accrued_until
    row.performed_on = found.performed_on
    if found.confirmed_by != row.confirmed_by:
        row.confirmed_by = found.confirmed_by
        row.confirmed_at = now if found.confirmed_by else None
    move(row, _state(row, found), now=now)
    return found


def move(row: Obligation, state: str, *, now: datetime) -> None:
    """Lead the row to a state, by the events of the table. Raises NotPossibleNow."""
    if row.state == state:
        return
    before = row.state
    for event in _STEPS.get((before, state), ("undone",)):
        row.state = OBLIGATION.after(row.state, event)
    row.state_before = before
    row.ended_at = None if OBLIGATION.states[row.state].open else now


def _state(row: Obligation, found: Outcome) -> str:
    if found.performed:
        return "performed"
    if row.due_on is None:
        return "waiting"
    return "partial" if found.partial else "running"
