"""What an enterprise reads of its contracts, and what stands in the way of striking off."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.areas.contracts.factories import (
    TODAY,
    YUAN,
    contract_row,
    obligation_row,
    performance_row,
    supplier,
    unit,
)
from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, arranged, enterprise, legal_representative_of
from yingshang.areas.contracts import api
from yingshang.areas.contracts.errors import Blocked, ContractNotFound, ObligationNotFound
from yingshang.areas.contracts.models import Block, Cancellation, Obligation, Performance
from yingshang.areas.contracts.own.block import ensure_unblocked
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db
LATE: dict[str, Any] = {"due_on": date(2026, 10, 14), "daily_rate": Decimal("0.0005"), "law": "d802"}


def _events() -> list[str]:
    return list(
        AuditEvent.objects.filter(action__startswith="contracts.")
        .order_by("pk")
        .values_list("action", flat=True)
    )


def test_what_is_owed_comes_with_its_interest_today_and_the_sum_is_that_of_the_lines() -> None:
    own = supplier()
    contract = contract_row(of=own.party)
    obligation_row(contract, **LATE)
    obligation_row(
        contract, **LATE, done_fen=100_000 * YUAN, accrued_fen=123, accrued_until=date(2026, 11, 13)
    )
    unknown = obligation_row(contract, due_on=date(2026, 11, 1))
    obligation_row(contract)
    obligation_row(contract, side="counterparty", due_on=date(2026, 10, 1))
    obligation_row(contract, state="performed", done_fen=300_000 * YUAN, due_on=date(2026, 10, 1))
    obligation_row(contract, state="waiting", due_on=None)
    page = api.owed_to_me(actor=own.who.actor(), today=TODAY)
    assert page.total == 4 and page.late_count == 3
    first, second, third, last = page.rows
    assert (first.late_days, first.interest_fen) == (40, 300_000 * YUAN * 40 * 5 // 10_000)
    assert second.interest_fen == 123 + 200_000 * YUAN * 10 * 5 // 10_000
    assert third.obligation_id == unknown.pk and third.interest_fen is None, "no rate is known: not zero"
    assert (last.late_days, last.interest_fen) == (0, 0)
    assert page.unknown_interest == 1 and page.since == date(2026, 10, 14)
    assert page.owed_fen == sum(each.open_fen for each in page.rows) == 1_100_000 * YUAN
    assert page.interest_fen == sum(each.interest_fen or 0 for each in page.rows)
    late = api.owed_to_me(actor=own.who.actor(), today=TODAY, late_only=True, limit=1)
    assert (len(late.rows), late.total, late.late_fen) == (1, 3, page.late_fen)
    detail = api.my_contract(actor=own.who.actor(), contract_id=contract.pk, today=TODAY)
    assert (detail.owed_fen, detail.interest_fen, detail.unknown_interest) == (
        page.owed_fen,
        page.interest_fen,
        1,
    )


def test_lists_and_pages_cost_the_same_however_much_there_is(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    own = supplier()
    for _ in range(3):
        contract = contract_row(of=own.party, open_count=2)
        for _ in range(4):
            obligation_row(contract, **LATE)
    actor = own.who.actor()
    with django_assert_max_num_queries(4):
        assert api.my_contracts(actor=actor, today=TODAY).total == 3
    with django_assert_max_num_queries(4):
        assert api.owed_to_me(actor=actor, today=TODAY).total == 12
    with django_assert_max_num_queries(10):
        assert len(api.my_contract(actor=actor, contract_id=contract.pk, today=TODAY).obligations) == 4


def test_an_enterprise_finds_its_contracts_by_words_and_by_what_is_to_be_done() -> None:
    own = supplier()
    plain = contract_row(of=own.party, title="办公用品采购合同", signed_on=date(2026, 5, 1))
    late = contract_row(of=own.party, title="道路养护合同", open_count=1)
    obligation_row(late, **LATE)
    actor = own.who.actor()

    def found(**more: Any) -> list[int]:
        return [each.id for each in api.my_contracts(actor=actor, today=TODAY, **more).rows]

    assert found() == [plain.pk, late.pk], "the newest first"
    assert found(text="养护") == found(only="late") == found(only="open") == [late.pk]
    assert found(text=plain.number) == [plain.pk] and found(states=["completed"]) == []
    assert found(only="waiting") == []
    obligation = late.obligations.get()
    with arranged():
        Cancellation.objects.create(
            obligation=obligation,
            agency=late.agency,
            party_id=late.party_id,
            region_path=late.region_path,
            statement="已于10月20日支付",
            asked_by_name="合同管理员",
            asked_at=NOW,
        )
    assert found(only="waiting") == [late.pk]
    [asked] = api.cancellations_for_me(actor=actor)
    assert (asked.obligation_id, asked.statement) == (obligation.pk, "已于10月20日支付")
    one = api.my_obligation(actor=actor, obligation_id=obligation.pk, today=TODAY)
    assert one.obligation.cancellation == asked and one.contract.waiting_for_me == 1


def test_nobody_else_reads_them_and_nobody_before_they_are_reviewed() -> None:
    keeper = supplier()
    contract, draft = contract_row(of=keeper.party), contract_row(of=keeper.party, state="submitted")
    obligation = obligation_row(contract)
    other = enterprise(DAOLI)
    stranger = legal_representative_of(other).actor()
    assert api.my_contracts(actor=stranger, today=TODAY).total == 0
    assert api.owed_to_me(actor=stranger, today=TODAY).total == 0
    with pytest.raises(ContractNotFound):
        api.my_contract(actor=stranger, contract_id=contract.pk, today=TODAY)
    with pytest.raises(ObligationNotFound):
        api.my_obligation(actor=stranger, obligation_id=obligation.pk, today=TODAY)
    own = keeper.who.actor()
    assert [each.id for each in api.my_contracts(actor=own, today=TODAY).rows] == [contract.pk]
    with pytest.raises(ContractNotFound):
        api.my_contract(actor=own, contract_id=draft.pk, today=TODAY)
    with pytest.raises(NotAllowed):
        api.my_contracts(actor=unit().administrator.actor(), today=TODAY)
    named = api.named_obligations(actor=unit().supervisor.actor(), obligation_ids=[obligation.pk])
    assert named[obligation.pk][:2] == (contract.pk, contract.party_id)
    assert api.named_obligations(actor=stranger, obligation_ids=[obligation.pk]) == {}


@pytest.mark.parametrize(
    ("state", "due", "said", "more", "expected"),
    [
        ("running", date(2026, 10, 1), False, {}, {"done", "not_received", "not_paid", "disputed"}),
        ("running", date(2026, 12, 1), False, {}, {"done", "disputed"}),
        ("running", date(2026, 12, 1), True, {}, {"done", "not_received", "not_paid", "disputed"}),
        ("performed", date(2026, 10, 1), True, {}, {"done", "not_received", "not_paid", "disputed"}),
        ("running", date(2026, 10, 1), False, {"side": "counterparty"}, {"done", "disputed"}),
        (
            "running",
            date(2026, 10, 1),
            False,
            {"disputed": True},
            {"done", "not_received", "not_paid", "settled"},
        ),
        ("dropped", date(2026, 10, 1), False, {}, set()),
    ],
)
def test_what_an_enterprise_may_say_now(
    state: str, due: date, said: bool, more: dict[str, Any], expected: set[str]
) -> None:
    own = supplier()
    row = obligation_row(
        contract_row(of=own.party),
        state=state,
        due_on=due,
        done_fen=300_000 * YUAN if state == "performed" else 0,
        **more,
    )
    if said:
        with arranged():
            Performance.objects.create(
                obligation=row,
                side="unit",
                what="done",
                happened_on=TODAY,
                recorded_by_name="合同管理员",
                recorded_at=NOW,
            )
    one = api.my_obligation(actor=own.who.actor(), obligation_id=row.pk, today=TODAY)
    assert one.obligation.may == expected
    assert all(not each.recorded_by_name for each in one.obligation.said), (
        "which official it was is the unit's"
    )


def test_what_a_terminated_contract_left_owed_is_waited_for_and_what_was_confirmed_is_not() -> None:
    own = supplier()
    left = obligation_row(contract_row(of=own.party, state="terminated"), **LATE)

    def may(row: Obligation) -> frozenset[str]:
        return api.my_obligation(actor=own.who.actor(), obligation_id=row.pk, today=TODAY).obligation.may

    assert may(left) == {"done", "not_received", "not_paid", "disputed"}
    early = obligation_row(contract_row(of=own.party))
    performance_row(early, TODAY, what="disputed", amount_fen=None)
    assert "not_paid" not in may(early), "that the unit disputes it is no word that it paid"
    paid = obligation_row(contract_row(of=own.party), state="performed", done_fen=300_000 * YUAN, **LATE)
    performance_row(paid, TODAY)
    assert "not_paid" in may(paid)
    performance_row(paid, TODAY, side="counterparty", amount_fen=None)
    assert may(paid) == {"not_received", "disputed"}


def test_one_of_many_that_wait_for_a_word_is_found_by_its_number() -> None:
    own = supplier()
    rows = []
    with arranged():
        for _ in range(2):
            row = obligation_row(contract_row(of=own.party), **LATE)
            rows.append(
                Cancellation.objects.create(
                    obligation=row,
                    agency=row.agency,
                    party_id=row.party_id,
                    region_path=row.region_path,
                    statement="已支付",
                    asked_by_name="合同管理员",
                    asked_at=NOW,
                )
            )
    [found] = api.cancellations_for_me(actor=own.who.actor(), cancellation_id=rows[1].pk, limit=1)
    assert found.id == rows[1].pk


def test_a_block_stands_once_is_lifted_once_and_each_leaves_one_event() -> None:
    own = supplier()
    row = obligation_row(contract_row(of=own.party))
    before = len(_events())
    named: dict[str, Any] = {
        "obligation_id": row.pk,
        "kind": "appeal",
        "reference": "7",
        "actor": SYSTEM,
        "now": NOW,
    }
    assert api.block_obligation(label="诉求 SQ7", **named)
    assert not api.block_obligation(label="诉求 SQ7", **named)
    assert api.blocked_obligations(kind="appeal", reference="7") == (row.pk,)
    with pytest.raises(Blocked) as refused:
        ensure_unblocked(Obligation.objects.get(pk=row.pk))
    assert refused.value.details["blocks"] == ["诉求 SQ7"]
    one = api.my_obligation(actor=own.who.actor(), obligation_id=row.pk, today=date(2027, 1, 10))
    assert [each.label for each in one.obligation.blocks] == ["诉求 SQ7"]
    assert "not_paid" not in one.obligation.may, "it is being dealt with"
    assert api.unblock_obligation(**named)
    assert not api.unblock_obligation(**named)
    ensure_unblocked(Obligation.objects.get(pk=row.pk))
    assert api.block_obligation(label="诉求 SQ7", **named), "opened again"
    assert Block.objects.count() == 1
    assert _events()[before:] == ["contracts.blocked", "contracts.unblocked", "contracts.blocked"]
    with pytest.raises(NotAllowed):
        api.block_obligation(label="x", **{**named, "actor": unit().reviewer.actor()})
    with pytest.raises(ObligationNotFound):
        api.block_obligation(label="x", **{**named, "obligation_id": 0})
