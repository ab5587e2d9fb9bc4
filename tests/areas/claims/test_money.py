"""Awards, budgets, orders and the journal: what the actions do, and what the database refuses whoever asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.claims.factories import (
    YUAN,
    account_of,
    another_claim,
    approved_claim,
    bank_says,
    checked_batch,
    done,
    draft_claim,
    fund,
    handed_in,
    payable_claim,
    prepared_batch,
    sent_batch,
    submitted_claim,
)
from tests.kernel.access.factories import NOW, SYSTEM, no_event, one_event
from yingshang.areas.claims.actions.keep_funds import set_budget
from yingshang.areas.claims.actions.prepare_batch import check_batch, prepare_batch, take_back_batch
from yingshang.areas.claims.awards import Award, Part, cut, level_of, split
from yingshang.areas.claims.errors import (
    AlreadyClaimed,
    InvalidBudget,
    InvalidJournal,
    NothingToPay,
    NotPossibleNow,
    OverBudget,
)
from yingshang.areas.claims.journal import Line, balances, export_journal, write_entry
from yingshang.areas.claims.lifecycle import BATCH, CLAIM, LIST, ORDER, RECOVERY
from yingshang.areas.claims.models import (
    Budget,
    Claim,
    Instalment,
    JournalEntry,
    JournalLine,
    PayeeAccount,
    PaymentBatch,
    PaymentOrder,
    ReconciliationDifference,
    Reservation,
)
from yingshang.areas.claims.selectors import claims, get_claim
from yingshang.areas.claims.way import way_of
from yingshang.kernel.access.api import ConflictingDuties

pytestmark = pytest.mark.django_db


def budget() -> Budget:
    return Budget.objects.get()


def only_order() -> PaymentOrder:
    return PaymentOrder.objects.select_related("batch").get()


def journal_is_zero() -> bool:
    return (JournalLine.objects.aggregate(all=Sum("amount_fen"))["all"] or 0) == 0


def in_account(account: str) -> int:
    return sum(each.amount_fen for each in balances(actor=SYSTEM) if each.account == account)


# --- pure -------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**13), st.lists(st.integers(0, 10**10), min_size=1, max_size=6).filter(any))
def test_a_split_adds_up_and_is_fair_to_the_fen(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount and all(part >= 0 for part in parts)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_an_award_cut_keeps_its_parts_together(whole: int, less: int) -> None:
    first = whole // 3
    parts = tuple(Part("", "", fen) for fen in (first, whole - first) if fen)
    less = 1 + less % whole
    assert sum(part.amount_fen for part in cut(Award(whole, parts), less).parts) == less


@pytest.mark.parametrize(
    ("payer", "level"),
    [
        ("市财政", "city"),
        ("县区（园区）财政", "county"),
        ("省级", "province"),
        ("中央财政", "national"),
        ("区级", "county"),
    ],
)
def test_the_words_of_a_share_name_a_level(payer: str, level: str) -> None:
    assert level_of(payer) == level


def test_the_tables_of_states_hold_together() -> None:
    for table in (CLAIM, BATCH, ORDER, LIST, RECOVERY):
        assert table.transitions
        reached = {"draft", "listed", "prepared", "computing", "demanded"} & set(table.states)
        for _ in table.states:
            reached |= {row.target for row in table.transitions if row.sources & reached} - {"same", "back"}
        assert reached == set(table.states)
        assert all(any(code in row.sources for row in table.transitions) for code in table.open_states)


# --- an award and its budget ------------------------------------------------------------------------------------------


def test_what_is_granted_at_once_is_reserved_and_waits_for_payment() -> None:
    claim, _ = payable_claim()
    row = claim.row
    assert (row.state, row.award_fen) == ("payable", 12_000 * YUAN)
    assert (budget().reserved_fen, budget().spent_fen) == (12_000 * YUAN, 0)
    assert in_account("reserved") == 12_000 * YUAN and journal_is_zero()
    assert row.facts["emp.insured_count"]["value"] == "12"


def test_a_claim_is_accepted_reviewed_and_approved_by_three_people() -> None:
    claim, people = approved_claim()
    row = claim.row
    assert (row.state, row.award_fen) == ("approved", 12_000 * YUAN)
    assert len({row.accepted_by, row.reviewed_by, row.approved_by}) == 3
    assert budget().reserved_fen == 12_000 * YUAN
    assert people.approver.id


def test_beyond_the_budget_nothing_is_awarded_and_nothing_is_left_behind() -> None:
    claim = draft_claim(mode="instant", amount_fen=11_999 * YUAN)
    account = account_of(claim.party, claim.who)
    with no_event(), pytest.raises(OverBudget) as refusal, transaction.atomic():
        from yingshang.areas.claims.actions.submit_claim import submit_claim

        submit_claim(actor=claim.who.actor(), claim_id=claim.id, account_id=account, now=NOW)
    assert "11999.00" in (refusal.value.message_zh or "")
    assert claim.row.state == "draft" and budget().reserved_fen == 0
    assert not Instalment.objects.exists() and journal_is_zero()


def test_one_claim_for_an_item_and_year() -> None:
    claim, _ = payable_claim()
    from yingshang.areas.claims.actions.begin_claim import begin_claim

    with no_event(), pytest.raises(AlreadyClaimed):
        begin_claim(actor=claim.who.actor(), party_id=claim.party.pk, code="HIRING", now=NOW)


def test_a_budget_is_not_cut_below_what_is_promised() -> None:
    claim, _ = payable_claim()
    with no_event(), pytest.raises(InvalidBudget):
        set_budget(
            actor=SYSTEM, fund_id=claim.fund_id, year=2026, level="city", amount_fen=1, reason="压减", now=NOW
        )
    with one_event("claims.budget_set"):
        set_budget(
            actor=SYSTEM,
            fund_id=claim.fund_id,
            year=2026,
            level="city",
            amount_fen=12_000 * YUAN,
            reason="压减",
            now=NOW,
        )
    assert budget().free_fen == 0 and in_account("free") == 0 and journal_is_zero()


# --- what the database refuses ----------------------------------------------------------------------------------------


def refused_by_the_database(write) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    return str(refusal.value)


def test_nobody_writes_the_sums_of_a_budget() -> None:
    fund()
    text = refused_by_the_database(lambda: Budget.objects.update(reserved_fen=1))
    assert "follows from its reservations" in text
    assert "begins with nothing" in refused_by_the_database(
        lambda: Budget.objects.create(
            fund_id=Budget.objects.get().fund_id,
            year=2027,
            level="city",
            amount_fen=5,
            spent_fen=1,
            changed_at=NOW,
        )
    )


def test_a_reservation_beyond_the_budget_is_refused_whoever_writes_it() -> None:
    claim, _ = payable_claim()
    part = Instalment.objects.create(claim=claim.row, number=9, amount_fen=999_999_999_999)
    text = refused_by_the_database(
        lambda: Reservation.objects.create(budget=budget(), instalment=part, amount_fen=part.amount_fen)
    )
    assert "claims_within_budget" in text


def test_an_order_is_for_what_is_due_and_there_is_no_second_one() -> None:
    batch, claim, _ = prepared_batch()
    order = only_order()

    def second(**changed: object) -> None:
        values = {
            "batch": batch,
            "end_to_end_id": "SECOND",
            "claim": order.claim,
            "instalment": order.instalment,
            "account": order.account,
            "amount_fen": order.amount_fen,
            "changed_at": NOW,
            **changed,
        }
        PaymentOrder.objects.create(**values)

    assert "claims_never_paid_twice" in refused_by_the_database(second)
    assert "not for what is due" in refused_by_the_database(lambda: second(amount_fen=order.amount_fen + 1))
    assert "changes its state only" in refused_by_the_database(
        lambda: PaymentOrder.objects.update(amount_fen=1)
    )
    assert "changes its state only" in refused_by_the_database(lambda: PaymentOrder.objects.all().delete())
    assert claim.row.state == "paying"


def test_the_maker_of_a_batch_never_checks_it() -> None:
    batch, _, people = prepared_batch()
    with no_event(), pytest.raises(ConflictingDuties):
        check_batch(actor=people.treasurer.actor(), batch_id=batch.pk, digest=batch.digest, now=NOW)
    text = refused_by_the_database(
        lambda: PaymentBatch.objects.update(state="checked", checked_by=batch.made_by)
    )
    assert "claims_maker_is_not_checker" in text


def test_the_journal_is_never_changed_and_always_balances() -> None:
    payable_claim()
    assert "only be added to" in refused_by_the_database(lambda: JournalLine.objects.update(amount_fen=1))
    assert "only be added to" in refused_by_the_database(lambda: JournalEntry.objects.update(told=""))
    entry = JournalEntry.objects.first()
    assert entry is not None
    assert "add up to zero" in refused_by_the_database(
        lambda: JournalLine.objects.create(entry=entry, account="free", budget=budget(), amount_fen=1)
    )
    with pytest.raises(InvalidJournal):
        write_entry([Line(budget().pk, "free", 1)], kind="x", reference="x", told="x", event_id=1, now=NOW)
    rows = list(export_journal(actor=SYSTEM, since=NOW.date(), until=NOW.date()))
    assert rows[0].startswith("entry,day") and len(rows) == 1 + JournalLine.objects.count()


# --- orders and what banks say ----------------------------------------------------------------------------------------


def test_a_batch_is_prepared_checked_and_paid() -> None:
    batch, claim, people = prepared_batch()
    assert in_account("in_transit") == 12_000 * YUAN
    with one_event("claims.batch_checked"):
        check_batch(actor=people.checker.actor(), batch_id=batch.pk, digest=batch.digest, now=NOW)
    with pytest.raises(NothingToPay):
        prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)


def test_paid_once_however_often_the_bank_says_so() -> None:
    batch, claim, _ = sent_batch()
    for _ in range(3):
        bank_says(only_order(), "paid")
    row = claim.row
    assert (row.state, row.paid_fen, row.ended_at is not None) == ("paid", 12_000 * YUAN, True)
    assert (budget().reserved_fen, budget().spent_fen) == (0, 12_000 * YUAN)
    assert in_account("paid") == 12_000 * YUAN and in_account("in_transit") == 0 and journal_is_zero()
    batch.refresh_from_db()
    assert batch.state == "answered"
    assert bank_says(only_order(), "accepted").known == 1


def test_a_rejected_order_waits_for_another_account_and_is_paid_once_then() -> None:
    _, claim, people = sent_batch()
    bank_says(only_order(), "rejected", reason_code="AC01", reason="账号错误")
    assert claim.row.state == "account_wrong"
    assert PayeeAccount.objects.get(pk=claim.row.account_id).state == "refused"
    assert in_account("reserved") == 12_000 * YUAN and in_account("in_transit") == 0
    assert budget().reserved_fen == 12_000 * YUAN
    # Paid after all, after it was rejected: somebody has to look at that, and no money moves.
    bank_says(only_order(), "paid")
    [difference] = ReconciliationDifference.objects.all()
    assert difference.kind == "paid_after_rejected" and claim.row.state == "account_wrong"
    assert people.supervisor.id and journal_is_zero()


def test_money_that_comes_back_is_reserved_again_in_whatever_order_it_is_told() -> None:
    _, claim, _ = sent_batch()
    bank_says(only_order(), "returned", reason="退汇")
    assert claim.row.state == "account_wrong" and claim.row.paid_fen == 0
    assert bank_says(only_order(), "paid").known == 1
    assert (budget().reserved_fen, budget().spent_fen) == (12_000 * YUAN, 0)
    assert in_account("reserved") == 12_000 * YUAN and in_account("paid") == 0 and journal_is_zero()


def test_returned_after_paid() -> None:
    _, claim, _ = sent_batch()
    bank_says(only_order(), "paid")
    bank_says(only_order(), "returned", now=NOW + timedelta(days=2))
    assert claim.row.state == "account_wrong" and claim.row.paid_fen == 0
    assert (budget().reserved_fen, budget().spent_fen) == (12_000 * YUAN, 0)
    assert in_account("paid") == 0 and journal_is_zero()


def test_an_order_nobody_made_is_a_difference() -> None:
    sent_batch()
    order = only_order()
    order.end_to_end_id = "SOMEBODY-ELSE"
    assert bank_says(order, "paid").differences == ["unknown_order SOMEBODY-ELSE"]


def test_a_batch_taken_back_leaves_its_claims_to_be_paid() -> None:
    batch, claim, people = checked_batch()
    with one_event("claims.batch_taken_back"):
        take_back_batch(actor=people.treasurer.actor(), batch_id=batch.pk, reason="重新编制", now=NOW)
    assert claim.row.state == "payable" and in_account("reserved") == 12_000 * YUAN
    number = prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
    assert number != batch.pk and journal_is_zero()
    with no_event(), pytest.raises(NotPossibleNow):
        take_back_batch(actor=people.treasurer.actor(), batch_id=batch.pk, reason="", now=NOW)


def test_two_claims_of_two_enterprises_in_one_batch() -> None:
    claim, people = payable_claim()
    other = another_claim(claim.fund_id, staff=30)
    handed_in(other)
    number = prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
    batch = PaymentBatch.objects.get(pk=number)
    assert (batch.orders_count, batch.amount_fen) == (2, 32_000 * YUAN)
    assert Claim.objects.filter(state="paying").count() == 2


def test_a_submitted_claim_is_told_who_has_it() -> None:
    claim, _ = submitted_claim()
    assert claim.row.state == "accepting" and claim.row.case_id is not None


# --- reads ------------------------------------------------------------------------------------------------------------


def test_lists_take_a_settled_number_of_queries(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    claim, people = payable_claim()
    for staff in (20, 30, 40):
        handed_in(another_claim(claim.fund_id, staff=staff))
    actor = people.reviewer.actor()
    with django_assert_max_num_queries(2):
        page = claims(actor=actor, states=["payable"], text="就业 DX")
    assert (page.total, page.rows[0].award_fen, page.rows[0].stopped) == (4, 20_000 * YUAN, False)
    assert claims(actor=claim.who.actor()).total == 1
    assert claims(actor=actor, stopped=True).total == 0


def test_the_way_of_a_claim_ends_where_it_is_now() -> None:
    claim, people = submitted_claim()
    way = way_of(actor=claim.who.actor(), claim_id=claim.id, now=NOW)
    assert [each.event for each in way] == ["begun", "submitted", "accept"]
    assert (way[-1].done, way[-1].due_on is not None) == (False, True)
    done(claim, people, "accept", "accepted")
    assert way_of(actor=claim.who.actor(), claim_id=claim.id, now=NOW)[-1].event == "review"
    detail = get_claim(actor=people.reviewer.actor(), claim_id=claim.id)
    assert detail.account and detail.account.tail == claim.row.account.number_tail  # type: ignore[union-attr]
