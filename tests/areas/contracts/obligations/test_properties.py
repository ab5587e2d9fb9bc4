"""What holds of every obligation: of its days, its interest, its parts, and of whatever two sides say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from yingshang.areas.contracts.obligations.interest import InterestFacts, Paid, interest_of, work_out
from yingshang.areas.contracts.obligations.law import payment_law
from yingshang.areas.contracts.obligations.terms import (
    Terms,
    derive,
    even_parts,
    occurrences,
    read_terms,
    split_price,
)
from yingshang.areas.contracts.performing.coming_to import Entry, Facts, Outcome, come_to
from yingshang.kernel.clock.api import Term, national

DUE = date(2026, 6, 30)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
fen = st.integers(1, 10**12)
rates = st.decimals(Decimal(0), Decimal("0.001"), places=10)
sides = st.sampled_from(("unit", "counterparty"))
terms_of_time = st.builds(Term, st.integers(1, 120), st.sampled_from(("days", "working_days", "months")))
entries = st.lists(
    st.tuples(
        sides,
        st.sampled_from(("done", "partial", "not_received", "disputed", "settled")),
        days,
        st.one_of(st.none(), st.integers(1, 2_000)),
    ),
    max_size=8,
).map(
    lambda rows: [
        Entry(
            number, side, what, on, amount if what in ("done", "partial") else None, min(amount or 0, number)
        )
        for number, (side, what, on, amount) in enumerate(rows)
    ]
)


@dataclass(frozen=True)
class Row:
    """What an obligation keeps of its payments."""

    amount_fen: int | None
    open_fen: int
    due_on: date | None
    daily_rate: Decimal | None
    accrued_fen: int
    accrued_until: date | None
    state: str


@settings(max_examples=examples(200))
@given(fen, rates, days, st.integers(0, 400))
def test_interest_only_grows(amount: int, rate: Decimal, on: date, more: int) -> None:
    facts = InterestFacts(amount, DUE, rate)
    sooner, later = work_out(facts, on), work_out(facts, on + timedelta(days=more))
    assert 0 <= (sooner.fen or 0) <= (later.fen or 0)
    assert (work_out(InterestFacts(amount + 1, DUE, rate), on).fen or 0) >= (sooner.fen or 0)
    if on <= DUE:
        assert sooner.fen == 0


@settings(max_examples=examples(200))
@given(st.integers(2, 10**9), rates, st.lists(st.tuples(days, st.integers(1, 50)), max_size=5), days)
def test_payments_are_divided_to_the_fen_and_interest_goes_on_from_what_is_kept(
    amount: int, rate: Decimal, shares: list[tuple[date, int]], on: date
) -> None:
    paid = [Paid(day, max(amount * share // 400, 1)) for day, share in shares if amount * share // 400]
    facts = InterestFacts(amount, DUE, rate, sorted(paid, key=lambda one: one.on))
    last = max([DUE, *(each.on for each in paid)])
    found = work_out(facts, last)

    assert [sum(parts) for parts in found.divided] == [
        each.amount_fen for each in facts.paid if each.on <= last
    ]
    assert found.open_principal_fen == amount - sum(principal for principal, _ in found.divided)
    assert found.fen == (found.whole_fen or 0) - sum(interest for _, interest in found.divided)
    row = Row(amount, found.open_principal_fen, DUE, rate, found.fen, last, "partial")
    day = max(on, last)
    assert interest_of(row, day).fen == work_out(facts, day).fen


@settings(max_examples=examples(200))
@given(st.integers(0, 10**12), st.lists(st.integers(1, 500), min_size=1, max_size=12))
def test_shares_come_to_the_whole(price: int, weights: list[int]) -> None:
    shares = [(Decimal(each) / sum(weights)).quantize(Decimal("0.0001")) for each in weights]
    shares[-1] += 1 - sum(shares)
    if not 0 < shares[-1] <= 1:
        return
    parts = split_price(price, shares)
    assert sum(parts) == price
    assert all(part >= 0 for part in parts)
    assert sum(even_parts(price, len(weights))) == price


@settings(max_examples=examples(150))
@given(days, terms_of_time, st.sampled_from(("delivered", "accepted", "invoiced")), st.booleans())
def test_a_due_date_is_a_working_day_after_its_event_and_within_the_law(
    event_on: date, term: Term, event: str, lawful: bool
) -> None:
    law = payment_law("d802") if lawful else None
    terms = read_terms({"after": event, "term": term.as_dict()})
    due = derive(terms, event_on=event_on, calendar=national(), law=law)

    assert due.due_on is not None and due.agreed_on is not None
    assert event_on < due.due_on <= due.agreed_on
    if due.due_on <= national().coverage().last:
        assert national().is_working_day(due.due_on)
    if law is not None and event != "invoiced":
        assert due.law_due_on is not None
        assert due.due_on == min(due.agreed_on, due.law_due_on)
    else:
        assert due.due_on == due.agreed_on
    assert derive(terms, calendar=national(), law=law).due_on is None


@settings(max_examples=examples(100))
@given(days, st.integers(0, 1500), st.integers(1, 6), st.sampled_from(("days", "months", "years")))
def test_recurring_days_lie_within_their_stretch_in_order(
    first: date, length: int, amount: int, unit: str
) -> None:
    terms = read_terms(
        {
            "every": {unit: amount * (7 if unit == "days" else 1)},
            "from": first,
            "until": first + timedelta(days=length),
        }
    )
    found = occurrences(terms, most=10_000)
    assert found[0] == first
    assert list(found) == sorted(set(found))
    assert found[-1] <= first + timedelta(days=length)
    if unit != "days":
        assert all(each.day <= first.day and (each.day == first.day or each.day >= 28) for each in found)


@settings(max_examples=examples(100))
@given(
    st.one_of(
        st.builds(lambda on: {"on": on}, days),
        st.builds(
            lambda term, on: {"after": "accepted", "term": term.as_dict(), "at_latest": on},
            terms_of_time,
            days,
        ),
        st.just({"after": "obligation", "of": 3}),
        st.builds(lambda on: {"every": {"months": 3}, "from": on, "until": on + timedelta(days=300)}, days),
    ),
    st.one_of(st.none(), st.just("0.25")),
    st.one_of(st.none(), st.just({"yearly": "0.04"})),
)
def test_terms_are_read_as_they_are_written(
    written: dict[str, object], share: str | None, rate: dict[str, str] | None
) -> None:
    terms = read_terms({**written, "share": share, "rate": rate})
    again = read_terms(terms.as_dict())
    assert isinstance(again, Terms)
    assert again == terms


@settings(max_examples=examples(400))
@given(sides, st.one_of(st.none(), st.integers(1, 1_500)), rates, entries)
def test_whatever_two_sides_say_comes_to_something_whole(
    side: str, amount: int | None, rate: Decimal, said: list[Entry]
) -> None:
    facts = Facts(side, amount, DUE, rate)
    found = come_to(facts, said)

    assert come_to(facts, list(reversed(said))) == found
    assert found.done_fen + found.open_fen == (amount or 0)
    assert found.open_fen >= 0 and found.done_fen >= 0 and found.accrued_fen >= 0
    assert not (found.performed and found.partial)
    assert (found.performed_on is not None) == found.performed
    if amount is not None:
        assert found.performed == (found.open_fen == 0)
        assert sum(each.amount_fen - (each.interest_fen or 0) for each in found.counted) == found.done_fen
    spoke = {each.side for each in said if each.what in ("done", "partial", "not_received")}
    if found.disagreed:
        assert spoke == {"unit", "counterparty"}
    if not spoke:
        assert found == Outcome(
            False, False, None, 0, amount or 0, None, None, False, found.disputed, "", 0, None
        )
    # Who owes alone does not confirm; what a supervisor holds to be done is done.
    if spoke <= {side}:
        assert found.confirmed_by == ""
    decided = come_to(Facts(side, amount, DUE, rate, decided_on=date(2027, 12, 31)), said)
    assert decided.performed and decided.open_fen == 0 and decided.confirmed_by == "supervisor"


@settings(max_examples=examples(200))
@given(st.integers(1, 1_500), st.lists(st.tuples(days, st.integers(1, 900)), min_size=1, max_size=4))
def test_who_is_owed_saying_the_same_agrees_and_saying_less_does_not(
    amount: int, paid: list[tuple[date, int]]
) -> None:
    unit = [Entry(number, "unit", "partial", on, fen_) for number, (on, fen_) in enumerate(paid)]
    whole = sum(fen_ for _, fen_ in paid)
    facts = Facts("unit", amount, DUE, Decimal("0.0005"))

    same = come_to(facts, [*unit, Entry(99, "counterparty", "partial", paid[-1][0], whole)])
    assert not same.disagreed
    assert same.done_fen == come_to(facts, unit).done_fen
    denied = come_to(facts, [*unit, Entry(99, "counterparty", "not_received", paid[-1][0])])
    assert denied.disagreed and denied.done_fen == 0
    if whole > 1:
        less = come_to(facts, [*unit, Entry(99, "counterparty", "partial", paid[-1][0], whole - 1)])
        assert less.disagreed
        assert less.done_fen == min(amount, whole - 1)
