"""Sums kept step by step are what they come to from scratch, whatever is done with contracts and obligations."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import transaction

from tests.areas.contracts.factories import TODAY, YUAN, contract_row, obligation_row, unit
from tests.kernel.access.factories import DAOLI, NANGANG, NOW, SYSTEM, agency, arranged, no_event, one_event
from yingshang.areas.contracts.api import OBLIGATION
from yingshang.areas.contracts.figures.cells import count_new, mark_new, recount, recount_contracts
from yingshang.areas.contracts.figures.rebuilding import rebuild
from yingshang.areas.contracts.models import Contract, DoneCell, DueCell, Obligation, UnitFigures

pytestmark = pytest.mark.django_db

RATE = Decimal("0.0005")


def rebuilt_nothing() -> None:
    """Everything is as it would be from scratch."""
    found = rebuild(actor=SYSTEM, now=NOW)
    assert found.total == 0, found


def counted(*obligations: Obligation) -> None:
    with arranged():
        recount(obligations)


class TestOneObligation:
    def test_is_due_then_paid_in_part_then_done(self) -> None:
        each = obligation_row(due_on=date(2026, 11, 3), daily_rate=RATE, budget_reserved=False)
        counted(each)
        cell = DueCell.objects.get()
        assert (cell.open_count, cell.open_fen, cell.unreserved_count) == (1, 300_000 * YUAN, 1)
        # 20 days late: 300,000 yuan at 0.05 % a day.
        grown = cell.accrued_fen + cell.growth * TODAY.toordinal() - cell.origin
        assert grown == 20 * 150 * YUAN
        with arranged():
            each.done_fen, each.open_fen, each.state = 100_000 * YUAN, 200_000 * YUAN, "partial"
            each.accrued_fen, each.accrued_until = 1_500 * YUAN, date(2026, 11, 13)
            each.save()
            recount([each])
        cell.refresh_from_db()
        grown = cell.accrued_fen + cell.growth * TODAY.toordinal() - cell.origin
        assert (cell.open_fen, grown) == (200_000 * YUAN, 1_500 * YUAN + 10 * 100 * YUAN)
        with arranged():
            each.done_fen, each.open_fen, each.state = 300_000 * YUAN, 0, "performed"
            each.performed_on = date(2026, 12, 15)
            each.save()
            recount([each])
        assert not DueCell.objects.exists()
        done = DoneCell.objects.get()
        assert (done.month, done.stretch, done.late_days) == (date(2026, 12, 1), "days_90", 42)
        assert (done.done_count, done.done_fen) == (1, 300_000 * YUAN)
        rebuilt_nothing_but_contract()

    def test_unchanged_writes_nothing(self, django_assert_num_queries: object) -> None:
        each = obligation_row()
        counted(each)
        with django_assert_num_queries(1):  # type: ignore[operator]
            recount([each])

    def test_waits_for_its_event(self) -> None:
        each = obligation_row(due_on=None, state="waiting", terms={"after": "accepted"})
        counted(each)
        assert UnitFigures.objects.get().waiting_count == 1
        assert not DueCell.objects.exists()
        with arranged():
            each.due_on, each.state = date(2026, 12, 1), "running"
            each.save()
            recount([each])
        assert UnitFigures.objects.get().waiting_count == 0
        assert DueCell.objects.get().due_on == date(2026, 12, 1)

    def test_of_a_draft_counts_once_it_is_registered(self) -> None:
        contract = contract_row(state="submitted")
        each = obligation_row(contract)
        with arranged():
            recount([each])
            recount_contracts([contract])
        assert not DueCell.objects.exists()
        assert UnitFigures.objects.get().contract_count == 0
        with arranged():
            contract.state = "in_force"
            contract.save()
            recount_contracts([contract])
        assert DueCell.objects.get().open_count == 1
        figures = UnitFigures.objects.get()
        assert (figures.contract_count, figures.contract_fen) == (1, 1_000_000 * YUAN)
        assert (figures.in_force_count, figures.bare_count) == (1, 0)
        assert (contract.obligation_count, contract.open_count, contract.next_due_on) == (1, 1, each.due_on)
        with arranged():
            contract.state = "void"
            contract.save()
            recount_contracts([contract])
        assert not DueCell.objects.exists()
        assert UnitFigures.objects.get().contract_count == 0


def rebuilt_nothing_but_contract() -> None:
    """Rows written by hand: their contract was not recounted."""
    found = rebuild(actor=SYSTEM, now=NOW)
    assert (found.obligations, found.due_cells, found.done_cells) == (0, 0, 0)


class TestContract:
    def test_stands_on_the_highest_rung_of_what_is_open(self) -> None:
        contract = contract_row()
        obligation_row(contract, escalation="warn")
        highest = obligation_row(contract, escalation="notice")
        with arranged():
            recount_contracts([contract])
        assert contract.escalation == "notice"
        with arranged():
            Obligation.objects.filter(pk=highest.pk).update(state="dropped")
            recount_contracts([contract])
        assert (contract.escalation, contract.obligation_count) == ("warn", 1)
        contract.refresh_from_db()
        assert contract.escalation == "warn"

    def test_without_obligations_is_bare_and_without_price_unpriced(self) -> None:
        contract = contract_row(amount_fen=None)
        with arranged():
            recount_contracts([contract])
        figures = UnitFigures.objects.get()
        assert (figures.bare_count, figures.unpriced_count, figures.contract_fen) == (1, 1, 0)
        assert figures.last_signed_on == contract.signed_on


def _random_change(draw: Random, contracts: list[Contract], obligations: list[Obligation]) -> None:
    """What actions do, in short: something of a contract or an obligation is changed, saved and counted."""
    each = draw.choice(obligations)
    what = draw.randrange(8)
    if what == 0:
        contract = each.contract
        contract.state = draw.choice(
            ["submitted", "in_force", "suspended", "completed", "terminated", "void"]
        )
        contract.save()
        recount_contracts([contract])
        return
    if what == 1:
        contract = draw.choice(contracts)
        contract.amount_fen = draw.choice([None, draw.randrange(10**9)])
        contract.save()
        recount_contracts([contract])
        return
    if what == 2:
        each.due_on = TODAY + timedelta(days=draw.randrange(-400, 60))
        each.state = "running" if each.state == "waiting" else each.state
    elif what == 3 and each.amount_fen:
        paid = draw.randrange(each.amount_fen)
        each.done_fen, each.open_fen, each.state = paid, each.amount_fen - paid, "partial"
        each.accrued_fen = draw.randrange(10**5)
        each.accrued_until = TODAY - timedelta(days=draw.randrange(300))
    elif what == 4:
        each.done_fen, each.open_fen, each.state = each.amount_fen or 0, 0, "performed"
        each.performed_on = TODAY - timedelta(days=draw.randrange(300))
    elif what == 5:
        each.state = draw.choice(["released", "dropped"])
    elif what == 6:
        each.disagreed, each.disputed = draw.random() < 0.5, draw.random() < 0.5
        each.budget_reserved = draw.choice([None, True, False])
        each.daily_rate = draw.choice([None, RATE, Decimal("0.0000821918")])
    else:
        each.state, each.done_fen, each.performed_on = "waiting", 0, None
        each.open_fen, each.due_on = each.amount_fen or 0, None
    each.save()
    recount([each])
    recount_contracts([each.contract])


@pytest.mark.parametrize("seed", range(4))
def test_kept_step_by_step_equals_from_scratch(seed: int) -> None:
    draw = Random(seed)
    contracts = [
        contract_row(),
        contract_row(in_agency=agency(NANGANG, "education")),
        contract_row(amount_fen=None),
    ]
    obligations = [
        obligation_row(
            draw.choice(contracts[:2]),
            side=draw.choice(["unit", "counterparty"]),
            amount_fen=draw.choice([None, draw.randrange(1, 10**9)]),
            daily_rate=draw.choice([None, RATE]),
            due_on=TODAY + timedelta(days=draw.randrange(-30, 5)),
        )
        for _number in range(8)
    ]
    with arranged():
        count_new(obligations, contracts)
    rebuilt_nothing()
    with arranged():
        for _number in range(40):
            _random_change(draw, contracts, obligations)
    rebuilt_nothing()
    for each in obligations:
        each.refresh_from_db()
    # And what has grown on all that is late is what has grown on each.
    late = [each for each in obligations if "due" in each.counted and each.due_on and each.due_on < TODAY]
    of_each = sum(
        each.accrued_fen
        + (each.open_fen * (each.daily_rate or 0) if each.amount_fen is not None else 0)
        * (TODAY - max(each.due_on, each.accrued_until or each.due_on)).days  # type: ignore[type-var]
        for each in late
    )
    cells = DueCell.objects.filter(due_on__lt=TODAY)
    assert sum(each.accrued_fen + each.growth * TODAY.toordinal() - each.origin for each in cells) == of_each


class TestFromScratch:
    def test_finds_what_was_changed_past_it_and_puts_it_right(self) -> None:
        contract = contract_row()
        obligations = [obligation_row(contract), obligation_row(contract, due_on=date(2026, 9, 1))]
        with arranged():
            count_new(obligations, [contract])
        with arranged():
            Obligation.objects.filter(pk=obligations[0].pk).update(due_on=date(2026, 10, 10))
            UnitFigures.objects.update(contract_count=7)
            DueCell.objects.filter(due_on=date(2026, 9, 1)).update(open_fen=1)
        with one_event("contracts.figures_rebuilt") as events:
            found = rebuild(actor=SYSTEM, now=NOW)
        assert (found.obligations, found.contracts, found.due_cells, found.units) == (1, 0, 3, 1)
        assert events[0]["after"]["due_cells"] == 3
        assert set(DueCell.objects.values_list("due_on", flat=True)) == {date(2026, 9, 1), date(2026, 10, 10)}
        rebuilt_nothing()

    def test_leaves_other_regions_alone(self) -> None:
        each = obligation_row(contract_row(in_agency=agency(NANGANG, "education")))
        counted(each)
        with arranged():
            DueCell.objects.update(open_fen=1)
        assert rebuild(actor=SYSTEM, now=NOW, region_path=agency(DAOLI).region.path).due_cells == 0
        assert rebuild(actor=SYSTEM, now=NOW, region_path=agency(NANGANG).region.path).due_cells == 1
        assert rebuild(actor=SYSTEM, now=NOW, region_path="2301").total == 0


class TestNew:
    def test_marked_before_they_are_made_they_are_counted_in_three_statements(
        self, django_assert_num_queries: object
    ) -> None:
        unit()
        like = contract_row()
        rows = [_copy(like, number) for number in range(50)]
        with arranged():
            Contract.objects.bulk_create(rows)
            obligations = [
                Obligation(
                    contract=each,
                    agency_id=each.agency_id,
                    region_path=each.region_path,
                    ordinal=ordinal,
                    side="unit",
                    kind="pay",
                    title="支付",
                    due_on=date(2026, 10, ordinal),
                    amount_fen=100,
                    open_fen=100,
                    state="running",
                )
                for each in rows
                for ordinal in (1, 2)
            ]
            mark_new(obligations, rows)
            Contract.objects.bulk_update(rows, ["obligation_count", "open_count", "next_due_on"])
            Obligation.objects.bulk_create(obligations)
            with django_assert_num_queries(3):  # type: ignore[operator]
                count_new(obligations, rows)
        with arranged():
            recount_contracts([like])
        rebuilt_nothing()
        assert DueCell.objects.count() == 2
        assert UnitFigures.objects.get().contract_count == 51

    def test_unmarked_they_are_written_to(self) -> None:
        contract = contract_row()
        each = obligation_row(contract)
        with arranged():
            count_new([each], [contract])
        assert (contract.obligation_count, Obligation.objects.get().counted != {}) == (1, True)
        rebuilt_nothing()


def _copy(like: Contract, number: int) -> Contract:
    values = {
        field.attname: getattr(like, field.attname)
        for field in Contract._meta.concrete_fields
        if field.attname != "id"
    }
    return Contract(**{**values, "number": f"HTNEW{number}", "fingerprint": f"new{number}"})


def test_it_has_no_event_of_its_own() -> None:
    """The action that calls it has one."""
    each = obligation_row()
    with no_event(), transaction.atomic():
        recount([each])
        recount_contracts([each.contract])
        transaction.set_rollback(True)


def test_every_state_of_obligations_is_counted_or_left_out_on_purpose() -> None:
    assert set(OBLIGATION.states) == {"waiting", "running", "partial", "performed", "released", "dropped"}
