"""Money asked back: interest to the fen, parts of a plan, the journal, and who may do what."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.claims.factories import CHANNEL, YUAN, Claimed, Desk, bank_says, sent_batch
from tests.areas.claims.oversight.test_breaker import events_of_claims
from tests.areas.claims.paying.test_paying import Line
from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, no_event, official
from yingshang.areas.claims.banking.values import EntryKind, StatementEntry
from yingshang.areas.claims.errors import InvalidRecovery, NotPossibleNow, RecoveryNotFound
from yingshang.areas.claims.lifecycle import RECOVERY
from yingshang.areas.claims.models import JournalLine, PaymentOrder, ReconciliationDifference, Recovery
from yingshang.areas.claims.oversight.actions.recover import (
    cancel_recovery,
    demand_repayment,
    record_repayment,
    write_off,
)
from yingshang.areas.claims.oversight.plans import plan_left
from yingshang.areas.claims.oversight.recoveries import get_recovery, recoveries
from yingshang.areas.claims.paying.actions.explain import explain_difference
from yingshang.areas.claims.paying.actions.reconcile import reconcile_day
from yingshang.areas.claims.paying.books import check_books
from yingshang.kernel.access.api import Actor, ConflictingDuties, NotAllowed
from yingshang.kernel.clock.api import sweep
from yingshang.kernel.clock.models import Deadline
from yingshang.kernel.notices.models import Message
from yingshang.kernel.reference.api import ORDERS, Overpaid, Paid, standing

DAY = date(2026, 1, 1)
MONEY = st.integers(1, 10**11)
COMES = st.lists(st.tuples(st.integers(0, 800), st.integers(1, 100)), max_size=6)


# --- pure -------------------------------------------------------------------------------------------------------------


@given(MONEY, st.sampled_from([None, Decimal("0.03"), Decimal("0.1825")]), COMES, st.sampled_from(ORDERS))
def test_what_comes_back_is_divided_to_the_fen(
    principal: int, rate: Decimal | None, comes: list[tuple[int, int]], order: str
) -> None:
    rates = [(DAY, rate)] if rate else []
    paid: list[Paid] = []
    for days, percent in sorted(comes):
        on = DAY + timedelta(days=days)
        owed = standing(principal, rates=rates, since=DAY, until=on, paid=paid, order=order).open_fen
        if owed * percent // 100:
            paid.append(Paid(on, owed * percent // 100))
    until = DAY + timedelta(days=1000)
    found = standing(principal, rates=rates, since=DAY, until=until, paid=paid, order=order)
    assert [sum(each) for each in found.divided] == [each.amount_fen for each in paid]
    assert all(fen >= 0 for each in found.divided for fen in each)
    assert found.open_principal_fen == principal - sum(each for each, _ in found.divided) >= 0
    assert found.open_interest_fen == found.interest_fen - sum(each for _, each in found.divided) >= 0
    assert sum(step.interest_fen for step in found.steps) == found.interest_fen
    for step in found.steps:
        exact = Decimal(step.principal_fen) * (rate or 0) * step.days / 365
        assert abs(exact - step.interest_fen) <= Decimal("0.5")
    with pytest.raises(Overpaid):
        standing(
            principal,
            rates=rates,
            since=DAY,
            until=until,
            paid=[*paid, Paid(until, found.open_fen + 1)],
            order=order,
        )


@given(st.lists(MONEY, min_size=1, max_size=12), st.integers(0, 10**12))
def test_the_earliest_part_of_a_plan_is_paid_first(amounts: list[int], came: int) -> None:
    plan = [(DAY + timedelta(days=30 * place), fen) for place, fen in enumerate(amounts)]
    parts = plan_left(plan, came_fen=came, today=DAY + timedelta(days=45))
    assert sum(each.open_fen for each in parts) == max(sum(amounts) - came, 0)
    open_ones = [each.open_fen > 0 for each in parts]
    assert open_ones == sorted(open_ones)
    assert all(each.overdue == (each.open_fen > 0 and place < 2) for place, each in enumerate(parts))


def test_interest_is_that_of_the_printed_derivation() -> None:
    found = standing(
        1_000_000,
        rates=[(DAY, Decimal("0.03"))],
        since=DAY,
        until=DAY + timedelta(days=200),
        paid=[Paid(DAY + timedelta(days=100), 400_000)],
    )
    # 10,000.00 × 3% × 100 ÷ 365 = 82.19; 6,000.00 × 3% × 100 ÷ 365 = 49.32
    assert [(each.days, each.principal_fen, each.interest_fen) for each in found.steps] == [
        (100, 1_000_000, 8219),
        (100, 600_000, 4932),
    ]


def test_interest_is_split_where_the_rate_changes_and_what_was_divided_stays() -> None:
    changes = date(2025, 5, 20)
    rates = [(date(2024, 10, 21), Decimal("0.031")), (changes, Decimal("0.03"))]
    since, until = date(2025, 5, 10), date(2025, 7, 9)
    found = standing(1_000_000, rates=rates, since=since, until=until)
    # 10,000.00 × 3.1% × 10 ÷ 365 = 8.49; 10,000.00 × 3% × 50 ÷ 365 = 41.10
    assert [(each.since, each.until, each.rate, each.interest_fen) for each in found.steps] == [
        (since, changes, Decimal("0.031"), 849),
        (changes, until, Decimal("0.03"), 4110),
    ]
    # A rate that becomes known later changes what is still open, and not what the books say of a repayment.
    came = [Paid(until, 1_004_950, 4950)]
    later = [*rates, (date(2025, 6, 20), Decimal("0.02"))]
    again = standing(1_000_000, rates=later, since=since, until=until, paid=came)
    assert again.divided == ((1_000_000, 4950),) and (again.open_principal_fen, again.open_interest_fen) == (
        0,
        0,
    )


# --- with the books ---------------------------------------------------------------------------------------------------


def paid_claim() -> tuple[Claimed, Desk, Actor]:
    """A claim of 12,000 yuan that was paid on the day, and an official who may ask it back."""
    _, claim, people = sent_batch()
    bank_says(PaymentOrder.objects.select_related("batch").get(), "paid", day=NOW.date(), reference="B1")
    return claim, people, people.reviewer.actor()


def demand(claim: Claimed, who: Actor, **more: Any) -> Recovery:
    """All of it asked back, in two parts."""
    values: dict[str, Any] = {
        "principal_fen": 12_000 * YUAN,
        "reason": "参保人数不实",
        "basis": "哈人社规〔2026〕1 号第十条",
        "rate": "lpr_1y",
        **more,
    }
    half = values["principal_fen"] // 2
    today = NOW.date()
    plan = [(today + timedelta(days=30), half), (today + timedelta(days=60), values["principal_fen"] - half)]
    number = demand_repayment(actor=who, claim_id=claim.id, now=NOW, **{"plan": plan, **values})
    return Recovery.objects.get(pk=number)


def in_account(account: str) -> int:
    return JournalLine.objects.filter(account=account).aggregate(all=Sum("amount_fen", default=0))["all"]


@pytest.mark.django_db
def test_money_comes_back_in_parts_with_interest() -> None:
    claim, people, who = paid_claim()
    with events_of_claims() as events:
        row = demand(claim, who)
    assert events == ["claims.repayment_demanded"]
    assert (in_account("paid"), in_account("receivable")) == (0, 12_000 * YUAN) and not check_books()
    later = NOW + timedelta(days=100)
    money = people.treasurer
    with events_of_claims() as events:
        state = record_repayment(
            actor=money.actor(later),
            recovery_id=row.pk,
            amount_fen=5_000 * YUAN,
            paid_on=later.date(),
            bank_reference="L1",
            now=later,
        )
    assert (events, state) == (["claims.repayment_recorded"], "demanded")
    found = get_recovery(actor=claim.who.actor(later), recovery_id=row.pk, now=later)
    # 12,000 × 3% × 100 ÷ 365
    assert (found.interest_fen, found.open_principal_fen) == (9863, 7_000 * YUAN)
    assert [each.overdue for each in found.plan] == [True, True]
    # The file knows rates until the review day of its last entry; what is computed beyond says so.
    assert found.unconfirmed_from == row.interest_from and found.interest_rate == "3.00%"
    with no_event(), pytest.raises(InvalidRecovery) as refusal:
        record_repayment(
            actor=money.actor(later),
            recovery_id=row.pk,
            amount_fen=7_000 * YUAN + 9864,
            paid_on=later.date(),
            bank_reference="L2",
            now=later,
        )
    assert "7,098.63" in (refusal.value.message_zh or "")
    with no_event(), pytest.raises(InvalidRecovery):
        record_repayment(
            actor=money.actor(later),
            recovery_id=row.pk,
            amount_fen=1,
            paid_on=later.date(),
            bank_reference="L1",
            now=later,
        )
    state = record_repayment(
        actor=money.actor(later),
        recovery_id=row.pk,
        amount_fen=7_000 * YUAN + 9863,
        paid_on=later.date(),
        bank_reference="L2",
        now=later,
    )
    assert state == "settled" and claim.row.paid_fen == 12_000 * YUAN
    assert (in_account("receivable"), in_account("returned")) == (0, 12_000 * YUAN + 9863)
    assert in_account("interest") == -9863 and not check_books()
    assert recoveries(actor=who, now=later, text=claim.party.name).total == 1


@pytest.mark.django_db
def test_a_repayment_stands_in_one_line_of_the_statement_now_or_later() -> None:
    claim, people, who = paid_claim()
    row = demand(claim, who, rate="none")
    later = NOW + timedelta(days=3)
    clerk, other = people.treasurer.actor(later), people.checker.actor(later)
    day = NOW.date()

    def noted(reference: str, fen: int, on: date = day) -> str:
        return record_repayment(
            actor=clerk, recovery_id=row.pk, amount_fen=fen, paid_on=on, bank_reference=reference, now=later
        )

    line = Line()
    account = PaymentOrder.objects.get().batch.fund.payer_account

    def told(on: date, *lines: tuple[str, int]) -> None:
        line.statements[on] = [
            StatementEntry(reference=reference, amount_fen=fen, day=on, kind=EntryKind.DEPOSIT)
            for reference, fen in lines
        ]
        reconcile_day(line.way(CHANNEL), account=account, day=on, region_path="2301", actor=SYSTEM, now=later)

    # Before the statement: noted, and a difference that ends when the line comes, not by who noted it.
    for reference in ("L1", "L2", "L3"):
        assert noted(reference, 100) == "demanded"
    open_ones = ReconciliationDifference.objects.filter(kind="repayment_unlisted", explained_at=None)
    assert [(each.key, each.ours_fen, each.theirs_fen) for each in open_ones.order_by("key")] == [
        ("L1", 100, None),
        ("L2", 100, None),
        ("L3", 100, None),
    ]
    told(day, ("L1", 100), ("L2", 99), ("L4", 500))
    assert sorted(open_ones.values_list("key", "theirs_fen")) == [("L2", 99), ("L3", None)]
    third = open_ones.get(key="L3").pk
    with no_event(), pytest.raises(ConflictingDuties):
        explain_difference(actor=clerk, difference_id=third, explanation="银行漏列，已致电", now=later)
    explain_difference(actor=other, difference_id=third, explanation="银行漏列，已致电", now=later)
    # With the statement: its line, to the fen and the day, and no other.
    told(day + timedelta(days=1), ("L5", 700))
    for reference, fen, on in (
        ("L4", 501, day),
        ("L4", 500, day + timedelta(days=1)),
        ("L9", 500, day),
        ("B1", 12_000 * YUAN, day),
        ("L1", 100, day),
    ):
        with no_event(), pytest.raises(InvalidRecovery) as refusal:
            noted(reference, fen, on)
        assert refusal.value.message_zh
    assert noted("L4", 500) == "demanded"
    assert noted("L5", 700, day + timedelta(days=1)) == "demanded"
    assert open_ones.count() == 1 and not check_books()


@pytest.mark.django_db
def test_an_enterprise_is_reminded_of_each_part_before_and_after_it_is_due() -> None:
    claim, people, who = paid_claim()
    row = demand(claim, who)
    told = Message.objects.filter(template="claims.repayment_due")

    def reminded(day: int) -> tuple[int, int]:
        """How many messages the enterprise and the agency have got until nine in the morning of a day."""
        sweep(actor=SYSTEM, now=NOW + timedelta(days=day, hours=12))
        own = told.filter(party=claim.party).count()
        return own, told.count() - own

    # Two parts, due in 30 and in 60 days. The ladder reminds 7 days and 1 day before, and 1 and 15 days after.
    assert [reminded(day)[0] for day in (22, 23, 28, 29)] == [0, 1, 1, 2]
    own, officials = reminded(31)
    assert own == 3 and officials
    assert "已经逾期" in told.filter(party=claim.party).latest("pk").body
    later = NOW + timedelta(days=40)
    record_repayment(
        actor=people.treasurer.actor(later),
        recovery_id=row.pk,
        amount_fen=6_000 * YUAN,
        paid_on=later.date(),
        bank_reference="L1",
        now=later,
    )
    # What has come is not reminded of; what is still open is, until it is given up.
    assert [reminded(day)[0] for day in (45, 46, 53)] == [3, 3, 4]
    write_off(
        actor=official("department_official", HARBIN).actor(later),
        recovery_id=row.pk,
        decision="企业已破产",
        now=NOW + timedelta(days=54),
    )
    assert reminded(80)[0] == 4
    clocks = Deadline.objects.filter(owner_kind="claim_repayment").order_by("pk")
    assert [each.state for each in clocks] == ["met", "cancelled"]


@pytest.mark.django_db
def test_the_rest_is_given_up_by_somebody_else() -> None:
    claim, people, who = paid_claim()
    row = demand(claim, who, principal_fen=1001)
    record_repayment(
        actor=people.treasurer.actor(),
        recovery_id=row.pk,
        amount_fen=1,
        paid_on=NOW.date(),
        bank_reference="L1",
        now=NOW,
    )
    other = official("department_official", HARBIN).actor()
    with no_event(), pytest.raises(ConflictingDuties):
        write_off(actor=who, recovery_id=row.pk, decision="企业已破产", now=NOW)
    with no_event(), pytest.raises(NotPossibleNow):
        cancel_recovery(actor=other, recovery_id=row.pk, decision="有误", now=NOW)
    with events_of_claims() as events:
        write_off(actor=other, recovery_id=row.pk, decision="哈财核〔2026〕2 号", now=NOW)
    assert events == ["claims.recovery_written_off"]
    assert (in_account("written_off"), in_account("receivable"), in_account("returned")) == (1000, 0, 1)
    assert not check_books()
    # What was asked back once is not asked again; the rest can be.
    with no_event(), pytest.raises(InvalidRecovery):
        demand(claim, who, principal_fen=12_000 * YUAN - 1000)
    assert demand(claim, who, principal_fen=12_000 * YUAN - 1001).state == "demanded"


@pytest.mark.django_db
def test_a_demand_that_was_wrong_is_taken_back_and_leaves_nothing() -> None:
    claim, _, who = paid_claim()
    row = demand(claim, who)
    with no_event(), pytest.raises(NotPossibleNow):
        demand(claim, who, principal_fen=1)
    with no_event(), pytest.raises(ConflictingDuties):
        cancel_recovery(actor=who, recovery_id=row.pk, decision="认定有误", now=NOW)
    other = official("department_official", HARBIN).actor()
    with events_of_claims() as events:
        cancel_recovery(actor=other, recovery_id=row.pk, decision="认定有误", now=NOW)
    assert events == ["claims.recovery_cancelled"]
    assert (in_account("paid"), in_account("receivable")) == (12_000 * YUAN, 0) and not check_books()
    assert demand(claim, who).state == "demanded"


@pytest.mark.django_db
def test_what_cannot_be_asked_back_is_refused_with_words() -> None:
    claim, people, who = paid_claim()
    today = NOW.date()
    for wrong in (
        {"principal_fen": 12_000 * YUAN + 1},
        {"principal_fen": 0, "plan": [(today, 0)]},
        {"reason": " "},
        {"basis": ""},
        {"rate": "usury"},
        {"plan": [(today, 1)]},
        {"plan": [(today - timedelta(days=1), 12_000 * YUAN)]},
        {"interest_from": today + timedelta(days=1)},
        {"interest_from": today - timedelta(days=1)},
    ):
        with no_event(), pytest.raises(InvalidRecovery) as refusal:
            demand(claim, who, **wrong)
        assert refusal.value.message_zh and refusal.value.details["field"]
    for person in (people.window, people.treasurer, people.supervisor, claim.who):
        if person is people.window:
            continue
        with pytest.raises(NotAllowed):
            demand(claim, person.actor())
    row = demand(claim, who)
    with pytest.raises(RecoveryNotFound):
        get_recovery(actor=official("supervisor", "230200").actor(), recovery_id=row.pk, now=NOW)


@pytest.mark.parametrize(
    ("state", "event"), list(product(RECOVERY.states, ["repaid", "settled", "written_off", "cancelled"]))
)
def test_every_state_and_event_of_a_recovery(state: str, event: str) -> None:
    if state == "demanded":
        assert RECOVERY.after(state, event) == {"repaid": "demanded"}.get(event, event)
    else:
        with pytest.raises(NotPossibleNow):
            RECOVERY.after(state, event)
